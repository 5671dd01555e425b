//! Entries of `Devices` for what is on the LAN.

use std::net::Ipv6Addr;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Entry, actions, named, object, typed};
use crate::clock::{after, iso};
use crate::router::Router;
use crate::services::nemo::setting;
use crate::state::hosts::{Bands, FIRST_INDEX, Host, Kind, Repeater, Station};

/// The entry of a host; `place` is its position in the household.
pub(super) fn entry(router: &Router, place: usize, host: &Host) -> Entry {
    let now = router.now();
    let state = &router.state;
    let active = host.is_active(state.seed, now);
    let (came, left) = state.last_stay(host, now);
    let interface = state.attachment(host);
    let guest = state.wifi.vap(host.link.interface()).is_some_and(|vap| vap.guest);
    let index = FIRST_INDEX + place;
    let mut fields = object(json!({
        "Key": host.mac,
        "DiscoverySource": source(host),
        "Name": host.name(),
        "DeviceType": host.device_type(),
        "Active": active,
        "Tags": tags(host, guest),
        "FirstSeen": iso(host.first_seen),
        "LastConnection": iso(if active { came } else { after(left, -35) }),
        "LastChanged": iso(if active { came } else { left }),
        "Master": "",
        "DeviceCategory": "",
        "Location": "",
        "PhysAddress": host.mac,
        "Layer2Interface": setting("NetDevName", interface),
        "InterfaceName": interface,
        "MACVendor": host.vendor,
        "Owner": "",
        "UniqueID": "",
    }));
    if let Kind::Repeater(_) = host.kind {
        let enabled = i32::from(active);
        fields.extend(object(
            json!({"LocalWiFiEnable": 1, "LocalWiFiTempEnable": 1, "LocalWiFiStatus": enabled}),
        ));
    }
    if let Some(station) = &host.radio {
        fields.extend(object(wireless(router, host, station)));
    }
    if let Kind::Repeater(repeater) = &host.kind {
        fields.extend(object(json!({
            "ModelName": repeater.model, "OperatingSystem": "", "SoftwareVersion": repeater.software,
            "Manufacturer": "Sagemcom",
        })));
    }
    fields.extend(object(json!({
        "VendorClassID": host.vendor_class,
        "UserClassID": "",
        "ClientID": if host.dhcp { format!("01:{}", host.mac) } else { String::new() },
        "SerialNumber": match &host.kind { Kind::Repeater(repeater) => repeater.serial.as_str(), _ => "" },
        "ProductClass": match &host.kind { Kind::Repeater(repeater) => repeater.model, _ => "" },
        "OUI": "",
        "DHCPOption55": if host.dhcp { "[1,3,6,12,15,28,42,121]" } else { "" },
        "IPAddress": if active { host.ipv4.to_string() } else { String::new() },
        "IPAddressSource": match (active, host.dhcp) { (false, _) => "", (_, true) => "DHCP", _ => "Static" },
    })));
    match &host.kind {
        Kind::Repeater(_) => {
            fields.insert("HardwareVersion".to_owned(), json!("SG_WR6_1.0.2"));
        }
        Kind::Decoder => {
            fields.insert("HardwareVersion".to_owned(), json!(""));
            fields.insert("PowerState".to_owned(), json!(if active { "On" } else { "Off" }));
        }
        Kind::Device => {}
    }
    fields.insert("Index".to_owned(), json!(index.to_string()));
    let offered = if guest { &["setName", "setType"][..] } else { &["setName", "setType", "events"][..] };
    fields.insert("Actions".to_owned(), actions(offered));
    fields.extend(object(details(router, host, index, active)));
    Entry::new(fields, parent(router, host))
}

fn source(host: &Host) -> &'static str {
    match host.kind {
        Kind::Repeater(_) => "ssw",
        _ if host.behind.is_some() => "ssw",
        Kind::Decoder => "dhcp",
        Kind::Device => "bridge",
    }
}

/// The key of the entry it hangs below.
fn parent(router: &Router, host: &Host) -> String {
    match &host.behind {
        Some(repeater) if router.state.host(repeater).is_some() => format!("_{repeater}_vap5g0priv"),
        _ => host.link.interface().to_owned(),
    }
}

