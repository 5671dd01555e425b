//! Everything that the earlier server offered, and gave up on, works under its old name.

use serde_json::{Value, json};

use crate::harness::{Bench, PASSWORD, text};

#[tokio::test(flavor = "multi_thread")]
async fn all_thirty_tools_answer() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1")]);
    peer.initialize().await;
    let hosts = peer.call("livebox_list_devices", json!({ "active_only": true })).await;
    let hosts = hosts["structuredContent"]["hosts"].as_array().unwrap().clone();
    // A device with an address of its own and no reservation.
    let reserved = peer.call("livebox_get_dhcp_reservations", json!({})).await.to_string();
    let host = hosts.iter().find(|host| {
        let ip = host["ipv4"].as_str().unwrap_or_default();
        ip.starts_with("192.168.1.") && !reserved.contains(ip)
    });
    let (mac, ip) = (host.unwrap()["mac"].clone(), host.unwrap()["ipv4"].clone());
    let ssid =
        peer.call("livebox_get_wifi_status", json!({})).await["structuredContent"]["networks"][0]["ssid"]
            .clone();
    let mut done = 3;
    let calls: Vec<(&str, Value)> = vec![
        ("livebox_get_info", json!({})),
        ("livebox_get_time", json!({})),
        ("livebox_get_wan_status", json!({})),
        ("livebox_get_traffic_stats", json!({})),
        ("livebox_get_wifi_stats", json!({})),
        ("livebox_get_device_info", json!({ "mac_address": mac })),
        ("livebox_set_device_name", json!({ "mac_address": mac, "name": "Ancien nom" })),
        ("livebox_get_dhcp_leases", json!({})),
        ("livebox_add_dhcp_reservation", json!({ "mac_address": mac, "ip_address": ip, "name": "Réservé" })),
        ("livebox_delete_dhcp_reservation", json!({ "mac_address": mac })),
        ("livebox_get_firewall_status", json!({})),
        ("livebox_set_firewall_level", json!({ "level": "Low" })),
        ("livebox_list_port_forwards", json!({})),
        (
            "livebox_add_port_forward",
            json!({ "description": "jeu", "protocol": "TCP+UDP", "external_port": 27015, "internal_port": 27015, "internal_ip": ip }),
        ),
        ("livebox_delete_port_forward", json!({ "rule_id": "webui_jeu" })),
        ("livebox_get_dmz", json!({})),
        ("livebox_set_dmz", json!({ "enable": true, "ip_address": ip })),
        ("livebox_set_dmz", json!({ "enable": false })),
        ("livebox_get_voice_status", json!({})),
        ("livebox_get_call_history", json!({ "call_type": "missed" })),
        ("livebox_get_call_history", json!({ "call_type": "all" })),
        ("livebox_ping", json!({ "host": "127.0.0.1", "count": 1 })),
        ("livebox_traceroute", json!({ "host": "127.0.0.1" })),
        ("livebox_speedtest", json!({})),
        ("livebox_set_wifi_channel", json!({ "ssid_name": ssid, "channel": 11 })),
        ("livebox_set_wifi_channel", json!({ "ssid_name": ssid, "channel": 0 })),
        ("livebox_set_wifi_password", json!({ "ssid_name": ssid, "password": "Une-cle-toute-neuve" })),
        ("livebox_toggle_wifi", json!({ "enable": false })),
        ("livebox_toggle_wifi", json!({ "enable": true })),
        ("livebox_change_password", json!({ "current_password": PASSWORD, "new_password": "Nouveau-Mot-2" })),
        ("livebox_reboot", json!({ "confirm": true })),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for (tool, args) in calls {
        let result = peer.call(tool, args.clone()).await;
        assert_ne!(result["isError"], true, "{tool} {args}: {}", text(&result));
        assert!(result["structuredContent"].is_object() && !text(&result).is_empty(), "{tool}: {result}");
        assert_ne!(result["structuredContent"]["outcome"], "differs", "{tool} {args}: {result}");
        done += usize::from(seen.insert(tool));
    }
    assert_eq!(done, livebox::earlier::names().count());
}
