//! Protocol sections 4.5 to 4.7: switches, settings and the guest network. Each change is looked at from elsewhere.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::time::Duration;

use emulator::{Handle, Options, Policy};
use serde_json::{Value, json};

use crate::wire::{Session, livebox};

async fn opened() -> (Handle, Session) {
    // Hours pass in some tests, and the session is to survive them.
    let policy = Policy { idle: 1_000_000, ..Policy::default() };
    let livebox = livebox(Options { policy, ..Options::default() }).await;
    let session = Session::open(livebox.addr()).await;
    (livebox, session)
}

async fn lan(session: &Session) -> Value {
    let mibs = json!({"mibs": "base penable wlanradio wlanvap"});
    session.call("NeMo.Intf.lan", "getMIBs", mibs).await["status"].clone()
}

async fn configure(session: &Session, mibs: Value) -> Value {
    session.call("NeMo.Intf.lan", "setWLANConfig", json!({"mibs": mibs})).await
}

#[tokio::test]
async fn one_call_changes_network_radio_and_switch() {
    let (livebox, session) = opened().await;
    let answer = configure(
        &session,
        json!({
            "penable": {"vap5g0priv0": {"Enable": true, "PersistentEnable": true, "Status": true}},
            "wlanvap": {"vap5g0priv0": {
                "SSID": "Chez nous", "SSIDAdvertisementEnabled": false,
                "Security": {"ModeEnabled": "WPA3-Personal", "KeyPassPhrase": "une phrase secrète"},
                "WPS": {"Enable": "false"},
            }},
            "wlanradio": {"rad5g0": {"AutoChannelEnable": false, "Channel": "44", "OperatingChannelBandwidth": "40MHz"}},
        }),
    )
    .await;
    assert_eq!(answer, json!({"status": null}));
    let now = lan(&session).await;
    assert_eq!(now["wlanradio"]["rad5g0"]["RadioStatus"], "Down", "it restarts");
    assert_eq!(now["wlanradio"]["rad2g0"]["RadioStatus"], "Up", "it is not concerned");
    assert_eq!(now["wlanradio"]["rad5g0"]["ActiveAssociatedDevices"], 0);
    livebox.clock().advance(Duration::from_secs(30));
    let then = lan(&session).await;
    let (vap, radio) = (&then["wlanvap"]["vap5g0priv0"], &then["wlanradio"]["rad5g0"]);
    assert_eq!(vap["SSID"], "Chez nous");
    assert_eq!(vap["SSIDAdvertisementEnabled"], false);
    assert_eq!(vap["Security"]["ModeEnabled"], "WPA3-Personal");
    assert_eq!(vap["Security"]["KeyPassPhrase"], "une phrase secrète");
    assert_eq!(vap["WPS"]["Enable"], false);
    assert_eq!(radio["RadioStatus"], "Up");
    assert_eq!(radio["Channel"], 44);
    assert_eq!(radio["ChannelsInUse"], "44,48");
    assert_eq!(radio["AutoChannelEnable"], false);
    assert_eq!(radio["CurrentOperatingChannelBandwidth"], "40MHz");
    assert!(radio["ActiveAssociatedDevices"].as_i64().unwrap() > 0, "stations come back");
    assert_eq!(
        then["wlanvap"]["vap2g0priv0"]["SSID"],
        livebox.with_state(|r| r.state.wifi.vaps[0].ssid.clone())
    );
    assert!(livebox.secrets().contains(&"une phrase secrète".to_owned()));
}

