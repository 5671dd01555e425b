//! Stations attached to an access point.

use serde_json::{Value, json};

use super::{graph, object};
use crate::call::Object;
use crate::clock::after;
use crate::router::Router;
use crate::state::hosts::{Bands, Host, Station};
use crate::state::traffic::Bytes;
use crate::state::wifi::Vap;

fn attached<'a>(router: &'a Router, vap: &'a Vap) -> Vec<&'a Host> {
    if !graph::is_up(router, vap.name) {
        return Vec::new();
    }
    router.state.stations(vap.name, router.now()).collect()
}

/// How many stations there are.
pub(super) fn count(router: &Router, vap: &Vap) -> usize {
    attached(router, vap).len()
}

/// Their MAC addresses.
pub(crate) fn macs(router: &Router, vap: &Vap) -> Vec<String> {
    attached(router, vap).into_iter().map(|host| host.mac.clone()).collect()
}

/// All of them, as `getStationStats` lists them.
pub(super) fn list(router: &Router, vap: &str) -> Value {
    let keys = router.state.wifi.vap(vap).map(|vap| macs(router, vap)).unwrap_or_default();
    let entries = keys.iter().map(|mac| {
        Value::Object(object::parameters(router, &["NeMo", "Intf", vap, "AssociatedDevice", mac.as_str()]))
    });
    Value::Array(entries.collect())
}

/// Values of a station, or `None` when the object is not one.
pub(super) fn values(router: &Router, vap: &Vap, inside: &[&str]) -> Option<Object> {
    let ["AssociatedDevice", mac] = inside else { return None };
    let host = attached(router, vap).into_iter().find(|host| host.mac.eq_ignore_ascii_case(mac))?;
    let radio = host.radio?;
    match (counted(router, vap, host, &radio), agreed(router, vap, host, &radio)) {
        (Value::Object(mut link), Value::Object(terms)) => {
            link.extend(terms);
            Some(link)
        }
        _ => None,
    }
}

/// Traffic of a station since it came, that of the hosts behind it included.
fn traffic(router: &Router, host: &Host, since: jiff::Timestamp) -> Bytes {
    let state = &router.state;
    let until = state.refreshed(router.now());
    state
        .hosts
        .iter()
        .filter(|other| other.mac == host.mac || other.behind.as_deref() == Some(host.mac.as_str()))
        .map(|other| other.bytes_between(state.seed, since, until))
        .fold(Bytes::default(), Bytes::plus)
}

/// Strength at this moment: it wavers a little around its usual value.
pub(crate) fn signal(router: &Router, host: &Host, radio: &Station) -> i64 {
    let slot = router.now().as_second() / 10;
    i64::from(radio.signal_dbm) + router.state.seed.between(&format!("{}/signal/{slot}", host.mac), -2, 2)
}

/// What is measured and counted.
fn counted(router: &Router, vap: &Vap, host: &Host, radio: &Station) -> Value {
    let state = &router.state;
    let now = router.now();
    let since = host.last_changed(state.seed, now).max(state.boot.booted_at);
    let bytes = traffic(router, host, since);
    let strength = signal(router, host, radio);
    let noise = i64::from(state.wifi.radio(vap.radio).map_or(-90, |radio| radio.noise_dbm));
    let streams = streams(radio);
    let (received, sent) = (bytes.rx / 620, bytes.tx / 1_080);
    let idle = state.seed.below(&format!("{}/idle/{}", host.mac, now.as_second() / 10), 4);
    let chains =
        if streams == 1 { format!("{strength}.0") } else { format!("{strength}.0,{}.0", strength - 2) };
    json!({
        "MACAddress": host.mac,
        "AuthenticationState": true,
        "Active": true,
        "LastDataDownlinkRate": radio.down_kbps,
        "LastDataUplinkRate": radio.up_kbps,
        "SignalStrength": strength,
        "AvgSignalStrengthByChain": strength,
        "SignalStrengthByChain": chains,
        "SignalStrengthHistory": format!("{strength},{strength},{},{strength}", strength - 1),
        "SignalNoiseRatio": strength - noise,
        "Noise": noise,
        "NoiseByChain": noise.to_string(),
        "Retransmissions": (-strength - 40).clamp(0, 40),
        "Tx_Retransmissions": sent / 40,
        "Rx_Retransmissions": received / 60,
        "TxFrameCount": sent,
        "RxFrameCount": received,
        "Inactive": idle,
        "RxPacketCount": received,
        "TxPacketCount": sent,
        "RxUnicastPacketCount": received,
        "TxUnicastPacketCount": sent,
        "RxBytes": bytes.rx,
        "TxBytes": bytes.tx,
    })
}

fn streams(radio: &Station) -> u32 {
    if radio.bands == Bands::Two { 1 } else { 2 }
}

/// What the station and the access point agreed on.
fn agreed(router: &Router, vap: &Vap, host: &Host, radio: &Station) -> Value {
    let state = &router.state;
    let since = host.last_changed(state.seed, router.now()).max(state.boot.booted_at);
    let width = match radio.bandwidth {
        "160MHz" => 4,
        "80MHz" => 3,
        "40MHz" => 2,
        _ => 1,
    };
    let mcs = (radio.down_kbps / 200_000).clamp(2, 11);
    let streams = streams(radio);
    let top = radio.down_kbps.max(144_444);
    json!({
        "UplinkMCS": mcs.saturating_sub(1),
        "DownlinkMCS": mcs,
        "UplinkBandwidth": width,
        "DownlinkBandwidth": width,
        "MaxDownlinkRateSupported": top,
        "MaxDownlinkRateReached": radio.down_kbps,
        "MaxUplinkRateSupported": top,
        "MaxUplinkRateReached": radio.up_kbps,
        "MaxBandwidthSupported": radio.bandwidth,
        "LinkBandwidth": radio.bandwidth,
        "Mode": radio.standard,
        "OperatingStandard": radio.standard,
        "DeviceType": "Data",
        "DevicePriority": 1,
        "AssociationTime": precise(since),
        "AssociationStartTime": precise(after(since, -1)),
        "AssociationType": "Assoc",
        "AssociationSetupTime": 190_000 + state.seed.below(&host.mac, 40_000),
        "ProbeTime": precise(after(since, -1)),
        "ProbeRssi": radio.signal_dbm,
        "SecurityModeEnabled": if vap.security == "WPA2-WPA3-Personal" { "WPA2-Personal" } else { &vap.security },
        "EncryptionMode": if vap.security == "None" { "Default" } else { "AES" },
        "MaxRxSpatialStreamsSupported": streams,
        "MaxTxSpatialStreamsSupported": streams,
        "HtCapabilities": "SGI20",
        "FrequencyCapabilities": match radio.bands {
            Bands::Two => "2.4GHz",
            Bands::TwoFive => "2.4GHz,5GHz",
            Bands::All => "2.4GHz,5GHz,6GHz",
        },
        "UNIIBandsCapabilities": "Unknown",
    })
}

/// A date with a fraction, as associations have.
fn precise(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
