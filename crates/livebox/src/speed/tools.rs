//! x
use crate::ToolDef;
pub(crate) const TOOLS: &[ToolDef] = &[];
