//! `HomeLan`: traffic history of interfaces and devices, in bits for each interval of 30 s (protocol section 4.4).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::clock::after;
use crate::router::Router;
use crate::services::nemo::write::mac_address;
use crate::state::traffic::{Bytes, REFRESH};

pub(super) const SERVICE: Service = Service { root: "HomeLan", call, instances };

/// Readings that the box keeps: three days.
const RECORDS: i64 = 8_680;

/// Key, name shown, interface, kind.
const INTERFACES: &[(&str, &str, &str, &str)] = &[
    ("vap2g0priv0", "2.4GHz-Private_SSID", "vap2g0priv0", "WiFi"),
    ("vap5g0priv0", "5GHz-Private_SSID", "vap5g0priv0", "WiFi"),
    ("vap6g0priv0", "6GHz-Private_SSID", "vap6g0priv0", "WiFi"),
    ("ETH0", "LAN-2.5G", "ETH0", "Eth"),
    ("ETH1", "eth1", "ETH1", "Eth"),
    ("ETH2", "eth2", "ETH2", "Eth"),
    ("ETH3", "eth3", "ETH3", "Eth"),
    ("eth1_wan", "WAN_Ethernet", "ETH1", "WAN_Virtual"),
    ("ETH4", "eth4", "ETH4", "Eth"),
    ("vlan_data", "WAN_Ethernet-Internet", "vlan_data", "WAN_Virtual"),
    ("vlan_multi", "WAN_Ethernet-MultiServices", "vlan_multi", "WAN_Virtual"),
    ("vlan_voip", "WAN_Ethernet-VoIP", "vlan_voip", "WAN_Virtual"),
    ("vlan_iptv1", "WAN_Ethernet-IPTV_VOD", "vlan_iptv1", "WAN_Virtual"),
    ("vlan_iptv2", "WAN_Ethernet-IPTV_Live", "vlan_iptv2", "WAN_Virtual"),
    ("veip0", "WAN_GPON", "veip0", "WAN_Virtual"),
    ("gvlan_data", "WAN_GPON-Internet", "gvlan_data", "WAN_Virtual"),
    ("gvlan_multi", "WAN_GPON-MultiServices", "gvlan_multi", "WAN_Virtual"),
    ("gvlan_voip", "WAN_GPON-VoIP", "gvlan_voip", "WAN_Virtual"),
    ("gvlan_iptv1", "WAN_GPON-IPTV_VOD", "gvlan_iptv1", "WAN_Virtual"),
    ("gvlan_iptv2", "WAN_GPON-IPTV_Live", "gvlan_iptv2", "WAN_Virtual"),
    ("vap2g0guest0", "2.4GHz-Guest_SSID", "vap2g0guest0", "WiFi"),
    ("vap5g0guest0", "5GHz-Guest_SSID", "vap5g0guest0", "WiFi"),
];

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    match path {
        ["HomeLan", "Interface"] => Some(INTERFACES.iter().map(|(key, ..)| (*key).to_owned()).collect()),
        ["HomeLan", "Device"] => Some(devices(router)),
        _ => None,
    }
}

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let reply = match (call.tail, call.method) {
        (["Interface", key], "get") => {
            let (_, friendly, name, alias) = INTERFACES.iter().find(|(known, ..)| known == key)?;
            let stored = if measured(router, key) { stored(router) } else { 0 };
            Reply::value(json!({
                "FriendlyName": friendly, "Name": name, "Alias": alias, "NumberOfStoredMeasures": stored,
            }))
        }
        (["Interface", key, "Stats"], "get") => {
            let bytes = router.state.counters(key, router.now());
            Reply::value(json!({"BytesSent": bytes.tx, "BytesReceived": bytes.rx}))
        }
        (["Device", mac], "get") => {
            Reply::value(json!({"MacAddress": mac.to_uppercase(), "NumberOfStoredMeasures": stored(router)}))
        }
        ([], "getResults") => Reply::value(results(router, call)),
        ([], "getDeviceResults") => Reply::value(device_results(router, call)),
        ([], "getWANCounters") => {
            let bytes = router.state.counters("veip0", router.now());
            Reply::value(json!({"BytesReceived": bytes.rx, "BytesSent": bytes.tx}))
        }
        ([], "getReadingInterval" | "getDevicesReadingInterval") => Reply::value(REFRESH),
        ([], "getMaxNumberOfRecords") => Reply::value(RECORDS),
        ([], "getStatus" | "getDevicesStatus" | "export" | "import") => Reply::value(true),
        ([], "getInterfacesNames") => {
            Reply::value(INTERFACES.iter().map(|(_, friendly, ..)| json!(friendly)).collect::<Value>())
        }
        ([], "getDevicesNames") => Reply::value(json!(devices(router))),
        ([], "getSaturationResults" | "getSaturationMeasures") => {
            Reply::value(json!({"WAN_GPON": {"Traffic": []}}))
        }
        ([], "addDevice" | "deleteDevice") => return follow(router, call),
        (
            [],
            "startDeviceMonitoringTest"
            | "startInterfaceMonitoringTest"
            | "stopDeviceMonitoringTest"
            | "stopInterfaceMonitoringTest",
        ) => Reply::void(),
        _ => return None,
    };
    reply.ok()
}

