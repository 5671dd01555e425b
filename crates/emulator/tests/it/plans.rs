//! Protocol sections 4.4, 4.9, 4.12 and 4.30: weekly plans, energy profiles, traffic history, diagnostics.

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

#[tokio::test]
async fn internet_of_a_host_is_blocked_and_freed() {
    let (livebox, session) = opened().await;
    let mac = livebox.with_state(|router| router.state.hosts[4].mac.clone());
    let read = async || session.call("Scheduler", "getSchedule", json!({"type": "ToD", "ID": mac})).await;
    assert_eq!(read().await, json!({"status": false}));
    let info = json!({"base": "Weekly", "def": "Enable", "ID": mac, "schedule": [], "enable": true, "override": "Disable"});
    assert_eq!(
        session.call("Scheduler", "addSchedule", json!({"type": "ToD", "info": info})).await,
        json!({"status": true})
    );
    let expected = json!({
        "ID": mac, "name": "", "enable": true, "base": "Weekly", "def": "Enable", "override": "Disable",
        "value": "Disable", "schedule": [],
    });
    assert_eq!(read().await, json!({"status": true, "data": {"scheduleInfo": expected}}));
    for (wanted, value) in [("Enable", "Enable"), ("Disable", "Disable"), ("", "Enable")] {
        let arguments = json!({"type": "ToD", "ID": mac, "override": wanted});
        assert_eq!(session.call("Scheduler", "overrideSchedule", arguments).await["status"], true);
        assert_eq!(read().await["data"]["scheduleInfo"]["value"], value);
    }
    // Saturday 11:40 lies in this entry.
    let entries = json!([{"begin": "450000", "end": 480_000, "state": "Disable"}]);
    let arguments = json!({"type": "ToD", "ID": mac, "entries": entries});
    assert_eq!(session.call("Scheduler", "updateScheduleEntries", arguments).await["status"], true);
    assert_eq!(read().await["data"]["scheduleInfo"]["value"], "Disable");
    let arguments = json!({"type": "ToD", "ID": mac.to_lowercase(), "enable": "false"});
    session.call("Scheduler", "enableSchedule", arguments).await;
    assert_eq!(read().await["data"]["scheduleInfo"]["value"], "Enable");
    let all = session.call("Scheduler", "getSchedules", json!({"type": "ToD"})).await;
    assert_eq!(all["data"]["scheduleInfo"].as_array().unwrap().len(), 2);
    session.call("Scheduler", "removeSchedules", json!({"type": "ToD", "ID": [mac]})).await;
    assert_eq!(read().await, json!({"status": false}));
    let gone = session
        .call("Scheduler", "overrideSchedule", json!({"type": "ToD", "ID": mac, "override": ""}))
        .await;
    assert_eq!(gone, json!({"status": false}));
    let bare = session.call("Scheduler", "getSchedule", Value::Null).await;
    let missing: Vec<&Value> =
        bare["errors"].as_array().unwrap().iter().map(|error| &error["info"]).collect();
    assert_eq!(missing, [&json!("type"), &json!("ID")]);
}

