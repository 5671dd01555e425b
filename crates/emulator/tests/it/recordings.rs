//! Answers published by owners of real boxes, as far as they are present: the emulator's answer to the same call has
//! the same envelope, the same types at the same places, and no field that nobody has seen.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use emulator::Options;
use serde_json::{Value, json};

use crate::wire::{Session, livebox};

/// Where the recordings are, if anywhere.
fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("LIVEBOX_RECORDINGS").map_or(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// A recorded call.
struct Recorded {
    model: String,
    service: String,
    method: String,
    parameters: Value,
    answer: Value,
}

fn read(folder: &Path, model: &str) -> Vec<Recorded> {
    let Ok(files) = std::fs::read_dir(folder.join(model)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let request = &file["request"];
        let (Some(service), Some(method)) = (request["service"].as_str(), request["method"].as_str()) else {
            continue;
        };
        if service == "sah.Device.Information" || file["answer"].is_null() {
            continue;
        }
        // Where the values of a write were not kept, any will do.
        let kept = |value: &Value| if *value == json!("(not kept)") { json!(true) } else { value.clone() };
        let parameters = match &request["parameters"] {
            Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), kept(value))).collect(),
            _ => json!({}),
        };
        found.push(Recorded {
            model: model.to_owned(),
            service: service.to_owned(),
            method: method.to_owned(),
            parameters,
            answer: file["answer"].clone(),
        });
    }
    found
}

/// Keys that are data: addresses, numbers, names of rules and interfaces.
fn is_instance_key(key: &str) -> bool {
    key.contains([':', ' '])
        || key.bytes().next().is_some_and(|first| first.is_ascii_digit())
        || key.contains('_')
        || emulator::model::LB6.interfaces().contains(&key)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(text) if text.contains("REDACTED") || text.contains("MASKED") => "any",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The types at every place, instance keys and list positions made equal.
fn shapes(value: &Value, place: &str, found: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    found.entry(place.to_owned()).or_default().insert(kind(value));
    match value {
        Value::Array(list) => list.iter().for_each(|entry| shapes(entry, &format!("{place}[]"), found)),
        Value::Object(map) => {
            for (key, entry) in map {
                let key = if is_instance_key(key) { "*" } else { key };
                shapes(entry, &format!("{place}.{key}"), found);
            }
        }
        _ => {}
    }
}

fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|entry| names(entry, found)),
        Value::Object(map) => map.iter().for_each(|(key, entry)| {
            found.insert(key.clone());
            names(entry, found);
        }),
        Value::String(text) => {
            found.extend(text.trim_start_matches('?').rsplit(' ').next().map(str::to_owned));
        }
        _ => {}
    }
}

/// Every field name that any recording or description of the objects has.
fn known_names(folder: &Path) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for model in
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in std::fs::read_dir(model).unwrap() {
            names(
                &serde_json::from_str(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap(),
                &mut known,
            );
        }
    }
    known
}

#[tokio::test]
async fn answers_have_the_shape_of_recorded_ones() {
    let Some(folder) = folder() else { return };
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let known = known_names(&folder);
    let recorded: Vec<Recorded> = ["lb6", "lb7"].into_iter().flat_map(|model| read(&folder, model)).collect();
    assert!(recorded.len() > 60, "the recordings are not what they were");
    // The boxes of two firmwares may differ in a type; what any of them shows for a call is right.
    let mut expected: BTreeMap<(String, String), BTreeMap<String, BTreeSet<&str>>> = BTreeMap::new();
    for call in &recorded {
        shapes(&call.answer, "", expected.entry((call.service.clone(), call.method.clone())).or_default());
    }
    let mut wrong = Vec::new();
    for call in &recorded {
        let name = format!("{}.{}", call.service, call.method);
        let answer = session.call(&call.service, &call.method, call.parameters.clone()).await;
        let title = format!("{}/{name}", call.model);
        let (mine, theirs) = (&answer["errors"][0]["error"], &call.answer["errors"][0]["error"]);
        if mine != theirs {
            // Another model may have what an LB6 has not.
            if call.model == "lb6" || mine != &json!(196_618) && mine != &json!(13) {
                wrong.push(format!("{title}: error {mine}, recorded {theirs}"));
            }
            continue;
        }
        let allowed = &expected[&(call.service.clone(), call.method.clone())];
        let mut found = BTreeMap::new();
        shapes(&answer, "", &mut found);
        for (place, kinds) in &found {
            let name = place.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
            match allowed.get(place) {
                Some(seen) if seen.contains("any") || seen.iter().all(|kind| *kind == "null") => {}
                Some(seen) if kinds.iter().all(|kind| seen.contains(kind)) => {}
                Some(seen) => wrong.push(format!("{title}: {place} is {kinds:?}, recorded {seen:?}")),
                None if name == "*" || name.is_empty() || known.contains(name) => {}
                None => wrong.push(format!("{title}: nobody has seen {place}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} mismatches:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn refusals_of_descriptions_are_those_of_a_real_box() {
    let Some(folder) = folder() else { return };
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let file = std::fs::read_to_string(folder.join("lb6/_introspection.permission-denied.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let mut wrong = Vec::new();
    for object in file["denied"].as_array().unwrap().iter().map(|object| object.as_str().unwrap()) {
        let path = object.replace('.', "/");
        let answer = session.get(&format!("/sysbus/{path}")).await.json();
        let refusal = answer.get("errors").map_or(&answer, |errors| &errors[0]);
        if *refusal != json!({"error": 13, "description": "Permission denied", "info": path}) {
            wrong.push(format!("{object}: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
