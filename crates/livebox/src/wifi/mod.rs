//! The box's Wi-Fi: radios and networks, private and guest, and who is attached to them.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sysbus::Error;

use crate::{
    Band, Context, Lang, MacAddr, Page, Show, ToolError, Untrusted,
    lang::Message,
    net::{text_schema, textual},
    say,
};

mod key;
mod named;
mod plan;
mod sent;
mod set;
mod state;
mod switch;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

pub use key::{WifiAccess, wifi_access};
pub(crate) use state::{KeyMark, Keyed, NetworkSettings, Settings, Switch};

/// A channel to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// The box chooses.
    Auto,
    /// This one.
    Number(u16),
}

impl Channel {
    fn number(self) -> Option<u16> {
        match self {
            Self::Auto => None,
            Self::Number(number) => Some(number),
        }
    }
}

impl FromStr for Channel {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        match text.trim().to_ascii_lowercase().as_str() {
            "0" | "auto" => Ok(Self::Auto),
            number => {
                number.parse().ok().filter(|n| (1..=233).contains(n)).map(Self::Number).ok_or_else(|| {
                    say!(
                        "not a Wi-Fi channel: write its number, or 0 to let the box choose",
                        "ce n'est pas un canal Wi-Fi : écrivez son numéro, ou 0 pour laisser la box choisir"
                    )
                })
            }
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

textual!(Channel, schemars::json_schema!({ "type": "integer" }));

/// A channel width, as set: `auto` or in MHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Width {
    /// The box chooses.
    Auto,
    /// This one.
    Mhz(u16),
}

impl FromStr for Width {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let bare = text.trim().to_ascii_lowercase();
        match bare.trim_end_matches("mhz").trim_end() {
            "0" | "auto" => Ok(Self::Auto),
            "20" => Ok(Self::Mhz(20)),
            "40" => Ok(Self::Mhz(40)),
            "80" => Ok(Self::Mhz(80)),
            "160" => Ok(Self::Mhz(160)),
            "320" => Ok(Self::Mhz(320)),
            _ => Err(say!(
                "not a channel width: write 20, 40, 80, 160 or 320 (MHz), or 0 to let the box choose",
                "ce n'est pas une largeur de canal : écrivez 20, 40, 80, 160 ou 320 (MHz), ou 0 pour laisser la box choisir"
            )),
        }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Mhz(mhz) => write!(f, "{mhz}"),
        }
    }
}

textual!(Width, schemars::json_schema!({ "type": "integer" }));

/// A network name to set: 1 to 32 bytes, nothing invisible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ssid(String);

impl FromStr for Ssid {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        if text.is_empty() || text.len() > 32 || Untrusted::clean(text).shown() != text {
            return Err(say!(
                "not a network name: 1 to 32 bytes (an accented letter counts for 2), no invisible characters",
                "ce n'est pas un nom de réseau : 1 à 32 octets (une lettre accentuée en compte 2), sans caractère invisible"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Ssid {
    /// A name that a network has already, with the blanks around it: those may be set again, not typed. `None` where
    /// it holds what nobody could see.
    fn present(text: &str) -> Option<Self> {
        let seen = text.trim_matches(' ');
        let can_be = (1..=32).contains(&text.len()) && Untrusted::clean(seen).shown() == seen;
        can_be.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(Ssid, text_schema());

/// Whether a key is there; never which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Key {
    /// There is one.
    Set,
    /// The network is open.
    None,
}

/// A transmitter: one a band.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Radio {
    pub(crate) band: Option<Band>,
    pub(crate) on: Option<bool>,
    pub(crate) channel: Option<u16>,
    pub(crate) auto_channel: Option<bool>,
    /// In use.
    pub(crate) width_mhz: Option<u16>,
    /// As set: `auto` or MHz.
    #[schemars(with = "Option<String>")]
    pub(crate) width_setting: Option<Width>,
    pub(crate) standard: Option<Untrusted>,
    /// Air time in use on the channel.
    pub(crate) load_pct: Option<u8>,
    pub(crate) noise_dbm: Option<i16>,
    /// The box's name for it.
    #[serde(skip)]
    name: String,
    /// Channels it may use; empty when the box does not say.
    #[serde(skip)]
    channels: Vec<u16>,
    /// Widths it may use; empty when the box does not say.
    #[serde(skip)]
    widths: Vec<Width>,
}

/// A network on one band.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Network {
    pub(crate) ssid: Option<Untrusted>,
    pub(crate) band: Option<Band>,
    pub(crate) guest: bool,
    pub(crate) wanted: Option<bool>,
    pub(crate) on: Option<bool>,
    pub(crate) hidden: Option<bool>,
    pub(crate) security: Option<Untrusted>,
    pub(crate) key: Option<Key>,
    pub(crate) wps: Option<bool>,
    pub(crate) stations: Option<u32>,
    pub(crate) id: Untrusted,
    /// The box's name for it, as it came.
    #[serde(skip)]
    name: String,
    /// Its radio's name.
    #[serde(skip)]
    radio: Option<String>,
    /// The SSID as it came.
    #[serde(skip)]
    full_ssid: String,
    /// A second private network that the box keeps for itself (hotspot, repeaters).
    #[serde(skip)]
    secondary: bool,
    /// Who is attached now; `None` when the box does not tell, or not in a form that we understand.
    #[serde(skip)]
    pub(crate) attached: Option<Vec<Attached>>,
}

/// A station attached to a network, as the network's radio knows it.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) mac: Option<MacAddr>,
    pub(crate) rssi_dbm: Option<i16>,
    pub(crate) snr_db: Option<i16>,
    pub(crate) down_bps: Option<u64>,
    pub(crate) up_bps: Option<u64>,
    pub(crate) standard: Option<Untrusted>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) inactive_s: Option<u64>,
    pub(crate) down_bytes: Option<u64>,
    pub(crate) up_bytes: Option<u64>,
}

/// All radios and networks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Air {
    pub(crate) radios: Vec<Radio>,
    pub(crate) networks: Vec<Network>,
}

