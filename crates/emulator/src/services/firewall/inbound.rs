//! IPv6 pinholes and IPv4 protocol forwarding (protocol section 4.16).

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::{no_such_rule, overlap, ports, protocols, rule_id};
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::state::firewall::Rule;

pub(super) fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "getPinhole") => {
            let origin = call.args.text("origin").filter(|origin| !origin.is_empty());
            let rules = router.state.firewall.pinholes.iter();
            let rules = rules.filter(|rule| origin.as_deref().is_none_or(|origin| rule.origin == origin));
            listed(rules, call, pinhole)
        }
        ([], "getProtocolForwarding") => {
            listed(router.state.firewall.protocols.iter(), call, |rule| protocol(router, rule))
        }
        ([], "setPinhole") => set_pinhole(router, call),
        ([], "setProtocolForwarding") => set_protocol(router, call),
        ([], "deletePinhole") => {
            let origin = call.args.text("origin").unwrap_or_default();
            delete(&mut router.state.firewall.pinholes, call, |rule| rule.origin == origin)
        }
        ([], "deleteProtocolForwarding") => delete(&mut router.state.firewall.protocols, call, |_| true),
        (["Pinhole", id], "get") => {
            Reply::value(pinhole(router.state.firewall.pinholes.iter().find(|rule| rule.id == *id)?)).ok()
        }
        (["ProtocolForwarding", id], "get") => {
            let rule = router.state.firewall.protocols.iter().find(|rule| rule.id == *id)?;
            Reply::value(protocol(router, rule)).ok()
        }
        (["Pinhole" | "ProtocolForwarding", id], "set") => {
            let values = crate::call::Args(call.args.values());
            let firewall = &mut router.state.firewall;
            let mut rules = firewall.pinholes.iter_mut().chain(&mut firewall.protocols);
            let rule = rules.find(|rule| rule.id == *id)?;
            rule.enable = values.flag("Enable").unwrap_or(rule.enable);
            Reply::value(true).ok()
        }
        _ => None,
    }
}

fn listed<'r>(
    rules: impl Iterator<Item = &'r Rule>,
    call: &Call<'_>,
    show: impl Fn(&Rule) -> Value,
) -> Answer {
    let id = call.args.text("id").filter(|id| !id.is_empty());
    let fits = |rule: &&Rule| {
        id.as_deref().is_none_or(|id| rule.id == id || rule.id == format!("{}_{id}", rule.origin))
    };
    let found: Object = rules.filter(fits).map(|rule| (rule.id.clone(), show(rule))).collect();
    Reply::value(Value::Object(found)).ok()
}

fn delete(rules: &mut Vec<Rule>, call: &Call<'_>, of_origin: impl Fn(&Rule) -> bool) -> Answer {
    let id = call.args.text("id").unwrap_or_default();
    let before = rules.len();
    rules.retain(|rule| !(of_origin(rule) && (id.is_empty() || rule.id == id)));
    if rules.len() == before && !id.is_empty() {
        return no_such_rule(&id);
    }
    Reply::value(true).ok()
}

fn pinhole(rule: &Rule) -> Value {
    json!({
        "Id": rule.id,
        "Origin": rule.origin,
        "Description": rule.description,
        "Status": if rule.enable { "Enabled" } else { "Disabled" },
        "SourceInterface": "data",
        "Protocol": rule.protocol,
        "IPVersion": 6,
        "SourcePort": rule.external_port,
        "DestinationPort": rule.internal_port,
        "SourcePrefix": rule.source_prefix,
        "DestinationIPAddress": rule.destination,
        "DestinationMACAddress": rule.destination_mac,
        "Enable": rule.enable,
    })
}

fn protocol(router: &Router, rule: &Rule) -> Value {
    let reachable =
        rule.destination.parse().is_ok_and(|address: Ipv4Addr| router.state.lan.contains(address));
    json!({
        "Id": rule.id,
        "Description": rule.description,
        "Status": match (rule.enable, reachable) {
            (false, _) => "Disabled",
            (true, true) => "Enabled",
            (true, false) => "Error",
        },
        "SourceInterface": "data",
        "Protocol": rule.protocol,
        "SourcePrefix": rule.source_prefix,
        "DestinationIPAddress": rule.destination,
        "Enable": rule.enable,
    })
}

/// What both kinds have in common, read from the arguments.
fn rule(router: &Router, call: &Call<'_>, id: String, origin: String) -> Rule {
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    Rule {
        id,
        origin,
        description: text("description"),
        protocol: text("protocol"),
        external_port: text("sourcePort"),
        internal_port: text("destinationPort"),
        destination: text("destinationIPAddress"),
        destination_mac: text("destinationMACAddress"),
        source_prefix: text("sourcePrefix"),
        enable: call.args.flag("enable").unwrap_or(true),
        persistent: call.args.flag("persistent").unwrap_or(true),
        upnp_v1: false,
        lease: 0,
        since: router.now(),
    }
}

fn put(rules: &mut Vec<Rule>, rule: Rule) {
    let id = rule.id.clone();
    crate::state::put(rules, rule, |known| known.id == id);
}

fn set_pinhole(router: &mut Router, call: &Call<'_>) -> Answer {
    let origin = call.args.text("origin").unwrap_or_default();
    let name = match call.args.text("id").unwrap_or_default() {
        id if id.is_empty() => (router.state.firewall.pinholes.len() + 1).to_string(),
        id => id,
    };
    let rule = rule(router, call, rule_id(&name, &origin), origin);
    let is_port = |text: &str| text.is_empty() || ports(text).is_some();
    let readable = ["webui", "upnp"].contains(&rule.origin.as_str())
        && name.chars().count() <= 64
        && is_port(&rule.internal_port)
        && is_port(&rule.external_port)
        && protocols(&rule.protocol).is_some()
        && (rule.destination.parse::<Ipv6Addr>().is_ok()
            || rule.destination.is_empty() && !rule.destination_mac.is_empty());
    if !readable {
        return BoxError::failed(call.method).refuse();
    }
    let in_the_way = router.state.firewall.pinholes.iter().find(|other| {
        let (own, theirs) = (ports(&rule.internal_port), ports(&other.internal_port));
        other.id != rule.id
            && other.destination == rule.destination
            && other.protocol == rule.protocol
            && own.zip(theirs).is_some_and(|(own, theirs)| own.0 <= theirs.1 && theirs.0 <= own.1)
    });
    if let Some(other) = in_the_way {
        return overlap(ports(&other.internal_port).unwrap_or((0, 0)), &other.id);
    }
    let (id, data) = (rule.id.clone(), json!({"rule": pinhole(&rule)}));
    put(&mut router.state.firewall.pinholes, rule);
    Reply::both(id, data).ok()
}

fn set_protocol(router: &mut Router, call: &Call<'_>) -> Answer {
    let id = call.args.text("id").unwrap_or_default();
    let rule = rule(router, call, id.clone(), "webui".to_owned());
    let readable = (1..=64).contains(&id.chars().count())
        && protocols(&rule.protocol).is_some()
        && rule.destination.parse::<Ipv4Addr>().is_ok();
    if !readable {
        return BoxError::failed(call.method).refuse();
    }
    let data = json!({"rule": protocol(router, &rule)});
    put(&mut router.state.firewall.protocols, rule);
    Reply::both(id, data).ok()
}
