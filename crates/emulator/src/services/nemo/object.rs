//! Reading: the parameters of an interface or of an object below it, and MIBs, which are parts of the same.

use serde_json::{Map, Value, json};

use super::table::{Mib, TABLE};
use super::{graph, live, station, wlan};
use crate::call::{Call, Object};
use crate::router::Router;

/// Objects that have entries instead of parameters.
const TEMPLATES: &[&str] = &[
    "Accesspoint",
    "AssociatedDevice",
    "Band",
    "CSIClient",
    "ChannelChanges",
    "Entry",
    "Event",
    "EventCounter",
    "EventType",
    "FastReconnectTypes",
    "IPv4Addr",
    "IPv4Route",
    "IPv6Addr",
    "IPv6Route",
    "IPv6Router",
    "LLIntf",
    "MonitorDevice",
    "Neighbour",
    "NonAssociatedDevice",
    "Option",
    "QoS",
    "Query",
    "ReceivedOption",
    "ReqOption",
    "SSID",
    "ScanReason",
    "SentOption",
    "StatMon",
    "SurroundingChannels",
    "TempEntry",
    "ULIntf",
    "VendorIE",
];

/// What moves or is known to the state, for an object below an interface (`inside` empty: the interface itself).
fn live_values(router: &Router, interface: &str, inside: &[&str]) -> Object {
    let wifi = &router.state.wifi;
    let mut values = live::values(router, interface, inside);
    if let Some(vap) = wifi.vap(interface) {
        let more = station::values(router, vap, inside).or_else(|| wlan::vap_values(router, vap, inside));
        values.extend(more.unwrap_or_default());
    }
    if let Some(radio) = wifi.radio(interface) {
        values.extend(wlan::radio_values(router, radio, inside).unwrap_or_default());
    }
    values
}

/// The keys of a template, or `None` for a plain object.
pub(super) fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    let ["NeMo", "Intf", interface, inside @ ..] = path else { return None };
    let last = inside.last().filter(|name| TEMPLATES.contains(*name))?;
    // `SSID` is a parameter everywhere but below an access point of a scan.
    if *last == "SSID" && inside.len() < 2 {
        return None;
    }
    let links = |names: Vec<&'static str>| names.into_iter().map(str::to_owned).collect();
    match inside {
        ["LLIntf"] => return Some(links(graph::below(router, interface))),
        ["ULIntf"] => return Some(links(graph::above(router, interface))),
        _ => {}
    }
    let wifi = &router.state.wifi;
    let of_vap = wifi.vap(interface).and_then(|vap| wlan::vap_keys(router, vap, inside));
    let of_radio = wifi.radio(interface).and_then(|radio| wlan::radio_keys(router, radio, inside));
    Some(of_vap.or(of_radio).unwrap_or_else(|| live::keys(router, interface, inside)))
}

/// The parameters of an object below an interface: what is live, else what was written, else the table's value.
pub(crate) fn parameters(router: &Router, path: &[&str]) -> Object {
    let ["NeMo", "Intf", interface, inside @ ..] = path else { return Object::new() };
    let Some(resolved) = router.resolve(path) else { return Object::new() };
    let mut live = live_values(router, interface, inside);
    let written = router.state.written.get(&path.join("."));
    let prefix = inside.iter().fold(String::new(), |prefix, segment| format!("{prefix}{segment}."));
    resolved
        .parameters()
        .map(|parameter| {
            let name = parameter.name;
            let value = live
                .remove(name)
                .or_else(|| written.and_then(|values| values.get(name)).cloned())
                .or_else(|| TABLE.value(&format!("{prefix}{name}"), interface).cloned())
                .unwrap_or_else(|| parameter.default());
            (name.to_owned(), value)
        })
        .collect()
}

