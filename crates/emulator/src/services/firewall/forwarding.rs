//! Port forwarding over IPv4 (protocol section 4.15).

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{members, no_such_rule, overlap, ports, protocols, rule_id};
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::clock::after;
use crate::router::Router;
use crate::state::firewall::Rule;
use crate::state::put;

const ORIGINS: [&str; 10] =
    ["webui", "upnp", "internal", "cwmp", "pass", "pcp", "cwmp-data", "cwmp-mgmt", "cwmp-iptv", "cwmp-voip"];

pub(super) fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "getPortForwarding") => list(router, call),
        ([], "setPortForwarding") => set(router, call),
        ([], "deletePortForwarding") => delete(router, call),
        ([], "enablePortForwarding") => {
            let Some(place) = find(router, call) else { return no_such_rule(&asked(call)) };
            let rule = router.state.firewall.forwards.get_mut(place)?;
            rule.enable = call.args.flag("enable").unwrap_or(rule.enable);
            Reply::void().ok()
        }
        ([], "refreshPortForwarding") => refresh(router, call),
        (["PortForwarding", id], "get") => {
            let rule = router.state.firewall.forwards.iter().find(|rule| rule.id == *id)?;
            Reply::value(with_range(router, rule)).ok()
        }
        (["PortForwarding", id], "set") => {
            let values = crate::call::Args(call.args.values());
            let rule = router.state.firewall.forwards.iter_mut().find(|rule| rule.id == *id)?;
            rule.enable = values.flag("Enable").unwrap_or(rule.enable);
            if let Some(text) = values.text("Description") {
                rule.description = text;
            }
            Reply::value(true).ok()
        }
        _ => None,
    }
}

/// Rules that were asked for a while end with it, unless their host is there to renew them.
pub(in crate::services) fn forget_expired(router: &mut Router) {
    let (seed, now) = (router.state.seed, router.now());
    let state = &mut router.state;
    let hosts = &state.hosts;
    let lasts = |rule: &Rule| {
        let renewed = || {
            hosts.iter().any(|host| host.ipv4.to_string() == rule.destination && host.is_active(seed, now))
        };
        rule.lease == 0
            || after(rule.since, i64::from(rule.lease)) > now
            || rule.origin == "upnp" && renewed()
    };
    state.firewall.forwards.retain(lasts);
    state.firewall.in_force.forwards.retain(lasts);
}

/// What the rule does: a rule for an address that is not on the LAN is kept and does nothing.
fn status(router: &Router, rule: &Rule) -> &'static str {
    let reachable =
        rule.destination.parse().is_ok_and(|address: Ipv4Addr| router.state.lan.contains(address));
    match (rule.enable, reachable) {
        (false, _) => "Disabled",
        (true, true) => "Enabled",
        (true, false) => "Error",
    }
}

fn to_json(router: &Router, rule: &Rule) -> Value {
    json!({
        "Id": rule.id,
        "Origin": rule.origin,
        "Description": rule.description,
        "Status": status(router, rule),
        "SourceInterface": "data",
        "Protocol": rule.protocol,
        "ExternalPort": rule.external_port,
        "InternalPort": rule.internal_port,
        "SourcePrefix": rule.source_prefix,
        "DestinationIPAddress": rule.destination,
        "DestinationMACAddress": rule.destination_mac,
        "LeaseDuration": rule.lease,
        "HairpinNAT": true,
        "SymmetricSNAT": false,
        "UPnPV1Compat": rule.upnp_v1,
        "Enable": rule.enable,
    })
}

/// As `setPortForwarding` and the object itself show it: one more field than the list.
fn with_range(router: &Router, rule: &Rule) -> Value {
    let mut fields = members(to_json(router, rule));
    let end = ports(&rule.external_port).filter(|(low, high)| low != high).map_or(0, |(_, high)| high);
    fields.insert("ExternalPortEndRange".to_owned(), json!(end));
    Value::Object(fields)
}

/// The `id` argument as it was given.
fn asked(call: &Call<'_>) -> String {
    call.args.text("id").unwrap_or_default()
}

/// The place of the rule that `id` and `origin` name.
fn find(router: &Router, call: &Call<'_>) -> Option<usize> {
    let (id, origin) = (asked(call), call.args.text("origin").unwrap_or_default());
    router.state.firewall.forwards.iter().position(|rule| rule.id == id && rule.origin == origin)
}

