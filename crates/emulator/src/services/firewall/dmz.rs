//! The DMZ (protocol section 4.16).

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::no_such_rule;
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::state::firewall::Dmz;
use crate::state::put;

pub(super) fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let id = call.args.text("id").filter(|id| !id.is_empty());
    match (call.tail, call.method) {
        ([], "getDMZ") => {
            let all = router.state.firewall.dmz.iter();
            let chosen = all.filter(|dmz| id.as_deref().is_none_or(|id| dmz.id == id));
            let found: Object = chosen.map(|dmz| (dmz.id.clone(), to_json(router, dmz))).collect();
            Reply::value(Value::Object(found)).ok()
        }
        ([], "setDMZ") => {
            let id = id.unwrap_or_else(|| "webui".to_owned());
            let dmz = Dmz {
                id: id.clone(),
                destination: call.args.text("destinationIPAddress").unwrap_or_default(),
                source_prefix: call.args.text("sourcePrefix").unwrap_or_default(),
                enable: call.args.flag("enable").unwrap_or_default(),
            };
            if dmz.destination.parse::<Ipv4Addr>().is_err() {
                return BoxError::failed(call.method).refuse();
            }
            put(&mut router.state.firewall.dmz, dmz, |known| known.id == id);
            Reply::value(id).ok()
        }
        ([], "deleteDMZ") => {
            let id = id.unwrap_or_default();
            let all = &mut router.state.firewall.dmz;
            let before = all.len();
            all.retain(|known| known.id != id);
            if all.len() == before { no_such_rule(&id) } else { Reply::value(true).ok() }
        }
        (["DMZ", id], "get") => {
            let dmz = router.state.firewall.dmz.iter().find(|dmz| dmz.id == *id)?;
            Reply::value(to_json(router, dmz)).ok()
        }
        (["DMZ", id], "set") => {
            let values = crate::call::Args(call.args.values());
            let dmz = router.state.firewall.dmz.iter_mut().find(|dmz| dmz.id == *id)?;
            dmz.enable = values.flag("Enable").unwrap_or(dmz.enable);
            if let Some(address) = values.text("DestinationIPAddress") {
                dmz.destination = address;
            }
            Reply::value(true).ok()
        }
        _ => None,
    }
}

fn to_json(router: &Router, dmz: &Dmz) -> Value {
    let reachable = dmz.destination.parse().is_ok_and(|address| router.state.lan.contains(address));
    json!({
        "SourceInterface": "data",
        "DestinationIPAddress": dmz.destination,
        "SourcePrefix": dmz.source_prefix,
        "Status": match (dmz.enable, reachable) {
            (false, _) => "Disabled",
            (true, true) => "Enabled",
            (true, false) => "Error",
        },
        "Enable": dmz.enable,
    })
}
