//! The parts of the Wi-Fi that changes are about, as they are shown, recorded and compared.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use vault::Handle;

use super::{Air, Key, Network, Width, blanks, key_word, on_off, shown, text, yes_no};
use crate::{Band, Lang, Page, Show, Untrusted, net::text_schema};

/// The master switch, or the private networks of one band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Switch {
    /// Null: all of the Wi-Fi.
    pub(super) band: Option<Band>,
    pub(super) wanted: Option<bool>,
    pub(super) on: Option<bool>,
    pub(super) schedule_active: Option<bool>,
    // By the power management, whatever the switch says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) held_off: Option<bool>,
}

impl Show for Switch {
    fn show(&self, lang: Lang) -> Page {
        let label = self.band.map_or("Wi-Fi".to_owned(), |band| format!("Wi-Fi {band} GHz"));
        let schedule = (self.schedule_active == Some(true)).then(|| {
            lang.pick(
                "A Wi-Fi schedule is running and was left alone: it may switch the Wi-Fi again at its next time.",
                "Une programmation du Wi-Fi est active et n'a pas été touchée : elle pourra le rebasculer à sa prochaine échéance.",
            )
        });
        Page::new()
            .fact(&label, on_off(lang, self.on))
            .fact(lang.pick("Wanted", "Demandé"), on_off(lang, self.wanted))
            .note(schedule)
    }
}

/// Settings of the networks that a change touched.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Settings {
    pub(super) networks: Vec<NetworkSettings>,
}

/// What `wifi set` can change of a network.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NetworkSettings {
    pub(super) ssid: Option<Untrusted>,
    // "Maison " is another name than "Maison".
    /// Before and after the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) blanks: Option<[usize; 2]>,
    pub(super) band: Option<Band>,
    pub(super) hidden: Option<bool>,
    // As set: null where the box chooses.
    pub(super) channel: Option<u16>,
    pub(super) auto_channel: Option<bool>,
    /// As set: `auto` or MHz.
    #[schemars(with = "Option<String>")]
    pub(super) width_setting: Option<Width>,
    /// False while the radio restarts.
    pub(super) on: Option<bool>,
}

impl NetworkSettings {
    pub(super) fn of(network: &Network, air: &Air) -> Self {
        let radio = air.radio_of(network);
        Self {
            ssid: network.ssid.clone(),
            blanks: blanks(&network.full_ssid),
            band: network.band,
            hidden: network.hidden,
            // One that the box chose changes by itself: it is no setting.
            channel: radio.filter(|radio| radio.auto_channel != Some(true)).and_then(|radio| radio.channel),
            auto_channel: radio.and_then(|radio| radio.auto_channel),
            width_setting: radio.and_then(|radio| radio.width_setting),
            on: network.on,
        }
    }
}

impl Show for Settings {
    fn show(&self, lang: Lang) -> Page {
        // 5.25 to 5.73 GHz is shared with radars: the radio must listen before it may transmit.
        let listens = |row: &NetworkSettings| {
            row.band == Some(Band::Ghz5)
                && row.auto_channel == Some(false)
                && row.channel.is_some_and(|n| n >= 52)
        };
        let radar = self.networks.iter().any(listens).then(|| {
            lang.pick(
                "This 5 GHz channel is shared with radars: the box listens for 1 to 10 minutes before it uses it.",
                "Ce canal 5 GHz est partagé avec des radars : la box écoute 1 à 10 minutes avant de s'en servir.",
            )
        });
        Page::new()
            .table(
                [
                    lang.pick("Network", "Réseau"),
                    lang.pick("Band (GHz)", "Bande (GHz)"),
                    lang.pick("State", "État"),
                    lang.pick("Channel", "Canal"),
                    lang.pick("Width (MHz)", "Largeur (MHz)"),
                    lang.pick("Hidden", "Masqué"),
                ],
                self.networks.iter().map(|row| {
                    [
                        shown(row.ssid.as_ref()),
                        text(row.band),
                        on_off(lang, row.on),
                        if row.auto_channel == Some(true) { "auto".to_owned() } else { text(row.channel) },
                        text(row.width_setting),
                        row.hidden.map(|hidden| yes_no(lang, hidden).to_owned()).unwrap_or_default(),
                    ]
                }),
            )
            .note(radar)
    }
}

/// Whether a key is there, and by what it is known again; never which. One text for both: two states whose keys differ
/// differ in one place, which tells people that it is the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyMark {
    /// The network is open.
    None,
    /// One that the box does not show.
    Set,
    /// One with this fingerprint, which is the same for the same key.
    Known(String),
    /// One that is to be made.
    New,
}

impl KeyMark {
    /// What a box says of a key.
    pub(super) fn of(key: Option<Key>, fingerprint: Option<String>) -> Option<Self> {
        match (key, fingerprint) {
            (Some(Key::None), _) => Some(Self::None),
            (_, Some(fingerprint)) => Some(Self::Known(fingerprint)),
            (Some(Key::Set), None) => Some(Self::Set),
            (None, None) => None,
        }
    }

    fn word(&self, lang: Lang) -> &'static str {
        match self {
            Self::None => key_word(lang, Some(Key::None)),
            Self::Set | Self::Known(_) => key_word(lang, Some(Key::Set)),
            Self::New => lang.pick("new", "nouvelle"),
        }
    }
}

impl fmt::Display for KeyMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Set => f.write_str("set"),
            Self::Known(fingerprint) => write!(f, "set (fingerprint {fingerprint})"),
            Self::New => f.write_str("new"),
        }
    }
}

impl Serialize for KeyMark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for KeyMark {
    fn schema_name() -> Cow<'static, str> {
        "KeyMark".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text_schema()
    }
}

/// A network whose key was set, on all its bands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Keyed {
    pub(super) ssids: Vec<Untrusted>,
    pub(super) bands: Vec<Band>,
    pub(super) guest: bool,
    /// Whether a key is there; never which.
    pub(super) key: Option<KeyMark>,
    // Under which the new key is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) handle: Option<Handle>,
    /// The command by which the person sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) show: Option<String>,
    // That the new key is easily found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warning: Option<String>,
}

impl Show for Keyed {
    fn show(&self, lang: Lang) -> Page {
        let ssids: Vec<&str> = self.ssids.iter().map(Untrusted::shown).collect();
        let bands: Vec<String> = self.bands.iter().map(ToString::to_string).collect();
        Page::new()
            .fact(lang.pick("Network", "Réseau"), ssids.join(", "))
            .fact(lang.pick("Bands (GHz)", "Bandes (GHz)"), bands.join(", "))
            .fact(lang.pick("Key", "Clé"), self.key.as_ref().map(|key| key.word(lang)).unwrap_or_default())
            .fact_if(lang.pick("Kept as", "Gardée sous"), self.handle.as_ref().map(ToString::to_string))
            .note(self.show.as_ref().map(|command| {
                lang.pick(
                    format!("The person sees it, with its QR code, by: {command} --qr"),
                    format!("La personne la voit, avec son QR code, par : {command} --qr"),
                )
            }))
            .note(self.warning.as_ref())
    }
}
