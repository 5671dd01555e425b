//! The address plan, in the shapes that boxes give it.

use serde_json::{Value, json};
use sysbus::scalar::{Rows, Table};

use super::{Lan, wire};
use crate::{Lang, testing::recordings};

fn plan(range: (&str, &str)) -> Lan {
    let reply: wire::LanIp = serde_json::from_value(json!({
        "Address": "192.168.1.1", "Netmask": "255.255.255.0", "DHCPEnable": true,
        "DHCPMinAddress": range.0, "DHCPMaxAddress": range.1,
    }))
    .unwrap();
    reply.lan().unwrap()
}

#[test]
fn addresses_that_no_host_can_have() {
    let plan = plan(("192.168.1.10", "192.168.1.150"));
    for (ip, why) in [
        ("192.168.2.5", "outside"),
        ("192.168.1.1", "own address"),
        ("192.168.1.0", "first or last"),
        ("192.168.1.255", "first or last"),
        ("8.8.8.8", "192.168.1.0/24"),
    ] {
        let objection = plan.objection(ip.parse().unwrap()).unwrap();
        assert!(objection.text(Lang::En).contains(why), "{ip}: {objection:?}");
    }
    assert_eq!(plan.objection("192.168.1.254".parse().unwrap()), None);
    assert_eq!(plan.is_dynamic("192.168.1.150".parse().unwrap()), Some(true));
    assert_eq!(plan.is_dynamic("192.168.1.151".parse().unwrap()), Some(false));
}

#[test]
fn a_plan_that_is_not_told_is_not_invented() {
    for odd in
        [json!({}), json!({"Address": "**REDACTED**", "Netmask": "**REDACTED**"}), json!({"Address": 1})]
    {
        let reply: wire::LanIp = serde_json::from_value(odd).unwrap();
        assert_eq!(reply.lan(), None);
    }
    assert_eq!(plan(("", "")).is_dynamic("192.168.1.20".parse().unwrap()), None);
    for recording in recordings("NMC", "getLANIP") {
        // Addresses are masked in all of them: what counts is that the rest is read.
        assert_eq!(recording.reply::<wire::GetLanIp>().lan(), None, "{}", recording.file);
    }
}

#[test]
fn the_pools_tell_the_plan_too() {
    let pools: Table<wire::Pool> = serde_json::from_value(json!({"guest": {}, "default": {
        "Enable": "1", "Server": "192.168.1.254", "SubnetMask": "255.255.255.128",
        "MinAddress": "192.168.1.130", "MaxAddress": "192.168.1.200",
    }}))
    .unwrap();
    let lan = wire::lan_of(&pools).unwrap();
    assert_eq!(lan.net.to_string(), "192.168.1.254/25");
    assert_eq!(lan.dhcp_enabled, Some(true));
    for recording in recordings("DHCPv4.Server", "getDHCPServerPool") {
        let pools = recording.reply::<wire::GetPools>();
        assert!(pools.get("default").is_some(), "{}", recording.file);
    }
}

fn reserved(entries: &Value) -> Vec<String> {
    let rows: Rows<wire::StaticLease> = serde_json::from_value(entries.clone()).unwrap();
    let reserved = rows.iter().filter_map(wire::StaticLease::reserved);
    reserved.map(|reserved| format!("{} {}", reserved.mac, reserved.ip)).collect()
}

#[test]
fn a_reservation_is_of_the_device_in_its_path() {
    let path = |mac: &str| format!("DHCPv4.Server.Pool.default.Rule.default.Lease.01:{mac}");
    let list = json!([
        {"IPAddress": "192.168.1.20", "MACAddress": "AA:BB:CC:00:00:01", "LeasePath": path("aa:bb:cc:00:00:01")},
        // A W7 repeats one address.
        {"IPAddress": "192.168.1.21", "MACAddress": "AA:BB:CC:00:00:01", "LeasePath": path("aa:bb:cc:00:00:02")},
        {"IPAddress": "192.168.1.22", "MACAddress": "aa:bb:cc:00:00:03"},
        {"IPAddress": "192.168.1.23", "MACAddress": "aa:bb:cc:00:00:04", "LeasePath": "odd.path"},
        {"IPAddress": "", "MACAddress": "aa:bb:cc:00:00:05"}, {}, 7,
    ]);
    assert_eq!(
        reserved(&list),
        [
            "AA:BB:CC:00:00:01 192.168.1.20",
            "AA:BB:CC:00:00:02 192.168.1.21",
            "AA:BB:CC:00:00:03 192.168.1.22",
            "AA:BB:CC:00:00:04 192.168.1.23",
        ]
    );
    assert!(reserved(&json!({})).is_empty() && reserved(&Value::Null).is_empty());
    for recording in recordings("DHCPv4.Server.Pool.default", "getStaticLeases") {
        assert!(recording.reply::<wire::GetStaticLeases>().is_empty(), "{}", recording.file);
    }
}
