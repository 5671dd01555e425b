//! What a client that undoes its changes relies on: order, origin, what follows a new address, and what a change cuts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use emulator::{Handle, Options};
use serde_json::{Value, json};

use crate::wire::{Session, livebox, send};

const BRIDGE: &str = "NetMaster.LAN.default.Bridge.lan";
const POOL: &str = "DHCPv4.Server.Pool.default";

/// A call that may get no answer.
async fn ask(session: &Session, service: &str, method: &str, parameters: Value) -> Option<Value> {
    ask_as(session, "livebox", service, method, parameters).await
}

async fn ask_as(
    session: &Session,
    host: &str,
    service: &str,
    method: &str,
    parameters: Value,
) -> Option<Value> {
    let head = format!(
        "POST /ws HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}",
        session.headers()
    );
    let body = json!({"service": service, "method": method, "parameters": parameters}).to_string();
    send(session.address, &head, &body).await.map(|answer| answer.json())
}

/// Whether a caller without a session is heard.
async fn answers(livebox: &Handle) -> bool {
    send(livebox.addr(), "GET / HTTP/1.1\r\nHost: livebox", "").await.is_some()
}

fn later(livebox: &Handle, seconds: u64) {
    livebox.clock().advance(Duration::from_secs(seconds));
}

fn rules(livebox: &Handle) -> Vec<String> {
    let listed = livebox.call("Firewall", "getPortForwarding", &json!({}));
    listed["status"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_rule_keeps_its_place_and_a_new_one_goes_last() {
    let livebox = livebox(Options::default()).await;
    let first = ["webui_NAS HTTPS", "webui_VPN maison", "webui_Caméra", "upnp_9308_udp"];
    assert_eq!(rules(&livebox), first);
    let before = livebox.settings();
    let listed = livebox.call("Firewall", "getPortForwarding", &json!({}))["status"].clone();
    // As a client recreates it from what it read: every field has its argument.
    let set = |id: &str, persistent: bool| {
        let rule = &listed[id];
        json!({
            "id": rule["Id"], "origin": rule["Origin"], "sourceInterface": rule["SourceInterface"],
            "externalPort": rule["ExternalPort"], "internalPort": rule["InternalPort"],
            "destinationIPAddress": rule["DestinationIPAddress"], "sourcePrefix": rule["SourcePrefix"],
            "destinationMACAddress": rule["DestinationMACAddress"], "protocol": rule["Protocol"],
            "enable": rule["Enable"], "persistent": persistent, "description": rule["Description"],
            "leaseDuration": rule["LeaseDuration"], "upnpv1Compat": rule["UPnPV1Compat"],
        })
    };
    let mut other = set("webui_VPN maison", true);
    other["externalPort"] = json!("51821");
    livebox.call("Firewall", "setPortForwarding", &other);
    assert_eq!(rules(&livebox), first);
    livebox.call("Firewall", "setPortForwarding", &set("webui_VPN maison", true));
    livebox.call("Firewall", "commit", &json!({}));
    assert_eq!(livebox.settings(), before);

    // A rule of an application comes back as one, with its lease, and last.
    let gone = json!({"id": "upnp_9308_udp", "origin": "upnp"});
    assert_eq!(livebox.call("Firewall", "deletePortForwarding", &gone), json!({"status": true}));
    let made = livebox.call("Firewall", "setPortForwarding", &set("upnp_9308_udp", false));
    assert_eq!(made["status"], "upnp_9308_udp");
    assert_eq!(made["data"]["rule"]["LeaseDuration"], 86_400);
    livebox.call("Firewall", "commit", &json!({}));
    let found = livebox.call("Firewall", "getPortForwarding", &json!({"origin": "upnp"}));
    assert_eq!(found["status"]["upnp_9308_udp"], listed["upnp_9308_udp"]);
    assert_eq!(livebox.settings(), before);

    // One from the middle comes back last; the order is restored by making those behind it anew.
    livebox.call("Firewall", "deletePortForwarding", &json!({"id": first[0], "origin": "webui"}));
    livebox.call("Firewall", "setPortForwarding", &set(first[0], true));
    assert_eq!(rules(&livebox), [first[1], first[2], first[3], first[0]]);
    for id in &first[1..] {
        let origin = id.split('_').next().unwrap();
        livebox.call("Firewall", "deletePortForwarding", &json!({"id": id, "origin": origin}));
        livebox.call("Firewall", "setPortForwarding", &set(id, origin == "webui"));
    }
    livebox.call("Firewall", "commit", &json!({}));
    assert_eq!(livebox.settings(), before);

    // What was not meant to last does not outlast a restart, whoever made it.
    livebox.call("Firewall", "setPortForwarding", &set(first[1], false));
    livebox.call("NMC", "reboot", &json!({"reason": "GUI_Reboot"}));
    later(&livebox, 91);
    assert_eq!(rules(&livebox), [first[0], first[2]]);
}

#[tokio::test]
async fn reservations_and_plans_keep_their_place_too() {
    let livebox = livebox(Options::default()).await;
    let kept = || {
        let list = livebox.call(POOL, "getStaticLeases", &json!({}))["status"].clone();
        let list = list.as_array().unwrap().iter();
        list.map(|kept| kept["MACAddress"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = (kept(), livebox.settings());
    let change = |method: &str, mac: &str, address: &str| {
        let answer = livebox.call(POOL, method, &json!({"MACAddress": mac, "IPAddress": address}));
        assert_eq!(answer, json!({"status": null}), "{method} {address}");
    };
    for method in ["setStaticLease", "addStaticLease"] {
        change(method, &before.0[0], "192.168.1.90");
        assert_eq!(kept(), before.0, "{method}");
        change(method, &before.0[0], "192.168.1.20");
        assert_eq!(livebox.settings(), before.1, "{method}");
    }
    change("addStaticLease", "02:00:00:00:00:09", "192.168.1.91");
    assert_eq!(kept()[3], "02:00:00:00:00:09");
    livebox.call(POOL, "deleteStaticLease", &json!({"MACAddress": "02:00:00:00:00:09"}));
    assert_eq!(livebox.settings(), before.1);
    for plan in ["wl0", "wl0"] {
        let info = json!({"type": "WLAN", "info": {"ID": plan, "enable": false}});
        assert_eq!(livebox.call("Scheduler", "addSchedule", &info)["status"], true);
    }
    assert_eq!(livebox.settings(), before.1);
    livebox.call(
        "Firewall",
        "setDMZ",
        &json!({
            "id": "webui", "sourceInterface": "data", "destinationIPAddress": "192.168.1.20", "enable": false,
        }),
    );
    livebox.call(
        "Firewall",
        "setDMZ",
        &json!({
            "id": "x", "sourceInterface": "data", "destinationIPAddress": "192.168.1.21", "enable": false,
        }),
    );
    livebox.call(
        "Firewall",
        "setDMZ",
        &json!({
            "id": "webui", "sourceInterface": "data", "destinationIPAddress": "192.168.1.20", "enable": true,
        }),
    );
    let dmz = livebox.call("Firewall", "getDMZ", &json!({}))["status"].clone();
    assert_eq!(dmz.as_object().unwrap().keys().collect::<Vec<_>>(), ["webui", "x"]);
}

#[tokio::test]
async fn both_views_show_a_new_lan_and_it_can_be_undone() {
    let livebox = livebox(Options { follow_address: true, lan_seconds: 4, ..Options::default() }).await;
    let session = Session::open(livebox.addr()).await;
    let before = livebox.settings();
    let old = livebox.call(BRIDGE, "getIPv4", &json!({}))["data"].clone();
    let mut wanted = old.clone();
    for (name, value) in [
        ("Address", json!("10.20.0.1")),
        ("PrefixLength", json!(24)),
        ("DHCPMinAddress", json!("10.20.0.10")),
        ("DHCPMaxAddress", json!("10.20.0.99")),
        ("DNSServers", json!("10.20.0.1")),
        ("NTPServers", json!("192.0.2.7")),
        ("DomainSearchList", json!("maison.example")),
    ] {
        wanted[name] = value;
    }
    // The answer arrives, and then nobody does for some seconds, under whatever name.
    assert_eq!(ask(&session, BRIDGE, "setIPv4", wanted.clone()).await, Some(json!({"status": null})));
    assert_eq!(livebox.call(BRIDGE, "getIPv4", &json!({}))["data"], wanted);
    let lan = livebox.call("NMC", "getLANIP", &json!({}))["data"].clone();
    assert_eq!(
        (&lan["Address"], &lan["Netmask"], &lan["DHCPMaxAddress"]),
        (&json!("10.20.0.1"), &json!("255.255.255.0"), &json!("10.20.0.99"))
    );
    assert!(ask_as(&session, "10.20.0.1", "Time", "getTime", json!({})).await.is_none());
    later(&livebox, 5);
    // From now on the old address leads nowhere; under the new one everybody has to log in again.
    assert!(ask_as(&session, "192.168.1.1", "Time", "getTime", json!({})).await.is_none());
    assert!(ask_as(&session, "127.0.0.1:8080", "Time", "getTime", json!({})).await.is_none());
    let lost = ask_as(&session, "10.20.0.1:8080", "Time", "getTime", json!({})).await.unwrap();
    assert_eq!(lost["errors"][0]["error"], 13);
    let session = Session::open(livebox.addr()).await;
    let leases = ask_as(&session, "10.20.0.1", POOL, "getLeases", json!({})).await.unwrap()["status"].clone();
    let leases = leases["default"].as_object().unwrap();
    assert!(leases.len() > 10);
    for lease in leases.values() {
        assert!(lease["IPAddress"].as_str().unwrap().starts_with("10.20.0."), "{lease}");
    }
    let kept = livebox.call(POOL, "getStaticLeases", &json!({}))["status"].clone();
    assert_eq!(kept[0]["IPAddress"], "10.20.0.20");
    let back = ask_as(&session, "10.20.0.1", BRIDGE, "setIPv4", old).await;
    assert_eq!(back, Some(json!({"status": null})));
    later(&livebox, 5);
    assert_eq!(livebox.settings(), before);
    assert!(ask_as(&session, "127.0.0.1:8080", "Time", "getTime", json!({})).await.is_some());
}

#[tokio::test]
async fn addresses_that_no_lan_has_are_refused_and_change_nothing() {
    let livebox = livebox(Options::default()).await;
    let before = livebox.settings();
    let lan = |address: &str, length: u8, min: &str, max: &str| {
        json!({
            "Address": address, "PrefixLength": length, "DHCPEnable": true, "DHCPMinAddress": min, "DHCPMaxAddress": max,
        })
    };
    for wrong in [
        lan("192.168.7.0", 24, "192.168.7.10", "192.168.7.20"),
        lan("192.168.7.255", 24, "192.168.7.10", "192.168.7.20"),
        lan("192.168.7.1", 24, "192.168.7.20", "192.168.7.10"),
        lan("192.168.7.1", 24, "192.168.8.10", "192.168.8.20"),
        lan("192.168.7.1", 24, "192.168.7.10", "192.168.7.255"),
        lan("192.168.7.1", 31, "192.168.7.1", "192.168.7.1"),
        lan("8.8.8.8", 24, "8.8.8.10", "8.8.8.20"),
        lan("192.168.144.9", 28, "192.168.144.10", "192.168.144.12"),
        lan("no address", 24, "192.168.7.10", "192.168.7.20"),
    ] {
        let answer = livebox.call(BRIDGE, "setIPv4", &wrong);
        assert_eq!(answer["errors"][0]["error"], 196_639, "{wrong}");
    }
    assert_eq!(livebox.settings(), before);
    assert!(answers(&livebox).await);
}

#[tokio::test]
async fn a_change_of_the_link_cuts_its_caller_for_as_long_as_asked() {
    let channel = json!({"mibs": {"wlanradio": {"rad5g0": {"AutoChannelEnable": false, "Channel": 44}}}});
    let lan = json!({
        "Address": "192.168.9.1", "Netmask": "255.255.255.0", "DHCPEnable": true, "DHCPMinAddress": "192.168.9.10",
        "DHCPMaxAddress": "192.168.9.20",
    });
    for (service, method, parameters) in [
        ("NeMo.Intf.lan", "setWLANConfig", channel.clone()),
        ("NeMo.Intf.rad5g0", "setChanspec", json!({"channel": 48, "bandwidth": "80MHz"})),
        ("NMC.Wifi", "set", json!({"Enable": false})),
        ("NMC", "setLANIP", lan),
    ] {
        let livebox = livebox(Options::default()).await;
        let session = Session::open(livebox.addr()).await;
        let before = livebox.settings();
        livebox.faults().add("link-cut=30".parse().unwrap());
        assert!(
            ask(&session, "NeMo.Intf.lan", "setWLANConfig", json!({"mibs": 7})).await.is_some(),
            "refused"
        );
        assert!(ask(&session, service, method, parameters).await.is_none(), "{method}");
        assert_ne!(livebox.settings(), before, "{method}: carried out");
        later(&livebox, 29);
        assert!(!answers(&livebox).await, "{method}");
        later(&livebox, 2);
        assert!(answers(&livebox).await, "{method}");
    }
}

#[tokio::test]
async fn a_strict_firewall_cuts_its_caller_until_it_is_relaxed() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    livebox.faults().add("firewall-cut=30".parse().unwrap());
    let level =
        async |level: &str| ask(&session, "Firewall", "setFirewallLevel", json!({"level": level})).await;
    assert_eq!(level("Low").await, Some(json!({"status": true})));
    assert!(answers(&livebox).await);
    assert!(level("High").await.is_none());
    assert_eq!(livebox.call("Firewall", "getFirewallLevel", &json!({}))["status"], "High");
    // Half a minute of silence, half a minute of answers, and so on.
    for _ in 0..3 {
        assert!(!answers(&livebox).await);
        later(&livebox, 29);
        assert!(!answers(&livebox).await);
        later(&livebox, 1);
        assert!(answers(&livebox).await);
        later(&livebox, 29);
        assert!(answers(&livebox).await);
        later(&livebox, 1);
    }
    later(&livebox, 30);
    assert_eq!(level("Medium").await, Some(json!({"status": true})));
    later(&livebox, 30);
    assert!(answers(&livebox).await);
    // Another administrator can end it at any time.
    assert!(level("High").await.is_none());
    livebox.call("Firewall", "setFirewallLevel", &json!({"level": "Medium"}));
    assert!(answers(&livebox).await);
}

#[tokio::test]
async fn the_internet_comes_back_with_the_settings_from_before() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let online = async || {
        let status = ask(&session, "NMC", "getWANStatus", json!({})).await.unwrap();
        let mibs = ask(&session, "NeMo.Intf.data", "isUp", json!({})).await.unwrap();
        let up = status["data"]["WanState"] == "up";
        assert_eq!(mibs["status"], up);
        assert_eq!(status["data"]["IPAddress"] == "", !up);
        up
    };
    livebox.faults().add("internet-cut@NMC.IPv6:set".parse().unwrap());
    livebox.faults().add("internet-cut@DHCPv4.Server.Pool.default:*".parse().unwrap());
    let before = livebox.settings();
    // Refused, or without an effect: nothing happens.
    assert!(ask(&session, POOL, "setLeaseTime", json!({"leasetime": 0})).await.is_some());
    assert!(ask(&session, POOL, "setLeaseTime", json!({"leasetime": 86_400})).await.is_some());
    assert!(online().await);
    assert_eq!(
        ask(&session, POOL, "setLeaseTime", json!({"leasetime": 600})).await,
        Some(json!({"status": null}))
    );
    assert!(!online().await);
    later(&livebox, 500);
    // Half of it undone, or something else done, is not enough.
    ask(&session, "NMC.Wifi", "set", json!({"Enable": false})).await.unwrap();
    ask(&session, POOL, "setLeaseTime", json!({"leasetime": 86_400})).await.unwrap();
    assert!(!online().await);
    ask(&session, "NMC.Wifi", "set", json!({"Enable": true})).await.unwrap();
    assert!(online().await);
    assert_eq!(livebox.settings(), before);
    // A reboot in between does not matter, and another administrator can undo it as well.
    livebox.call("NMC", "reboot", &json!({"reason": "GUI_Reboot"}));
    later(&livebox, 300);
    let session = Session::open(livebox.addr()).await;
    ask(&session, POOL, "setLeaseTime", json!({"leasetime": 600})).await.unwrap();
    livebox.call("NMC", "reboot", &json!({"reason": "GUI_Reboot"}));
    later(&livebox, 300);
    let session = Session::open(livebox.addr()).await;
    let state =
        async || ask(&session, "NMC", "getWANStatus", json!({})).await.unwrap()["data"]["WanState"].clone();
    assert_eq!(state().await, "down");
    livebox.call(POOL, "setLeaseTime", &json!({"leasetime": 86_400}));
    assert_eq!(state().await, "up");
}
