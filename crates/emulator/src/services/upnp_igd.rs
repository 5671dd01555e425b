//! `UPnP-IGD`: whether applications may open ports (protocol section 4.15).

use serde_json::json;

use super::{Service, firewall};
use crate::call::{Answer, Args, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service { root: "UPnP-IGD", call, instances };

const NAMES: &str = "lan, lan.home, livebox, livebox.home, installation, installation.home, liveboxipv4, \
     liveboxipv4.home, liveboxipv6, liveboxipv6.home, LIVEBOX.local";

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => {
            let live = json!({
                "Enable": router.state.firewall.upnp,
                "WANAccessProvider": "Orange Livebox",
                "ModelNumber": "4+",
                "ModelName": "Residential Livebox (GPON, WAN Ethernet)",
                "FriendlyName": "Orange Livebox",
                "AllowedHostHeader": NAMES,
                "AlwaysStartIgdDaemon": false,
                "TR064ServiceURL": "",
            });
            let live = live.as_object().cloned().unwrap_or_default();
            let mut shown = router.with_written(call.path, live);
            shown.insert("Enable".to_owned(), json!(router.state.firewall.upnp));
            Reply::value(shown).ok()
        }
        ([], "set") => {
            if let Some(on) = Args(call.args.values()).flag("Enable") {
                firewall::allow_upnp(router, on);
            }
            // The bus keeps what else there is.
            None
        }
        _ => None,
    }
}

fn instances(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["UPnP-IGD", "UDN"]).then(Vec::new)
}
