//! `PowerManagement`: profiles that switch Wi-Fi, by hand or by a weekly plan (protocol section 4.9).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Object, Reply, lenient_flag};
use crate::router::Router;

pub(super) const SERVICE: Service = Service { root: "PowerManagement", call, instances };

/// Profiles and the radio that each of them switches; that of Wi-Fi as a whole switches all.
const PROFILES: &[(&str, Option<&str>)] =
    &[("WiFi", None), ("WiFi5G", Some("rad5g0")), ("WiFi6G", Some("rad6g0"))];

/// What a profile can be triggered by.
const TRIGGERS: &[(&str, &str)] =
    &[("NoStation", "No station uses the band"), ("NoTraffic", "The home network is idle")];

const DAY: i64 = 86_400;

fn instances(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    matches!(path, ["PowerManagement", "SupportedTriggers"])
        .then(|| (1..=TRIGGERS.len()).map(|number| number.to_string()).collect())
}

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => {
            let live = json!({"Enable": true, "Status": true, "ConfigurationMode": "Dynamic"});
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(Value::Object(router.describe(call.path, live))).ok()
        }
        ([], "getProfiles") => Reply::value(profiles(router, &names(call, "profiles"))).ok(),
        ([], "setProfiles") => change(router, call, "profiles", set_profile),
        ([], "setScheduledProfiles") => change(router, call, "profiles", set_plan),
        ([], "setScheduledProfilesOverride") => change(router, call, "overrides", set_profile),
        ([], "setTriggeredProfiles") => change(router, call, "profiles", set_trigger),
        ([], "removeProfiles") => {
            for name in names(call, "profiles") {
                router.state.power.triggered.retain(|other| *other != name);
                if name == "WiFi" {
                    router.change_wifi(|state| {
                        state.power.wifi_plan.clear();
                        state.wifi.profile.activate = false;
                        state.follow_plans(state.wifi.planned_at);
                    });
                }
            }
            Reply::void().ok()
        }
        ([], "setState") => {
            let id = call.args.text("ID").unwrap_or_default();
            let on = call.args.text("state").is_some_and(|state| state.eq_ignore_ascii_case("enable"));
            set_profile(router, &id, &Object::from_iter([("enable".to_owned(), json!(on))]));
            Reply::void().ok()
        }
        ([], "getSupportedModes") => Reply::value(json!(["Weekly"])).ok(),
        ([], "getSupportedTriggers") => {
            Reply::value(TRIGGERS.iter().map(|(name, _)| json!(name)).collect::<Value>()).ok()
        }
        (["SupportedTriggers", number], "get") => {
            let (name, description) = TRIGGERS.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
            Reply::value(json!({"Name": name, "Description": description, "Value": false})).ok()
        }
        ([], "export" | "import") => Reply::value(true).ok(),
        _ => None,
    }
}

/// The names of a list, or the one name given in its place.
fn names(call: &Call<'_>, argument: &str) -> Vec<String> {
    match call.args.get(argument) {
        Some(Value::Array(list)) => list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        Some(Value::String(name)) => name.split(',').map(|name| name.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn profiles(router: &Router, wanted: &[String]) -> Value {
    let state = &router.state;
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|other| other == name);
    let entries = PROFILES.iter().filter(|(name, _)| asked(name)).map(|(name, radio)| {
        let (enable, activate, kind) = match radio {
            None => (
                state.wifi.profile.enable && !state.wifi.planned_off,
                state.wifi.profile.activate,
                if state.power.wifi_plan.is_empty() { "Manual" } else { "Weekly" },
            ),
            Some(radio) => (
                state.wifi.radio(radio).is_some_and(|radio| radio.enable),
                state.power.triggered.iter().any(|other| other == name),
                "Triggered",
            ),
        };
        ((*name).to_owned(), json!({"Enable": enable, "Activate": activate, "Type": kind}))
    });
    Value::Object(entries.collect())
}

fn change(
    router: &mut Router,
    call: &Call<'_>,
    argument: &str,
    set: fn(&mut Router, &str, &Object) -> bool,
) -> Answer {
    let entries: Vec<Object> = match call.args.get(argument) {
        Some(Value::Array(list)) => list.iter().filter_map(|entry| entry.as_object().cloned()).collect(),
        Some(Value::Object(entry)) => vec![entry.clone()],
        _ => Vec::new(),
    };
    let known = |entry: &Object| {
        let name = entry.get("profile").and_then(Value::as_str);
        PROFILES.iter().any(|(profile, _)| Some(*profile) == name)
    };
    if entries.is_empty() || !entries.iter().all(known) {
        return BoxError::failed(call.method).refuse();
    }
    for entry in &entries {
        let name = entry.get("profile").and_then(Value::as_str).unwrap_or_default();
        if !set(router, name, entry) {
            return BoxError::failed(call.method).refuse();
        }
    }
    Reply::value(true).ok()
}

fn set_profile(router: &mut Router, name: &str, values: &Object) -> bool {
    let flag = |key: &str| values.get(key).and_then(lenient_flag);
    let (enable, activate) = (flag("enable"), flag("activate"));
    let Some((_, radio)) = PROFILES.iter().find(|(profile, _)| *profile == name) else { return false };
    let now = router.now();
    router.change_wifi(|state| match radio {
        None => {
            let profile = &mut state.wifi.profile;
            profile.enable = enable.unwrap_or(profile.enable);
            if let Some(activate) = activate {
                profile.activate = activate;
                // The plan in `Scheduler` is the same plan.
                for schedule in state.schedules.iter_mut().filter(|schedule| schedule.kind == "WLAN") {
                    schedule.enable = activate;
                }
            }
            state.follow_plans(now);
        }
        Some(radio) => {
            if let (Some(radio), Some(enable)) = (state.wifi.radio_mut(radio), enable) {
                radio.enable = enable;
            }
        }
    });
    if let Some(activate) = activate.filter(|_| radio.is_some()) {
        trigger(router, name, activate);
    }
    true
}

fn trigger(router: &mut Router, name: &str, activate: bool) {
    let triggered = &mut router.state.power.triggered;
    triggered.retain(|other| other != name);
    if activate {
        triggered.push(name.to_owned());
    }
}

fn set_trigger(router: &mut Router, name: &str, values: &Object) -> bool {
    let Some(activate) = values.get("activate").and_then(lenient_flag) else { return false };
    trigger(router, name, activate);
    true
}

fn set_plan(router: &mut Router, name: &str, values: &Object) -> bool {
    if name != "WiFi" {
        return set_trigger(router, name, values);
    }
    let mut plan = Vec::new();
    for entry in values.get("schedules").and_then(Value::as_array).into_iter().flatten() {
        let number = |key: &str| match entry.get(key) {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_i64(),
            None => Some(0),
        };
        let (Some(day), Some(hour), Some(minute), Some(second)) =
            (number("Day"), number("Hour"), number("Minute"), number("Second"))
        else {
            return false;
        };
        if !(0..=7).contains(&day) || !(0..24).contains(&hour) || !(0..60).contains(&minute) {
            return false;
        }
        // Monday is 1; Sunday is 7, or 0 for those who count like that.
        let day = (day + 6) % 7;
        let on = entry.get("enable").and_then(lenient_flag).unwrap_or(true);
        plan.push((day * DAY + hour * 3_600 + minute * 60 + second, on));
    }
    let activate = values.get("activate").and_then(lenient_flag).unwrap_or(true);
    let now = router.now();
    router.change_wifi(|state| {
        state.power.wifi_plan = plan;
        state.wifi.profile.activate = activate;
        state.wifi.profile.enable = true;
        state.follow_plans(now);
    });
    true
}
