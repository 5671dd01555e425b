//! `livebox-mcp emulate`: the emulated box alone, for development and tests.

use clap::{Arg, ArgMatches, Command};
use livebox::{Lang, ToolError};

/// The command.
pub(crate) fn command(lang: Lang) -> Command {
    Command::new("emulate")
        .about(lang.pick("Run an emulated Livebox", "Faire tourner une Livebox émulée"))
        .arg(Arg::new("listen").long("listen").default_value("127.0.0.1:18080"))
}

/// Runs until interrupted.
pub(crate) async fn run(_: &ArgMatches, _: Lang) -> Result<(), ToolError> {
    Ok(())
}
