//! Every tool on a box made of the recorded answers of each model: an answer, or an honest "not on this box".

mod bends;
mod recorded;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use jsonschema::Validator;

use livebox::{Access, Answer, Context, Lang, Policy, ToolDef, ToolError};
use serde_json::{Value, json};
use sysbus::{Endpoint, Password, Secret, Session, Trust};

use crate::examples::arguments;
use bends::{Bent, Dice};
use recorded::{Extent, Gaps, Library, Replay, SECRET};

fn context(replay: &Replay) -> Context {
    let session = Session::new(sysbus::Config {
        endpoint: Endpoint::parse(&replay.url, Trust::System).unwrap(),
        user: "admin".to_owned(),
        password: Password::Given(Secret::new("replayed")),
        state: None,
        honour_refusal: false,
    });
    Context::new(session)
        .with_policy(Policy { accept_secrets: true, ..Policy::unasked() })
        .with_state(Some(replay.state.path().to_owned()))
        .with_vault(Some(vault::Vault::without_keychain(replay.state.path().join("vault"))))
}

/// The example's arguments, without those that the tool can do without.
fn needed(def: &ToolDef) -> Value {
    let schema = (def.input_schema)();
    let required = schema.get("required").cloned().unwrap_or_else(|| json!([]));
    let mut args = arguments(def);
    args.as_object_mut().unwrap().retain(|name, _| required.as_array().unwrap().contains(&json!(name)));
    args
}

fn reads() -> impl Iterator<Item = &'static ToolDef> {
    // Raw answers are shown as they are: nothing in them is a statement of ours.
    livebox::tools().filter(|def| def.access == Access::Read && !def.open_world && def.group.name != "expert")
}

/// Runs a tool in a task of its own, so that a panic is one more thing that may not happen.
async fn run(cx: &Context, def: &'static ToolDef, args: Value) -> Result<Result<Answer, ToolError>, String> {
    let cx = cx.clone();
    let task =
        tokio::spawn(async move { livebox::invoke(&cx, def, &crate::harness::order_for(def), args).await });
    match tokio::time::timeout(Duration::from_secs(20), task).await {
        Ok(outcome) => outcome.map_err(|error| format!("panic: {error}")),
        Err(_) => Err("no end".to_owned()),
    }
}

/// What speaks against an outcome.
fn problems(def: &ToolDef, validator: &Validator, outcome: &Result<Answer, ToolError>) -> Vec<String> {
    let mut found = Vec::new();
    match outcome {
        Err(error) => {
            let honest = ["unavailable", "absent", "denied", "conflict"].contains(&error.kind());
            let message = error.message();
            let (english, french) = (message.text(Lang::En), message.text(Lang::Fr));
            if !honest
                || english.len() < 20
                || english == french
                || format!("{english}{french}").contains(SECRET)
            {
                found.push(format!("{}: {english}", error.kind()));
            }
        }
        Ok(answer) => {
            found.extend(
                validator.iter_errors(&answer.json).map(|error| format!("{} {error}", error.instance_path())),
            );
            look("", &answer.json, def.group.name == "traffic", &mut found);
            let (compact, aligned) = (answer.page.compact(), answer.page.aligned());
            if compact.trim().is_empty() || aligned.trim().is_empty() {
                found.push("shows nothing".to_owned());
            }
            for odd in [SECRET, "0001-01-01", "9999-12-31", "Some(", "None", "null", "NaN", "\u{202e}"] {
                if compact.contains(odd) || aligned.contains(odd) {
                    found.push(format!("shows {odd:?}"));
                }
            }
        }
    }
    found
}

