//! Input that no client sends on purpose: the box answers, and goes on answering.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use emulator::{Options, Time};
use serde_json::{Value, json};

use crate::wire::{Session, anonymous, livebox, send};

/// Values of every kind, none of them fit for anything.
pub(crate) fn oddities() -> Vec<Value> {
    vec![
        Value::Null,
        json!(-1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!("99999999999999999999"),
        json!("\u{0}"),
        json!("0-70000"),
        json!("x".repeat(5_000)),
        json!([]),
        json!([1, "a", null, {}]),
        json!({"": null}),
        json!({"ID": "AA:BB:CC:DD:EE:FF", "schedule": [{"begin": i64::MIN, "end": i64::MAX, "state": "Disable"}]}),
        json!([{"begin": i64::MAX, "end": i64::MIN, "state": 5}]),
        json!({"wlanvap": {"vap2g0priv0": 5}, "wlanradio": {"rad2g0": {"Channel": u64::MAX}}, "penable": []}),
    ]
}

/// Objects below a description, with their functions and arguments.
pub(crate) fn functions(node: &Value, found: &mut Vec<(String, String, Vec<String>)>) {
    let info = &node["objectInfo"];
    let Some(key) = info["key"].as_str() else { return };
    let path = format!("{}.{key}", info["keyPath"].as_str().unwrap());
    let names = |list: &Value| {
        list.as_array().into_iter().flatten().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let object = path.trim_start_matches('.').to_owned();
    found.push((object.clone(), "set".to_owned(), names(&node["parameters"])));
    for function in node["functions"].as_array().unwrap() {
        let method = function["name"].as_str().unwrap().to_owned();
        found.push((object.clone(), method, names(&function["arguments"])));
    }
    for below in ["children", "instances"] {
        node[below].as_array().unwrap().iter().for_each(|child| functions(child, found));
    }
}

#[tokio::test]
async fn odd_arguments_never_stop_the_box() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let everything = session.get("/sysbus/*?_restDepth=-1").await.json();
    let mut found = Vec::new();
    everything.as_array().unwrap().iter().for_each(|node| functions(node, &mut found));
    found.retain(|(_, method, _)| !matches!(method.as_str(), "reboot" | "reset" | "shutdown" | "restart"));
    // Of objects of one kind, the first is enough.
    let mut seen = BTreeSet::new();
    found.retain(|(object, method, arguments)| {
        let kind: Vec<&str> = object.split('.').take(2).collect();
        seen.insert((kind.join("."), method.clone(), arguments.clone()))
    });
    assert!(found.len() > 500, "{}", found.len());
    let mut at = 0;
    livebox.with_state(|router| {
        for (object, method, arguments) in &found {
            let odd = oddities();
            let one = arguments.iter().map(|name| {
                at += 7;
                (name.clone(), odd[at % odd.len()].clone())
            });
            // Any answer will do.
            let _ = router.call(emulator::Caller::Admin, object, method, &one.collect());
        }
    });
    // Some of them restart the box.
    livebox.clock().advance(Duration::from_secs(600));
    assert_eq!(anonymous(livebox.addr(), "DeviceInfo", "get").await["status"]["ProductClass"], "Livebox 6");
}

#[tokio::test]
async fn expressions_may_not_nest_without_end() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    for text in ["!".repeat(100_000), "(".repeat(100_000), vec!["eth"; 50_000].join(" and ")] {
        let refused = session.call("Devices", "get", json!({ "expression": text })).await;
        assert_eq!(refused["errors"][0]["error"], 196_639);
        let flags = json!({"flag": text, "traverse": "all"});
        assert_eq!(session.call("NeMo.Intf.lan", "getIntfs", flags).await["status"], json!([]));
    }
    let nested = format!("{}eth{}", "(".repeat(200), ")".repeat(200));
    let found = session.call("Devices", "get", json!({ "expression": nested })).await;
    assert!(!found["status"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn paths_without_end_are_no_objects() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let path = format!("NMC{}", ".x".repeat(200_000));
    let answer = session.call(&path, "get", json!({})).await;
    assert_eq!(answer["errors"][0]["error"], 196_618);
    assert!(livebox.requests().counts().keys().all(|call| call.len() <= 200));
    let slashed = format!("/sysbus/NMC{}?_restDepth=-1", "/x".repeat(5_000));
    assert_eq!(session.get(&slashed).await.json()["error"], 196_618);
}

#[tokio::test]
async fn bodies_that_are_no_calls_are_answered() {
    let livebox = livebox(Options::default()).await;
    let label = "application/x-sah-ws-4-call+json";
    let nested = "[".repeat(100_000);
    for (kind, body, status) in [
        (label, "", 400),
        (label, "null", 400),
        (label, "[]", 400),
        (label, nested.as_str(), 400),
        (label, r#"{"service":5,"method":6}"#, 200),
        (label, r#"{"service":"NMC"}"#, 200),
        ("application/x-sah-event-4-call+json", r#"{"events":5,"channelid":"x"}"#, 200),
        ("application/x-sah-event-4-call+json", "zzz", 200),
    ] {
        let head = format!("POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}");
        assert_eq!(send(livebox.addr(), &head, body).await.unwrap().status(), status, "{body:.40}");
    }
}

#[tokio::test]
async fn events_nobody_fetches_do_not_pile_up() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let opened = session.call("eventmanager", "open_channel", json!({"events": ["NMC"]})).await;
    let id = opened["status"]["channelid"].as_u64().unwrap();
    let waiting = livebox.with_state(|router| {
        for count in 0..5_000 {
            router.changed("NMC", [("Count".to_owned(), json!(count))].into_iter().collect());
        }
        let now = router.now();
        router.events.take(now, id).unwrap()
    });
    assert_eq!(waiting.len(), 2_000);
    assert_eq!(waiting.last().unwrap()["data"]["object"]["attributes"]["Count"], "4999");
}

#[tokio::test]
async fn the_clock_may_not_leave_its_range() {
    let livebox = livebox(Options { control: true, ..Options::default() }).await;
    for seconds in [u64::MAX, 1 << 40] {
        let body = json!({ "advance": seconds }).to_string();
        let answer = send(livebox.addr(), "POST /_emulator/clock HTTP/1.1\r\nHost: x", &body).await.unwrap();
        assert_eq!(answer.status(), 400);
    }
    livebox.clock().advance(Duration::MAX);
    livebox.clock().advance(Duration::MAX);
    assert!(matches!(Time::Manual(livebox.clock().now()), Time::Manual(_)));
}
