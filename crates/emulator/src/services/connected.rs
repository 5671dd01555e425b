//! What is plugged into the box or talks to it without a screen of its own: USB, storage, connected objects, hosts that
//! sleep, name servers (protocol sections 4.10, 4.13, 4.22, 4.31).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Reply};
use crate::clock::after;
use crate::router::Router;

pub(super) const DNS: Service = Service { root: "DNS", call: dns, instances: no_routes };
pub(super) const HISTORY: Service = Service { root: "History.Backup", call: history, instances: no_history };
pub(super) const NOTES: Service = Service::new("WebuiupgradeService", release_notes);
pub(super) const OBJECTS: Service = Service::new("IoTService", objects);
pub(super) const PNP: Service = Service::new("PnP", pnp);
pub(super) const SERVICES: Service =
    Service { root: "OrangeServices", call: orange_services, instances: no_services };
pub(super) const STORAGE: Service = Service { root: "StorageService", call: storage, instances: no_media };
pub(super) const USB: Service = Service::new("USBHosts", usb);
pub(super) const WAKE: Service = Service::new("WOL", wake);

fn dns(router: &mut Router, call: &Call<'_>) -> Answer {
    let wan = &router.state.wan;
    match (call.tail, call.method) {
        ([], "getDNSServers") => {
            let up = wan.up && router.now() >= wan.bound_at;
            let four = wan.dns.iter().map(ToString::to_string);
            let six = wan.dns6.iter().map(ToString::to_string);
            let all: Vec<String> = four.chain(six).filter(|_| up).collect();
            Reply::value(json!(all)).ok()
        }
        _ => None,
    }
}

fn no_routes(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["DNS", "Server", "Route"]).then(Vec::new)
}

/// Copies of the configuration on the box itself, of which a new box has none.
fn history(_: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "getSimpleHistory" | "updateHistory" | "cleanHistory" | "rotate" => Reply::void().ok(),
        _ => None,
    }
}

fn no_history(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["History", "Backup", "Entry"]).then(Vec::new)
}

fn release_notes(_: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "getReleaseNotes") => Reply::outputs(json!({"releaseNotes": ""})).ok(),
        _ => None,
    }
}

fn objects(router: &mut Router, call: &Call<'_>) -> Answer {
    let identity = &router.state.identity;
    let on = router.state.settings.objects;
    let state = if on { "enabled" } else { "disabled" };
    match call.method {
        "getStatus" => {
            let tail: String = identity.serial.chars().rev().take(13).collect();
            let status = json!({
                "operationalStatus": state,
                "adminStatus": state,
                "subscriptionStatus": "notSubscribed",
                "mqttStatus": state,
                "powerStatus": true,
                "uniqueIdentifier": "",
                "accessURL": format!("LK{tail}.livebox.example"),
                "softwareVersion": "0.0.45",
                "apiVersion": "1.6",
            });
            Reply::both(0, status).ok()
        }
        "getUUID" => Reply::both(0, json!({"uniqueIdentifier": ""})).ok(),
        "setStatus" => {
            let wanted = call.args.text("status").unwrap_or_default();
            router.state.settings.objects = wanted == "enabled";
            Reply::value(0).ok()
        }
        _ => None,
    }
}

fn pnp(router: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "get" => {
            let live = json!({"Status": "Disabled", "ValidationDomain": "connexion.orange.example"});
            let live = live.as_object().cloned().unwrap_or_default();
            let live = router.describe(call.path, live);
            Reply::value(live).ok()
        }
        _ => None,
    }
}

fn orange_services(_: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "getSubscriptionStatus") => Reply::value("NotSubscribed").ok(),
        _ => None,
    }
}

fn no_services(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["OrangeServices", "Services"]).then(Vec::new)
}

/// Nothing is plugged in.
fn storage(_: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "getPhysicalMediums") => Reply::value(json!([])).ok(),
        ([], "getLogicalVolume") => BoxError::not_found(call.args.text("uri").unwrap_or_default()).refuse(),
        ([], "ejectLogicalVolume") => Reply::value(false).ok(),
        _ => None,
    }
}

fn no_media(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["StorageService", "LogicalVolume" | "PhysicalMedium" | "Rules"]).then(Vec::new)
}

fn usb(router: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "getDevices" => Reply::value(json!([])).ok(),
        "enableUSB3" => {
            let on = call.args.flag("enable").unwrap_or_default();
            router
                .state
                .written
                .entry("USBHosts".to_owned())
                .or_default()
                .insert("USB3".to_owned(), json!(on));
            Reply::value(true).ok()
        }
        // Its functions answer, reading the object is refused.
        "get" | "set" => BoxError::denied(call.object()).refuse(),
        _ => None,
    }
}

/// A computer on a cable that sleeps wakes up for an hour. The answer does not say whether it did.
fn wake(router: &mut Router, call: &Call<'_>) -> Answer {
    if call.method != "sendWakeOnLan" {
        return None;
    }
    let now = router.now();
    let seed = router.state.seed;
    let mac = call.args.text("hostID").unwrap_or_default();
    router.state.settings.woken.push((now, mac.clone()));
    if let Some(host) = router.state.host_mut(&mac)
        && !host.link.is_wifi()
        && host.device_type().starts_with("Desktop")
        && !host.is_active(seed, now)
    {
        host.force(after(now, 20), Some(true));
        host.force(after(now, 3_620), None);
    }
    Reply::value(Value::Null).ok()
}