impl Air {
    /// Asks the box, in two requests.
    pub(crate) async fn read(cx: &Context) -> Result<Self, ToolError> {
        let (lan_call, guest_call) =
            (wire::GetNetworks::of(wire::Root::Lan), wire::GetNetworks::of(wire::Root::Guest));
        let lan = cx.read(&lan_call).await?;
        let guest = cx.read_if_present(&guest_call).await?;
        for (call, reply) in [(lan_call, Some(&lan)), (guest_call, guest.as_ref())] {
            if let Some(path) = reply.and_then(wire::NetworksReply::odd) {
                return Err(Error::odd(&call, path).into());
            }
        }
        Ok(wire::air(lan, guest))
    }

    /// An error where the box does not tell the stations of some network in a form that we understand.
    pub(crate) fn check_stations(&self) -> Result<(), ToolError> {
        match self.networks.iter().find(|network| network.attached.is_none()) {
            Some(network) => {
                let root = if network.guest { wire::Root::Guest } else { wire::Root::Lan };
                Err(Error::odd(&wire::GetNetworks::of(root), "status.wlanvap.*.AssociatedDevice").into())
            }
            None => Ok(()),
        }
    }

    /// Whether any radio is on; `None` where no radio says.
    fn is_on(&self) -> Option<bool> {
        self.radios.iter().filter_map(|radio| radio.on).reduce(|one, other| one || other)
    }

    fn radio_of(&self, network: &Network) -> Option<&Radio> {
        self.radios.iter().find(|radio| Some(&radio.name) == network.radio.as_ref())
    }
}

/// The recorded networks that have stations, for the tests of those who use them.
#[cfg(test)]
pub(crate) fn recorded_air() -> Vec<Air> {
    crate::testing::recordings("NeMo.Intf.lan", "getMIBs")
        .iter()
        .map(|recording| wire::air(recording.reply::<wire::GetNetworks>(), None))
        .filter(|air| {
            air.networks
                .iter()
                .any(|network| network.attached.as_ref().is_some_and(|attached| !attached.is_empty()))
        })
        .collect()
}

/// The Wi-Fi as a whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Wifi {
    wanted: Option<bool>,
    on: Option<bool>,
    schedule_active: Option<bool>,
    /// All bands share name and key.
    bands_combined: Option<bool>,
    radios: Vec<Radio>,
    networks: Vec<Network>,
}