fn tags(host: &Host, guest: bool) -> String {
    let wifi = host.link.is_wifi();
    let mut tags = vec!["lan"];
    match host.kind {
        Kind::Repeater(_) => tags.extend(["mac", "physical", "ssw", "hnid"]),
        _ => tags.extend(["edev", "mac", "physical"]),
    }
    tags.extend([if wifi { "wifi" } else { "eth" }, "flowstats"]);
    if let Kind::Repeater(_) = host.kind {
        tags.extend(["orange", "information"]);
    }
    tags.extend(["ipv4", "ipv6"]);
    if host.dhcp {
        tags.push("dhcp");
    }
    if let Kind::Repeater(_) = host.kind {
        tags.push("manageable");
    }
    if wifi {
        tags.push("ssw_sta");
    }
    tags.extend(host.tags.split_whitespace());
    if let Kind::Decoder = host.kind {
        tags.push("stellar");
    }
    if guest {
        tags.push("guest");
    }
    tags.push("events");
    tags.join(" ")
}

fn wireless(router: &Router, host: &Host, station: &Station) -> Value {
    let vap = host.link.interface();
    let wifi = &router.state.wifi;
    let radio = wifi.vap(vap).and_then(|vap| wifi.radio(vap.radio));
    let security = wifi.vap(vap).map_or("", |vap| match (vap.security.as_str(), station.standard) {
        ("WPA2-WPA3-Personal", "ax") => "WPA3-Personal",
        ("WPA2-WPA3-Personal", _) => "WPA2-Personal",
        (other, _) => other,
    });
    let streams = if station.standard == "ax" { 2 } else { 1 };
    let width = match station.bandwidth {
        "20MHz" => 1,
        "40MHz" => 2,
        "80MHz" => 3,
        _ => 4,
    };
    let noise = radio.map_or(-92, |radio| radio.noise_dbm);
    let ax = station.standard == "ax";
    json!({
        "SignalStrength": station.signal_dbm,
        "SignalNoiseRatio": station.signal_dbm - noise,
        "LastDataDownlinkRate": station.down_kbps,
        "LastDataUplinkRate": station.up_kbps,
        "EncryptionMode": "AES",
        "LinkBandwidth": station.bandwidth,
        "SecurityModeEnabled": security,
        "HtCapabilities": if width == 1 { "SGI20" } else { "40MHz,SGI20,SGI40" },
        "VhtCapabilities": if width > 2 { "SGI80,SU-BFE" } else { "" },
        "HeCapabilities": if ax { "SU&MU-BFE,TWT_REQ" } else { "" },
        "SupportedMCS": if streams == 2 { "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15" } else { "0,1,2,3,4,5,6,7" },
        "AuthenticationState": true,
        "OperatingStandard": station.standard,
        "OperatingFrequencyBand": radio.map_or("", |radio| radio.band),
        "AvgSignalStrengthByChain": station.signal_dbm,
        "MaxBandwidthSupported": station.bandwidth,
        "MaxDownlinkRateSupported": 0,
        "MaxDownlinkRateReached": station.down_kbps,
        "DownlinkMCS": 7,
        "DownlinkBandwidth": width,
        "DownlinkShortGuard": true,
        "UplinkMCS": 5,
        "UplinkBandwidth": width,
        "UplinkShortGuard": false,
        "MaxUplinkRateSupported": 0,
        "MaxUplinkRateReached": station.down_kbps,
        "MaxTxSpatialStreamsSupported": streams,
        "MaxRxSpatialStreamsSupported": streams,
    })
}