/// Values that no household would believe.
fn look(name: &str, value: &Value, idle_is_fine: bool, found: &mut Vec<String>) {
    let mut wrong = |why: &str| found.push(format!("{name} = {value}: {why}"));
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| look(name, value, idle_is_fine, found));
        }
        Value::Array(list) => list.iter().for_each(|value| look(name, value, idle_is_fine, found)),
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            match name {
                "rssi_dbm" if !(-120.0..0.0).contains(&number) => wrong("no signal strength"),
                "noise_dbm" if !(-120.0..0.0).contains(&number) => wrong("no noise"),
                _ if name.ends_with("_dbm") && (number == 0.0 || number.abs() > 120.0) => wrong("no power"),
                _ if name.ends_with("_bps") && (number < 0.0 || (number == 0.0 && !idle_is_fine)) => {
                    wrong("no rate");
                }
                _ if name.ends_with("_pct") && !(0.0..=100.0).contains(&number) => wrong("no percentage"),
                "channel" | "mtu" | "vlan_id" | "lease_s" | "width_mhz" if number <= 0.0 => wrong("made up"),
                _ if number < 0.0
                    && !["offset_s", "ont_temperature_c"].contains(&name)
                    && !name.ends_with("_dbm") =>
                {
                    wrong("negative");
                }
                _ => {}
            }
        }
        Value::String(text) => {
            let pairs: Vec<&str> = text.split(':').collect();
            let upper = |pair: &&str| {
                pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
            };
            match name {
                "mac" if pairs.len() != 6 || !pairs.iter().all(upper) => {
                    wrong("no MAC address in upper case");
                }
                "band" if !["2.4", "5", "6"].contains(&text.as_str()) => wrong("no band"),
                "ipv4" if text.parse::<std::net::IpAddr>().is_err() => wrong("no address"),
                _ if text.contains(SECRET) => wrong("secret"),
                _ if text.starts_with("0001-") || text.starts_with("9999-") => wrong("no date"),
                _ if text.len() > 1000 => wrong("too long"),
                _ => {}
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Default arguments, and the example's with a host that this box knows.
async fn arguments_for(cx: &Context, def: &ToolDef) -> Vec<Value> {
    let mut all = vec![needed(def), arguments(def)];
    let hosts = livebox::find("host_list").unwrap();
    if let Ok(list) = livebox::invoke(cx, hosts, &crate::harness::order(), json!({ "all": true })).await
        && let Some(name) = list.json["hosts"][0]["name"].as_str()
        && let Some(example) = all[1].as_object().filter(|args| args.contains_key("host"))
    {
        let mut args = example.clone();
        args.insert("host".to_owned(), name.into());
        all.push(args.into());
    }
    all.dedup();
    all
}

fn validator(def: &ToolDef) -> Validator {
    jsonschema::validator_for(&Value::Object((def.output_schema)())).unwrap()
}

/// Stops with everything that was found.
fn report(found: &BTreeMap<String, String>) {
    let lines: Vec<String> =
        found.iter().take(40).map(|(what, first)| format!("{what}\n      first: {first}")).collect();
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_model_answers() {
    let Some(library) = Library::open().map(Arc::new) else { return };
    let tasks: Vec<_> = library
        .models()
        .into_iter()
        .map(|model| tokio::spawn(answers(Arc::clone(&library), model)))
        .collect();
    let mut found = BTreeMap::new();
    for task in tasks {
        found.extend(task.await.unwrap());
    }
    report(&found);
}

/// What is wrong with the answers on that model, and where it was seen first.
async fn answers(library: Arc<Library>, model: String) -> BTreeMap<String, String> {
    const BOXES: [(Gaps, Extent); 3] =
        [(Gaps::Absent, Extent::Asked), (Gaps::Kin, Extent::Asked), (Gaps::Kin, Extent::Everything)];
    let mut found = BTreeMap::new();
    for (gaps, extent) in BOXES {
        let replay = Replay::start(Arc::clone(&library), &model, gaps, extent).await;
        let cx = context(&replay);
        for def in reads() {
            let validator = validator(def);
            for (turn, args) in arguments_for(&cx, def).await.into_iter().enumerate() {
                for lang in [Lang::En, Lang::Fr] {
                    let place = format!("{model} {gaps:?} {extent:?} {lang:?} {} {args}", def.words());
                    cx.session().forget_reads();
                    let problems = match run(&cx.clone().with_lang(lang), def, args.clone()).await {
                        Ok(outcome) => {
                            let mut problems = problems(def, &validator, &outcome);
                            problems.extend(
                                outcome.ok().filter(|_| turn == 0).and_then(|answer| too_large(&answer)),
                            );
                            problems
                        }
                        Err(problem) => vec![problem],
                    };
                    for problem in problems {
                        found.entry(format!("{} {problem}", def.words())).or_insert_with(|| place.clone());
                    }
                }
            }
        }
    }
    found
}

fn too_large(answer: &Answer) -> Option<String> {
    let (text, json) = (answer.page.compact(), answer.json.to_string());
    // Counting takes long, and a token is hardly less than a character.
    if text.len() + json.len() <= 2_000 {
        return None;
    }
    let size = crate::budgets::tokens(&text) + crate::budgets::tokens(&json);
    (size > 2_000).then(|| format!("{size} tokens"))
}

/// Where a model has several recordings of a call, each is one that its boxes may give.
#[tokio::test(flavor = "multi_thread")]
async fn every_recording_is_answered() {
    let Some(library) = Library::open().map(Arc::new) else { return };
    let mut found = BTreeMap::new();
    for model in library.models() {
        let replay = Replay::start(Arc::clone(&library), &model, Gaps::Absent, Extent::Asked).await;
        let cx = context(&replay);
        for def in reads() {
            let validator = validator(def);
            cx.session().forget_reads();
            replay.asked.lock().unwrap().clear();
            let _first = run(&cx, def, needed(def)).await;
            let asked = replay.asked.lock().unwrap().clone();
            for (key, _) in asked {
                for (turn, body) in library.every(&model, &key).into_iter().enumerate() {
                    replay.bend(Some((key.clone(), Arc::new(move |answer| answer.clone_from(&body)))));
                    cx.session().forget_reads();
                    let problems = match run(&cx, def, needed(def)).await {
                        Ok(outcome) => problems(def, &validator, &outcome),
                        Err(problem) => vec![problem],
                    };
                    for problem in problems {
                        found
                            .entry(format!("{} {problem}", def.words()))
                            .or_insert(format!("{model} {key} {turn}"));
                    }
                }
            }
            replay.bend(None);
        }
    }
    report(&found);
}

/// Answers of firmware that nobody has seen: fields missing, of another type, renamed, too long.
#[tokio::test(flavor = "multi_thread")]
async fn bent_answers_are_answers() {
    let Some(library) = Library::open().map(|library| Arc::new(library.abridged())) else { return };
    let few = std::env::var("LIVEBOX_BENDS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let done = Done::default();
    let tasks: Vec<_> = library
        .models()
        .into_iter()
        .map(|model| tokio::spawn(bent(Arc::clone(&library), model, few, Arc::clone(&done))))
        .collect();
    let (mut found, mut runs) = (BTreeMap::new(), 0);
    for task in tasks {
        let (problems, count) = task.await.unwrap();
        runs += count;
        for (what, first) in problems {
            found.entry(what).or_insert(first);
        }
    }
    println!("{runs} runs");
    report(&found);
}

/// Tools with the answers that were bent for them: what kin share need not be bent for each.
type Done = Arc<Mutex<HashSet<(String, String, String)>>>;

async fn bent(
    library: Arc<Library>,
    model: String,
    few: usize,
    done: Done,
) -> (BTreeMap<String, String>, usize) {
    let replay = Replay::start(Arc::clone(&library), &model, Gaps::Kin, Extent::Asked).await;
    let cx = context(&replay);
    let (mut found, mut runs) = (BTreeMap::new(), 0);
    for (place, def) in reads().enumerate() {
        let validator = validator(def);
        let args = arguments_for(&cx, def).await.pop().unwrap();
        cx.session().forget_reads();
        replay.asked.lock().unwrap().clear();
        let _first = run(&cx, def, args.clone()).await;
        let asked = replay.asked.lock().unwrap().clone();
        for (key, body) in asked {
            if !done.lock().unwrap().insert((def.name(), key.clone(), body.to_string())) {
                continue;
            }
            let mut dice =
                Dice(place as u64 + model.len() as u64 * 1000 + model.bytes().map(u64::from).sum::<u64>());
            for Bent { name, bend } in bends::all(&body, &mut dice, few) {
                replay.bend(Some((key.clone(), bend)));
                cx.session().forget_reads();
                runs += 1;
                let problems = match run(&cx, def, args.clone()).await {
                    // Better no answer than one from what was not understood; it says which call and where.
                    Ok(Err(error)) if error.kind() == "not_understood" => {
                        let said = error.message();
                        let named = said.text(Lang::En).contains(&key) && said.text(Lang::Fr).contains(&key);
                        if named { Vec::new() } else { vec![said.text(Lang::En).to_owned()] }
                    }
                    Ok(outcome) => problems(def, &validator, &outcome),
                    Err(problem) => vec![problem],
                };
                for mut problem in problems {
                    problem = problem.chars().take(200).collect();
                    let first = format!("{model} {key}, {}", name.chars().take(300).collect::<String>());
                    found.entry(format!("{} {problem}", def.words())).or_insert(first);
                }
            }
            replay.bend(None);
        }
    }
    (found, runs)
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_a_box_lacks_are_refused_in_words() {
    let Some(library) = Library::open().map(Arc::new) else { return };
    let mut found = BTreeMap::new();
    for model in library.models() {
        for gaps in [Gaps::Absent, Gaps::Kin] {
            for def in livebox::tools().filter(|def| def.access != Access::Read) {
                let replay = Replay::start(Arc::clone(&library), &model, gaps, Extent::Asked).await;
                let cx = context(&replay);
                for args in arguments_for(&cx, def).await {
                    let place = format!("{model} {gaps:?} {} {args}", def.words());
                    match run(&cx, def, args).await {
                        Err(problem) => drop(found.insert(place, problem)),
                        Ok(Ok(answer)) if answer.json["outcome"] != "already_so" => {
                            found.insert(place, answer.json.to_string());
                        }
                        Ok(Ok(_)) => {}
                        Ok(Err(error)) => {
                            if std::env::var_os("LOOK").is_some() {
                                println!("{place}\n   {} {}", error.kind(), error.message().text(Lang::En));
                            }
                            if !["unavailable", "absent", "denied", "conflict", "arguments"]
                                .contains(&error.kind())
                            {
                                found.insert(place, format!("{} {error}", error.kind()));
                            }
                        }
                    }
                }
            }
        }
    }
    report(&found);
}

/// What a person with that box would read, where it was recorded.
#[tokio::test(flavor = "multi_thread")]
async fn models_say_what_they_are_known_to_say() {
    let Some(library) = Library::open().map(Arc::new) else { return };
    let facts: Vec<(&str, &str, &str, Value)> = vec![
        ("lb3", "box_show", "/model", json!("Livebox 3")),
        ("lb3", "wifi_show", "/on", json!(false)),
        ("lb3", "wifi_show", "/radios/0/band", json!("2.4")),
        ("lb3", "wifi_show", "/radios/1/band", json!("5")),
        ("lb3", "wifi_show", "/networks/1/guest", json!(false)),
        ("lb3", "wifi_show", "/networks/2", json!(null)),
        ("lb3", "host_list", "/hosts/0/link", json!("ethernet eth0")),
        ("lb3", "phone_show", "/lines", json!(null)),
        ("lb3", "time_show", "/local_time", json!("2026-03-14T10:40:28+01:00")),
        ("lb4 SFP", "connection_show", "/link", json!("sfp")),
        ("lb4 SFP", "connection_show", "/rx_power_dbm", json!(-20.808)),
        ("lb4 SFP", "connection_show", "/tx_power_dbm", json!(2.306)),
        ("lb4 SFP", "connection_show", "/ont_temperature_c", json!(56)),
        // An idle DSL line keeps its last rates.
        ("lb4 SFP", "connection_show", "/link_down_bps", json!(null)),
        ("lb4 dsl", "connection_show", "/link", json!("adsl")),
        ("lb4 dsl", "connection_show", "/link_down_bps", json!(6_484_000)),
        ("lb4 dsl", "connection_show", "/rx_power_dbm", json!(null)),
        ("lb5 gpon", "connection_show", "/link_down_bps", json!(2_488_000_000_u32)),
        ("lb5 gpon", "connection_show", "/rx_power_dbm", json!(-18.794)),
        ("lb5", "traffic_show", "/rates/0/kind", json!("wan")),
        ("lb5", "wifi_show", "/on", json!(false)),
        ("lb6", "box_show", "/model", json!("Livebox 6")),
        // The optical interface is not below `data` in the recording of this one.
        ("lb7", "connection_show", "/link_up_bps", json!(1_244_160_000)),
        ("lb7", "connection_show", "/ipv6_gateway", json!("fe80::ba0:bab")),
        ("lb7", "traffic_show", "/totals_since_boot/interface", json!("veip0")),
        ("lb7", "wifi_show", "/on", json!(true)),
        ("lb7", "wifi_show", "/radios/2/band", json!("6")),
        ("lb7", "station_list", "/total", json!(4)),
        ("lb7", "station_list", "/stations/0/rssi_dbm", json!(-65)),
        ("w7", "traffic_show", "/rates/0/interface", json!("WAN_GPON")),
        ("w7", "traffic_show", "/totals_since_boot/interface", json!("WAN_GPON")),
        ("w7", "wifi_show", "/networks/0/guest", json!(true)),
        // Its radios are not in the recording, but its hosts say that they are on the air.
        ("w7", "host_list", "/active", json!(14)),
        ("w7", "station_list", "/total", json!(10)),
        ("w7", "station_list", "/stations/0/rssi_dbm", json!(-86)),
        ("unknown", "connection_show", "/link", json!("gpon")),
    ];
    let mut found = BTreeMap::new();
    for (case, tool, pointer, expected) in facts {
        let (model, link) = case.split_once(' ').unwrap_or((case, ""));
        let replay = Replay::start(Arc::clone(&library), model, Gaps::Absent, Extent::Asked).await;
        let key = "NMC:getWANStatus".to_owned();
        let wanted = library.every(model, &key).into_iter().find(|body| body["data"]["LinkType"] == link);
        if let Some(body) = wanted {
            replay.bend(Some((key, Arc::new(move |answer| answer.clone_from(&body)))));
        }
        let cx = context(&replay);
        let answer = run(&cx, livebox::find(tool).unwrap(), json!({})).await.unwrap();
        let said = match &answer {
            Ok(answer) => answer.json.pointer(pointer).cloned().unwrap_or_default(),
            Err(error) => error.message().text(Lang::En).into(),
        };
        if said != expected {
            found.insert(format!("{case} {tool} {pointer}"), format!("{said}, not {expected}"));
        }
    }
    report(&found);
}
