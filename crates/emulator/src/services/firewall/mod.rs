//! `Firewall`: levels, answers to pings, rules that let traffic in (protocol sections 4.14 to 4.16).

mod chains;
mod dmz;
mod forwarding;
mod inbound;

use serde_json::{Value, json};

pub(super) use forwarding::forget_expired;

use super::Service;
use crate::call::{Answer, Args, BoxError, Call, Object, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service { root: "Firewall", call, instances };

const LEVELS: [&str; 4] = ["High", "Medium", "Low", "Custom"];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    forget_expired(router);
    match (call.tail, call.method) {
        ([], "getFirewallLevel") => Reply::value(router.state.firewall.level.clone()).ok(),
        ([], "getFirewallIPv6Level") => Reply::value(router.state.firewall.level_v6.clone()).ok(),
        ([], "setFirewallLevel" | "setFirewallIPv6Level") => set_level(router, call),
        ([], "commit") => {
            router.state.firewall.commit();
            Reply::value(true).ok()
        }
        ([], "getRespondToPing") => {
            let firewall = &router.state.firewall;
            // Only the Internet side answers to strangers.
            let data = call.args.text("sourceInterface").as_deref() == Some("data");
            let reply =
                json!({"enableIPv4": data && firewall.ping_v4, "enableIPv6": data && firewall.ping_v6});
            Reply::value(reply).ok()
        }
        ([], "setRespondToPing") => {
            let Some(wanted) = call.args.object("service_enable").map(Args) else {
                return BoxError::failed(call.method).refuse();
            };
            let firewall = &mut router.state.firewall;
            firewall.ping_v4 = wanted.flag("enableIPv4").unwrap_or(firewall.ping_v4);
            firewall.ping_v6 = wanted.flag("enableIPv6").unwrap_or(firewall.ping_v6);
            Reply::value(true).ok()
        }
        ([], "get") => {
            let firewall = &router.state.firewall;
            let live = json!({
                "ChainNumberOfEntries": LEVELS.len(),
                "ListNumberOfEntries": firewall.lists.len(),
                "PinholeNumberOfEntries": firewall.pinholes.len(),
                "ProtocolForwardingNumberOfEntries": firewall.protocols.len(),
                "Status": "Enabled",
                "UpnpPortForwardingEnable": firewall.upnp,
                "UpnpPortForwardingStatus": firewall.upnp,
            });
            Reply::value(router.describe(call.path, members(live))).ok()
        }
        ([], "set") => {
            let values = Args(call.args.values());
            if let Some(upnp) = values.flag("UpnpPortForwardingEnable") {
                allow_upnp(router, upnp);
            }
            // The bus keeps what else there is.
            None
        }
        _ => forwarding::call(router, call)
            .or_else(|| inbound::call(router, call))
            .or_else(|| dmz::call(router, call))
            .or_else(|| chains::call(router, call)),
    }
}

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    let firewall = &router.state.firewall;
    let ids =
        |rules: &[crate::state::firewall::Rule]| Some(rules.iter().map(|rule| rule.id.clone()).collect());
    match path.get(1..)? {
        ["PortForwarding"] => ids(&firewall.forwards),
        ["Pinhole"] => ids(&firewall.pinholes),
        ["ProtocolForwarding"] => ids(&firewall.protocols),
        ["DMZ"] => Some(firewall.dmz.iter().map(|dmz| dmz.id.clone()).collect()),
        ["Level" | "LevelIPv6" | "Chain"] => Some(LEVELS.map(str::to_owned).to_vec()),
        ["List"] => Some(firewall.lists.keys().cloned().collect()),
        ["List", name, "Entry"] => {
            Some(firewall.lists.get(*name).map(|list| list.keys().cloned().collect()).unwrap_or_default())
        }
        ["Chain", name, "Rule"] => {
            let own = firewall.custom.iter().filter(|(chain, _)| chain == name);
            Some(own.filter_map(|(_, rule)| rule.get("Id")?.as_str().map(str::to_owned)).collect())
        }
        ["Redirect"] => {
            let all = firewall.redirects.iter();
            Some(all.filter_map(|rule| rule.get("Id")?.as_str().map(str::to_owned)).collect())
        }
        ["PCP"] => Some(Vec::new()),
        _ => None,
    }
}

fn members(value: Value) -> Object {
    match value {
        Value::Object(members) => members,
        _ => Object::new(),
    }
}

/// 1114115: no rule of this name.
fn no_such_rule(id: &str) -> Answer {
    BoxError::new(1_114_115, "Object not found", id).refuse()
}

/// 1114120: another rule has these ports.
fn overlap(ports: (u16, u16), id: &str) -> Answer {
    let (low, high) = ports;
    let info = format!("Port overlap detected: port[{low}-{high}] name[{id}]");
    BoxError::new(1_114_120, "Overlapping rule", info).refuse()
}

/// A port or a range of ports, `80` or `8000-8010`.
fn ports(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once(['-', ':']).unwrap_or((text, text));
    let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (0 < low && low <= high).then_some((low, high))
}

/// Protocol numbers: `6`, `6,17`; some write `6/17`.
fn protocols(text: &str) -> Option<Vec<u8>> {
    text.split([',', '/']).map(|number| number.trim().parse().ok()).collect()
}

/// The name of a rule with its origin in front. Letters, digits, blanks and a few signs stay, the rest becomes `_`.
pub(crate) fn rule_id(id: &str, origin: &str) -> String {
    let clean: String =
        id.chars().map(|c| if c.is_alphanumeric() || " _-.".contains(c) { c } else { '_' }).collect();
    let prefix = format!("{origin}_");
    if clean.starts_with(&prefix) { clean } else { format!("{prefix}{clean}") }
}

fn set_level(router: &mut Router, call: &Call<'_>) -> Answer {
    let level = call.args.text("level").unwrap_or_default();
    if !LEVELS.contains(&level.as_str()) {
        return BoxError::failed(call.method).refuse();
    }
    let firewall = &mut router.state.firewall;
    if call.method == "setFirewallLevel" {
        firewall.level.clone_from(&level);
        let attributes = Object::from_iter([("FirewallLevel".to_owned(), json!(level))]);
        router.changed("Devices.Device.HGW", attributes);
    } else {
        firewall.level_v6 = level;
    }
    Reply::value(true).ok()
}

/// Lets UPnP open ports, or not any more: its rules go with it.
pub(super) fn allow_upnp(router: &mut Router, allow: bool) {
    let firewall = &mut router.state.firewall;
    firewall.upnp = allow;
    if !allow {
        firewall.forwards.retain(|rule| rule.origin != "upnp");
        firewall.in_force.forwards.retain(|rule| rule.origin != "upnp");
    }
}
