//! `Time`: the date, in four spellings (protocol section 4.1).

use serde_json::json;

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::clock::local;
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("Time", call);

const ZONES: &[&str] = &["Paris", "Cayenne", "Fort-de-France", "Mayotte", "Pointe-a-Pitre", "Reunion", "UTC"];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    match call.method {
        "getTime" => {
            // The box writes the offset behind "GMT" although the hour is already the local one.
            let time = local(now).strftime("%a, %d %b %Y %H:%M:%S GMT%z").to_string();
            Reply::both(true, json!({"time": time})).ok()
        }
        "getUTCTime" => {
            Reply::outputs(json!({"time": now.strftime("%a, %d %b %Y %H:%M:%S").to_string()})).ok()
        }
        "getStatus" => Reply::outputs(json!({"status": "Synchronized"})).ok(),
        "getNTPServers" => {
            let server = "ntp.orange.example";
            Reply::outputs(json!({"servers": {"1": server, "2": server, "3": "", "4": "", "5": ""}})).ok()
        }
        "getLocalTimeZoneName" => {
            Reply::both(true, json!({"timezone": router.state.interface.timezone})).ok()
        }
        "listLocalTimeZoneNames" => Reply::both(true, json!({"timezones": ZONES})).ok(),
        "setLocalTimeZoneName" => {
            let wanted = call.args.text("timezone").unwrap_or_default();
            let known = ZONES.contains(&wanted.as_str());
            if known {
                router.state.interface.timezone = wanted;
            }
            Reply::value(known).ok()
        }
        _ => None,
    }
}