fn list(router: &Router, call: &Call<'_>) -> Answer {
    let origin = call.args.text("origin").filter(|origin| !origin.is_empty());
    let id = call.args.text("id").filter(|id| !id.is_empty());
    let fits = |rule: &&Rule| {
        origin.as_deref().is_none_or(|origin| rule.origin == origin)
            && id.as_deref().is_none_or(|id| rule.id == id || rule.id == format!("{}_{id}", rule.origin))
    };
    let rules = router.state.firewall.forwards.iter().filter(fits);
    let found: Object = rules.map(|rule| (rule.id.clone(), to_json(router, rule))).collect();
    Reply::value(Value::Object(found)).ok()
}

fn set(router: &mut Router, call: &Call<'_>) -> Answer {
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    let origin = text("origin");
    let name = match asked(call) {
        id if id.is_empty() => (router.state.firewall.forwards.len() + 1).to_string(),
        id => id,
    };
    let internal = text("internalPort");
    let external =
        Some(text("externalPort")).filter(|port| !port.is_empty()).unwrap_or_else(|| internal.clone());
    let (protocol, destination) = (text("protocol"), text("destinationIPAddress"));
    let id = rule_id(&name, &origin);
    let readable = ORIGINS.contains(&origin.as_str())
        && name.chars().count() <= 64
        && text("description").chars().count() <= 256
        && ports(&internal).is_some()
        && (destination.parse::<Ipv4Addr>().is_ok()
            || destination.is_empty() && !text("destinationMACAddress").is_empty());
    let (true, Some(range), Some(numbers)) = (readable, ports(&external), protocols(&protocol)) else {
        return BoxError::failed(call.method).refuse();
    };
    let in_the_way = router.state.firewall.forwards.iter().find(|other| {
        other.id != id
            && protocols(&other.protocol).is_some_and(|own| own.iter().any(|number| numbers.contains(number)))
            && ports(&other.external_port).is_some_and(|own| own.0 <= range.1 && range.0 <= own.1)
    });
    if let Some(other) = in_the_way {
        return overlap(ports(&other.external_port).unwrap_or(range), &other.id);
    }
    let since = router.now();
    let rule = Rule {
        id: id.clone(),
        description: text("description"),
        protocol,
        external_port: external,
        internal_port: internal,
        destination,
        destination_mac: text("destinationMACAddress"),
        source_prefix: text("sourcePrefix"),
        enable: call.args.flag("enable").unwrap_or(true),
        persistent: call.args.flag("persistent").unwrap_or(true),
        // Without a word about it, as the rules of most recordings are.
        upnp_v1: call.args.flag("upnpv1Compat").unwrap_or(origin == "upnp"),
        lease: lease(call),
        since,
        origin,
    };
    let data = json!({"sourcePort": "", "rule": with_range(router, &rule)});
    let rules = &mut router.state.firewall.forwards;
    put(rules, rule, |known| known.id == id);
    Reply::both(id, data).ok()
}

fn lease(call: &Call<'_>) -> u32 {
    call.args.number("leaseDuration").and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0)
}

fn delete(router: &mut Router, call: &Call<'_>) -> Answer {
    let origin = call.args.text("origin").unwrap_or_default();
    let destination = call.args.text("destinationIPAddress").filter(|address| !address.is_empty());
    let id = asked(call);
    let rules = &mut router.state.firewall.forwards;
    let before = rules.len();
    rules.retain(|rule| {
        let chosen =
            if id.is_empty() { rule.origin == origin } else { rule.id == id && rule.origin == origin };
        !(chosen
            && (!id.is_empty() || destination.as_deref().is_none_or(|address| rule.destination == address)))
    });
    if rules.len() == before && !id.is_empty() {
        return no_such_rule(&id);
    }
    Reply::value(true).ok()
}

fn refresh(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    let Some(place) = find(router, call) else { return no_such_rule(&asked(call)) };
    let rule = router.state.firewall.forwards.get_mut(place)?;
    rule.since = now;
    if let Some(text) = call.args.text("description") {
        rule.description = text;
    }
    rule.persistent = call.args.flag("persistent").unwrap_or(rule.persistent);
    if call.args.get("leaseDuration").is_some() {
        rule.lease = lease(call);
    }
    Reply::value(rule.id.clone()).ok()
}
