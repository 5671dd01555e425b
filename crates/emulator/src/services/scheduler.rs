//! `Scheduler`: weekly plans, above all Internet access of a host (`ToD`) and Wi-Fi (`WLAN`) (protocol sections 4.9, 4.12).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Call, Object, Reply, lenient_flag};
use crate::router::Router;
use crate::state::put;
use crate::state::schedule::{Entry, Schedule, second_of_week};

pub(super) const SERVICE: Service = Service::new("Scheduler", call);

/// The plan of Wi-Fi, seen from the other side.
pub(super) const WLAN: Service = Service { root: "WLanScheduler", call: wlan, instances: wlan_plans };

const TYPES: &[&str] = &["ToD", "RWLAN", "WLAN", "RUE", "POWER"];

/// Seconds of a week.
const WEEK: i64 = 7 * 86_400;

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    if !call.tail.is_empty() {
        return None;
    }
    let kind = call.args.text("type").unwrap_or_default();
    let id = call.args.text("ID").unwrap_or_default();
    let done = match call.method {
        "get" => {
            let live = Object::from_iter([("TypesNumberOfEntries".to_owned(), json!(TYPES.len()))]);
            return Reply::value(Value::Object(router.describe(call.path, live))).ok();
        }
        "getScheduleTypes" => return Reply::both(true, json!({"types": TYPES})).ok(),
        "getCompleteSchedules" | "getSchedules" => {
            let now = second_of_week(router.now());
            let plans = router.state.schedules.iter().filter(|plan| plan.kind == kind);
            let list: Vec<Value> = plans.map(|plan| describe(plan, now)).collect();
            return Reply::both(TYPES.contains(&kind.as_str()), json!({"scheduleInfo": list})).ok();
        }
        "getSchedule" => {
            let now = second_of_week(router.now());
            return match find(router, &kind, &id) {
                // Nothing there is an answer and not an error, and then there are no data.
                None => Reply::value(false).ok(),
                Some(plan) => Reply::both(true, json!({"scheduleInfo": describe(plan, now)})).ok(),
            };
        }
        "addSchedule" => match call.args.object("info") {
            Some(info) if TYPES.contains(&kind.as_str()) => add(router, &kind, info),
            _ => false,
        },
        "overrideSchedule" | "overrideState" => {
            let argument = if call.method == "overrideState" { "state" } else { "override" };
            let wanted = call.args.text(argument).unwrap_or_default().trim().to_owned();
            is_state(&wanted, true) && change(router, &kind, &id, |plan| plan.override_state = wanted)
        }
        "enableSchedule" => {
            let enable = call.args.flag("enable").unwrap_or(true);
            change(router, &kind, &id, |plan| plan.enable = enable)
        }
        "enableAllSchedule" => {
            let Some(enable) = call.args.flag("enable") else { return Reply::value(false).ok() };
            let ids: Vec<String> =
                router.state.schedules.iter().filter(|p| p.kind == kind).map(|p| p.id.clone()).collect();
            ids.iter().all(|id| change(router, &kind, id, |plan| plan.enable = enable))
        }
        "updateScheduleEntries" => match call.args.get("entries").and_then(entries) {
            Some(entries) => change(router, &kind, &id, |plan| plan.entries = entries),
            None => false,
        },
        "removeSchedules" => remove(router, &kind, call),
        _ => return None,
    };
    Reply::value(done).ok()
}

fn is_state(state: &str, or_none: bool) -> bool {
    matches!(state, "Enable" | "Disable") || (or_none && state.is_empty())
}

fn find<'a>(router: &'a Router, kind: &str, id: &str) -> Option<&'a Schedule> {
    let mut plans = router.state.schedules.iter();
    plans.find(|plan| plan.kind == kind && plan.id.eq_ignore_ascii_case(id.trim()))
}

fn describe(plan: &Schedule, now: i64) -> Value {
    let entries: Vec<Value> = plan
        .entries
        .iter()
        .map(|entry| json!({"begin": entry.begin, "end": entry.end, "state": entry.state}))
        .collect();
    json!({
        "ID": plan.id,
        "name": plan.name,
        "enable": plan.enable,
        "base": plan.base,
        "def": plan.default,
        "override": plan.override_state,
        "value": plan.value_at(now),
        "schedule": entries,
    })
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64(),
    }
}

/// Entries as clients send them, or `None` when one makes no sense.
fn entries(value: &Value) -> Option<Vec<Entry>> {
    let list = match value {
        Value::Array(list) => list,
        // An empty list may come as nothing, or as an empty text.
        Value::String(text) if text.is_empty() => return Some(Vec::new()),
        _ => return None,
    };
    let entry = |entry: &Value| {
        let (begin, end) = (number(entry.get("begin"))?, number(entry.get("end"))?);
        let state = entry.get("state").and_then(Value::as_str).unwrap_or("Disable").to_owned();
        let good = (0..WEEK).contains(&begin) && begin < end && end <= WEEK && is_state(&state, false);
        good.then_some(Entry { begin, end, state })
    };
    list.iter().map(entry).collect()
}

