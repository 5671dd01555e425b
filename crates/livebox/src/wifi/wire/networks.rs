//! Radios and networks: the Wi-Fi MIBs of `NeMo.Intf.lan` and `NeMo.Intf.guest` (protocol sections 4.6, 4.8).

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;
use sysbus::{
    Call, Ignored, Kind,
    scalar::{Flag, Int, Part, Table, Text},
};

use super::super::{Air, Attached, Key, Network, Radio, Width};
use crate::{Band, Untrusted};

/// The two roots below which the Wi-Fi networks stand. The LB3 has no `guest`.
#[derive(Clone, Copy)]
pub(crate) enum Root {
    Lan,
    Guest,
}

impl Root {
    pub(super) fn service(self) -> Cow<'static, str> {
        match self {
            Self::Lan => "NeMo.Intf.lan".into(),
            Self::Guest => "NeMo.Intf.guest".into(),
        }
    }
}

pub(super) const MIBS: &str = "base wlanradio wlanvap penable";

/// Radios and networks.
#[derive(Serialize)]
pub(crate) struct GetNetworks {
    #[serde(skip)]
    root: Root,
    mibs: &'static str,
}

impl GetNetworks {
    pub(crate) fn of(root: Root) -> Self {
        Self { root, mibs: MIBS }
    }
}

impl Call for GetNetworks {
    type Reply = NetworksReply;
    const METHOD: &'static str = "getMIBs";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(25);

    fn service(&self) -> Cow<'static, str> {
        self.root.service()
    }
}

/// Section 4.6: MIB, then interface.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct NetworksReply {
    base: Table<Base>,
    penable: Table<Persistent>,
    wlanradio: Table<WireRadio>,
    wlanvap: Table<Vap>,
}

impl NetworksReply {
    /// Where radios or networks are told in a form that we do not understand.
    pub(crate) fn odd(&self) -> Option<&'static str> {
        if self.wlanradio.is_odd() {
            return Some("status.wlanradio");
        }
        self.wlanvap.is_odd().then_some("status.wlanvap")
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Base {
    enable: Flag,
    flags: Text,
    #[serde(rename = "LLIntf")]
    below: Table<Ignored>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Persistent {
    persistent_enable: Flag,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct WireRadio {
    radio_status: Text,
    operating_frequency_band: Text,
    operating_standards: Text,
    possible_channels: Text,
    channel: Int,
    auto_channel_enable: Flag,
    operating_channel_bandwidth: Text,
    current_operating_channel_bandwidth: Text,
    max_channel_bandwidth: Text,
    supported_operating_channel_bandwidth: Text,
    channel_load: Int,
    noise: Int,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Vap {
    #[serde(rename = "SSID")]
    ssid: Name,
    #[serde(rename = "VAPStatus")]
    status: Text,
    #[serde(rename = "SSIDAdvertisementEnabled")]
    advertised: Flag,
    ess_identifier: Text,
    active_associated_device_number_of_entries: Int,
    associated_device_number_of_entries: Int,
    associated_device: Option<Table<Station>>,
    security: Part<Security>,
    #[serde(rename = "WPS")]
    wps: Part<Wps>,
}

/// A name as it came: blanks around it are a part of it, as they are for stations.
#[derive(Default)]
struct Name {
    read: Text,
    whole: String,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let whole = value.as_str().unwrap_or_default().to_owned();
        Ok(Self { read: Text::deserialize(value).map_err(D::Error::custom)?, whole })
    }
}

/// The keys are not kept, only whether there is one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Security {
    #[serde(rename = "ModeEnabled")]
    mode: Text,
    #[serde(rename = "KeyPassPhrase")]
    passphrase: IsSet,
    #[serde(rename = "SAEPassphrase")]
    sae: IsSet,
    #[serde(rename = "PreSharedKey")]
    preshared: IsSet,
    #[serde(rename = "WEPKey")]
    wep: IsSet,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Wps {
    enable: Flag,
}

/// Section 4.8. Keyed by MAC address (LB7) or by number (W7, S).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Station {
    #[serde(rename = "MACAddress")]
    mac: Text,
    active: Flag,
    authentication_state: Flag,
    signal_strength: Int,
    signal_noise_ratio: Int,
    last_data_downlink_rate: Int,
    last_data_uplink_rate: Int,
    operating_standard: Text,
    association_time: Text,
    inactive: Int,
    rx_bytes: Int,
    tx_bytes: Int,
}

/// Whether a text is there and not empty. The text itself is dropped.
#[derive(Clone, Copy, Default)]
struct IsSet(Option<bool>);

impl<'de> Deserialize<'de> for IsSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => Some(!text.is_empty()),
            _ => None,
        }))
    }
}

