//! The firewall's levels.

use serde_json::json;
use sysbus::scalar::{Flag, Part, Text};

use super::{Level, wire};
use crate::{ToolError, testing::bench};

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
    assert_eq!(
        changed,
        json!({
            "outcome": "applied",
            "before": {"level": "medium", "ipv6_level": "medium"},
            "after": {"level": "high", "ipv6_level": "medium"},
        })
    );
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