/// Adds a plan, or changes the one with this ID.
fn add(router: &mut Router, kind: &str, info: &Object) -> bool {
    let text = |name: &str| info.get(name).and_then(Value::as_str).map(|text| text.trim().to_owned());
    let Some(id) = text("ID").filter(|id| !id.is_empty()) else { return false };
    let old = find(router, kind, &id).cloned();
    let mut plan = old.unwrap_or_else(|| Schedule {
        kind: kind.to_owned(),
        // Keys that are MAC addresses are in upper case everywhere.
        id: crate::services::nemo::write::mac_address(&id).unwrap_or(id),
        name: String::new(),
        base: "Weekly".to_owned(),
        default: "Enable".to_owned(),
        enable: true,
        override_state: String::new(),
        entries: Vec::new(),
    });
    if let Some(name) = text("name") {
        plan.name = name;
    }
    if let Some(base) = text("base") {
        plan.base = base;
    }
    if let Some(default) = text("def").filter(|state| is_state(state, false)) {
        plan.default = default;
    }
    if let Some(wanted) = text("override").filter(|state| is_state(state, true)) {
        plan.override_state = wanted;
    }
    if let Some(enable) = info.get("enable").and_then(lenient_flag) {
        plan.enable = enable;
    }
    match info.get("schedule").filter(|value| !value.is_null()).map(entries) {
        Some(None) => return false,
        Some(Some(entries)) => plan.entries = entries,
        None => {}
    }
    let id = plan.id.clone();
    put(&mut router.state.schedules, plan, |other| other.kind == kind && other.id.eq_ignore_ascii_case(&id));
    took_effect(router, kind, &id);
    true
}

fn change(router: &mut Router, kind: &str, id: &str, change: impl FnOnce(&mut Schedule)) -> bool {
    let mut plans = router.state.schedules.iter_mut();
    let Some(plan) = plans.find(|plan| plan.kind == kind && plan.id.eq_ignore_ascii_case(id.trim())) else {
        return false;
    };
    change(plan);
    took_effect(router, kind, id);
    true
}

fn remove(router: &mut Router, kind: &str, call: &Call<'_>) -> bool {
    let ids: Vec<String> = match call.args.get("ID") {
        Some(Value::Array(list)) => {
            list.iter().filter_map(|id| id.as_str().map(|id| id.trim().to_owned())).collect()
        }
        Some(Value::String(id)) => vec![id.trim().to_owned()],
        _ => return false,
    };
    let named = |plan: &Schedule| plan.kind == kind && ids.iter().any(|id| id.eq_ignore_ascii_case(&plan.id));
    let before = router.state.schedules.len();
    router.state.schedules.retain(|plan| !named(plan));
    for id in &ids {
        took_effect(router, kind, id);
    }
    router.state.schedules.len() < before
}

/// Carries out what a changed plan says now, and tells subscribers.
fn took_effect(router: &mut Router, kind: &str, id: &str) {
    let now = router.now();
    if kind == "WLAN" {
        router.change_wifi(|state| state.follow_plans(now));
    }
    let second = second_of_week(now);
    let value = find(router, kind, id).map(|plan| plan.value_at(second).to_owned()).unwrap_or_default();
    let attributes = json!({"type": kind, "ID": id, "value": value});
    router.changed("Scheduler", attributes.as_object().cloned().unwrap_or_default());
}

fn wlan_plans(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    let plans = || router.state.schedules.iter().filter(|plan| plan.kind == "WLAN");
    match path {
        ["WLanScheduler", "Schedules"] => Some(plans().map(|plan| plan.id.clone()).collect()),
        ["WLanScheduler", "Schedules", id, "Entry"] => {
            let entries = plans().find(|plan| plan.id == *id).map_or(0, |plan| plan.entries.len());
            Some((1..=entries).map(|number| number.to_string()).collect())
        }
        _ => None,
    }
}

fn wlan(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "setState") => {
            let id = call.args.text("ID").unwrap_or_default();
            let state = call.args.text("state").unwrap_or_default();
            let done = is_state(&state, true)
                && change(router, "WLAN", &id, |plan| plan.override_state.clone_from(&state));
            Reply::value(done).ok()
        }
        (["Schedules", id], "get") => {
            let plan = find(router, "WLAN", id)?;
            Reply::value(json!({
                "Base": plan.base, "Default": plan.default, "Enable": plan.enable, "ID": plan.id,
                "Name": plan.name, "Override": plan.override_state,
            }))
            .ok()
        }
        (["Schedules", id, "Entry", number], "get") => {
            let place = number.parse::<usize>().ok()?.checked_sub(1)?;
            let entry = find(router, "WLAN", id)?.entries.get(place)?;
            Reply::value(json!({"Begin": entry.begin, "End": entry.end, "State": entry.state})).ok()
        }
        _ => None,
    }
}