impl Security {
    fn key(&self) -> Option<Key> {
        let mode = self.mode.get()?;
        if matches!(mode, "None" | "OWE" | "E-None") {
            return Some(Key::None);
        }
        let held = if mode.starts_with("WEP") {
            [self.wep, IsSet(None), IsSet(None)]
        } else {
            [self.passphrase, self.sae, self.preshared]
        };
        let known: Vec<bool> = held.into_iter().filter_map(|part| part.0).collect();
        let set = known.iter().any(|set| *set);
        (!known.is_empty()).then_some(if set { Key::Set } else { Key::None })
    }
}

/// Joins the answers of both roots. Radios stand in both.
pub(crate) fn air(lan: NetworksReply, guest: Option<NetworksReply>) -> Air {
    let mut air = Air::default();
    add(&mut air, lan, false);
    if let Some(guest) = guest {
        add(&mut air, guest, true);
    }
    air.radios.sort_by_key(|radio| radio.band);
    air.networks.sort_by_key(|network| (network.guest, network.secondary, network.band));
    air
}

fn add(air: &mut Air, reply: NetworksReply, guest: bool) {
    let NetworksReply { base, penable, wlanradio, wlanvap } = reply;
    for (name, wire) in wlanradio {
        if !air.radios.iter().any(|known| known.name == name) {
            air.radios.push(radio(name, &wire));
        }
    }
    for (name, vap) in wlanvap {
        if air.networks.iter().any(|known| known.name == name) {
            continue;
        }
        let below = base.get(&name);
        let radio = below
            .and_then(|base| base.below.iter().find_map(|(key, _)| air.radios.iter().find(|r| r.name == key)))
            .map(|radio| (radio.name.clone(), radio.band));
        let band = match &radio {
            Some((_, Some(band))) => Some(*band),
            _ => below.and_then(|base| band_by_flag(&base.flags)),
        };
        let persistent = penable.get(&name).and_then(|entry| entry.persistent_enable.get());
        let wanted = below.and_then(|base| base.enable.get()).or(persistent);
        let radio = radio.map(|(name, _)| name);
        air.networks.push(network(name, &vap, Place { guest, radio, band, wanted }));
    }
}

/// What is known of a network from elsewhere than its own entry.
struct Place {
    guest: bool,
    radio: Option<String>,
    band: Option<Band>,
    wanted: Option<bool>,
}

fn band_by_flag(flags: &Text) -> Option<Band> {
    flags.parts().find_map(|flag| match flag {
        "wlan24" => Some(Band::Ghz2_4),
        "wlan5g" => Some(Band::Ghz5),
        "wlan6g" => Some(Band::Ghz6),
        _ => None,
    })
}

fn radio(name: String, wire: &WireRadio) -> Radio {
    let max = wire.max_channel_bandwidth.get().and_then(megahertz);
    let widths = if wire.supported_operating_channel_bandwidth.get().is_some() {
        wire.supported_operating_channel_bandwidth.parts().filter_map(width).collect()
    } else {
        let doubling =
            std::iter::successors(Some(20_u16), |mhz| mhz.checked_mul(2)).take_while(|mhz| Some(*mhz) <= max);
        max.map(|_| std::iter::once(Width::Auto).chain(doubling.map(Width::Mhz)).collect())
            .unwrap_or_default()
    };
    Radio {
        band: wire.operating_frequency_band.get().and_then(|text| text.parse().ok()),
        on: up(&wire.radio_status),
        // A radio that is off may still name its last channel.
        channel: wire.channel.unsigned().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0),
        auto_channel: wire.auto_channel_enable.get(),
        width_mhz: wire.current_operating_channel_bandwidth.get().and_then(megahertz),
        width_setting: wire.operating_channel_bandwidth.get().and_then(width),
        standard: wire.operating_standards.get().and_then(Untrusted::non_empty),
        load_pct: wire.channel_load.unsigned().and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 100),
        noise_dbm: wire.noise.get().and_then(dbm),
        channels: wire.possible_channels.parts().filter_map(|part| part.parse().ok()).collect(),
        widths,
        name,
    }
}

