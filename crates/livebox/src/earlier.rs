//! The earlier server's tools.

use serde_json::Value;

use crate::{ToolDef, ToolError};

/// The tool and arguments that an earlier tool's call means; `None` when there was no such tool.
pub fn translate(_name: &str, _args: &Value) -> Option<Result<(&'static ToolDef, Value), ToolError>> {
    None
}
