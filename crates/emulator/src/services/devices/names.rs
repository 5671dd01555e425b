//! What is written about one device: names, types, tags, alternatives; and small questions about it.

use serde_json::{Value, json};

use super::{Entry, topology};
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::state::devices::{Note, say, unsay};
use crate::state::hosts::Sourced;

/// Puts on an entry what was written about it.
pub(super) fn annotate(router: &Router, entry: &mut Entry) {
    let key = entry.key().to_owned();
    if let Some(note) = router.state.notes.get(&key) {
        let tags: Vec<&str> = entry
            .text("Tags")
            .split_whitespace()
            .filter(|tag| !note.cleared.iter().any(|cleared| cleared == tag))
            .chain(note.tags.iter().map(String::as_str))
            .collect();
        let tags = json!(tags.join(" "));
        entry.fields.insert("Tags".to_owned(), tags);
        if !note.alternatives.is_empty() {
            entry.fields.insert("Alternative".to_owned(), json!(note.alternatives));
        }
    }
    if let Some(written) = router.state.written.get(&format!("Devices.Device.{key}")) {
        for (name, value) in written {
            if let Some(field) = entry.fields.get_mut(name) {
                field.clone_from(value);
            }
        }
    }
}

pub(super) fn call(router: &mut Router, key: &str, call: &Call<'_>) -> Answer {
    // The bus may have been asked in another case.
    let entry = super::entry(router, key)?;
    let key = entry.key().to_owned();
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    let source =
        || call.args.text("source").filter(|source| !source.is_empty()).unwrap_or_else(|| "webui".to_owned());
    match call.method {
        "setName" | "addName" => {
            let name = text("name");
            if name.is_empty() {
                return BoxError::failed(call.method).refuse();
            }
            say(list(router, &key, Which::Names), &name, &source());
            renamed(router, &key);
            Reply::value(true).ok()
        }
        "removeName" => answered(router, &key, Which::Names, &text("source")),
        "delName" => {
            let (name, source) = (text("name"), source());
            let known = list(router, &key, Which::Names);
            let fits = known.iter().any(|known| known.value == name && known.source == source);
            if fits { answered(router, &key, Which::Names, &source) } else { Reply::value(false).ok() }
        }
        "setType" => {
            say(list(router, &key, Which::Types), &text("type"), &source());
            retyped(router, &key);
            Reply::value(true).ok()
        }
        "removeType" => answered(router, &key, Which::Types, &text("source")),
        "set" => {
            let values = call.args.values().clone();
            let owner = ["Location", "Owner", "DeviceCategory", "Priority"];
            let known = values.into_iter().filter(|(name, _)| owner.contains(&name.as_str()));
            router.state.written.entry(format!("Devices.Device.{key}")).or_default().extend(known);
            Reply::value(true).ok()
        }
        "setTag" | "clearTag" => {
            let set = call.method == "setTag";
            for entry in chosen(router, &key, call)? {
                let note = router.state.notes.entry(entry.key().to_owned()).or_default();
                tag(note, entry.text("Tags"), &text("tag"), set);
            }
            Reply::void().ok()
        }
        "hasTag" => {
            let tag = text("tag");
            Reply::value(chosen(router, &key, call)?.iter().any(|entry| entry.has_tag(&tag))).ok()
        }
        "getFirstParameter" => {
            let name = text("parameter");
            let found = chosen(router, &key, call)?.iter().find_map(|entry| entry.field(&name).cloned());
            Reply::value(found.unwrap_or_default()).ok()
        }
        "getParameters" => {
            let name = text("parameter");
            let all = chosen(router, &key, call)?;
            Reply::value(all.iter().filter_map(|entry| entry.field(&name).cloned()).collect::<Value>()).ok()
        }
        "isLinkedTo" => {
            let other = text("device");
            let linked = ["up", "down"].iter().any(|way| {
                topology::traverse(router, &key, way)
                    .iter()
                    .any(|found| found.key().eq_ignore_ascii_case(&other))
            });
            Reply::value(linked).ok()
        }
        "isImplemented" => Reply::value(offers(&entry, &text("function"))).ok(),
        "remove" => match text("path").split_once('.') {
            Some(("Names", source)) => answered(router, &key, Which::Names, source),
            Some(("DeviceTypes", source)) => answered(router, &key, Which::Types, source),
            _ => Reply::value(false).ok(),
        },
        action @ ("startEventing"
        | "stopEventing"
        | "getEventLog"
        | "listLiveEventTypes"
        | "listLogEventTypes"
        | "listEventSubscribers"
        | "ring"
        | "startPairing"
        | "stopPairing") => {
            if !offers(&entry, action) {
                return BoxError::not_found(action).refuse();
            }
            // Nobody published what the logs hold, so they are empty.
            let lists = action.starts_with("list") || action == "getEventLog";
            Reply::value(if lists { json!([]) } else { json!(true) }).ok()
        }
        _ => alternatives(router, &key, call),
    }
}

