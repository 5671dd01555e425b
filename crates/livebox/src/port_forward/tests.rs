//! Rules in the shapes that boxes give them, and what people call them.

use serde_json::{Value, json};

use super::{
    Protocol, Rule,
    args::{RuleName, Sources},
    comparable_id, wire,
};
use crate::testing::recordings;

fn rule(key: &str, wire: &Value) -> Rule {
    serde_json::from_value::<wire::WireForward>(wire.clone()).unwrap().rule(key)
}

#[test]
fn every_recorded_rule_is_read() {
    for recording in recordings("Firewall", "getPortForwarding") {
        let table = recording.reply::<wire::GetPortForwarding>();
        let rules: Vec<Rule> = table.iter().map(|(key, rule)| rule.rule(key)).collect();
        assert_eq!(rules.len(), 6, "{}", recording.file);
        for rule in &rules {
            assert!(rule.enabled && !rule.fails() && rule.external_port.is_some(), "{rule:?}");
            assert!(rule.protocol().is_some() && rule.wire.origin == "upnp", "{rule:?}");
        }
        // Its `Id` is masked, so the key stands for it.
        assert_eq!(rules[2].describe(), "\"tailscale-portmap\" (upnp udp 2449 → ?:2449)");
        assert_eq!(rules[3].source.as_ref().unwrap().shown(), "203.0.113.1");
    }
}

#[test]
fn odd_rules_are_read() {
    let odd = rule(
        "webui_Serveur _HTTPS_",
        &json!({
            "Id": "webui_Serveur (HTTPS)", "Protocol": "6/17", "ExternalPort": 8000, "ExternalPortEndRange": "8010",
            "InternalPort": "8000-8010", "Enable": "0", "Status": "Pending", "DestinationIPAddress": "**REDACTED**",
        }),
    );
    assert_eq!(odd.name.shown(), "Serveur (HTTPS)");
    assert_eq!((odd.protocol(), odd.enabled), (Some(Protocol::Both), false));
    assert_eq!(odd.external_port.unwrap().to_string(), "8000-8010");
    assert!(odd.is_pending() && odd.ipv4.is_none() && odd.wire.origin == "webui");
    let bare = rule("cwmp_1", &json!({}));
    assert_eq!((bare.wire.origin.as_str(), bare.protocol()), ("cwmp", None));
    assert!(bare.overlaps(Protocol::Tcp, "80".parse().unwrap()), "what is not readable may use any port");
    let gre = rule("webui_vpn", &json!({"Protocol": "47", "ExternalPort": ""}));
    assert_eq!(gre.protocol.as_deref(), Some("47"));
}

#[test]
fn rules_fight_over_a_port_of_a_common_protocol() {
    let taken = rule("upnp_1", &json!({"Protocol": "6", "ExternalPort": "8000-8010"}));
    for (protocol, ports, fights) in [
        (Protocol::Tcp, "8010", true),
        (Protocol::Both, "7000-8000", true),
        (Protocol::Udp, "8005", false),
        (Protocol::Tcp, "8011", false),
    ] {
        assert_eq!(taken.overlaps(protocol, ports.parse().unwrap()), fights, "{protocol} {ports}");
    }
}

#[test]
fn a_rule_answers_to_its_name_and_its_id() {
    let rule =
        rule("webui_Cam_ra", &json!({"Id": "webui_Caméra", "Origin": "webui", "Description": "La caméra"}));
    for name in ["la camera", "webui_Caméra", "CAMÉRA", "webui_Cam_ra"] {
        assert!(rule.is_called(name), "{name}");
    }
    for name in ["cam", "upnp_Caméra", ""] {
        assert!(!rule.is_called(name), "{name}");
    }
    // Setting one of these would replace the other.
    assert_eq!(comparable_id("Serveur (HTTPS)"), comparable_id("serveur _HTTPS_"));
    assert_ne!(comparable_id("NAS-1"), comparable_id("NAS 1"));
}

#[test]
fn protocols_as_people_and_boxes_write_them() {
    for (text, protocol) in [
        ("TCP", Protocol::Tcp),
        ("17", Protocol::Udp),
        ("TCP+UDP", Protocol::Both),
        ("udp/tcp", Protocol::Both),
        ("6,17", Protocol::Both),
        ("17/6", Protocol::Both),
        ("Both", Protocol::Both),
    ] {
        assert_eq!(text.parse::<Protocol>().unwrap(), protocol, "{text}");
    }
    for text in ["", "icmp", "tcp+icmp", "6,6,17"] {
        assert!(text.parse::<Protocol>().is_err(), "{text}");
    }
}

#[test]
fn sources_are_networks() {
    let read = |text: &str| text.parse::<Sources>().map(|sources| sources.to_string());
    assert_eq!(read("203.0.113.7"), Ok("203.0.113.7".to_owned()));
    assert_eq!(read("203.0.113.9/24, 198.51.100.1/32"), Ok("198.51.100.1,203.0.113.0/24".to_owned()));
    assert_eq!(read("0.0.0.0/0"), Ok(String::new()));
    assert_eq!(read(""), Ok(String::new()));
    for text in ["203.0.113", "2001:db8::/32", "203.0.113.0/33", "anywhere"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn names_of_rules_have_limits() {
    assert_eq!("webui_NAS".parse::<RuleName>().unwrap().as_str(), "NAS");
    for text in ["", "  ", "webui_", "a\nb", "a\u{202e}b", &"x".repeat(51)] {
        assert!(text.parse::<RuleName>().is_err(), "{text:?}");
    }
}