/// An object with all that is below it.
fn tree(router: &Router, path: &[&str]) -> Value {
    if let Some(keys) = instances(router, path) {
        return entries(router, path, &keys);
    }
    let mut values = parameters(router, path);
    let Some(resolved) = router.resolve(path) else { return Value::Object(values) };
    for child in router.model.children(resolved.object.path) {
        let below: Vec<&str> = path.iter().copied().chain([child]).collect();
        if router.resolve(&below).is_some() {
            values.insert(child.to_owned(), tree(router, &below));
        }
    }
    Value::Object(values)
}

fn entries(router: &Router, path: &[&str], keys: &[String]) -> Value {
    let entry = |key: &String| {
        let below: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        let mut values = parameters(router, &below);
        if let Some(resolved) = router.resolve(&below) {
            for child in router.model.children(resolved.object.path) {
                let deeper: Vec<&str> = below.iter().copied().chain([child]).collect();
                if router.resolve(&deeper).is_some() {
                    values.insert(child.to_owned(), tree(router, &deeper));
                }
            }
        }
        (key.clone(), Value::Object(values))
    };
    Value::Object(keys.iter().map(entry).collect())
}

/// `getMIBs`: MIB by interface.
pub(super) fn mibs(router: &Router, call: &Call<'_>, name: &str) -> Value {
    let wanted = call.args.text("mibs").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let asked = |mib: &str| wanted.is_empty() || wanted.contains(&mib);
    let interfaces = graph::selected(router, call, name);
    let mut found = Object::new();
    if asked("base") {
        let base = interfaces.iter().map(|name| ((*name).to_owned(), base(router, name)));
        found.insert("base".to_owned(), Value::Object(base.collect()));
    }
    for mib in TABLE.mibs.iter().filter(|mib| asked(mib.name)) {
        let entries =
            interfaces.iter().filter_map(|name| Some(((*name).to_owned(), part(router, mib, name)?)));
        found.insert(mib.name.to_owned(), Value::Object(entries.collect()));
    }
    Value::Object(found)
}

fn base(router: &Router, name: &str) -> Value {
    let denied = graph::is_denied(router, name);
    // A stub does not even say the names of its neighbours, beyond the keys.
    let links = |names: Vec<&'static str>| -> Object {
        let link = |name: &str| if denied { json!({}) } else { json!({"Name": name}) };
        names.into_iter().map(|name| (name.to_owned(), link(name))).collect()
    };
    let (upper, lower) = (links(graph::above(router, name)), links(graph::below(router, name)));
    if denied {
        return json!({"ULIntf": upper, "LLIntf": lower});
    }
    json!({
        "Name": name,
        "Enable": graph::is_enabled(router, name),
        "Status": graph::is_up(router, name),
        "Flags": graph::flags_of(router, name),
        "ULIntf": upper,
        "LLIntf": lower,
    })
}

/// The part of an interface that a MIB shows, or `None` when the interface does not have the MIB.
fn part(router: &Router, mib: &Mib, name: &str) -> Option<Value> {
    if graph::is_denied(router, name) {
        let netdev = super::table::TABLE.interface(name)?.flags.contains("netdev");
        return match mib.name {
            _ if mib.is_universal() => Some(json!({})),
            "netdev" if netdev => {
                Some(json!({"IPv4Addr": {}, "IPv6Addr": {}, "IPv4Route": {}, "IPv6Route": {}}))
            }
            "nat" if netdev => Some(json!({"NATEnabled": false})),
            _ => None,
        };
    }
    if !mib.is_on(name) {
        return None;
    }
    let path = ["NeMo", "Intf", name];
    let mut all = if mib.members.is_empty() { Map::new() } else { parameters(router, &path) };
    let member = |member: &&'static str| {
        if let Some(value) = all.remove(*member) {
            return Some(((*member).to_owned(), value));
        }
        let below: Vec<&str> = path.iter().copied().chain([*member]).collect();
        router.resolve(&below)?;
        Some(((*member).to_owned(), tree(router, &below)))
    };
    Some(Value::Object(mib.members.iter().filter_map(member).collect()))
}
