//! `Devices`: everything the box ever saw, itself included (protocol sections 4.10 and 4.11).

mod expression;
mod host;
mod names;
mod own;
pub(super) mod topology;

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::state::hosts::Sourced;
use expression::Expression;

pub(super) const SERVICE: Service = Service { root: "Devices", call, instances };

/// One device, with the key of the one it hangs below.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    fields: Object,
    parent: String,
}

impl Entry {
    fn new(fields: Object, parent: String) -> Self {
        Self { fields, parent }
    }

    fn key(&self) -> &str {
        self.text("Key")
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field, or one of an object below (`SSW.CurrentMode`).
    fn field(&self, name: &str) -> Option<&Value> {
        let mut parts = name.split('.');
        let first = self.fields.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.text("Tags").split_whitespace().any(|own| own == tag)
    }

    /// As it is sent, with what the flags leave.
    fn into_json(mut self, flags: Flags) -> Value {
        if flags.no_actions {
            self.fields.remove("Actions");
        }
        if flags.no_recurse {
            self.fields.retain(|_, value| !value.is_array() && !value.is_object());
        }
        if flags.full_links {
            let above: Vec<&str> =
                Some(self.parent.as_str()).filter(|key| !key.is_empty()).into_iter().collect();
            let above = json!(above);
            self.fields.insert("ULinks".to_owned(), above);
        }
        Value::Object(self.fields)
    }
}

/// The `flags` argument: words separated by `|`, commas or blanks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    no_actions: bool,
    no_recurse: bool,
    full_links: bool,
}

impl Flags {
    fn of(call: &Call<'_>) -> Self {
        let text = call.args.text("flags").unwrap_or_default();
        let has = |flag: &str| text.split(['|', ',', ' ']).any(|word| word == flag);
        Self { no_actions: has("no_actions"), no_recurse: has("no_recurse"), full_links: has("full_links") }
    }
}

/// The members of a JSON object.
fn object(value: Value) -> Object {
    match value {
        Value::Object(members) => members,
        _ => Object::new(),
    }
}

/// The `Names` of a device, in the order of the box: the default name first.
fn named(names: &[Sourced], index: &str) -> Value {
    let entries = names.iter().rev().map(|name| {
        let numbered = name.value.strip_suffix(index).and_then(|stem| stem.strip_suffix('-'));
        let (text, suffix) = match numbered {
            Some(stem) if name.source == "default" && !index.is_empty() => (stem, index),
            _ => (name.value.as_str(), ""),
        };
        json!({"Name": text, "Source": name.source, "Suffix": suffix, "Id": name.source})
    });
    Value::Array(entries.collect())
}

/// The `DeviceTypes` of a device.
fn typed(types: &[Sourced]) -> Value {
    let entries =
        types.iter().rev().map(|kind| json!({"Type": kind.value, "Source": kind.source, "Id": kind.source}));
    Value::Array(entries.collect())
}

/// The `Actions` of a device, by short names.
fn actions(offered: &[&str]) -> Value {
    let argument =
        |name: &str, kind: &str, mandatory: bool| json!({"Name": name, "Type": kind, "Mandatory": mandatory});
    let mut list = Vec::new();
    for short in offered {
        match *short {
            "setName" => list.push(json!({
                "Function": "setName", "Name": "Edit Name",
                "Arguments": [argument("name", "string", true), argument("source", "string", false)],
            })),
            "setType" => list.push(json!({
                "Function": "setType", "Name": "Edit Type",
                "Arguments": [argument("type", "string", true), argument("source", "string", false)],
            })),
            "ring" => list.push(json!({"Function": "ring", "Name": "Ring all"})),
            "pairing" => {
                list.push(json!({"Function": "startPairing", "Name": "Pair handset"}));
                list.push(json!({"Function": "stopPairing", "Name": "Stop pairing"}));
            }
            _ => {
                list.push(json!({
                    "Function": "startEventing", "Name": "startEventing",
                    "Arguments": [argument("name", "string", true), argument("types", "string", false)],
                }));
                list.push(json!({
                    "Function": "stopEventing", "Name": "stopEventing",
                    "Arguments": [argument("name", "string", true)],
                }));
                list.push(json!({
                    "Function": "getEventLog", "Name": "getEventLog",
                    "Arguments": [
                        argument("type", "string", true), argument("since", "datetime", false),
                        argument("until", "datetime", false),
                    ],
                }));
                for name in ["listLiveEventTypes", "listLogEventTypes", "listEventSubscribers"] {
                    list.push(json!({"Function": name, "Name": name}));
                }
            }
        }
    }
    Value::Array(list)
}

/// All devices, the box's own first.
pub(super) fn entries(router: &Router) -> Vec<Entry> {
    let (seed, now) = (router.state.seed, router.now());
    let mut list = own::entries(router);
    let listed = router.state.hosts.iter().enumerate().filter(|(_, host)| host.is_listed(seed, now));
    list.extend(listed.map(|(place, host)| host::entry(router, place, host)));
    for entry in &mut list {
        names::annotate(router, entry);
    }
    list
}

