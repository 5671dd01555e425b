//! What the box says of hosts, in its odd shapes, and how people name them.

use serde::Deserialize as _;
use serde_json::{Value, json};
use sysbus::scalar::Rows;

use super::{
    Host, HostRef, Link, find, in_order,
    wire::{Device, GetDevices, GetTree, Tree},
};
use crate::{Band, Lang, ToolError, testing::recordings};

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
        let active = hosts.iter().filter(|host| host.active).count();
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
    assert_eq!((odd.reserved, odd.active), (Some(true), true));
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
    assert!(ambiguous.contains("\"Télé salon\" (192.168.1.10, AA:BB:CC:00:00:01)"), "{ambiguous}");
    assert!(found("console").unwrap_err().contains("Several"));
    for (wanted, hint) in [
        ("grille-pain", "host list --all"),
        ("AA:BB:CC:DD:EE", "six pairs"),
        ("AA:BB:CC:DD:EE:0G", "six pairs"),
        ("AA:BB:CC:DD:EE:0F", "host_list"),
        ("192.168.1.99", "absent hosts"),
    ] {
        let message = found(wanted).unwrap_err();
        assert!(message.contains(hint), "{message}");
    }
}