#[tokio::test]
async fn wifi_follows_its_plan() {
    let (livebox, session) = opened().await;
    let status = async || session.call("NMC.Wifi", "get", json!({})).await["status"].clone();
    // It is Saturday, 11:40 in France: off from noon on, back on at 14:00.
    let at =
        |hour: i64, enable: bool| json!({"Day": 6, "Hour": hour, "Minute": 0, "Second": 0, "enable": enable});
    let profile = json!({"profile": "WiFi", "activate": true, "type": "Weekly", "schedules": [at(12, false), at(14, true)]});
    session.call("PowerManagement", "setScheduledProfiles", json!({"profiles": [profile]})).await;
    assert_eq!(status().await["Status"], true);
    assert_eq!(status().await["Scheduler"], true);
    livebox.clock().advance(Duration::from_secs(1_800));
    assert_eq!(status().await["Status"], false);
    assert_eq!(status().await["Enable"], true);
    let profile = session.call("PowerManagement", "getProfiles", json!({})).await["status"]["WiFi"].clone();
    assert_eq!((&profile["Enable"], &profile["Activate"]), (&json!(false), &json!(true)));
    livebox.clock().advance(Duration::from_secs(7_200));
    session.call("NMC.Wifi", "get", json!({})).await;
    livebox.clock().advance(Duration::from_secs(30));
    assert_eq!(status().await["Status"], true);
    let stop = json!({"profiles": [{"profile": "WiFi", "activate": false, "enable": true}]});
    session.call("PowerManagement", "setProfiles", stop).await;
    assert_eq!(status().await["Scheduler"], false);
    let plan = session.call("Scheduler", "getCompleteSchedules", json!({"type": "WLAN"})).await;
    let plan = plan["data"]["scheduleInfo"][0].clone();
    assert_eq!(plan["enable"], false);
    let override_off = json!({"type": "WLAN", "ID": plan["ID"], "override": "Disable"});
    session.call("Scheduler", "overrideSchedule", override_off).await;
    assert_eq!(status().await["Status"], true, "a plan that is not followed");
    session
        .call("Scheduler", "enableSchedule", json!({"type": "WLAN", "ID": plan["ID"], "enable": true}))
        .await;
    assert_eq!(status().await["Status"], false);
    let mirrored = session.call("WLanScheduler.Schedules", "get", json!({})).await;
    assert_eq!(mirrored["status"]["wl0"]["Override"], "Disable");
    let unknown = json!({"profiles": [{"profile": "Toaster", "enable": true}]});
    let unknown = session.call("PowerManagement", "setProfiles", unknown).await;
    assert_eq!(unknown["errors"][0]["error"], 196_639);
}

#[tokio::test]
async fn one_band_has_a_profile_of_its_own() {
    let (_livebox, session) = opened().await;
    let trigger = json!({"profiles": [{"profile": "WiFi6G", "activate": true}]});
    session.call("PowerManagement", "setTriggeredProfiles", trigger).await;
    let profiles = session.call("PowerManagement", "getProfiles", json!({"profiles": null})).await;
    assert_eq!(profiles["status"]["WiFi6G"]["Activate"], true);
    let off = json!({"profiles": [{"profile": "WiFi6G", "enable": false}]});
    session.call("PowerManagement", "setProfiles", off).await;
    let base = session.call("NeMo.Intf.lan", "getMIBs", json!({"mibs": "base"})).await;
    assert_eq!(base["status"]["base"]["rad6g0"]["Enable"], false);
    assert_eq!(base["status"]["base"]["rad5g0"]["Enable"], true);
}

#[tokio::test]
async fn traffic_is_in_bits_of_each_interval_newest_first() {
    let (livebox, session) = opened().await;
    let read =
        async |arguments: Value| session.call("HomeLan", "getResults", arguments).await["status"].clone();
    let both = read(json!({"Seconds": 60, "InterfaceName": ["eth2", "WAN_GPON"]})).await;
    assert_eq!(both.as_object().unwrap().len(), 2);
    let list = both["WAN_GPON"]["Traffic"].as_array().unwrap();
    assert_eq!(list.len(), 3);
    let time = |place: usize| list[place]["Timestamp"].as_i64().unwrap();
    assert_eq!((time(0) - time(1), time(1) - time(2)), (30, 30));
    let bits = list[0]["Rx_Counter"].as_u64().unwrap();
    assert_eq!(bits % 8, 0);
    let before = livebox.with_state(|router| router.state.counters("veip0", router.now()).rx);
    livebox.clock().advance(Duration::from_secs(30));
    let after = livebox.with_state(|router| router.state.counters("veip0", router.now()).rx);
    let next = read(json!({"NumberOfReadings": "1", "InterfaceName": "veip0"})).await;
    let next = next["veip0"]["Traffic"].as_array().unwrap().clone();
    assert_eq!(next.len(), 1);
    assert!((after - before).abs_diff(next[0]["Rx_Counter"].as_u64().unwrap() / 8) < 100);
    let begin = time(2);
    let window = json!({"BeginTrafficTimestamp": begin, "EndTrafficTimestamp": begin + 30, "InterfaceName": ["bridge"]});
    assert_eq!(read(window).await["bridge"]["Traffic"].as_array().unwrap().len(), 2);
    let all = read(json!({"NumberOfReadings": 1})).await;
    assert_eq!(all.as_object().unwrap().len(), 22);
    assert_eq!(all["WAN_Ethernet"]["Traffic"], json!([]));
}

