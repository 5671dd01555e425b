//! Logs: on stderr only, since stdout belongs to answers and to MCP.

use std::io::{self, Write};

use livebox::Lang;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    Layer as _,
    filter::{FilterExt as _, Targets, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::terminal;

/// Our crates, which log names, counts and durations and never a value.
const OURS: [&str; 5] = ["sysbus", "vault", "livebox", "livebox_mcp", "emulator"];

/// Installs the logger: `RUST_LOG` if set, else as verbose as `-v` (`info`) or `-vv` (`debug`) says.
pub(crate) fn install(verbosity: u8) {
    let level = match verbosity {
        0 => Level::WARN,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(level)).and(filter_fn(may_speak));
    let layer = tracing_subscriber::fmt::layer().with_writer(|| Guarded).with_ansi(false).without_time();
    // A second installation can only happen in tests, where the first one serves.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
}

/// Tells of a defect as any other text is told: what a panic quotes may be a secret.
pub(crate) fn tell_panics(lang: Lang) {
    std::panic::set_hook(Box::new(move |panic| {
        let what = lang.pick("internal error, please report it", "erreur interne, merci de la signaler");
        terminal::tell(&format!("livebox-mcp: {what}: {panic}"));
    }));
}

/// Stderr for the log, which hands over one whole record at a time.
struct Guarded;

impl Write for Guarded {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(record);
        io::stderr().lock().write_all(sysbus::outgoing(&text).as_bytes())?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// The crates below us log whole messages when they are verbose, secrets included: they may only report that
/// something is wrong, whatever `RUST_LOG` says.
fn may_speak(record: &Metadata<'_>) -> bool {
    let origin = record.target().split("::").next().unwrap_or_default();
    OURS.contains(&origin) || *record.level() <= Level::ERROR
}
