//! What was not understood is not a fact: every read tool, with every value of each of its calls of another type.

use std::collections::BTreeSet;

use emulator::{Options, state::firewall};
use serde_json::{Value, json};

use crate::{
    Access, Context, Lang,
    testing::{Bench, bench_with, order},
};

/// Every read tool that asks the box, so that each of its calls is asked.
fn cases() -> Vec<(&'static str, Value)> {
    vec![
        ("box_show", json!({})),
        ("lan_show", json!({})),
        ("connection_show", json!({})),
        ("traffic_show", json!({})),
        ("traffic_show", json!({"interface": "wifi"})),
        ("traffic_show", json!({"interface": "wan", "live_s": 1})),
        ("wifi_show", json!({})),
        ("station_list", json!({})),
        ("station_list", json!({"band": "5"})),
        ("host_list", json!({})),
        ("host_list", json!({"all": true, "limit": 100})),
        ("host_list", json!({"all": true, "search": "nas"})),
        ("host_list", json!({"link": "ethernet"})),
        ("host_show", json!({"host": "nas-familial"})),
        ("host_show", json!({"host": "192.168.1.20"})),
        ("host_show", json!({"host": "Téléphone de Mamie"})),
        ("dhcp_lease_list", json!({})),
        ("dhcp_lease_list", json!({"all": true, "limit": 100})),
        ("dhcp_lease_list", json!({"guest": true, "all": true})),
        ("dhcp_reservation_list", json!({})),
        ("port_forward_list", json!({})),
        ("port_forward_list", json!({"origin": "upnp"})),
        ("port_forward_list", json!({"search": "nas"})),
        ("dmz_show", json!({})),
        ("firewall_show", json!({})),
        ("phone_show", json!({})),
        ("call_list", json!({})),
        ("call_list", json!({"kind": "missed"})),
        ("call_list", json!({"since": "3650d"})),
        ("speed_show", json!({})),
        ("time_show", json!({})),
    ]
}

/// A household in which there is something to be said by every tool.
async fn household() -> Bench {
    let bench = bench_with(Options::default()).await;
    bench.json("dmz_set", json!({"host": "nas-familial"})).await;
    bench.livebox.with_state(|router| {
        let disabled = router.state.firewall.forwards.first().cloned();
        router.state.firewall.forwards.extend(disabled.map(|rule| firewall::Rule {
            id: "webui_Coupée".to_owned(),
            description: "Coupée".to_owned(),
            external_port: "4444".to_owned(),
            enable: false,
            ..rule
        }));
    });
    bench
}

#[tokio::test]
async fn every_read_tool_is_walked() {
    let walked: BTreeSet<&str> = cases().into_iter().map(|(tool, _)| tool).collect();
    // What is read from our own files asks no box, and raw answers are not interpreted.
    let asks = |def: &&crate::ToolDef| !["journal", "expert"].contains(&def.group.name) && !def.open_world;
    let reads = crate::tools().filter(|def| def.access == Access::Read).filter(asks);
    for def in reads {
        assert!(walked.contains(def.name().as_str()), "{} is not in `cases`", def.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_not_told() {
    let bench = household().await;
    let mut found = Vec::new();
    for (tool, args) in cases() {
        bench.cx.session().forget_reads();
        bench.livebox.forget_requests();
        let good =
            bench.run(tool, args.clone()).await.unwrap_or_else(|error| panic!("{tool} {args}: {error}"));
        let calls: BTreeSet<String> = bench.livebox.requests().calls.into_iter().collect();
        for call in calls {
            bench.fault(&format!("wrong-types@{call}"));
            bench.cx.session().forget_reads();
            let outcome = bench.run(tool, args.clone()).await;
            bench.livebox.faults().clear();
            let place = format!("{tool} {args} with {call}");
            match outcome {
                Err(error) => {
                    let message = error.message().text(Lang::En).to_owned();
                    if !message.contains(&call) {
                        found.push(format!("{place}: {message}"));
                    }
                }
                Ok(answer) => {
                    let mut lies = Vec::new();
                    compare("", &good.json, &answer.json, &mut lies);
                    found.extend(lies.into_iter().map(|lie| format!("{place}: {lie}")));
                }
            }
        }
    }
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
}

/// Notes what the second answer says that the first contradicts. What grows by itself may differ.
fn compare(path: &str, good: &Value, now: &Value, lies: &mut Vec<String>) {
    match (good, now) {
        (_, Value::Null) => {}
        (Value::Object(good), Value::Object(now)) => {
            for (key, now) in now {
                compare(&format!("{path}/{key}"), good.get(key).unwrap_or(&Value::Null), now, lies);
            }
        }
        (Value::Array(good), Value::Array(now)) => {
            if now.len() < good.len() {
                lies.push(format!("{path} has {} of {}", now.len(), good.len()));
            }
            for (index, now) in now.iter().enumerate() {
                compare(&format!("{path}/{index}"), good.get(index).unwrap_or(&Value::Null), now, lies);
            }
        }
        (Value::Number(good), Value::Number(now)) if good != now && moves(path) => {}
        (Value::String(_), Value::String(_)) if moves(path) => {}
        _ if good == now => {}
        // The reason of a null.
        (Value::Null, Value::String(reason)) if reason == "not_understood" => {}
        _ => lies.push(format!("{path} is {now}, not {good}")),
    }
}

fn moves(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    [
        "uptime_s",
        "up_since",
        "connected_s",
        "lease_left_s",
        "remaining_s",
        "offset_s",
        "local_time",
        "at",
        "inactive_s",
    ]
    .contains(&name)
        || name.ends_with("_bps")
        || name.ends_with("_bytes")
        || name.ends_with("load_pct")
        || name.ends_with("_dbm")
        || name.ends_with("snr_db")
}

/// A context of its own on that box, as in a program that has just been started.
fn anew(bench: &Bench) -> Context {
    let password = sysbus::Secret::new(Options::default().password.as_str());
    Context::new(sysbus::Session::new(sysbus::Config {
        endpoint: sysbus::Endpoint::parse(&bench.livebox.url(), sysbus::Trust::System).unwrap(),
        user: "admin".to_owned(),
        password: sysbus::Password::Given(password),
        state: None,
        honour_refusal: true,
    }))
}

/// Whatever this box lacks: a read that has to look elsewhere still asks three times at most.
#[tokio::test(flavor = "multi_thread")]
async fn boxes_that_lack_things_are_not_asked_more() {
    const DEPTH: usize = 3;
    let bench = household().await;
    let mut found = BTreeSet::new();
    for (tool, args) in cases().into_iter().filter(|(_, args)| args.get("live_s").is_none()) {
        let mut seen: BTreeSet<BTreeSet<String>> = BTreeSet::new();
        let mut open = vec![BTreeSet::new()];
        while let Some(absent) = open.pop() {
            for call in &absent {
                bench.fault(&format!("absent@{call}"));
            }
            // A session that knows nothing yet of what is absent.
            let fresh = anew(&bench);
            fresh.session().login().await.unwrap();
            bench.livebox.forget_requests();
            let def = crate::find(tool).unwrap();
            let _outcome = crate::invoke(&fresh, def, &order(), args.clone()).await;
            let asked = bench.livebox.requests().calls;
            bench.livebox.faults().clear();
            if asked.len() > 3 {
                found.insert(format!("{tool} {args} without {absent:?}: {asked:?}"));
            }
            for call in asked {
                let mut more: BTreeSet<String> = absent.clone();
                more.insert(call);
                if more.len() <= DEPTH && seen.insert(more.clone()) {
                    open.push(more);
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.into_iter().collect::<Vec<_>>().join("\n"));
}
