//! Protocol sections 4.3, 4.4, 4.6 and 4.8: interfaces, MIBs, questions over links, counters, stations, scans.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use emulator::{Handle, Options, Policy};
use serde_json::{Value, json};

use crate::wire::{Session, livebox};

async fn mibs(session: &Session, interface: &str, arguments: Value) -> Value {
    let answer = session.call(&format!("NeMo.Intf.{interface}"), "getMIBs", arguments).await;
    answer["status"].clone()
}

async fn opened() -> (Handle, Session) {
    // Hours pass in some tests, and the session is to survive them.
    let policy = Policy { idle: 1_000_000, ..Policy::default() };
    let livebox = livebox(Options { policy, ..Options::default() }).await;
    let session = Session::open(livebox.addr()).await;
    (livebox, session)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_walk_and_a_flag_choose_the_interfaces() {
    let (_livebox, session) = opened().await;
    let lan = mibs(&session, "lan", json!({"mibs": "base eth nonsense"})).await;
    assert_eq!(keys(&lan), ["base", "eth"]);
    assert_eq!(keys(&lan["eth"]), ["ETH1", "ETH2", "ETH3", "ETH4", "ETH0"]);
    assert_eq!(
        lan["base"]["wds5g0priv0_0"],
        json!({"ULIntf": {"bridge": {}}, "LLIntf": {"vap5g0priv0": {}}})
    );
    assert_eq!(lan["base"]["vap6g0priv0"]["LLIntf"], json!({"rad6g0": {"Name": "rad6g0"}}));
    let up = mibs(&session, "lan", json!({"mibs": "base", "flag": "wlanvap && up"})).await;
    assert_eq!(keys(&up["base"]), ["vap2g0priv0", "vap5g0priv0", "vap6g0priv0"]);
    let wan = json!({"traverse": "all", "flag": "statmon && !vlan && enabled", "mibs": "base"});
    let wan = mibs(&session, "data", wan).await;
    assert!(wan["base"]["veip0"].is_object() && wan["base"]["ETH0"].is_object(), "{wan}");
    assert!(wan["base"]["gvlan_multi"].is_null());
    let unknown = session.call("NeMo.Intf.wl0", "getMIBs", json!({})).await;
    assert_eq!(unknown["errors"][0]["info"], "NeMo.Intf.wl0");
    let denied = session.call("NeMo.Intf.superlan", "getMIBs", json!({})).await;
    assert_eq!(denied["errors"][0]["error"], 13);
    let everything = mibs(&session, "veip0", Value::Null).await;
    assert!(keys(&everything).contains(&"wwan") && everything["gpon"]["veip0"]["OnuState"] == "O5_Operation");
}

#[tokio::test]
async fn questions_have_short_answers() {
    let (_livebox, session) = opened().await;
    for (interface, method, arguments, expected) in [
        ("data", "getFirstParameter", json!({"name": "VLANID"}), json!("832")),
        ("data", "getFirstParameter", json!({"name": "MTU"}), json!("1500")),
        ("data", "luckyAddrAddress", json!({}), json!("203.0.113.66")),
        ("lan", "luckyAddrAddress", json!({}), json!("192.168.1.1")),
        ("guest", "luckyAddrAddress", json!({}), json!("192.168.144.1")),
        ("lan", "luckyIntf", json!({"flag": "wlanradio"}), json!("rad2g0")),
        ("data", "isUp", json!({}), json!(true)),
        ("vap2g0priv1", "isUp", json!({"traverse": "this"}), json!(false)),
        ("lan", "hasFlag", json!({"flag": "up", "condition": "vlan"}), json!(false)),
        ("data", "isLinkedTo", json!({"target": "veip0"}), json!(true)),
        ("lan", "isLinkedTo", json!({"target": "veip0"}), json!(false)),
        ("lan", "getIntfs", json!({"flag": "wlanradio"}), json!(["rad2g0", "rad5g0", "rad6g0"])),
        (
            "rad5g0",
            "getIntfs",
            json!({"traverse": "one level up"}),
            json!(["vap5g0priv0", "vap5g0priv1", "vap5g0guest0"]),
        ),
        (
            "lan",
            "getParameters",
            json!({"name": "Channel"}),
            json!({"rad2g0": 6, "rad5g0": 100, "rad6g0": 37}),
        ),
        ("data", "getDHCPOption", json!({"type": "sent", "tag": 60}), json!("736167656d")),
    ] {
        let answer = session.call(&format!("NeMo.Intf.{interface}"), method, arguments).await;
        assert_eq!(answer["status"], expected, "{interface}.{method}: {answer}");
    }
    let all = session.call("NeMo.Intf.lo", "getIntfs", json!({"traverse": "all"})).await;
    let all = all["status"].as_array().unwrap();
    assert!(["superlan", "veip0", "rad6g0", "wwan"].iter().all(|name| all.contains(&json!(name))));
    let v6 = session.call("NeMo.Intf.lan", "getAddrs", json!({"flag": "ipv6 && global"})).await;
    assert_eq!(v6["status"].as_array().unwrap().len(), 1, "{v6}");
}

#[tokio::test]
async fn a_renewed_lease_is_a_full_one() {
    let (livebox, session) = opened().await;
    let left = async || {
        mibs(&session, "data", json!({"mibs": "dhcp"})).await["dhcp"]["dhcp_data"]["LeaseTimeRemaining"]
            .as_i64()
            .unwrap()
    };
    let before = left().await;
    assert!(before < 604_800 && before > 302_400, "{before}");
    session.call("NeMo.Intf.dhcp_data", "renew", json!({})).await;
    assert_eq!(left().await, 604_800);
    livebox.clock().advance(Duration::from_secs(100));
    assert_eq!(left().await, 604_700);
}

#[tokio::test]
async fn counters_wrap_at_32_bits_and_move_each_30_seconds() {
    let (livebox, session) = opened().await;
    let read = async || session.call("NeMo.Intf.veip0", "getNetDevStats", json!({})).await["status"].clone();
    let first = read().await;
    assert_eq!(first.as_object().unwrap().len(), 21);
    let whole = livebox.with_state(|router| router.state.counters("veip0", router.now()).rx);
    assert!(whole > u64::from(u32::MAX));
    assert_eq!(first["RxBytes"], json!(whole & 0xffff_ffff));
    livebox.clock().advance(Duration::from_secs(31));
    assert_ne!(read().await["RxBytes"], first["RxBytes"]);
}

#[tokio::test]
async fn stations_are_those_of_the_household() {
    let (livebox, session) = opened().await;
    let list = session.call("NeMo.Intf.vap2g0priv0", "getStationStats", json!({})).await["status"].clone();
    let list = list.as_array().unwrap();
    assert!(list.len() > 3);
    let mib = mibs(&session, "lan", json!({"mibs": "wlanvap"})).await;
    let vap = &mib["wlanvap"]["vap2g0priv0"];
    assert_eq!(vap["AssociatedDeviceNumberOfEntries"], json!(list.len()));
    for station in list {
        let mac = station["MACAddress"].as_str().unwrap();
        assert_eq!(vap["AssociatedDevice"][mac]["TxBytes"], station["TxBytes"]);
        assert!(livebox.with_state(|router| router.state.host(mac).is_some()));
    }
    let mac = list[0]["MACAddress"].clone();
    let refused = session.call("NeMo.Intf.vap2g0priv0", "kickStation", json!({"MACAddress": mac})).await;
    assert_eq!(refused["errors"][0]["error"], 196_639);
    session.call("NeMo.Intf.vap2g0priv0", "kickStation", json!({"macaddress": mac})).await;
    let count = async || {
        let answer = session.call("NeMo.Intf.vap2g0priv0", "getStationStats", json!({})).await;
        answer["status"].as_array().unwrap().len()
    };
    assert_eq!(count().await, list.len() - 1);
    livebox.clock().advance(Duration::from_secs(20));
    assert_eq!(count().await, list.len());
}

#[tokio::test]
async fn a_filter_sends_stations_away() {
    let (livebox, session) = opened().await;
    let filter = "NeMo.Intf.vap2g0priv0.MACFiltering";
    let count = async || {
        let answer = session.call("NeMo.Intf.vap2g0priv0", "getStationStats", json!({})).await;
        answer["status"].as_array().unwrap().len()
    };
    let list = session.call("NeMo.Intf.vap2g0priv0", "getStationStats", json!({})).await;
    let mac = list["status"][0]["MACAddress"].clone();
    let before = count().await;
    session.call(filter, "addEntry", json!({"mac": mac.as_str().unwrap().to_lowercase()})).await;
    assert_eq!(count().await, before);
    assert_eq!(session.call(filter, "set", json!({"Mode": "BlackList"})).await, json!({"status": true}));
    assert_eq!(count().await, 0, "the radio restarts");
    livebox.clock().advance(Duration::from_secs(30));
    assert_eq!(count().await, before - 1);
    let mib = mibs(&session, "lan", json!({"mibs": "wlanvap"})).await;
    let shown = &mib["wlanvap"]["vap2g0priv0"]["MACFiltering"];
    assert_eq!(shown["Mode"], "BlackList");
    assert_eq!(shown["Entry"][mac.as_str().unwrap()]["MACAddress"], mac);
    session.call(filter, "delEntry", json!({"mac": mac})).await;
    assert_eq!(count().await, before);
    let wrong = session.call(filter, "addEntry", json!({"mac": "nonsense"})).await;
    assert_eq!(wrong["errors"][0]["error"], 196_639);
}

#[tokio::test]
async fn scans_hear_the_street() {
    let (livebox, session) = opened().await;
    let results = session.call("NeMo.Intf.rad2g0", "getScanResults", json!({})).await;
    let list = results["status"].as_array().unwrap();
    assert!(list.iter().any(|entry| entry["SSID"] == "SFR_B2C8" && entry["Channel"] == 11), "{results}");
    let strength = |answer: &Value| {
        answer["status"].as_array().unwrap().iter().map(|e| e["RSSI"].clone()).collect::<Vec<_>>()
    };
    session.call("NeMo.Intf.rad2g0", "startScan", json!({})).await;
    let same = session.call("NeMo.Intf.rad2g0", "getScanResults", json!({})).await;
    assert_eq!(strength(&same), strength(&results));
    livebox.clock().advance(Duration::from_secs(5));
    let fresh = session.call("NeMo.Intf.rad2g0", "getScanResults", json!({})).await;
    assert_ne!(strength(&fresh), strength(&results));
    let mib = mibs(&session, "lan", json!({"mibs": "wlanradio"})).await;
    assert_eq!(mib["wlanradio"]["rad2g0"]["ScanResults"]["SurroundingChannels"]["11"]["Channel"], 11);
    let at_once = session.call("NeMo.Intf.rad5g0", "scan", json!({"minRssi": -80})).await;
    assert_eq!(at_once["status"][0]["SSID"], "Livebox-3F7A", "{at_once}");
    let air = session.call("NeMo.Intf.rad6g0", "getSpectrumInfo", json!({"update": false})).await;
    assert_eq!(air["status"].as_array().unwrap().len(), 24);
}