/// Whether a device offers an action.
fn offers(entry: &Entry, action: &str) -> bool {
    let offered = entry.field("Actions").and_then(Value::as_array);
    offered.into_iter().flatten().any(|own| own.get("Function").and_then(Value::as_str) == Some(action))
}

fn alternatives(router: &mut Router, key: &str, call: &Call<'_>) -> Answer {
    let note = router.state.notes.entry(key.to_owned()).or_default();
    let wanted = call.args.text("alternative").unwrap_or_default();
    let known = note.alternatives.iter().position(|alternative| *alternative == wanted);
    let done = match (call.method, known) {
        ("setAlternative", None) => {
            note.alternatives.push(wanted);
            true
        }
        ("removeAlternative", Some(place)) => {
            note.alternatives.remove(place);
            true
        }
        ("setAlternativeRules" | "removeAlternativeRules", _)
        | ("setAlternative" | "isAlternative", Some(_)) => true,
        ("isAlternative" | "removeAlternative", None) => false,
        _ => return None,
    };
    Reply::value(done).ok()
}

/// The entries that `traverse` and `expression` of a call choose; without `traverse`, the device itself.
fn chosen(router: &Router, key: &str, call: &Call<'_>) -> Option<Vec<Entry>> {
    let expression = super::expression_of(call)?;
    let way = call.args.text("traverse").unwrap_or_default();
    let mut list = topology::traverse(router, key, &way);
    list.retain(|entry| expression.accepts(entry));
    Some(list)
}

/// Adds tags or takes them away; `shown` are those that the entry has at present.
fn tag(note: &mut Note, shown: &str, tags: &str, set: bool) {
    for tag in tags.split_whitespace() {
        let is_shown = shown.split_whitespace().any(|known| known == tag);
        let (undone, done) =
            if set { (&mut note.cleared, &mut note.tags) } else { (&mut note.tags, &mut note.cleared) };
        let before = undone.len();
        undone.retain(|known| known != tag);
        if undone.len() == before && is_shown != set && !done.iter().any(|known| known == tag) {
            done.push(tag.to_owned());
        }
    }
}

#[derive(Clone, Copy)]
enum Which {
    Names,
    Types,
}

fn list<'r>(router: &'r mut Router, key: &str, which: Which) -> &'r mut Vec<Sourced> {
    let state = &mut router.state;
    match (state.hosts.iter_mut().find(|host| host.mac == key), which) {
        (Some(host), Which::Names) => &mut host.names,
        (Some(host), Which::Types) => &mut host.types,
        (None, Which::Names) => &mut state.notes.entry(key.to_owned()).or_default().names,
        (None, Which::Types) => &mut state.notes.entry(key.to_owned()).or_default().types,
    }
}

/// Takes back what a source said and answers whether it had said anything.
fn answered(router: &mut Router, key: &str, which: Which, source: &str) -> Answer {
    // A device cannot lose its last name.
    let done = source != "default" && unsay(list(router, key, which), source);
    if done {
        match which {
            Which::Names => renamed(router, key),
            Which::Types => retyped(router, key),
        }
    }
    Reply::value(done).ok()
}

fn renamed(router: &mut Router, key: &str) {
    let name = shown(router, key, "Name");
    let handler = format!("Devices.Device.{key}");
    router.changed(&handler, Object::from_iter([("Name".to_owned(), name.clone())]));
    let news = Object::from_iter([(key.to_owned(), json!({"NewName": name}))]);
    router.events.emit(&handler, "device_name_changed", &news);
}

fn retyped(router: &mut Router, key: &str) {
    let kind = shown(router, key, "DeviceType");
    router.changed(&format!("Devices.Device.{key}"), Object::from_iter([("DeviceType".to_owned(), kind)]));
}

fn shown(router: &Router, key: &str, field: &str) -> Value {
    super::entry(router, key).and_then(|entry| entry.field(field).cloned()).unwrap_or_default()
}