#[tokio::test]
async fn a_bad_value_changes_nothing_at_all() {
    let (_livebox, session) = opened().await;
    let before = lan(&session).await;
    for bad in [
        json!({"wlanvap": {"vap5g0priv0": {"SSID": "x"}}, "wlanradio": {"rad5g0": {"Channel": 14}}}),
        json!({"wlanradio": {"rad2g0": {"Channel": 36, "AutoChannelEnable": false}}}),
        json!({"wlanradio": {"rad2g0": {"OperatingStandards": "be"}}}),
        json!({"wlanradio": {"rad2g0": {"OperatingChannelBandwidth": "160MHz"}}}),
        json!({"wlanvap": {"vap6g0priv0": {"Security": {"ModeEnabled": "WPA2-Personal"}}}}),
        json!({"wlanvap": {"vap2g0priv0": {"Security": {"KeyPassPhrase": "court"}}}}),
        json!({"wlanvap": {"vap2g0priv0": {"SSID": "un nom beaucoup trop long pour un réseau"}}}),
        json!({"wlanvap": {"vap2g0priv0": {"MACFiltering": {"Mode": "Liste"}}}}),
        json!("nonsense"),
    ] {
        let answer = configure(&session, bad.clone()).await;
        let expected =
            json!({"error": 196_639, "description": "Function execution failed", "info": "setWLANConfig"});
        assert_eq!(answer["errors"][0], expected, "{bad}");
    }
    assert_eq!(lan(&session).await, before);
}

#[tokio::test]
async fn a_list_of_addresses_is_replaced_as_a_whole() {
    let (_livebox, session) = opened().await;
    let entries =
        json!({"MAC1": {"MACAddress": "aa:bb:cc:00:11:22"}, "MAC2": {"MACAddress": "AA:BB:CC:00:11:33"}});
    configure(&session, json!({"penable": {}, "wlanvap": {"vap2g0priv0": {"MACFiltering": {"Mode": "WhiteList", "Entry": entries}}}}))
        .await;
    let vap = lan(&session).await["wlanvap"]["vap2g0priv0"].clone();
    assert_eq!(vap["MACFiltering"]["Mode"], "WhiteList");
    assert_eq!(vap["MACFilterAddressList"], "AA:BB:CC:00:11:22,AA:BB:CC:00:11:33");
}

#[tokio::test]
async fn the_switch_and_the_profile_both_have_to_be_on() {
    let (livebox, session) = opened().await;
    let status = async || session.call("NMC.Wifi", "get", json!({})).await["status"].clone();
    let ups = async || {
        let base = json!({"mibs": "base", "flag": "wlanvap && up"});
        session.call("NeMo.Intf.lan", "getMIBs", base).await["status"]["base"].as_object().unwrap().len()
    };
    let profile = async |on: bool| {
        let arguments = json!({"profiles": [{"profile": "WiFi", "enable": on}]});
        session.call("PowerManagement", "setProfiles", arguments).await
    };
    assert_eq!(profile(false).await, json!({"status": true}));
    assert_eq!(status().await["Enable"], true);
    assert_eq!(status().await["Status"], false);
    assert_eq!(ups().await, 0);
    let read = session.call("PowerManagement", "getProfiles", json!({"profiles": ["WiFi"]})).await;
    assert_eq!(read["status"]["WiFi"]["Enable"], false);
    session.call("NMC.Wifi", "set", json!({"Enable": false, "Status": false})).await;
    profile(true).await;
    assert_eq!(ups().await, 0, "the switch is off still");
    session.call("NMC.Wifi", "set", json!({"Enable": "true", "Status": "true"})).await;
    assert_eq!(status().await["Enable"], true);
    assert_eq!(status().await["Status"], false, "radios need their time");
    livebox.clock().advance(Duration::from_secs(10));
    assert_eq!(status().await["Status"], true);
    assert_eq!(ups().await, 3);
    session.call("NMC.Wifi", "toggleEnable", json!({})).await;
    assert_eq!(status().await["Enable"], false);
    let missing = session.call("NMC.Wifi", "setEnable", json!({})).await;
    assert_eq!(
        missing["errors"][0],
        json!({"error": 196_640, "description": "Missing mandatory argument", "info": "value"})
    );
    session.call("NMC.Wifi", "set", json!({"ConfigurationMode": false})).await;
    assert_eq!(status().await["ConfigurationMode"], false);
}

