//! What the box says of hosts, in its odd shapes, and how people name them.

use emulator::{Options, Time};
use serde::Deserialize as _;
use serde_json::{Value, json};
use sysbus::scalar::Rows;

use super::{
    Host, HostRef, Link, find, in_order,
    wire::{Device, GetDevices, GetTree, Tree},
};
use crate::{
    Band, Lang, ToolError,
    testing::{Bench, bench_with, recordings},
};

fn hosts(devices: &Value) -> Vec<Host> {
    let devices = Rows::<Device>::deserialize(devices).unwrap();
    in_order(devices.into_iter().filter_map(Device::into_host))
}

fn host(device: &Value) -> Host {
    hosts(&json!([device])).pop().unwrap()
}

#[test]
fn every_recorded_list_of_devices_is_read() {
    for recording in recordings("Devices", "get") {
        if recording.body["status"].is_object() {
            continue; // asked with an object of expressions, which we never send
        }
        let hosts = in_order(recording.reply::<GetDevices>().into_iter().filter_map(Device::into_host));
        let active = hosts.iter().filter(|host| host.is_active()).count();
        let expected = match (recording.model.as_str(), hosts.len()) {
            ("lb3", _) => (4, 4),
            ("lb5", 1) => (hosts.len(), active),
            ("lb7", 6) => (6, 6),
            ("lb7", _) => (26, 22),
            ("w7", _) => (22, 14),
            other => panic!("{}: unexpected {other:?}", recording.file),
        };
        assert_eq!((hosts.len(), active), expected, "{}", recording.file);
        for host in &hosts {
            assert!(!host.name.shown().is_empty(), "{}", recording.file);
            assert_ne!(host.link, Link::Unknown, "{}: {host:?}", recording.file);
        }
    }
}

#[test]
fn a_recorded_tree_tells_who_is_behind_the_repeater() {
    for recording in recordings("TopologyDiagnostics", "buildTopology") {
        // The sibling call with the same nodes.
        let tree: Tree = recording.reply::<GetTree>();
        if recording.model == "lb7" {
            let behind = |key| tree.repeater_of(key).map(|name| name.shown().to_owned());
            assert_eq!(behind("DD:DD:DD:00:00:00").as_deref(), Some("client-03"));
            assert_eq!(behind("AA:AA:AA:00:00:00"), None);
            assert_eq!(behind("CC:CC:CC:00:00:00"), None, "the repeater itself");
        }
    }
}

#[test]
fn odd_devices_are_read() {
    let odd = host(&json!({
        "Key": "aa:bb:cc:00:00:01", "PhysAddress": "aa-bb-cc-00-00-01", "Tags": "lan edev mac physical wifi", "Active": "1",
        "IPAddress": "fe80::1", "IPv4Address": {"1": {"Address": "192.168.1.9", "Reserved": "1"}},
        "IPv6Address": "**REDACTED**", "Names": [], "InterfaceName": 7, "SignalStrength": 0,
        "LastDataDownlinkRate": "65000", "OperatingFrequencyBand": "6GHz", "FirstSeen": "0001-01-01T00:00:00Z",
    }));
    assert_eq!(odd.name.shown(), "AA:BB:CC:00:00:01");
    assert_eq!(odd.ipv4, Some([192, 168, 1, 9].into()));
    assert_eq!((odd.reserved, odd.active), (Some(true), Some(true)));
    assert_eq!(odd.link, Link::Wifi { band: Some(Band::Ghz6) });
    assert_eq!(odd.first_seen, None);
    let radio = odd.radio.unwrap();
    assert_eq!((radio.rssi_dbm, radio.down_bps, radio.up_bps), (None, Some(65_000_000), None));
    for nothing in [
        json!({}),
        json!({"Key": "HGW", "Tags": "self physical hgw"}),
        json!({"Key": "lan", "PhysAddress": "AA:BB:CC:00:00:02", "Tags": "self lan mac nemo interface"}),
        json!({"Key": "FXS1", "Tags": "voice handset physical"}),
        json!({"Key": "uuid:1", "Tags": "upnp root logical"}),
        json!([1]),
    ] {
        assert!(hosts(&json!([nothing])).is_empty(), "{nothing}");
    }
}