/// Whether anything ever passed through an interface.
fn measured(router: &Router, key: &str) -> bool {
    router.state.hosts.iter().any(|host| router.state.passes(host, key))
}

fn stored(router: &Router) -> i64 {
    (router.state.uptime(router.now()) / REFRESH).min(RECORDS)
}

/// The devices whose traffic is followed: all that are known, but those that were taken off.
fn devices(router: &Router) -> Vec<String> {
    let state = &router.state;
    let kept = state.hosts.iter().map(|host| host.mac.clone()).filter(|mac| !state.unmeasured.contains(mac));
    kept.collect()
}

fn follow(router: &mut Router, call: &Call<'_>) -> Answer {
    let Some(mac) = call.args.text("macaddress").and_then(|mac| mac_address(&mac)) else {
        return BoxError::failed(call.method).refuse();
    };
    let known = router.state.host(&mac).is_some();
    let unmeasured = &mut router.state.unmeasured;
    let was = unmeasured.len();
    unmeasured.retain(|other| *other != mac);
    if call.method == "addDevice" {
        return Reply::value(known).ok();
    }
    if known {
        unmeasured.push(mac);
    }
    Reply::value(known && router.state.unmeasured.len() > was).ok()
}

/// The ends of the intervals asked for, oldest first: one more than there are readings.
fn edges(router: &Router, call: &Call<'_>) -> Vec<Timestamp> {
    let last = router.state.refreshed(router.now());
    let number = |name: &str| call.args.number(name).filter(|number| *number > 0);
    let mut count = stored(router);
    if let Some(seconds) = number("Seconds") {
        // Both ends count: 60 seconds are three readings.
        count = count.min(seconds / REFRESH + 1);
    }
    let newest = number("EndTrafficTimestamp").map_or(0, |end| {
        let late = last.as_second() - end;
        (late + REFRESH - 1).div_euclid(REFRESH).max(0)
    });
    if let Some(begin) = number("BeginTrafficTimestamp") {
        count = count.min(((last.as_second() - begin).div_euclid(REFRESH) + 1).max(0));
    }
    count = (count - newest).max(0);
    if let Some(readings) = number("NumberOfReadings") {
        count = count.min(readings);
    }
    if count == 0 {
        return Vec::new();
    }
    (0..=count).rev().map(|place| after(last, -(place + newest) * REFRESH)).collect()
}

/// Readings, newest first.
fn readings(history: &[Option<Bytes>], edges: &[Timestamp]) -> Value {
    let ends = edges.iter().skip(1);
    let mut list: Vec<Value> = history
        .iter()
        .zip(ends)
        .filter_map(|(bytes, end)| {
            let bytes = (*bytes)?;
            Some(json!({
                "Timestamp": end.as_second(), "Rx_Counter": bytes.rx * 8, "Tx_Counter": bytes.tx * 8,
            }))
        })
        .collect();
    list.reverse();
    json!({"Traffic": list})
}

fn results(router: &Router, call: &Call<'_>) -> Value {
    let edges = edges(router, call);
    let wanted: Vec<String> = match call.args.get("InterfaceName") {
        Some(Value::String(name)) if !name.is_empty() => vec![name.clone()],
        Some(Value::Array(names)) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    let wanted = if wanted.is_empty() {
        INTERFACES.iter().map(|(_, friendly, ..)| (*friendly).to_owned()).collect()
    } else {
        wanted
    };
    let mut found = Object::new();
    for name in wanted {
        let known = INTERFACES
            .iter()
            .find(|(key, friendly, ..)| name == *friendly || name == *key)
            .or_else(|| INTERFACES.iter().find(|(_, _, interface, _)| name == *interface))
            .map(|(key, ..)| *key);
        let key = match known {
            Some(key) => key,
            None if matches!(name.as_str(), "bridge" | "brguest" | "lan" | "guest" | "data") => name.as_str(),
            None => continue,
        };
        let history = router.state.interface_history(key, &edges);
        found.insert(name.clone(), readings(&history, &edges));
    }
    Value::Object(found)
}

fn device_results(router: &Router, call: &Call<'_>) -> Value {
    let edges = edges(router, call);
    let wanted = call.args.text("DeviceName").filter(|name| !name.is_empty());
    let followed = devices(router);
    let asked = |mac: &str| wanted.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(mac));
    let mut found = Object::new();
    for mac in followed.iter().filter(|mac| asked(mac)) {
        let Some(host) = router.state.host(mac) else { continue };
        // The answer has the name as it was asked for.
        let name = wanted.clone().unwrap_or_else(|| mac.clone());
        found.insert(name, readings(&host.history(router.state.seed, &edges), &edges));
    }
    Value::Object(found)
}
