//! Radios and access points as their interfaces show them.

use serde_json::{Value, json};

use super::{graph, scan, station};
use crate::call::Object;
use crate::clock::iso;
use crate::household::uuid;
use crate::router::Router;
use crate::state::wifi::{Radio, Vap};

fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

/// Seconds after boot and seconds ago of the last change of a radio and its access points.
fn changed(router: &Router, radio: &Radio) -> Object {
    let booted_at = router.state.boot.booted_at;
    let at = radio.restarting_until.unwrap_or(radio.changed_at).max(radio.changed_at).max(booted_at);
    let since = (router.now().as_second() - at.as_second()).max(0);
    object(json!({
        "LastStatusChangeTimeStamp": iso(at),
        "LastChangeTime": at.as_second() - booted_at.as_second(),
        "LastChange": since,
    }))
}

/// Values of an access point, or of an object below it.
pub(super) fn vap_values(router: &Router, vap: &Vap, inside: &[&str]) -> Option<Object> {
    let wifi = &router.state.wifi;
    let found = match inside {
        [] => {
            let count = station::count(router, vap);
            let mut values = wifi.radio(vap.radio).map(|radio| changed(router, radio)).unwrap_or_default();
            values.extend(object(json!({
                "VAPStatus": if graph::is_up(router, vap.name) { "Up" } else { "Down" },
                "PersistentEnable": vap.enable && (!vap.guest || wifi.guest.enable),
                "MACAddress": vap.bssid,
                "BSSID": vap.bssid,
                "SSID": vap.ssid,
                "SSIDAdvertisementEnabled": vap.visible,
                "BridgeInterface": if vap.guest { "brguest" } else { "bridge" },
                "MACFilterAddressList": vap.filter.join(","),
                "EssIdentifier": match (vap.guest, vap.secondary) {
                    (true, _) => "",
                    (false, true) => "Secondary",
                    (false, false) => "Primary",
                },
                "AssociatedDeviceNumberOfEntries": count,
                "ActiveAssociatedDeviceNumberOfEntries": count,
            })));
            return Some(values);
        }
        ["Security"] => json!({
            "ModesAvailable": vap.securities,
            "ModeEnabled": vap.security,
            "KeyPassPhrase": vap.key,
            "WEPKey": vap.wep_key,
            "MFPConfig": match vap.security.as_str() {
                "WPA3-Personal" | "OWE" => "Required",
                "None" => "Disabled",
                _ => "Optional",
            },
        }),
        ["IEEE80211r"] if !vap.guest => json!({"R0KHKey": wifi.roaming_key}),
        ["WPS"] => json!({
            "Enable": vap.wps,
            "SelfPIN": if vap.wps { wifi.wps_pin.as_str() } else { "" },
            "PairingInProgress": vap.wps && wifi.pairing_until.is_some_and(|until| router.now() < until),
            "UUID": uuid(router.state.seed, "wps"),
        }),
        ["MACFiltering"] => json!({"Mode": vap.filter_mode}),
        ["MACFiltering", "Entry" | "TempEntry", mac] => json!({"MACAddress": mac.to_uppercase()}),
        ["Neighbour", number] => neighbour(router, vap, number)?,
        ["AssociationCount", "FastReconnectTypes", kind] => json!({"Type": kind}),
        _ => return None,
    };
    Some(object(found))
}

fn siblings<'a>(router: &'a Router, vap: &'a Vap) -> impl Iterator<Item = &'a Vap> {
    let others = router.state.wifi.vaps.iter();
    others.filter(|other| other.name != vap.name && !other.guest && !other.secondary && !vap.guest)
}

fn neighbour(router: &Router, vap: &Vap, number: &str) -> Option<Value> {
    let place: usize = number.parse().ok()?;
    let other = siblings(router, vap).nth(place.checked_sub(1)?)?;
    let radio = router.state.wifi.radio(other.radio)?;
    let class = super::table::TABLE.value("OperatingClass", radio.name).cloned().unwrap_or_default();
    Some(json!({
        "BSSID": other.bssid, "SSID": other.ssid, "OperatingClass": class, "Channel": radio.channel,
        "ColocatedAP": true,
    }))
}

/// Keys of a template below an access point.
pub(super) fn vap_keys(router: &Router, vap: &Vap, inside: &[&str]) -> Option<Vec<String>> {
    match inside {
        ["AssociatedDevice"] => Some(station::macs(router, vap)),
        ["MACFiltering", "Entry"] => Some(vap.filter.clone()),
        ["MACFiltering", "TempEntry"] => Some(vap.filter_for_now.clone()),
        ["Neighbour"] => Some((1..=siblings(router, vap).count()).map(|number| number.to_string()).collect()),
        ["AssociationCount", "FastReconnectTypes"] => {
            Some(["Default", "OnStateChange", "OnScan", "User"].map(str::to_owned).to_vec())
        }
        _ => None,
    }
}