impl Show for Wifi {
    fn show(&self, lang: Lang) -> Page {
        let state = match (self.wanted, self.on) {
            (_, Some(true)) => lang.pick("on", "activé"),
            (Some(true), Some(false)) => lang.pick(
                "off at present, though wanted on: a schedule, the power management or the box's button holds it off",
                "coupé pour l'instant alors qu'il est demandé : une programmation, la gestion d'énergie ou le bouton de la box le coupe",
            ),
            (_, Some(false)) => lang.pick("off", "désactivé"),
            _ => lang.pick("unknown", "inconnu"),
        };
        let schedule = self.schedule_active.map(|active| yes_no(lang, active));
        let combined = self.bands_combined.map(|combined| {
            if combined {
                lang.pick("one name and key", "un seul nom et une seule clé")
            } else {
                lang.pick("set apart", "réglées séparément")
            }
        });
        Page::new()
            .fact("Wi-Fi", state)
            .fact_if(lang.pick("Schedule running", "Programmation active"), schedule)
            .fact_if(lang.pick("Bands", "Bandes"), combined)
            .table(
                [
                    lang.pick("Band (GHz)", "Bande (GHz)"),
                    lang.pick("Radio", "État"),
                    lang.pick("Channel", "Canal"),
                    lang.pick("Width (MHz)", "Largeur (MHz)"),
                    "Standard",
                    lang.pick("Load", "Occupation"),
                    lang.pick("Noise", "Bruit"),
                ],
                self.radios.iter().map(|radio| radio.row(lang)),
            )
            .table(
                [
                    lang.pick("Network", "Réseau"),
                    lang.pick("Band", "Bande"),
                    lang.pick("State", "État"),
                    lang.pick("Security", "Sécurité"),
                    lang.pick("Key", "Clé"),
                    "WPS",
                    lang.pick("Stations", "Appareils"),
                ],
                self.networks.iter().map(|network| network.row(lang)),
            )
    }
}

impl Radio {
    fn row(&self, lang: Lang) -> [String; 7] {
        let auto = if self.auto_channel == Some(true) { " (auto)" } else { "" };
        [
            text(self.band),
            on_off(lang, self.on),
            self.channel.map(|channel| format!("{channel}{auto}")).unwrap_or_default(),
            match (self.width_mhz, self.width_setting) {
                (Some(mhz), Some(Width::Auto)) => format!("{mhz} (auto)"),
                (Some(mhz), _) => mhz.to_string(),
                (None, setting) => text(setting),
            },
            shown(self.standard.as_ref()),
            self.load_pct.map(|load| format!("{load} %")).unwrap_or_default(),
            self.noise_dbm.map(|noise| format!("{noise} dBm")).unwrap_or_default(),
        ]
    }
}

impl Network {
    fn row(&self, lang: Lang) -> [String; 7] {
        let mut state = on_off(lang, self.on.or(self.wanted));
        if self.hidden == Some(true) {
            state.push_str(lang.pick(", hidden", ", masqué"));
        }
        let guest = if self.guest { lang.pick(" (guest)", " (invités)") } else { "" };
        [
            format!("{}{guest}", shown(self.ssid.as_ref())),
            text(self.band),
            state,
            shown(self.security.as_ref()),
            key_word(lang, self.key).to_owned(),
            self.wps.map(|wps| on_off(lang, Some(wps))).unwrap_or_default(),
            text(self.stations),
        ]
    }
}

/// How many blanks stand before and after a text, which are not shown otherwise; `None`: none.
fn blanks(text: &str) -> Option<[usize; 2]> {
    let (start, end) = (text.trim_start(), text.trim_end());
    // No SSID has more than 32 bytes, whatever a box says.
    let count = |all: &str, rest: &str| (all.chars().count() - rest.chars().count()).min(32);
    // Of blanks alone, all stand before.
    let found = [count(text, start), if start.is_empty() { 0 } else { count(text, end) }];
    (found != [0, 0]).then_some(found)
}

fn key_word(lang: Lang, key: Option<Key>) -> &'static str {
    match key {
        Some(Key::Set) => lang.pick("set", "définie"),
        Some(Key::None) => lang.pick("none", "aucune"),
        None => "",
    }
}

fn on_off(lang: Lang, on: Option<bool>) -> String {
    match on {
        Some(true) => lang.pick("on", "activé"),
        Some(false) => lang.pick("off", "désactivé"),
        None => "?",
    }
    .to_owned()
}

fn yes_no(lang: Lang, yes: bool) -> &'static str {
    if yes { lang.pick("yes", "oui") } else { lang.pick("no", "non") }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn shown(text: Option<&Untrusted>) -> String {
    text.map(Untrusted::shown).unwrap_or_default().to_owned()
}
