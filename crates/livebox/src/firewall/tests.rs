//! The firewall's levels.

use serde_json::json;
use sysbus::scalar::{Flag, Part, Text};

use super::{Level, wire};
use crate::{ToolError, Watch, testing::bench};

#[test]
fn levels_as_people_and_boxes_write_them() {
    for (text, level) in [
        ("High", Level::High),
        (" medium ", Level::Medium),
        ("LOW", Level::Low),
        ("Custom", Level::Custom),
        ("Élevé", Level::High),
        ("personnalise", Level::Custom),
    ] {
        assert_eq!(text.parse::<Level>().unwrap(), level, "{text}");
    }
    assert!("max".parse::<Level>().is_err());
}

#[test]
fn an_odd_level_is_no_level() {
    let read = |json: &str| wire::level(&serde_json::from_str::<Text>(json).unwrap());
    assert_eq!(read("\"Medium\""), Some(Level::Medium));
    for odd in ["null", "{}", "\"\"", "\"Paranoid\"", "3"] {
        assert_eq!(read(odd), None, "{odd}");
    }
}

#[test]
fn an_odd_ping_is_unknown() {
    let read = |json: &str| {
        let ping: Part<wire::Ping> = serde_json::from_str(json).unwrap();
        ping.get().map(|ping| (ping.ipv4.get(), ping.ipv6.get()))
    };
    assert_eq!(read(r#"{"enableIPv4":"1","enableIPv6":false}"#), Some((Some(true), Some(false))));
    assert_eq!(read(r#"{"enableIPv4":[]}"#), Some((None, None)));
    assert_eq!(read("null"), None);
}

#[test]
fn silence_is_consent_but_false_is_not() {
    let done = |json: &str| wire::is_done(serde_json::from_str::<Flag>(json).unwrap());
    assert!(done("true") && done("null") && !done("false"));
}

#[tokio::test]
async fn the_firewall_is_shown_in_three_requests() {
    let bench = bench().await;
    let firewall = bench.json("firewall_show", json!({})).await;
    assert_eq!(
        firewall,
        json!({"level": "medium", "ipv6_level": "medium", "ping_ipv4": true, "ping_ipv6": false})
    );
    let asked = ["getFirewallLevel", "getFirewallIPv6Level", "getRespondToPing"];
    assert_eq!(asked.map(|method| bench.count(&format!("Firewall:{method}"))), [1, 1, 1]);
    bench.fault("absent@Firewall:getFirewallIPv6Level");
    bench.fault("denied@Firewall:getRespondToPing");
    bench.cx.session().forget_reads();
    let firewall = bench.json("firewall_show", json!({})).await;
    assert_eq!(
        firewall,
        json!({"level": "medium", "ipv6_level": null, "ping_ipv4": null, "ping_ipv6": null})
    );
}

#[tokio::test]
async fn levels_are_set_and_read_back() {
    let bench = bench().await;
    let changed = bench.json("firewall_set", json!({"level": "High"})).await;
    assert_eq!(changed["outcome"], "applied");
    assert_eq!(changed["before"], json!({"level": "medium", "ipv6_level": "medium"}));
    assert_eq!(changed["after"], json!({"level": "high", "ipv6_level": "medium"}));
    assert!(changed["guard"]["until"].is_string(), "{changed}");
    assert_eq!(bench.count("Firewall:setFirewallIPv6Level"), 0);
    let both = bench.json("firewall_set", json!({"level": "high", "ipv6_level": "low"})).await;
    assert_eq!(both["after"], json!({"level": "high", "ipv6_level": "low"}));
    assert_eq!(bench.count("Firewall:setFirewallLevel"), 1, "what is so already is not sent");
    let again = bench.json("firewall_set", json!({"ipv6_level": "LOW"})).await;
    assert_eq!(again["outcome"], "already_so");
}

#[tokio::test]
async fn wrong_levels_are_refused_before_anything_is_asked() {
    let bench = bench().await;
    for args in [json!({}), json!({"level": "max"}), json!({"level": 3}), json!({"niveau": "high"})] {
        let error = bench.error("firewall_set", args.clone()).await;
        assert!(matches!(error, ToolError::Arguments(_)), "{args}: {error}");
    }
    assert!(bench.livebox.requests().calls.is_empty());
}

#[tokio::test]
async fn what_became_of_a_lost_level_is_read_back() {
    let bench = bench().await;
    bench.fault("drop-after@Firewall:setFirewallLevel*1");
    let changed = bench.json("firewall_set", json!({"level": "low"})).await;
    assert_eq!((&changed["outcome"], &changed["after"]["level"]), (&json!("applied"), &json!("low")));
    bench.fault("drop-before@Firewall:setFirewallLevel*1");
    let error = bench.error("firewall_set", json!({"level": "high"})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn a_plan_tells_what_high_cuts() {
    let bench = bench().await;
    let plan = bench.plan("firewall_set", json!({"level": "high"})).await.unwrap();
    let plan = &plan["plan"];
    assert_eq!((&plan["risk"], &plan["cuts"]["seconds"]), (&json!("high"), &json!(null)), "{plan}");
    assert!(plan["guard"]["box_s"].is_number() && plan["cuts"]["what"].as_str().unwrap().contains("VPN"));
    assert_eq!(plan["undo"], json!({"tool": "firewall_set", "arguments": {"level": "medium"}}));
    let mild = bench.plan("firewall_set", json!({"level": "low", "ipv6_level": "low"})).await.unwrap();
    let mild = &mild["plan"];
    assert_eq!((&mild["risk"], &mild["guard"], &mild["cuts"]), (&json!("low"), &json!(null), &json!(null)));
    assert_eq!(mild["undo"]["arguments"], json!({"level": "medium", "ipv6_level": "medium"}));
    assert_eq!(bench.count("Firewall:setFirewallLevel"), 0);
}

#[tokio::test]
async fn a_level_is_taken_back_unless_somebody_changed_it_since() {
    let bench = bench().await;
    bench.json("firewall_set", json!({"level": "low", "ipv6_level": "low"})).await;
    let undone = bench.json("journal_undo", json!({})).await;
    assert_eq!(undone["after"], json!({"level": "medium", "ipv6_level": "medium"}));
    let redone = bench.json("journal_undo", json!({"entry": undone["entry"]})).await;
    assert_eq!(redone["after"], json!({"level": "low", "ipv6_level": "low"}));
    bench.livebox.with_state(|router| router.state.firewall.level_v6 = "Custom".to_owned());
    bench.cx.session().forget_reads();
    let error = bench.error("journal_undo", json!({"entry": redone["entry"]})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("ipv6_level"), "{error}");
    // A level that nobody knows cannot be set again.
    bench.livebox.with_state(|router| router.state.firewall.level = "Paranoid".to_owned());
    bench.cx.session().forget_reads();
    let plan = bench.plan("firewall_set", json!({"level": "medium"})).await.unwrap();
    assert!(plan["plan"]["undo"]["impossible"].is_string(), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_cuts_its_caller_off_is_taken_back() {
    let mut bench = bench().await;
    bench.cx = bench.cx.with_watch(Some(Watch { box_s: 1, internet_s: 60, settle_s: 60 }));
    bench.fault("firewall-cut=3*1");
    let _cut = bench.run("firewall_set", json!({"level": "high"})).await;
    bench.cx.guards_ended().await;
    bench.livebox.with_state(|router| assert_eq!(router.state.firewall.level, "Medium"));
    let list = bench.json("journal_list", json!({})).await;
    assert_eq!(list["entries"][1]["guard"], "reverted", "{list}");
}