#[test]
fn a_port_that_is_the_repeaters_is_not_shown_as_the_hosts() {
    let device = |tags: &str, interface: &str| {
        host(&json!({"Key": "AA:BB:CC:00:00:01", "Tags": tags, "InterfaceName": interface}))
    };
    assert_eq!(device("lan physical eth", "vap5g0priv0").link, Link::Ethernet { port: None });
    assert_eq!(device("lan physical wifi", "ETH0").link, Link::Wifi { band: None });
    let by_cable = device("lan physical eth", "eth0");
    assert_eq!(by_cable.link.text(false).as_deref(), Some("ethernet eth0"));
    let guest = device("lan physical wifi guest", "vap2g0guest0");
    assert_eq!(guest.link.text(guest.guest).as_deref(), Some("wifi guest"));
}

fn household() -> Vec<Host> {
    let device = |mac: &str, name: &str, ip: &str, active: bool| {
        json!({
            "Key": mac, "PhysAddress": mac, "Name": name, "IPAddress": ip, "Active": active,
            "Tags": "lan edev mac physical wifi", "Names": [{"Name": "dhcp-of", "Source": "dhcp", "Suffix": ip}],
        })
    };
    hosts(&json!([
        device("AA:BB:CC:00:00:01", "Télé salon", "192.168.1.10", true),
        device("AA:BB:CC:00:00:02", "Télé chambre", "192.168.1.11", true),
        device("AA:BB:CC:00:00:03", "iPhone d’Anaïs", "192.168.1.12", true),
        device("AA:BB:CC:00:00:04", "deadbeefcafe", "192.168.1.13", true),
        device("AA:BB:CC:00:00:05", "Console", "192.168.1.12", false),
        device("AA:BB:CC:00:00:06", "console", "", false),
        device("AA:BB:CC:00:00:07", "nas", "192.168.1.14", true),
        device("AA:BB:CC:00:00:08", "nas-2", "192.168.1.15", true),
    ]))
}

