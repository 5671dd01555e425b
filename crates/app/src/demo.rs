//! `livebox-mcp demo`.

use livebox::{Lang, ToolError};

/// Runs the demo.
pub(crate) async fn run(_: Lang) -> Result<(), ToolError> {
    Ok(())
}
