//! Logs: on stderr only, since stdout belongs to answers and to MCP.

use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Installs the logger: `RUST_LOG` if set, else as verbose as `-v` (`info`) or `-vv` (`debug`) says.
pub(crate) fn install(verbosity: u8) {
    let ours = match verbosity {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let level = ours.parse().unwrap_or(tracing::Level::WARN);
    let filter = wanted.unwrap_or_else(|| {
        // The crates below us speak up only when something is wrong.
        Targets::new()
            .with_default(tracing::Level::ERROR)
            .with_target("sysbus", level)
            .with_target("livebox", level)
            .with_target("livebox_mcp", level)
            .with_target("emulator", level)
    });
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time();
    // A second installation can only happen in tests, where the first one serves.
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
}