#[tokio::test]
async fn pairing_ends_by_itself() {
    let (livebox, session) = opened().await;
    let state = async || session.call("NMC.Wifi", "get", json!({})).await["status"]["PairingStatus"].clone();
    session.call("NMC.Wifi", "startPairing", json!({"clientPIN": ""})).await;
    assert_eq!(state().await, "Pairing");
    let mib = lan(&session).await;
    assert_eq!(mib["wlanvap"]["vap5g0priv0"]["WPS"]["PairingInProgress"], true);
    livebox.clock().advance(Duration::from_secs(121));
    assert_eq!(state().await, "Idle");
    session.call("NeMo.Intf.vap5g0priv0.WPS", "pushButton", json!({})).await;
    assert_eq!(state().await, "Pairing");
    session.call("NMC.Wifi", "stopPairing", json!({})).await;
    assert_eq!(state().await, "Idle");
    let none = session.call("NeMo.Intf.vap6g0priv0.WPS", "pushButton", json!({})).await;
    assert_eq!(none["errors"][0]["error"], 196_639);
}

#[tokio::test]
async fn the_guest_network_ends_when_its_time_is_over() {
    let (livebox, session) = opened().await;
    let guest = async || session.call("NMC.Guest", "get", json!({})).await["status"].clone();
    let left = async || {
        session.call("NMC.WlanTimer", "getActivationTimer", json!({"InterfaceName": "guest"})).await["status"]
            .clone()
    };
    assert_eq!(guest().await["ValidTime"], "9999-12-31T23:59:59Z");
    assert_eq!(session.call("NMC.Guest", "set", json!({"Enable": false})).await, json!({"status": null}));
    assert_eq!(guest().await["Status"], "Disabled");
    let mib = session.call("NeMo.Intf.guest", "getMIBs", json!({"mibs": "base"})).await;
    assert_eq!(mib["status"]["base"]["vap5g0guest0"]["Enable"], false);
    session.call("NMC.Guest", "set", json!({"Enable": true})).await;
    let set = json!({"InterfaceName": "guest", "Timeout": 2});
    session.call("NMC.WlanTimer", "setActivationTimer", set).await;
    livebox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(left().await, 3_600);
    assert_eq!(guest().await["ActivationTimeout"], 2);
    assert_eq!(guest().await["ValidTime"], "2026-03-14T12:40:28Z");
    livebox.clock().advance(Duration::from_secs(3_601));
    assert_eq!(guest().await["Enable"], false);
    assert_eq!(left().await, 0);
    let wrong = session.call("NMC.WlanTimer", "getActivationTimer", json!({"InterfaceName": "lan"})).await;
    assert_eq!(wrong["errors"][0]["error"], 1_245_185);
    assert_eq!(wrong["errors"][1]["info"], "getActivationTimer");
    let change =
        json!({"wlanvap": {"vap2g0guest0": {"SSID": "Amis"}}, "penable": {"vap2g0guest0": {"Enable": true}}});
    configure(&session, change).await;
    assert_eq!(guest().await["Enable"], true, "an access point of the guest network brings it back");
}

#[tokio::test]
async fn a_change_cuts_the_link_of_a_caller_on_wifi() {
    let (livebox, session) = opened().await;
    livebox.faults().add("link-cut=20*1".parse().unwrap());
    let head = format!(
        "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}",
        session.headers()
    );
    let body = r#"{"service":"NeMo.Intf.lan","method":"setWLANConfig","parameters":{"mibs":{"penable":{},"wlanvap":{"vap2g0priv0":{"SSID":"Coupé"}}}}}"#;
    assert!(crate::wire::send(livebox.addr(), &head, body).await.is_none());
    livebox.clock().advance(Duration::from_secs(21));
    assert_eq!(lan(&session).await["wlanvap"]["vap2g0priv0"]["SSID"], "Coupé");
}