fn found(wanted: &str) -> Result<String, String> {
    let hosts = household();
    match find(&hosts, &wanted.parse::<HostRef>().unwrap()) {
        Ok(host) => Ok(host.key.clone()),
        Err(ToolError::Conflict(message)) => Err(message.text(Lang::En).to_owned()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn hosts_are_found_as_people_name_them() {
    for (wanted, last) in [
        ("tele salon", 1),
        ("Télé s", 1),
        ("IPHONE D'ANAIS", 3),
        ("aa-bb-cc-00-00-02", 2),
        ("aabb.cc00.0002", 2),
        ("192.168.1.12", 3),
        ("DEADBEEFCAFE", 4),
        ("nas", 7),
        ("dhcp-of-192.168.1.14", 7),
    ] {
        assert_eq!(found(wanted), Ok(format!("AA:BB:CC:00:00:0{last}")), "{wanted}");
    }
    assert!("  ".parse::<HostRef>().is_err());
    assert!("\u{200b}".parse::<HostRef>().is_err());
}

#[test]
fn what_is_not_found_says_what_to_do() {
    let ambiguous = found("télé").unwrap_err();
    assert!(
        ambiguous.contains("192.168.1.10, AA:BB:CC:00:00:01 (\"Télé salon\") or 192.168.1.11"),
        "{ambiguous}"
    );
    assert!(found("console").unwrap_err().contains("Several"));
    for (wanted, hint) in [
        ("grille-pain", "host list --all"),
        ("AA:BB:CC:DD:EE", "six pairs"),
        ("AA:BB:CC:DD:EE:0G", "six pairs"),
        ("AA:BB:CC:DD:EE:0F", "host_list"),
        ("192.168.1.99", "known to the box has the IP"),
    ] {
        let message = found(wanted).unwrap_err();
        assert!(message.contains(hint), "{message}");
    }
}

/// A box at that moment; its household keeps its habits.
async fn bench_at(time: &str) -> Bench {
    bench_with(Options { time: Time::Manual(time.parse().unwrap()), ..Options::default() }).await
}

/// Saturday, 20:30 in Paris: most of the family is at home.
async fn evening() -> Bench {
    bench_at("2026-03-14T19:30:00Z").await
}

fn names(list: &Value) -> Vec<&str> {
    list["hosts"].as_array().unwrap().iter().map(|host| host["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_list_shows_who_is_there_in_one_request() {
    let bench = evening().await;
    let list = bench.json("host_list", json!({})).await;
    assert_eq!(bench.count("Devices:get"), 1);
    let (active, known) = (list["active"].as_u64().unwrap(), list["known"].as_u64().unwrap());
    assert!(active > 10 && known > active, "{list}");
    assert_eq!(list["matching"], list["active"]);
    assert!(list["hosts"].as_array().unwrap().iter().all(|host| host["active"] == true));
    let nas = list["hosts"].as_array().unwrap().iter().find(|host| host["name"] == "nas-familial").unwrap();
    assert_eq!((&nas["ipv4"], &nas["link"]), (&json!("192.168.1.20"), &json!("ethernet ETH2")));
    assert!(nas["mac"].as_str().unwrap().starts_with("00:11:32:"));
}

#[tokio::test]
async fn the_list_is_filtered() {
    let bench = evening().await;
    let all = bench.json("host_list", json!({"all": true, "limit": 100})).await;
    assert_eq!(names(&all).len() as u64, all["known"].as_u64().unwrap());
    assert!(names(&all).contains(&"Ancien PC portable"));
    let guests = bench.json("host_list", json!({"all": true, "link": "guest"})).await;
    assert_eq!(names(&guests).len(), 2, "{guests}");
    let by_cable = bench.json("host_list", json!({"all": true, "link": "ethernet"})).await;
    assert!(names(&by_cable).contains(&"Pont Hue") && !names(&by_cable).contains(&"Echo Dot"));
    let on_two = bench.json("host_list", json!({"link": "2.4"})).await;
    assert!(names(&on_two).contains(&"Echo Dot"), "{on_two}");
    for (text, name) in
        [("brother", "Imprimante Brother"), ("00-11-32", "nas-familial"), ("zoé", "Switch de Zoé")]
    {
        let found = bench.json("host_list", json!({"all": true, "search": text})).await;
        assert!(names(&found).contains(&name), "{text}: {found}");
    }
    let short = bench.run("host_list", json!({"limit": 2})).await.unwrap();
    assert_eq!(names(&short.json).len(), 2);
    assert!(short.page.compact().contains("more: raise `limit`"));
    assert!(matches!(bench.error("host_list", json!({"link": "7"})).await, ToolError::Arguments(_)));
}

#[tokio::test]
async fn one_host_is_shown_in_three_requests() {
    let bench = evening().await;
    let camera = bench.json("host_show", json!({"host": "camera jardin"})).await;
    assert!(camera["behind"].as_str().is_some_and(|name| !name.is_empty()), "{camera}");
    assert_eq!((&camera["internet_blocked"], &camera["dhcp_reservation"]), (&json!(false), &json!(false)));
    assert!(camera["wifi"]["rssi_dbm"].as_i64().unwrap() < 0);
    assert!(camera["wifi"]["down_bps"].as_u64().unwrap() > 1_000_000);
    assert!(camera["first_seen"].as_str().unwrap().ends_with('Z'));
    assert_eq!(bench.livebox.requests().calls.iter().filter(|call| !is_login(call)).count(), 3);
    let nas = bench.json("host_show", json!({"host": "192.168.1.20"})).await;
    assert_eq!((&nas["dhcp_reservation"], &nas["behind"]), (&json!(true), &Value::Null));
    assert!(nas["wifi"].is_null() && nas["ipv6"].as_array().is_some_and(|list| !list.is_empty()), "{nas}");
    let away = bench.json("host_show", json!({"host": "ancien pc"})).await;
    assert_eq!((&away["active"], &away["dhcp_reservation"]), (&json!(false), &json!(false)));
    assert!(away["wifi"].is_null());
}

/// Calls of a login's self test.
fn is_login(call: &str) -> bool {
    ["HTTPService:getCurrentUser", "Time:getTime"].contains(&call)
}

#[tokio::test]
async fn a_blocked_host_says_so() {
    // Monday, 21:00 in Paris: the console is cut off.
    let bench = bench_at("2026-03-16T20:00:00Z").await;
    let console = bench.json("host_show", json!({"host": "Switch de Zoé"})).await;
    assert_eq!(console["internet_blocked"], true, "{console}");
}

#[tokio::test]
async fn a_host_is_shown_as_far_as_the_box_tells() {
    let bench = evening().await;
    bench.fault("absent@Devices.Device.HGW:topology");
    bench.fault("denied@Scheduler:getSchedule");
    let camera = bench.json("host_show", json!({"host": "Caméra jardin"})).await;
    assert_eq!((&camera["behind"], &camera["active"]), (&Value::Null, &json!(true)));
    bench.fault("wrong-types@Devices:get");
    bench.cx.session().forget_reads();
    if let Ok(list) = bench.run("host_list", json!({})).await {
        assert_eq!(list.json["active"], 0);
    }
}

#[tokio::test]
async fn hostile_names_are_cleaned() {
    let bench = evening().await;
    bench.livebox.with_state(|router| {
        let host = router.state.hosts.iter_mut().find(|host| host.name() == "Echo Dot").unwrap();
        host.names[0].value = format!("\u{1b}[2J\u{202e}evil{}", "x".repeat(500));
    });
    let found = bench.run("host_list", json!({"search": "evil"})).await.unwrap();
    let name = found.json["hosts"][0]["name"].as_str().unwrap();
    assert!(name.starts_with("[2Jevilx") && name.chars().count() == 64, "{name}");
    assert!(!found.page.aligned().contains('\u{1b}'));
}

#[tokio::test]
async fn a_host_is_renamed_and_read_back() {
    let bench = evening().await;
    let args = json!({"host": "echo dot", "name": "Enceinte de la cuisine"});
    let changed = bench.json("host_rename", args.clone()).await;
    assert_eq!(changed["outcome"], "applied");
    assert_eq!(
        (&changed["before"]["name"], &changed["after"]["name"]),
        (&json!("Echo Dot"), &json!("Enceinte de la cuisine"))
    );
    let mac = changed["after"]["mac"].as_str().unwrap().to_owned();
    let call = format!("Devices.Device.{mac}:setName");
    assert_eq!(bench.count(&call), 1);
    let again = bench
        .json("host_rename", json!({"host": mac.to_lowercase(), "name": "Enceinte de la cuisine"}))
        .await;
    assert_eq!((&again["outcome"], bench.count(&call)), (&json!("already_so"), 1));
    assert!(matches!(bench.error("host_rename", args).await, ToolError::Conflict(_)));
}

#[tokio::test]
async fn names_have_limits() {
    let bench = evening().await;
    for name in ["", "   ", "a\u{7}b", "a\u{202e}b", &"é".repeat(61)] {
        let error = bench.error("host_rename", json!({"host": "Echo Dot", "name": name})).await;
        assert!(matches!(error, ToolError::Arguments(_)), "{name:?}: {error}");
    }
    assert!(bench.livebox.requests().calls.is_empty(), "nothing is asked for a wrong argument");
}

#[tokio::test]
async fn a_lost_answer_is_read_back_and_never_sent_again() {
    let bench = evening().await;
    bench.fault("drop-after@Devices.Device.*:setName*1");
    let changed = bench.json("host_rename", json!({"host": "Pont Hue", "name": "Pont"})).await;
    assert_eq!((&changed["outcome"], &changed["after"]["name"]), (&json!("applied"), &json!("Pont")));
    bench.fault("drop-before@Devices.Device.*:setName*1");
    let error = bench.error("host_rename", json!({"host": "Pont", "name": "Autre"})).await;
    assert!(matches!(error, ToolError::Failed(_)), "{error:?}");
    let sent = bench.livebox.requests().calls.iter().filter(|call| call.ends_with(":setName")).count();
    assert!(sent <= 2, "{sent}");
}

#[tokio::test]
async fn an_ambiguous_name_changes_nothing() {
    let bench = evening().await;
    let error = bench.error("host_rename", json!({"host": "télé", "name": "x"})).await;
    let message = error.message();
    assert!(message.text(Lang::En).contains("\"Télé LG chambre\""), "{error}");
    assert!(message.text(Lang::Fr).contains("Plusieurs appareils"), "{error}");
}

#[test]
fn impossible_strengths_and_rates_read_as_unknown() {
    let host = |strength: i64, rate: i64| {
        let device: Device = serde_json::from_value(json!({
            "Key": "AA:BB:CC:00:00:01", "Tags": "lan wifi mac physical", "Active": true,
            "SignalStrength": strength, "LastDataDownlinkRate": rate
        }))
        .unwrap();
        let radio = device.into_host().unwrap().radio.unwrap();
        (radio.rssi_dbm, radio.down_bps)
    };
    assert_eq!(host(-60, 1000), (Some(-60), Some(1_000_000)));
    assert_eq!(host(7, i64::MAX), (None, None));
    assert_eq!(host(i64::MIN, -1), (None, None));
}

#[tokio::test]
async fn a_name_is_taken_back_whether_there_was_one_or_not() {
    let bench = evening().await;
    let list = bench.json("host_list", json!({"all": true, "limit": 200})).await;
    let names = |bench: &Bench, key: &str| {
        bench.livebox.call(&format!("Devices.Device.{key}"), "get", &json!({}))["status"]["Names"].clone()
    };
    for (index, host) in list["hosts"].as_array().unwrap().iter().take(4).enumerate() {
        let mac = host["mac"].as_str().unwrap();
        if index % 2 == 1 {
            bench.livebox.call(&format!("Devices.Device.{mac}"), "removeName", &json!({"source": "webui"}));
            bench.cx.session().forget_reads();
        }
        let before = names(&bench, mac);
        let given = before.as_array().unwrap().iter().any(|name| name["Source"] == "webui");
        assert_eq!(given, index % 2 == 0, "{before}");
        let shown = bench.json("host_show", json!({ "host": mac })).await;
        let renamed = bench.json("host_rename", json!({"host": mac, "name": "Un nom à part"})).await;
        let entry = renamed["entry"].as_i64().unwrap();
        let undone = bench.json("journal_undo", json!({ "entry": entry })).await;
        assert_eq!((&undone["outcome"], &undone["after"]["name"]), (&json!("applied"), &shown["name"]));
        assert_eq!(names(&bench, mac), before);
        let redone = bench.json("journal_undo", json!({ "entry": entry + 1 })).await;
        assert_eq!(redone["after"]["name"], "Un nom à part");
        bench.json("journal_undo", json!({ "entry": entry + 2 })).await;
    }
}

#[tokio::test]
async fn a_name_given_since_is_not_overwritten() {
    let bench = evening().await;
    let renamed = bench.json("host_rename", json!({"host": "Echo Dot", "name": "Enceinte"})).await;
    let key = renamed["after"]["mac"].as_str().unwrap();
    bench.livebox.call(&format!("Devices.Device.{key}"), "setName", &json!({"name": "Radio"}));
    bench.cx.session().forget_reads();
    let error = bench.error("journal_undo", json!({"entry": 1})).await;
    assert!(matches!(error, ToolError::Drift(_)) && error.to_string().contains("name"), "{error}");
}
