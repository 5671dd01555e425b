//! The parts of the Wi-Fi that changes are about, as they are shown, recorded and compared.

use schemars::JsonSchema;
use serde::Serialize;
use vault::Handle;

use super::{Air, Key, Network, Width, key_word, on_off, shown, text, yes_no};
use crate::{Band, Lang, Page, Show, Untrusted};

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

/// A network whose key was set, on all its bands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Keyed {
    pub(super) ssids: Vec<Untrusted>,
    pub(super) bands: Vec<Band>,
    pub(super) guest: bool,
    pub(super) key: Option<Key>,
    // The same for the same key, so that whoever compares two states sees that it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fingerprint: Option<String>,
    // Under which the new key is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) handle: Option<Handle>,
    /// The command by which the person sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) show: Option<String>,
}

impl Show for Keyed {
    fn show(&self, lang: Lang) -> Page {
        let ssids: Vec<&str> = self.ssids.iter().map(Untrusted::shown).collect();
        let bands: Vec<String> = self.bands.iter().map(ToString::to_string).collect();
        Page::new()
            .fact(lang.pick("Network", "Réseau"), ssids.join(", "))
            .fact(lang.pick("Bands (GHz)", "Bandes (GHz)"), bands.join(", "))
            .fact(lang.pick("Key", "Clé"), key_word(lang, self.key))
            .fact_if(lang.pick("Kept as", "Gardée sous"), self.handle.as_ref().map(ToString::to_string))
            .note(self.show.as_ref().map(|command| {
                lang.pick(
                    format!("The person sees it, with its QR code, by: {command} --qr"),
                    format!("La personne la voit, avec son QR code, par : {command} --qr"),
                )
            }))
    }
}
