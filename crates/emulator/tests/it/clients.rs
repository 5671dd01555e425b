//! What independent clients do in their own way, and what they expect of a Livebox 6.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use emulator::Options;
use serde_json::{Value, json};

use crate::wire::{Session, livebox, send};

/// A call in the form of the path, with these headers.
async fn by_path(session: &Session, headers: &str, path: &str, parameters: Value) -> Value {
    let head =
        format!("POST /sysbus/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}");
    let body = json!({ "parameters": parameters }).to_string();
    send(session.address, &head, &body).await.unwrap().json()["result"].clone()
}

/// Calls of a client that lost its cookie, and whether a Livebox 6 has them (protocol section 4.0).
const CALLS: [(&str, bool); 33] = [
    ("DeviceInfo:get", true),
    ("DeviceInfo:reboot", false),
    ("NMC:getWANStatus", true),
    ("NeMo/Intf/data:getMIBs", true),
    ("NMC:getNetworkStatistics", false),
    ("NMC/Wifi:get", true),
    ("NMC/Wifi:set", true),
    ("NMC/Wifi:getStats", true),
    ("NMC/Wifi/SSID:getMIBs", false),
    ("NMC/Wifi/SSID:setSSIDInfo", false),
    ("Hosts:getDevices", false),
    ("Hosts:getDevice", false),
    ("Hosts:setDeviceName", false),
    ("DHCPv4/Server/Pool:getMIBs", false),
    // This one exists, but only on an instance.
    ("DHCPv4/Server/Pool:getLeases", false),
    ("DHCPv4/Server/Pool/StaticAddress:get", false),
    ("DHCPv4/Server/Pool/StaticAddress:add", false),
    ("DHCPv4/Server/Pool/StaticAddress:delete", false),
    ("Firewall:getFirewallLevel", true),
    ("Firewall:setFirewallLevel", true),
    ("Firewall/PortForwarding:get", false),
    ("Firewall/PortForwarding:add", false),
    ("Firewall/PortForwarding:delete", false),
    ("Firewall/DMZ:get", false),
    ("Firewall/DMZ:set", false),
    ("VoiceService/VoiceProfile:get", false),
    ("VoiceService/VoiceProfile:getCallList", false),
    ("NMC/NetworkConfig:ping", false),
    ("NMC/NetworkConfig:traceroute", false),
    ("NMC/NetworkConfig:speedtest", false),
    ("Time:getTime", true),
    ("UserManagement:getUsers", true),
    ("UserManagement:setPassword", false),
];

#[tokio::test]
async fn without_its_cookie_a_client_sees_four_calls_and_with_it_those_that_exist() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let lost = format!("X-Context: {}", session.context);
    let kept = format!("X-Context: {}\r\nCookie: {}", session.context, session.cookie);
    let open = ["DeviceInfo:get", "NMC:getWANStatus", "NMC:get", "UserInterface:getLanguage"];
    let others = [("NMC:get", true), ("UserInterface:getLanguage", true), ("Nowhere:get", false)];
    for (path, exists) in CALLS.into_iter().chain(others) {
        let anonymous = by_path(&session, &lost, path, json!({"level": "Medium"})).await;
        let code = anonymous["errors"][0]["error"].as_i64();
        assert_eq!(code, (!open.contains(&path)).then_some(13), "{path}: {anonymous}");
        let known = by_path(&session, &kept, path, json!({"level": "Medium"})).await;
        let code = known["errors"][0]["error"].as_i64();
        assert_eq!(code, (!exists).then_some(196_618), "{path}: {known}");
    }
}