/// The lists and objects below an entry.
fn details(router: &Router, host: &Host, index: usize, active: bool) -> Value {
    let now = router.now();
    let status = if active { "reachable" } else { "not reachable" };
    let reserved = router.state.lan.reservations.iter().any(|kept| kept.mac == host.mac && kept.enable);
    let blocked = router.state.schedules.iter().any(|plan| {
        plan.kind == "ToD"
            && plan.id.eq_ignore_ascii_case(&host.mac)
            && plan.value_at(crate::state::schedule::second_of_week(now)) == "Disable"
    });
    let mut details = json!({
        "Names": named(&host.names, &index.to_string()),
        "DeviceTypes": typed(&host.types),
        "BDD": {
            "CloudVersion": "", "BDDRequestsSent": 0, "BDDRequestsAnswered": 0, "BDDRequestsFailed": 0,
            "DeviceName": "", "DeviceType": "", "ModelName": "", "OperatingSystem": "", "SoftwareVersion": "",
            "Manufacturer": "", "MACVendor": "", "DeviceCategory": "",
        },
        "Locations": [],
        "Groups": [],
        "Priority": {"Configuration": "All", "Type": "BestEffort"},
        "UserAgents": [],
        "WANAccess": {"BlockedReasons": if blocked { "ToD" } else { "" }},
        "IPv4Address": [{
            "Address": host.ipv4.to_string(), "Status": status, "Scope": "global",
            "AddressSource": if host.dhcp { "DHCP" } else { "Static" }, "Reserved": reserved,
            "Id": host.ipv4.to_string(),
        }],
        "IPv6Address": ipv6(router, &host.ipv6, status),
    });
    let mut more = json!({});
    if let (Kind::Repeater(repeater), Value::Object(more)) = (&host.kind, &mut more) {
        more.insert("SSW".to_owned(), pairing(host, repeater, now));
    }
    if let (Some(station), Value::Object(more)) = (&host.radio, &mut more) {
        more.insert("SSWSta".to_owned(), steering(station));
    }
    if let (true, Value::Object(more)) = (host.tags.contains("mdns"), &mut more) {
        let name = host.names.iter().find(|name| name.source == "mdns").map_or("", |name| &name.value);
        let service = json!({
            "Name": name, "ServiceName": "_workstation._tcp", "Domain": "local", "Port": "9", "Text": "", "Id": "1",
        });
        more.insert("mDNSService".to_owned(), json!([service]));
    }
    if let (Value::Object(details), Value::Object(more)) = (&mut details, more) {
        details.extend(more);
    }
    details
}

/// Without IPv6 on the LAN, only what a host gives itself remains.
fn ipv6(router: &Router, addresses: &[Ipv6Addr], status: &str) -> Value {
    let on = router.state.lan.ipv6;
    let entries = addresses.iter().filter(|address| on || address.is_unicast_link_local()).map(|address| {
        let scope = if address.is_unicast_link_local() { "link" } else { "global" };
        json!({"Address": address.to_string(), "Status": status, "Scope": scope, "Id": address.to_string()})
    });
    Value::Array(entries.collect())
}

fn pairing(host: &Host, repeater: &Repeater, now: Timestamp) -> Value {
    json!({
        "State": "Synced", "Protocol": "MQTT", "Capabilities": "Slave", "CurrentMode": "Slave",
        "CommonName": format!("{}-{}", repeater.model, repeater.serial),
        "SoftwareVersion": repeater.software, "Manufacturer": "Sagemcom", "SerialNumber": repeater.serial,
        "ModelName": repeater.model, "LastCheckTime": iso(now), "PairingTime": iso(after(host.first_seen, 240)),
        "LocalUplinkInterface": format!("_{}_{}", host.mac, if repeater.uplink == "Wi-Fi" { "ep5g0" } else { "eth0" }),
        "UplinkType": repeater.uplink, "LED": [],
    })
}

fn steering(station: &Station) -> Value {
    json!({
        "SupportedStandards": if station.standard == "ax" { "80211k,80211v,80211w" } else { "" },
        "Supports24GHz": true,
        "Supports5GHz": station.bands != Bands::Two,
        "Supports6GHz": station.bands == Bands::All,
        "ReconnectClass": "", "FailedSteerCount": 0, "SuccessSteerCount": 3, "AvgSteeringTime": 1280,
        "SupportedUNIIBands": if station.bands == Bands::Two { "" } else { "U-NII-1,U-NII-2A,U-NII-2C" },
        "VendorSpecificElementOUIList": "00:50:F2",
    })
}