/// The channels that a width around a primary channel takes.
pub(super) fn channels_in_use(radio: &Radio, bandwidth: &str) -> Vec<u32> {
    let width: u32 = bandwidth.trim_end_matches("MHz").parse().unwrap_or(20);
    let step = if radio.band == "6GHz" || radio.band == "5GHz" { 4 } else { return vec![radio.channel] };
    let count = (width / 20).max(1);
    let first = if radio.band == "6GHz" { 1 } else { 36 };
    let place = radio.channel.saturating_sub(first) / step;
    let start = first + place / count * count * step;
    (0..count).map(|index| start + index * step).collect()
}

/// Values of a radio, or of an object below it.
pub(super) fn radio_values(router: &Router, radio: &Radio, inside: &[&str]) -> Option<Object> {
    let state = &router.state;
    let up = graph::is_up(router, radio.name);
    let chanspec = || {
        json!({
            "Channel": radio.channel, "Bandwidth": radio.current_bandwidth, "Frequency": radio.band,
            "Reason": radio.channel_reason, "LastChangeTime": iso(radio.channel_since),
        })
    };
    let found = match inside {
        [] => {
            let mut values = changed(router, radio);
            values.extend(object(radio_itself(router, radio, up)));
            return Some(values);
        }
        ["ChannelMgt"] => json!({"RadioStatus": if up { "Up" } else { "Down" }, "Status": up}),
        ["ChannelMgt", "TargetChanspec" | "CurrentChanspec"] => chanspec(),
        ["ChannelMgt", "Band", key] => scan::band(router, radio, key)?,
        ["ScanResults", below @ ..] => return scan::values(router, radio, below),
        ["Stats"] => {
            let bytes = state.wifi.vaps.iter().filter(|vap| vap.radio == radio.name);
            let bytes = bytes
                .map(|vap| state.counters(vap.name, router.now()))
                .fold(crate::state::traffic::Bytes::default(), crate::state::traffic::Bytes::plus);
            json!({
                "BytesSent": bytes.tx, "BytesReceived": bytes.rx,
                "PacketsSent": bytes.tx / 1_100, "PacketsReceived": bytes.rx / 600,
            })
        }
        ["HealthMonitor", "EventType", kind] => json!({"Type": kind}),
        _ => return None,
    };
    Some(object(found))
}

fn radio_itself(router: &Router, radio: &Radio, up: bool) -> Value {
    let state = &router.state;
    let stations: usize = state
        .wifi
        .vaps
        .iter()
        .filter(|vap| vap.radio == radio.name)
        .map(|vap| station::count(router, vap))
        .sum();
    let list = |channels: &[u32]| channels.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let load = state.seed.between(&format!("{}/load/{}", radio.name, router.now().as_second() / 300), 4, 22);
    json!({
        "RadioStatus": if up { "Up" } else { "Down" },
        "PersistentEnable": radio.enable,
        "MaxBitRate": radio.max_bit_rate,
        "SupportedFrequencyBands": radio.band,
        "OperatingFrequencyBand": radio.band,
        "CurrentOperatingChannelBandwidth": radio.current_bandwidth,
        "MaxChannelBandwidth": radio.max_bandwidth,
        "SupportedStandards": radio.supported_standards,
        "OperatingStandards": radio.standards,
        "PossibleChannels": list(radio.possible_channels),
        "ChannelsInUse": if up { list(&channels_in_use(radio, radio.current_bandwidth)) } else { String::new() },
        "Channel": radio.channel,
        "AutoChannelEnable": radio.auto_channel,
        "OperatingChannelBandwidth": radio.bandwidth,
        "ChannelChangeReason": radio.channel_reason,
        "TransmitPower": radio.transmit_power,
        "ActiveAssociatedDevices": stations,
        "ChannelLoad": if up { load } else { 0 },
        "Interference": if up { load / 4 } else { 0 },
        "Noise": radio.noise_dbm,
    })
}

/// Keys of a template below a radio.
pub(super) fn radio_keys(router: &Router, radio: &Radio, inside: &[&str]) -> Option<Vec<String>> {
    match inside {
        ["ScanResults", below @ ..] => scan::keys(router, radio, below),
        ["ChannelMgt", "Band"] => Some(scan::bands(radio)),
        ["HealthMonitor", "EventType"] => {
            Some(["Default", "StaStuck", "StaIdle"].map(str::to_owned).to_vec())
        }
        _ => None,
    }
}