#[tokio::test]
async fn a_method_may_stand_behind_its_object() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let head = format!(
        "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}",
        session.headers()
    );
    let body = r#"{"service":"sysbus.Time:getTime","parameters":{}}"#;
    assert_eq!(send(session.address, &head, body).await.unwrap().json()["status"], true);
    // A logout with the header of ordinary calls is refused, in this form too.
    let body = r#"{"service":"sysbus.sah.Device.Information:releaseContext","method":{"applicationName":"so_sdkut"},"parameters":{}}"#;
    let answer = send(session.address, &head, body).await.unwrap().json();
    assert_eq!(answer["errors"][0]["error"], 13);
    let named = by_path(&session, &session.headers(), "sysbus/Time:getTime", json!({})).await;
    assert_eq!(named["status"], true);
    let root = session.get("/sysbus/sysbus?_restDepth=0").await.json();
    assert_eq!(root["objectInfo"]["name"], "");
}

#[tokio::test]
async fn the_box_is_a_device_under_its_mac_address_too() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let info = session.call("DeviceInfo", "get", json!({})).await;
    let mac = info["status"]["BaseMAC"].as_str().unwrap();
    let by_name = session.call("Devices.Device.HGW", "get", json!({})).await;
    assert_eq!(by_name["status"]["DeviceType"], "SAH HGW");
    for key in [mac.to_uppercase(), mac.to_lowercase()] {
        assert_eq!(session.call(&format!("Devices.Device.{key}"), "get", json!({})).await, by_name);
        let described = session.get(&format!("/sysbus/Devices/Device/{key}?_restDepth=0")).await.json();
        assert!(described["objectInfo"].is_object(), "{described}");
    }
    let object = format!("Devices.Device.{mac}");
    session.call(&object, "setName", json!({"name": "Chez nous"})).await;
    assert_eq!(session.call("Devices.Device.HGW", "get", json!({})).await["status"]["Name"], "Chez nous");
}

#[tokio::test]
async fn the_timer_of_the_guest_network_begins_when_it_is_set() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    session.call("NMC.Guest", "set", json!({"Enable": true})).await;
    livebox.clock().advance(std::time::Duration::from_secs(500));
    let timer = json!({"InterfaceName": "guest", "Timeout": 2});
    session.call("NMC.WlanTimer", "setActivationTimer", timer).await;
    let guest = session.call("NMC.Guest", "get", json!({})).await["status"].clone();
    let date = |name: &str| guest[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(date("ValidTime") - date("StartTime"), 7_200);
}

#[tokio::test]
async fn accounts_and_groups_come_and_go() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let ask = async |method: &str, parameters: Value| {
        session.call("UserManagement", method, parameters).await["status"].clone()
    };
    assert_eq!(ask("addGroup", json!({"name": "voisins"})).await, true);
    let new = json!({"name": "lea", "password": "Une-Cl3-longue", "groups": ["http"], "enable": true});
    assert_eq!(ask("addUser", new.clone()).await, true);
    assert_eq!(ask("addUser", new).await, false);
    assert_eq!(ask("addUserToGroups", json!({"name": "lea", "groups": ["voisins", "rien"]})).await, true);
    assert_eq!(ask("changeUser", json!({"name": "lea", "enable": false})).await, true);
    let lea = ask("getUser", json!({"name": "lea"})).await;
    assert_eq!((&lea[0]["groups"], &lea[0]["enable"]), (&json!(["http", "voisins"]), &json!(false)));
    assert_eq!(ask("getGroup", json!({"name": "voisins"})).await[0]["users"], json!(["lea"]));
    assert_eq!(ask("removeUserFromGroups", json!({"name": "lea", "groups": ["http"]})).await, true);
    assert_eq!(ask("removeGroup", json!({"name": "voisins"})).await, true);
    assert_eq!(ask("getUsers", json!({})).await[2]["groups"], json!([]));
    assert_eq!(ask("removeUser", json!({"name": "lea"})).await, true);
    for (method, name) in [("removeUser", "lea"), ("removeUser", "admin"), ("removeGroup", "admin")] {
        assert_eq!(ask(method, json!({"name": name})).await, false, "{method} {name}");
    }
}
