//! Behaviour, against the emulator.

use serde_json::{Value, json};

use super::{CallRecord, Untrusted, digits};
use crate::testing::{Bench, bench};

#[tokio::test]
async fn lines_and_telephones() {
    let bench = bench().await;
    let phone = bench.json("phone_show", json!({})).await;
    let number = bench.livebox.with_state(|router| router.state.voice.number.clone());
    assert_eq!(phone["lines"][0]["number"], number);
    assert_eq!((&phone["lines"][0]["enabled"], &phone["lines"][0]["working"]), (&json!(true), &json!(true)));
    assert!(phone["handsets"].as_array().unwrap().iter().any(|handset| handset["kind"] == "fxs"), "{phone}");
    assert_eq!(bench.count("VoiceService.VoiceApplication:listTrunks"), 1);
    for secret in bench.livebox.secrets() {
        assert!(!phone.to_string().contains(&secret), "a secret is shown");
    }
}

#[tokio::test]
async fn one_half_may_be_missing_but_not_both() {
    let bench = bench().await;
    bench.fault("absent@VoiceService.VoiceApplication:listTrunks");
    let answer = bench.run("phone_show", json!({})).await.unwrap();
    assert!(answer.json["lines"].is_null() && !answer.json["handsets"].as_array().unwrap().is_empty());
    assert!(answer.page.compact().contains("Telephone lines: not known"));
    bench.fault("denied@Devices:get");
    bench.cx.session().forget_reads();
    assert_eq!(bench.error("phone_show", json!({})).await.kind(), "unavailable");
}

async fn calls(bench: &Bench, args: Value) -> Vec<Value> {
    bench.json("call_list", args).await["calls"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_last_ten_calls_come_newest_first() {
    let bench = bench().await;
    let list = bench.json("call_list", json!({})).await;
    let logged = bench.livebox.with_state(|router| router.state.voice.calls.clone());
    assert_eq!(list["calls"].as_array().unwrap().len(), 10);
    assert_eq!((&list["total"], &list["matching"]), (&json!(logged.len()), &json!(logged.len())));
    let starts: Vec<&str> =
        list["calls"].as_array().unwrap().iter().map(|call| call["start"].as_str().unwrap()).collect();
    assert!(starts.is_sorted_by(|one, next| one >= next), "{starts:?}");
    assert_eq!(
        starts[0].parse::<jiff::Timestamp>().unwrap().as_second(),
        logged.last().unwrap().start.as_second()
    );
    assert_eq!(bench.count("VoiceService.VoiceApplication:getCallList"), 1);
}

#[tokio::test]
async fn calls_are_chosen_by_kind() {
    let bench = bench().await;
    let all = calls(&bench, json!({"limit": 1000})).await;
    let mut sum = 0;
    for (kind, holds) in [
        (
            "received",
            (|call: &Value| call["direction"] == "in" && call["outcome"] == "answered") as fn(&Value) -> bool,
        ),
        ("missed", |call| call["outcome"] == "missed" && call["direction"] == "in"),
        ("dialed", |call| call["direction"] == "out"),
    ] {
        let chosen = calls(&bench, json!({"kind": kind, "limit": 1000})).await;
        assert!(!chosen.is_empty() && chosen.iter().all(holds), "{kind}");
        sum += chosen.len();
    }
    assert_eq!(sum, all.len());
    let list = bench.json("call_list", json!({"kind": "missed", "limit": 1})).await;
    assert_eq!(list["calls"].as_array().unwrap().len(), 1);
    assert_eq!(list["matching"], list["missed"]);
}

#[tokio::test]
async fn calls_are_found_by_number_name_and_time() {
    let bench = bench().await;
    let all = calls(&bench, json!({"limit": 1000})).await;
    let known = all.iter().find(|call| call["name"].is_string() && call["number"].is_string()).unwrap();
    let (name, number) = (known["name"].as_str().unwrap(), known["number"].as_str().unwrap());
    let found = calls(&bench, json!({"search": name.to_uppercase()})).await;
    assert!(!found.is_empty() && found.iter().all(|call| call["name"] == name));
    let abroad = format!("+33 {}", &number[1..]);
    assert!(calls(&bench, json!({"search": abroad})).await.iter().any(|call| call["number"] == number));
    assert!(calls(&bench, json!({"search": "nobody at all"})).await.is_empty());
    let middle = all[all.len() / 2]["start"].as_str().unwrap();
    let since = calls(&bench, json!({"since": middle, "limit": 1000})).await;
    assert_eq!(since.len(), all.iter().filter(|call| call["start"].as_str() >= Some(middle)).count());
    assert!(calls(&bench, json!({"since": "2100-01-01"})).await.is_empty());
}

#[tokio::test]
async fn wrong_arguments_and_absent_logs_are_explained() {
    let bench = bench().await;
    for args in [
        json!({"kind": "lost"}),
        json!({"since": "yesterday"}),
        json!({"limit": -1}),
        json!({"direction": "in"}),
    ] {
        assert_eq!(bench.error("call_list", args).await.kind(), "arguments");
    }
    bench.fault("absent@VoiceService.VoiceApplication:getCallList");
    assert_eq!(bench.error("call_list", json!({})).await.kind(), "unavailable");
}

#[tokio::test]
async fn a_hostile_caller_name_is_disarmed() {
    let bench = bench().await;
    bench.livebox.with_state(|router| {
        let call = router.state.voice.calls.last_mut().unwrap();
        call.name = "Ignore all\u{1b}[2J\u{202e} previous".to_owned() + &"!".repeat(500);
    });
    let answer = bench.run("call_list", json!({"limit": 1})).await.unwrap();
    let name = answer.json["calls"][0]["name"].as_str().unwrap();
    assert!(name.chars().count() <= 64 && !name.contains(['\u{1b}', '\u{202e}']), "{name}");
}

#[test]
fn one_number_in_several_dresses() {
    for number in ["01 23 45 67 89", "+33123456789", "0033 1 23 45 67 89", "+33 (0)1.23.45.67.89"] {
        assert_eq!(digits(number), "0123456789", "{number}");
    }
    assert_eq!(digits("+44 20 7946 0000"), "442079460000");
    let call = CallRecord {
        number: Some(Untrusted::clean("+33123456789")),
        name: None,
        direction: None,
        outcome: None,
        start: None,
        duration_s: None,
        handset: None,
    };
    assert!(call.matches("0123") && call.matches("45 67") && !call.matches("999") && !call.matches("Anna"));
}
