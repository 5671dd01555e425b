//! Rules in the shapes that boxes give them, and what people call them.

use emulator::{Options, Time};
use serde_json::{Value, json};

mod lost;
mod undo;

use super::{
    Protocol, Rule,
    args::{RuleName, Sources},
    comparable_id, wire,
};
use crate::{
    Lang, ToolError,
    testing::{Bench, bench_with, recordings},
};

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
            assert!(rule.enabled == Some(true) && !rule.fails() && rule.external_port.is_some(), "{rule:?}");
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
    assert_eq!((odd.protocol(), odd.enabled), (Some(Protocol::Both), Some(false)));
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

/// Saturday, 20:30 in Paris: the console keeps its port open.
async fn evening() -> Bench {
    let time = Time::Manual("2026-03-14T19:30:00Z".parse().unwrap());
    bench_with(Options { time, ..Options::default() }).await
}

#[tokio::test]
async fn rules_are_listed_with_who_they_lead_to() {
    let bench = evening().await;
    let answer = bench.run("port_forward_list", json!({})).await.unwrap();
    let list = &answer.json;
    assert_eq!((&list["total"], &list["matching"]), (&json!(4), &json!(4)));
    let names: Vec<&str> =
        list["rules"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Caméra", "NAS HTTPS", "VPN maison", "192.168.1.25:9308 to 9308 (UDP)"]);
    assert_eq!(
        list["rules"][1],
        json!({
            "name": "NAS HTTPS", "id": "webui_NAS HTTPS", "origin": "webui", "protocol": "tcp",
            "external_port": "8443", "internal_port": "5001", "ipv4": "192.168.1.20", "host": "nas-familial",
            "source": null, "enabled": true, "status": "Enabled",
        })
    );
    assert_eq!(
        (&list["rules"][0]["protocol"], &list["rules"][0]["enabled"]),
        (&json!("both"), &json!(false))
    );
    assert_eq!(bench.count("Firewall:getPortForwarding") + bench.count("Devices:get"), 2);
    assert!(
        answer
            .page
            .compact()
            .contains("NAS HTTPS | tcp | 8443 | 192.168.1.20:5001 (nas-familial) | webui | on")
    );
}

#[tokio::test]
async fn the_list_is_filtered() {
    let bench = evening().await;
    for (args, matching) in [
        (json!({"origin": "upnp"}), 1),
        (json!({"origin": "webui"}), 3),
        (json!({"search": "8085"}), 1),
        (json!({"search": "camera"}), 1),
        (json!({"search": "playstation"}), 1),
        (json!({"search": "192.168.1.20"}), 1),
        (json!({"search": "rien"}), 0),
    ] {
        let list = bench.json("port_forward_list", args.clone()).await;
        assert_eq!(list["matching"], matching, "{args}: {list}");
    }
    let short = bench.run("port_forward_list", json!({"limit": 1})).await.unwrap();
    assert!(short.page.compact().contains("3 more"));
    assert!(matches!(
        bench.error("port_forward_list", json!({"origin": "cwmp"})).await,
        ToolError::Arguments(_)
    ));
}

fn web() -> Value {
    json!({
        "name": "Web (test)", "host": "nas", "external_port": 80, "protocol": "TCP+UDP",
        "source_prefix": "203.0.113.5/24",
    })
}

#[tokio::test]
async fn a_rule_is_added_and_read_back() {
    let bench = evening().await;
    let added = bench.json("port_forward_add", web()).await;
    assert_eq!((&added["outcome"], &added["before"]), (&json!("applied"), &Value::Null));
    assert_eq!(
        added["after"],
        json!([{
            "name": "Web (test)", "id": "webui_Web _test_", "origin": "webui", "protocol": "both",
            "external_port": "80", "internal_port": "80", "ipv4": "192.168.1.20", "host": "nas-familial",
            "source": "203.0.113.0/24", "enabled": true, "status": "Enabled",
        }])
    );
    assert_eq!((bench.count("Firewall:setPortForwarding"), bench.count("Firewall:commit")), (1, 1));
    let again = bench.json("port_forward_add", web()).await;
    assert_eq!((&again["outcome"], bench.count("Firewall:setPortForwarding")), (&json!("already_so"), 1));
    let removed = bench.json("port_forward_remove", json!({"rule": "web (TEST)"})).await;
    assert_eq!((&removed["outcome"], &removed["after"]), (&json!("applied"), &Value::Null));
    assert_eq!(removed["before"][0]["source"], "203.0.113.0/24", "the whole rule is kept for an undo");
    assert_eq!(bench.count("Firewall:commit"), 2);
}

#[tokio::test]
async fn what_stands_against_a_rule_is_said() {
    let bench = evening().await;
    let with = |changes: Value| {
        let mut args = web();
        args.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        args
    };
    for (changes, why) in [
        (json!({"external_port": "8440-8450", "protocol": "tcp"}), "taken by \"NAS HTTPS\" (webui tcp 8443"),
        (json!({"external_port": "9308"}), "taken by \"192.168.1.25:9308 to 9308 (UDP)\" (upnp"),
        // The rule of the camera is off, yet the box keeps its ports.
        (json!({"external_port": "8085"}), "taken by \"Caméra\""),
        (json!({"name": "nas https"}), "already a rule \"NAS HTTPS\""),
        (json!({"host": "192.168.2.9"}), "outside of the home network"),
        (json!({"host": "192.168.1.1"}), "own address"),
        (json!({"host": "grille-pain"}), "No host is called"),
        (json!({"host": "iPhone de Léa"}), ""),
    ] {
        let error = bench.error("port_forward_add", with(changes.clone())).await;
        assert!(matches!(error, ToolError::Conflict(_)), "{changes}: {error:?}");
        assert!(error.to_string().contains(why), "{changes}: {error}");
    }
    for changes in [
        json!({"external_port": "80-82", "internal_port": "8080"}),
        json!({"external_port": "0"}),
        json!({"external_port": "65536"}),
        json!({"protocol": "icmp"}),
        json!({"source_prefix": "partout"}),
        json!({"host": "2001:db8::9"}),
        json!({"name": ""}),
        json!({"port": 80}),
    ] {
        let error = bench.error("port_forward_add", with(changes.clone())).await;
        assert!(matches!(error, ToolError::Arguments(_)), "{changes}: {error:?}");
    }
    // Only the box itself knows what is in the way of the camera's ports.
    assert_eq!(bench.count("Firewall:setPortForwarding"), 1);
    let udp = with(json!({"external_port": "8443", "protocol": "udp"}));
    assert_eq!(bench.json("port_forward_add", udp).await["outcome"], "applied", "another protocol is free");
}

#[tokio::test]
async fn a_host_away_is_reached_at_its_reserved_address() {
    let bench = evening().await;
    let reserve = json!({"host": "Ancien PC portable", "ip": "192.168.1.60"});
    bench.json("dhcp_reservation_add", reserve).await;
    let args =
        json!({"name": "Jeu", "host": "Ancien PC portable", "external_port": "4000", "protocol": "udp"});
    let added = bench.json("port_forward_add", args).await;
    assert_eq!(added["after"][0]["ipv4"], "192.168.1.60");
    // An address of the LAN that no known host has.
    let args = json!({"name": "Libre", "host": "192.168.1.99", "external_port": "4001", "protocol": "udp"});
    let added = bench.json("port_forward_add", args).await;
    assert_eq!((&added["outcome"], &added["after"][0]["host"]), (&json!("applied"), &Value::Null));
}

#[tokio::test]
async fn only_rules_of_the_household_are_removed() {
    let bench = evening().await;
    bench.livebox.with_state(|router| {
        let rules = &mut router.state.firewall.forwards;
        let mut operator = rules[0].clone();
        (operator.id, operator.origin, operator.description) =
            ("cwmp_1".to_owned(), "cwmp".to_owned(), "TR069".to_owned());
        let mut twin = rules[3].clone();
        twin.description = "VPN maison".to_owned();
        twin.id = "upnp_vpn".to_owned();
        rules.extend([operator, twin]);
    });
    for (rule, why) in [
        ("TR069", "belongs to the operator"),
        ("cwmp_1", "belongs to the operator"),
        ("rien", "No port forwarding rule is called"),
        ("VPN maison", "Several rules fit"),
    ] {
        let error = bench.error("port_forward_remove", json!({"rule": rule})).await;
        assert!(matches!(error, ToolError::Conflict(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{rule}: {error}");
    }
    assert_eq!(bench.count("Firewall:deletePortForwarding"), 0);
    for rule in ["upnp_vpn", "webui_VPN maison", "upnp_9308_udp"] {
        assert_eq!(
            bench.json("port_forward_remove", json!({"rule": rule})).await["outcome"],
            "applied",
            "{rule}"
        );
    }
}

#[tokio::test]
async fn what_became_of_a_lost_rule_is_read_back() {
    let bench = evening().await;
    bench.fault("drop-after@Firewall:setPortForwarding*1");
    assert_eq!(bench.json("port_forward_add", web()).await["outcome"], "applied");
    bench.fault("drop-after@Firewall:deletePortForwarding*1");
    assert_eq!(bench.json("port_forward_remove", json!({"rule": "Web (test)"})).await["outcome"], "applied");
    bench.fault("drop-before@Firewall:setPortForwarding*1");
    let error = bench.error("port_forward_add", web()).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
    assert!(bench.count("Firewall:setPortForwarding") <= 2);
}

#[tokio::test]
async fn a_box_that_reboots_leaves_the_outcome_unknown() {
    let bench = evening().await;
    bench.fault("reboot=60@Firewall:setPortForwarding*1");
    let error = bench.error("port_forward_add", web()).await;
    assert!(matches!(error, ToolError::Unknown(_)), "{error:?}");
    assert_eq!(bench.count("Firewall:setPortForwarding"), 1);
}

#[tokio::test]
async fn a_rule_that_somebody_else_removes_at_once_is_reported() {
    let bench = evening().await;
    bench.fault(
        r#"foreign=Firewall:deletePortForwarding{"id":"webui_Web _test_","origin":"webui"}@Firewall:commit*1"#,
    );
    let added = bench.json("port_forward_add", web()).await;
    assert_eq!((&added["outcome"], &added["after"]), (&json!("differs"), &Value::Null));
}

/// Right after our rule is set, it reads as the box kept it.
fn kept_as(changes: &Value) -> String {
    let mut rule = json!({
        "id": "webui_Web _test_", "origin": "webui", "sourceInterface": "data", "externalPort": "80",
        "internalPort": "80", "destinationIPAddress": "192.168.1.20", "sourcePrefix": "203.0.113.0/24",
        "protocol": "6,17", "description": "Web (test)", "enable": true, "persistent": true,
    });
    rule.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    format!("foreign=Firewall:setPortForwarding{rule}@Firewall:setPortForwarding*1")
}

#[tokio::test]
async fn a_box_that_keeps_one_protocol_gets_a_second_rule() {
    let bench = evening().await;
    bench.fault(&kept_as(&json!({"protocol": "6"})));
    let added = bench.json("port_forward_add", web()).await;
    assert_eq!(added["outcome"], "applied", "{added}");
    let rules = added["after"].as_array().unwrap();
    let pair: Vec<_> = rules.iter().map(|rule| (&rule["name"], &rule["protocol"])).collect();
    assert_eq!(pair, [(&json!("Web (test)"), &json!("tcp")), (&json!("Web (test) UDP"), &json!("udp"))]);
    assert_eq!(bench.count("Firewall:commit"), 2);
    let again = bench.json("port_forward_add", web()).await;
    assert_eq!((&again["outcome"], &again["after"]), (&json!("already_so"), &added["after"]));
}

#[tokio::test]
async fn what_the_box_changes_in_a_rule_is_reported() {
    let bench = evening().await;
    let changes = json!({"destinationIPAddress": "10.0.0.9", "sourcePrefix": "", "internalPort": "81"});
    bench.fault(&kept_as(&changes));
    let added = bench.run("port_forward_add", web()).await.unwrap();
    assert_eq!(added.json["outcome"], "differs");
    assert_eq!(added.json["differs"], json!(["internal_port", "ipv4", "source", "status"]));
    assert!(added.page.compact().contains("says that it does not work"), "{:?}", added.page);
}

#[tokio::test]
async fn text_is_in_both_languages() {
    let bench = evening().await;
    let cx = bench.cx.clone().with_lang(Lang::Fr);
    let bench = Bench { cx, ..bench };
    let added = bench.run("port_forward_add", web()).await.unwrap();
    assert!(
        added.page.compact().contains("Rediriger le port TCP+UDP 80 vers 192.168.1.20"),
        "{:?}",
        added.page
    );
}
