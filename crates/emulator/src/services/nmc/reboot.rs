//! `NMC.Reboot`: how often the box restarted, and why (protocol section 4.25).

use serde_json::json;

use crate::call::{Answer, Call, Reply};
use crate::clock::{NEVER, iso};
use crate::router::Router;
use crate::services::Service;

pub(in crate::services) const SERVICE: Service = Service { root: "NMC.Reboot", call, instances };

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let boot = &mut router.state.boot;
    match (call.tail, call.method) {
        ([], "get") => {
            let live = json!({"BootCounter": boot.counter, "WatchdogRebootCounter": boot.watchdog});
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(router.describe(call.path, live)).ok()
        }
        ([], "flush") => {
            boot.history.clear();
            Reply::void().ok()
        }
        (["Reboot", key], "get") => {
            let record =
                key.parse::<usize>().ok().and_then(|number| boot.history.get(number.checked_sub(1)?))?;
            let reply = json!({
                "BootDate": iso(record.boot),
                "BootReason": record.boot_reason,
                "ShutdownDate": record.shutdown.map_or_else(|| NEVER.to_owned(), iso),
                "ShutdownReason": record.shutdown_reason,
            });
            Reply::value(reply).ok()
        }
        _ => None,
    }
}

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["NMC", "Reboot", "Reboot"])
        .then(|| (1..=router.state.boot.history.len()).map(|number| number.to_string()).collect())
}
