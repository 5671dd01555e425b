//! `TopologyDiagnostics`: how the devices hang together, found out anew on request (protocol section 4.11).

use serde_json::{Value, json};

use super::{Service, devices};
use crate::call::{Answer, Call, Reply};
use crate::clock::iso;
use crate::router::Router;

pub(super) const SERVICE: Service = Service { root: "TopologyDiagnostics", call, instances };

const VERSION: &str = "3.0";

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "buildTopology") => {
            let wait = router.topology_delay;
            router.delay_answer(wait);
            router.state.topology.updated = router.now();
            let mut tree = devices::topology::whole(router)?;
            if let Value::Object(root) = &mut tree {
                root.insert("LastUpdate".to_owned(), json!(iso(router.state.topology.updated)));
                root.insert("DiagnosticMode".to_owned(), json!("Relative"));
                root.insert("APIVersion".to_owned(), json!(VERSION));
            }
            Reply::value(json!([tree])).ok()
        }
        ([], "get") => {
            let topology = &router.state.topology;
            let live = json!({
                "APIVersion": VERSION, "DiagnosticsState": "Complete", "DiscoveryMode": "Relative",
                "LastUpdate": iso(topology.updated), "AutomaticUpload": "None", "Timeout": 30,
                "CustomerAuthorization": topology.authorized, "PeriodicInterval": 3_600,
            });
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(router.describe(call.path, live)).ok()
        }
        ([], "isAutomaticUploadEnabled") => Reply::value(router.state.topology.upload).ok(),
        ([], "enableAutomaticUpload") => {
            router.state.topology.upload = call.args.flag("enable").unwrap_or_default();
            Reply::value(true).ok()
        }
        ([], "setCustomerAuthorization") => {
            router.state.topology.authorized = call.args.flag("allowed").unwrap_or_default();
            Reply::value(true).ok()
        }
        // Nothing leaves an emulator.
        ([], "uploadTopology") => Reply::value(false).ok(),
        (["Results", _], "setState") => Reply::value(true).ok(),
        _ => None,
    }
}

fn instances(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["TopologyDiagnostics", "Results"]).then(|| vec!["XML".to_owned(), "JSON".to_owned()])
}