#[tokio::test]
async fn devices_have_a_history_too() {
    let (livebox, session) = opened().await;
    let mac = livebox.with_state(|router| router.state.hosts[2].mac.clone());
    let read = async || {
        let arguments = json!({"DeviceName": mac, "NumberOfReadings": 4});
        session.call("HomeLan", "getDeviceResults", arguments).await["status"].clone()
    };
    assert_eq!(read().await[&mac]["Traffic"].as_array().unwrap().len(), 4);
    session.call("HomeLan", "deleteDevice", json!({"macaddress": mac})).await;
    assert_eq!(read().await, json!({}));
    let devices = session.call("HomeLan.Device", "get", json!({})).await["status"].clone();
    assert!(devices[&mac].is_null() && devices.as_object().unwrap().len() > 20);
    session.call("HomeLan", "addDevice", json!({"macaddress": mac})).await;
    assert!(read().await[&mac].is_object());
    for (method, expected) in [
        ("getReadingInterval", json!(30)),
        ("getDevicesReadingInterval", json!(30)),
        ("getMaxNumberOfRecords", json!(8_680)),
        ("getStatus", json!(true)),
    ] {
        assert_eq!(session.call("HomeLan", method, Value::Null).await["status"], expected);
    }
    let none = session.call("HomeLan.Interface.vap5g0priv1.Stats", "get", json!({})).await;
    assert_eq!(none["errors"][0]["info"], "HomeLan.Interface.vap5g0priv1.Stats");
}

#[tokio::test]
async fn a_speed_test_takes_its_time() {
    let (livebox, session) = opened().await;
    let state = async || session.call("AutoDiag", "getDiagnosticsState", json!({})).await["status"].clone();
    let result = async || session.call("SpeedTest", "getWANResults", json!({})).await["status"].clone();
    assert_eq!(state().await["DiagnosticsState"], "Complete", "the one of the last boot");
    assert_eq!(result().await["Downstream"]["end"], "0001-01-01T00:00:00Z");
    let start =
        async |id: &str| session.call("AutoDiag", "executeDiagnostics", json!({"id": id, "usr": true})).await;
    assert_eq!(start("nonsense").await, json!({"status": false}));
    assert_eq!(start("speedService").await, json!({"status": true}));
    assert_eq!(start("wifiService").await, json!({"status": false}), "one at a time");
    assert_eq!(state().await, json!({"DiagnosticsState": "Requested", "Diagnostics": "speedService"}));
    assert_eq!(result().await["Downstream"]["rate"], 0);
    livebox.clock().advance(Duration::from_secs(25));
    assert_eq!(state().await["DiagnosticsState"], "Complete");
    let result = result().await;
    assert!(result["Downstream"]["rate"].as_i64().unwrap() > result["Upstream"]["rate"].as_i64().unwrap());
    assert_eq!(result["Upstream"]["end"], "2026-03-14T10:40:50Z");
    start("tvService").await;
    assert_eq!(session.call("AutoDiag", "cancelDiagnostics", json!({})).await, json!({"status": true}));
    assert_eq!(state().await["DiagnosticsState"], "Cancel");
    livebox.clock().advance(Duration::from_secs(4));
    assert_eq!(state().await["DiagnosticsState"], "Complete");
    let list = session.call("AutoDiag", "listDiagnostics", json!({})).await;
    assert_eq!(list["status"][0], "speedService");
}

#[tokio::test]
async fn steering_knows_the_stations() {
    let (_livebox, session) = opened().await;
    let all = session.call("SSW.Steering", "getAllStations", json!({})).await["status"].clone();
    let mac = all[0]["MACAddress"].clone();
    let one = session.call("SSW.Steering", "getStationStats", json!({"MAC": mac})).await["status"].clone();
    assert!(one["SignalStrength"].as_i64().unwrap() < 0, "{one}");
    session.call("SSW.Steering.ExceptionList", "createException", json!({"MAC": mac, "mask": 2})).await;
    let listed = session.call("SSW.Steering.ExceptionList.Station", "get", json!({})).await["status"].clone();
    assert_eq!(listed["1"]["MAC"], mac);
    session.call("SSW.Steering.ExceptionList", "deleteException", json!({"MAC": mac})).await;
    let gone = session.call("SSW.Steering.ExceptionList", "deleteException", json!({"MAC": mac})).await;
    assert_eq!(gone["errors"][0]["error"], 196_639);
}