fn network(name: String, vap: &Vap, place: Place) -> Network {
    let counted = vap.active_associated_device_number_of_entries.unsigned();
    let counted = counted.or(vap.associated_device_number_of_entries.unsigned());
    let counted = counted.and_then(|count| u32::try_from(count).ok());
    let (attached, stations) = match &vap.associated_device {
        None => (Some(Vec::new()), counted),
        Some(table) if table.is_odd() || table.iter().any(|(_, station)| station.is_odd()) => (None, counted),
        Some(table) => {
            let there: Vec<_> = table.iter().filter_map(|(key, station)| attached(key, station)).collect();
            let count = u32::try_from(there.len()).ok();
            (Some(there), count)
        }
    };
    let security = vap.security.get();
    Network {
        ssid: vap.ssid.read.get().and_then(Untrusted::non_empty),
        band: place.band,
        guest: place.guest,
        wanted: place.wanted,
        on: up(&vap.status),
        hidden: vap.advertised.get().map(|advertised| !advertised),
        security: security.and_then(|security| security.mode.get()).and_then(Untrusted::non_empty),
        key: security.and_then(Security::key),
        wps: vap.wps.get().and_then(|wps| wps.enable.get()),
        stations,
        id: Untrusted::clean(&name),
        name,
        radio: place.radio,
        full_ssid: vap.ssid.whole.clone(),
        secondary: vap.ess_identifier.get() == Some("Secondary"),
        attached,
    }
}

impl Station {
    /// Whether it cannot be told if it is there.
    fn is_odd(&self) -> bool {
        let silent = self.active.get().is_none() && self.authentication_state.get().is_none();
        silent && (self.active.is_odd() || self.authentication_state.is_odd())
    }
}

/// A station that is there: the box keeps entries of those that left for a while.
fn attached(key: &str, station: &Station) -> Option<Attached> {
    let there = station.active.get().or(station.authentication_state.get()).unwrap_or(true);
    if !there {
        return None;
    }
    let per_second = |kilobits: Int| kilobits.unsigned().filter(|rate| *rate > 0)?.checked_mul(1000);
    let mac = station.mac.get().and_then(|mac| mac.parse().ok()).or_else(|| key.parse().ok());
    let rssi_dbm = station.signal_strength.get().and_then(dbm);
    // A station that hides its address still is one, an entry that says nothing is not.
    if mac.is_none() && rssi_dbm.is_none() {
        return None;
    }
    Some(Attached {
        mac,
        rssi_dbm,
        snr_db: station
            .signal_noise_ratio
            .get()
            .and_then(|ratio| i16::try_from(ratio).ok())
            .filter(|snr| *snr > 0),
        down_bps: per_second(station.last_data_downlink_rate),
        up_bps: per_second(station.last_data_uplink_rate),
        standard: station.operating_standard.get().and_then(Untrusted::non_empty),
        since: station.association_time.get().and_then(moment),
        inactive_s: station.inactive.unsigned(),
        // Sent by the box is what the station downloads.
        down_bytes: station.tx_bytes.unsigned(),
        up_bytes: station.rx_bytes.unsigned(),
    })
}

/// A date; the box's year 1 and 1970 mean never.
fn moment(text: &str) -> Option<Timestamp> {
    let at: Timestamp = text.parse().ok()?;
    (at.as_second() > 86_400).then_some(at)
}

/// A power: 0 and above mean that the box does not know.
fn dbm(value: i64) -> Option<i16> {
    i16::try_from(value).ok().filter(|dbm| (-200..0).contains(dbm))
}

fn up(status: &Text) -> Option<bool> {
    match status.get()? {
        "Up" => Some(true),
        "Down" => Some(false),
        _ => None,
    }
}

/// `80MHz` → 80.
fn megahertz(text: &str) -> Option<u16> {
    text.strip_suffix("MHz")?.trim().parse().ok()
}

fn width(text: &str) -> Option<Width> {
    if text == "Auto" { Some(Width::Auto) } else { megahertz(text).map(Width::Mhz) }
}