/// The device of this key, in any case.
fn entry(router: &Router, key: &str) -> Option<Entry> {
    let (seed, now) = (router.state.seed, router.now());
    let place = router.state.hosts.iter().position(|host| host.mac.eq_ignore_ascii_case(key));
    let mut found = match place.and_then(|place| Some((place, router.state.hosts.get(place)?))) {
        Some((_, host)) if !host.is_listed(seed, now) => None,
        Some((place, host)) => Some(host::entry(router, place, host)),
        None => own::entries(router).into_iter().find(|entry| entry.key().eq_ignore_ascii_case(key)),
    }?;
    names::annotate(router, &mut found);
    Some(found)
}

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    super::dhcp::settle_addresses(router);
    match (call.tail, call.method) {
        ([], "get") => get(router, call),
        ([], "find") => {
            let Some(expression) = expression_of(call) else { return BoxError::failed(call.method).refuse() };
            let found = entries(router).into_iter().filter(|entry| expression.accepts(entry));
            Reply::value(found.map(|entry| json!(entry.key())).collect::<Value>()).ok()
        }
        ([], "findByIPAddress") => find_by_address(router, call),
        ([], "fetchDevice") => {
            let key = call.args.text("key").unwrap_or_default();
            one(router, &key, Flags::of(call))
        }
        ([], "destroyDevice") => destroy(router, call),
        (["Device"], "get") => {
            let all = entries(router)
                .into_iter()
                .map(|entry| (entry.key().to_owned(), entry.into_json(Flags::default())));
            Reply::value(all.collect::<Value>()).ok()
        }
        (["Device", key], "get") => one(router, key, Flags::of(call)),
        (["Device", key, list @ ("Names" | "DeviceTypes" | "Alternative"), source], "get") => {
            let entry = entry(router, key)?;
            let members = entry.field(list)?.as_array()?;
            let found =
                members.iter().find(|member| member.get("Id").and_then(Value::as_str) == Some(source));
            Reply::value(found.cloned().unwrap_or_else(|| json!({"Alternative": source}))).ok()
        }
        (["Device", key], "topology") => {
            let Some(expression) = expression_of(call) else { return BoxError::failed(call.method).refuse() };
            let tree = topology::below(router, key, &expression, Flags::of(call));
            Reply::value(tree.into_iter().collect::<Value>()).ok()
        }
        (["Device", key], _) => names::call(router, key, call),
        _ => None,
    }
}

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    match path {
        ["Devices", "Device"] => {
            let (seed, now) = (router.state.seed, router.now());
            let hosts = router.state.hosts.iter().filter(|host| host.is_listed(seed, now));
            let own = own::keys(router).into_iter();
            Some(own.chain(hosts.map(|host| host.mac.clone())).collect())
        }
        ["Devices", "Device", key, list @ ("Names" | "DeviceTypes")] => {
            let entry = entry(router, key)?;
            let members = entry.field(list)?.as_array()?;
            Some(members.iter().filter_map(|member| member.get("Id")?.as_str().map(str::to_owned)).collect())
        }
        ["Devices", "Device", key, "Alternative"] => {
            Some(router.state.notes.get(*key).map(|note| note.alternatives.clone()).unwrap_or_default())
        }
        ["Devices", "Device", _, "LDevice" | "UDevice"] => Some(Vec::new()),
        _ => None,
    }
}

fn expression_of(call: &Call<'_>) -> Option<Expression> {
    Expression::parse(&call.args.text("expression").unwrap_or_default())
}

fn get(router: &Router, call: &Call<'_>) -> Answer {
    let flags = Flags::of(call);
    let all = entries(router);
    let select = |expression: &Expression| -> Value {
        all.iter()
            .filter(|entry| expression.accepts(entry))
            .map(|entry| entry.clone().into_json(flags))
            .collect()
    };
    let Some(Value::Object(groups)) = call.args.get("expression") else {
        let Some(expression) = expression_of(call) else { return BoxError::failed(call.method).refuse() };
        return Reply::value(select(&expression)).ok();
    };
    let mut answer = Object::new();
    for (name, text) in groups {
        let Some(expression) = text.as_str().and_then(Expression::parse) else {
            return BoxError::failed(call.method).refuse();
        };
        answer.insert(name.clone(), select(&expression));
    }
    Reply::value(Value::Object(answer)).ok()
}

fn one(router: &Router, key: &str, flags: Flags) -> Answer {
    match entry(router, key) {
        Some(entry) => Reply::value(entry.into_json(flags)).ok(),
        None => BoxError::not_found(key).refuse(),
    }
}

fn find_by_address(router: &Router, call: &Call<'_>) -> Answer {
    let address = call.args.text("ipaddress").unwrap_or_default();
    let status = call.args.text("ipstatus").filter(|status| !status.is_empty());
    let flags = Flags::of(call);
    let holds = |entry: &Entry| {
        ["IPv4Address", "IPv6Address"].iter().filter_map(|list| entry.field(list)?.as_array()).flatten().any(
            |own| {
                let is = |name: &str, wanted: &str| own.get(name).and_then(Value::as_str) == Some(wanted);
                is("Address", &address) && status.as_deref().is_none_or(|wanted| is("Status", wanted))
            },
        )
    };
    let found = entries(router).into_iter().filter(holds);
    Reply::value(found.map(|entry| entry.into_json(flags)).collect::<Value>()).ok()
}

/// Forgets a device and what its owner wrote about it. One that is there reappears at once, under its own name.
fn destroy(router: &mut Router, call: &Call<'_>) -> Answer {
    let key = call.args.text("key").unwrap_or_default();
    let now = router.now();
    let Some(host) = router.state.host_mut(&key) else { return Reply::value(false).ok() };
    host.forgotten = Some(now);
    host.names.retain(|name| name.source != "webui");
    host.types.retain(|kind| kind.source != "webui");
    let mac = host.mac.clone();
    router.state.notes.remove(&mac);
    let gone = Object::from_iter([(mac.clone(), json!({}))]);
    router.events.emit(&format!("Devices.Device.{mac}"), "device_deleted", &gone);
    Reply::value(true).ok()
}
