//! What an order about the Wi-Fi means on the box at hand: which networks and radios, and whether they can.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{
    Air, Channel, Network, NetworkSettings, Radio, Settings, Ssid, Width, blanks,
    named::{named, quoted, sentence},
    wire::{PersistentChange, RadioChange, VapChange, WlanConfig},
};
use crate::{Band, Lang, Message, ToolError, Untrusted, say};

impl Air {
    /// The networks that a person means: by the box's name for one, by SSID, or by band (private ones then).
    pub(super) fn matching(&self, wanted: &str) -> Result<Vec<&Network>, ToolError> {
        let band: Option<Band> = wanted.parse().ok();
        let exact = wanted;
        let wanted = wanted.trim();
        let all = |keep: &dyn Fn(&Network) -> bool| -> Vec<&Network> {
            self.networks.iter().filter(|network| keep(network)).collect()
        };
        let found = [
            all(&|network| network.name.eq_ignore_ascii_case(wanted)),
            all(&|network| network.full_ssid == exact),
            all(&|network| network.full_ssid == wanted),
            all(&|network| network.ssid.as_ref().is_some_and(|ssid| ssid.matches(wanted))),
            band.map(|band| self.private(band)).unwrap_or_default(),
        ];
        found.into_iter().find(|found| !found.is_empty()).ok_or_else(|| self.no_network(wanted))
    }

    /// The private networks of a band, without those that the box keeps for itself.
    pub(super) fn private(&self, band: Band) -> Vec<&Network> {
        let is_private =
            |network: &&Network| network.band == Some(band) && !network.guest && !network.secondary;
        self.networks.iter().filter(is_private).collect()
    }

    fn no_network(&self, wanted: &str) -> ToolError {
        let wanted = Untrusted::clean(wanted);
        let wanted = wanted.in_quotes();
        let ssids = self.networks.iter().filter_map(|network| network.ssid.as_ref());
        let mut known: Vec<String> = ssids.map(|ssid| format!("\"{}\"", ssid.in_quotes())).collect();
        known.sort_unstable();
        known.dedup();
        let known = known.join(", ");
        let bands = self.bands();
        ToolError::Conflict(say!(
            "No Wi-Fi network `{wanted}` on this box. Networks: {known}. Bands: {bands}.",
            "Pas de réseau Wi-Fi « {wanted} » sur cette box. Réseaux : {known}. Bandes : {bands}."
        ))
    }

    /// The bands of this box, for messages.
    pub(super) fn bands(&self) -> String {
        let bands: Vec<String> =
            self.radios.iter().filter_map(|radio| radio.band).map(|band| band.to_string()).collect();
        bands.join(", ")
    }

    /// The networks that share name and key with these: where the box combines its bands, all private or all
    /// guest networks change together.
    pub(super) fn together<'a>(&'a self, found: &[&'a Network], combined: bool) -> Vec<&'a Network> {
        let goes_along = |network: &&Network| {
            found.iter().any(|one| {
                one.name == network.name
                    || (combined && one.guest == network.guest && !network.secondary && !one.secondary)
            })
        };
        self.networks.iter().filter(goes_along).collect()
    }
}

/// What is asked of networks and their radios.
pub(super) struct Order {
    pub(super) channel: Option<Channel>,
    pub(super) width: Option<Width>,
    pub(super) ssid: Option<Ssid>,
    pub(super) hidden: Option<bool>,
}

/// What networks and radios shall be, by the box's names for them: an order applied to what the box has, or what was
/// before it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    networks: BTreeMap<String, NetworkWanted>,
    radios: BTreeMap<String, RadioWanted>,
    /// The networks that it is about, to be shown before and after.
    pub(super) shown: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NetworkWanted {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "as_it_was")]
    ssid: Option<Ssid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RadioWanted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<Width>,
}

/// The name of a way back, which may have blanks around it.
fn as_it_was<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ssid>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let read = |text: String| Ssid::present(&text).ok_or_else(|| D::Error::custom(unwritable()));
    text.map(read).transpose()
}

fn unwritable() -> Message {
    say!(
        "the present name holds characters that nobody can write again",
        "le nom actuel contient des caractères que personne ne peut réécrire"
    )
}

impl NetworkWanted {
    fn words(&self, lang: Lang) -> Vec<String> {
        let name =
            self.ssid.as_ref().map(|ssid| format!("{} {}", lang.pick("name", "nom"), quoted(&ssid.0, lang)));
        let hidden = self.hidden.map(|hidden| {
            let [english, french] =
                if hidden { ["name hidden", "nom masqué"] } else { ["name shown", "nom visible"] };
            lang.pick(english, french).to_owned()
        });
        name.into_iter().chain(hidden).collect()
    }
}

impl RadioWanted {
    fn words(self, lang: Lang) -> Vec<String> {
        let automatic = || lang.pick("automatic", "automatique").to_owned();
        let channel = self.channel.map(|channel| {
            let set = channel.number().map_or_else(automatic, |number| number.to_string());
            format!("{} {set}", lang.pick("channel", "canal"))
        });
        let width = self.width.map(|width| {
            let set = match width {
                Width::Auto => automatic(),
                Width::Mhz(mhz) => format!("{mhz} MHz"),
            };
            format!("{} {set}", lang.pick("width", "largeur"))
        });
        channel.into_iter().chain(width).collect()
    }
}

impl Wanted {
    /// Decides which radios and networks an order is about.
    pub(super) fn new(order: &Order, air: &Air, wanted: &str, combined: bool) -> Result<Self, ToolError> {
        let found = air.matching(wanted)?;
        let mut radios: Vec<&Radio> = Vec::new();
        if order.channel.is_some() || order.width.is_some() {
            for network in &found {
                if let Some(radio) = air.radio_of(network)
                    && !radios.iter().any(|known| known.name == radio.name)
                {
                    radios.push(radio);
                }
            }
            radios = able(&radios, order.channel, order.width)?;
        }
        let networks = if order.ssid.is_some() || order.hidden.is_some() {
            let renamed = air.together(&found, combined && order.ssid.is_some());
            if let Some(ssid) = &order.ssid {
                vacant(air, &renamed, ssid)?;
            }
            renamed
        } else {
            Vec::new()
        };
        let on_radio =
            |network: &&&Network| radios.iter().any(|radio| Some(&radio.name) == network.radio.as_ref());
        let mut shown: Vec<String> = networks.iter().map(|network| network.name.clone()).collect();
        shown.extend(found.iter().filter(on_radio).map(|network| network.name.clone()));
        shown.sort_unstable();
        shown.dedup();
        let network = || NetworkWanted { ssid: order.ssid.clone(), hidden: order.hidden };
        let radio = RadioWanted { channel: order.channel, width: order.width };
        Ok(Self {
            networks: networks.iter().map(|one| (one.name.clone(), network())).collect(),
            radios: radios.iter().map(|one| (one.name.clone(), radio)).collect(),
            shown,
        })
    }

    /// What has to be sent later to have things as they are now; or why that cannot be.
    pub(super) fn way_back(&self, air: &Air) -> Result<Self, Message> {
        let unknown = || {
            say!("the box does not say what is set now", "la box n'indique pas ce qui est réglé actuellement")
        };
        let mut back = Self { shown: self.shown.clone(), ..Self::default() };
        for (name, wanted) in &self.networks {
            let now = air.networks.iter().find(|network| network.name == *name).ok_or_else(unknown)?;
            let written = || Ssid::present(&now.full_ssid).ok_or_else(unwritable);
            let ssid = wanted.ssid.as_ref().map(|_| written()).transpose()?;
            let hidden = wanted.hidden.map(|_| now.hidden.ok_or_else(unknown)).transpose()?;
            back.networks.insert(name.clone(), NetworkWanted { ssid, hidden });
        }
        for (name, wanted) in &self.radios {
            let now = air.radios.iter().find(|radio| radio.name == *name).ok_or_else(unknown)?;
            let channel = match (wanted.channel, now.auto_channel, now.channel) {
                (None, ..) => None,
                (Some(_), Some(true), _) => Some(Channel::Auto),
                (Some(_), _, Some(number)) => Some(Channel::Number(number)),
                (Some(_), _, None) => return Err(unknown()),
            };
            let width = wanted.width.map(|_| now.width_setting.ok_or_else(unknown)).transpose()?;
            back.radios.insert(name.clone(), RadioWanted { channel, width });
        }
        Ok(back)
    }

    /// Whether the box still has all that it names.
    pub(super) fn is_there(&self, air: &Air) -> bool {
        self.networks.keys().chain(&self.shown).all(|name| air.networks.iter().any(|one| one.name == *name))
            && self.radios.keys().all(|name| air.radios.iter().any(|one| one.name == *name))
    }

    /// The call's content. Names and hiding are all that is said of a network, so that each keeps its security
    /// (6 GHz takes WPA3 only).
    pub(super) fn config(&self) -> WlanConfig {
        let vap = |wanted: &NetworkWanted| VapChange {
            ssid: wanted.ssid.as_ref().map(ToString::to_string),
            advertised: wanted.hidden.map(|hidden| !hidden),
            security: None,
        };
        WlanConfig {
            wlanvap: self.networks.iter().map(|(name, wanted)| (name.clone(), vap(wanted))).collect(),
            wlanradio: self
                .radios
                .iter()
                .map(|(name, wanted)| (name.clone(), RadioChange::new(wanted.channel, wanted.width)))
                .collect(),
            ..WlanConfig::default()
        }
    }

    /// What is not as wanted.
    pub(super) fn differing(&self, air: &Air) -> Vec<String> {
        let mut differing = Vec::new();
        let mut check = |holds: bool, what: &str, band: Option<Band>| {
            if !holds {
                differing.push(band.map_or(what.to_owned(), |band| format!("{what} ({band} GHz)")));
            }
        };
        for radio in &air.radios {
            let Some(wanted) = self.radios.get(&radio.name) else { continue };
            match wanted.channel {
                Some(Channel::Auto) => check(radio.auto_channel == Some(true), "channel", radio.band),
                Some(Channel::Number(number)) => {
                    let fixed = radio.auto_channel != Some(true) && radio.channel == Some(number);
                    check(fixed, "channel", radio.band);
                }
                None => {}
            }
            if wanted.width.is_some() {
                check(radio.width_setting == wanted.width, "width", radio.band);
            }
        }
        for network in &air.networks {
            let Some(wanted) = self.networks.get(&network.name) else { continue };
            if let Some(ssid) = &wanted.ssid {
                check(network.full_ssid == ssid.0, "ssid", network.band);
            }
            if wanted.hidden.is_some() {
                check(network.hidden == wanted.hidden, "hidden", network.band);
            }
        }
        differing
    }

    /// Whether the networks concerned that were on are on again. Not waited for where the radio must listen for radars
    /// first.
    pub(super) fn is_back(&self, before: &Air, now: &Air) -> bool {
        if self.listening(before) > Duration::ZERO {
            return true;
        }
        let on = |air: &Air, name: &String| {
            air.networks.iter().any(|network| network.name == *name && network.on == Some(true))
        };
        self.shown.iter().all(|name| !on(before, name) || on(now, name))
    }

    /// For how long a radio must listen for radars before it may transmit on its new channel: one minute, ten where
    /// weather radars are (channels 120 to 128, and those that a wide channel joins to them).
    fn listening(&self, air: &Air) -> Duration {
        let of = |radio: &Radio| match self.radios.get(&radio.name)?.channel? {
            Channel::Number(116..=128) if radio.band == Some(Band::Ghz5) => Some(Duration::from_secs(600)),
            Channel::Number(52..=144) if radio.band == Some(Band::Ghz5) => Some(Duration::from_secs(60)),
            _ => None,
        };
        air.radios.iter().filter_map(of).max().unwrap_or_default()
    }

    /// For about how long the networks are gone: a radio restarts within 40 seconds.
    pub(super) fn cut(&self, air: &Air) -> Duration {
        Duration::from_secs(40) + self.listening(air)
    }

    /// Whether devices have to be connected anew, by hand.
    pub(super) fn renames(&self) -> bool {
        self.networks.values().any(|wanted| wanted.ssid.is_some())
    }

    /// What it asks for, and of which networks: `Wi-Fi "Maison" (5 GHz): channel 36, width 80 MHz`.
    pub(super) fn told(&self, air: &Air, lang: Lang) -> String {
        // What is asked of several of them is told once, and so is a network of which several things are asked.
        let of_radios =
            self.radios.iter().map(|(name, wanted)| (wanted.words(lang), self.carried(air, name)));
        let of_networks = self.networks.iter().map(|(name, wanted)| {
            let network = air.networks.iter().filter(|network| network.name == *name);
            (wanted.words(lang), network.collect())
        });
        let mut asked: Vec<(Vec<String>, Vec<&Network>)> = Vec::new();
        for (words, networks) in of_radios.chain(of_networks) {
            match asked.iter_mut().find(|(known, _)| *known == words) {
                Some((_, those)) => those.extend(networks),
                None => asked.push((words, networks)),
            }
        }
        let mut told: Vec<(String, Vec<String>)> = Vec::new();
        for (words, networks) in asked {
            let networks = named(networks, lang);
            match told.iter_mut().find(|(known, _)| *known == networks) {
                Some((_, all)) => all.extend(words),
                None => told.push((networks, words)),
            }
        }
        let colon = lang.pick(": ", " : ");
        let told: Vec<String> =
            told.iter().map(|(networks, words)| format!("{networks}{colon}{}", words.join(", "))).collect();
        sentence(&told.join(lang.pick("; ", " ; ")))
    }

    /// The networks by which people know a radio: the private ones that it carries, else those that were named.
    fn carried<'a>(&self, air: &'a Air, radio: &str) -> Vec<&'a Network> {
        let (private, others): (Vec<&Network>, Vec<&Network>) = air
            .networks
            .iter()
            .filter(|network| network.radio.as_deref() == Some(radio))
            .partition(|network| !network.guest && !network.secondary);
        if !private.is_empty() {
            return private;
        }
        others.into_iter().filter(|network| self.shown.contains(&network.name)).collect()
    }

    /// Bands that it is about.
    pub(super) fn bands(&self, air: &Air) -> String {
        let networks = air.networks.iter().filter(|network| self.shown.contains(&network.name));
        let mut bands: Vec<Band> = networks.filter_map(|network| network.band).collect();
        bands.sort_unstable();
        bands.dedup();
        bands.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// The state of what it is about.
    pub(super) fn settings(&self, air: &Air) -> Settings {
        settings(&self.shown, air)
    }

    /// That state as it shall be.
    pub(super) fn settled(&self, air: &Air) -> Settings {
        let row = |network: &Network| {
            let mut row = NetworkSettings::of(network, air);
            if let Some(wanted) = self.networks.get(&network.name) {
                if let Some(ssid) = &wanted.ssid {
                    row.ssid = Untrusted::non_empty(&ssid.0);
                    row.blanks = blanks(&ssid.0);
                }
                row.hidden = wanted.hidden.or(row.hidden);
            }
            if let Some(wanted) = network.radio.as_ref().and_then(|radio| self.radios.get(radio)) {
                if let Some(channel) = wanted.channel {
                    row.channel = channel.number();
                    row.auto_channel = Some(channel == Channel::Auto);
                }
                row.width_setting = wanted.width.or(row.width_setting);
            }
            row
        };
        let touched = air.networks.iter().filter(|network| self.shown.contains(&network.name));
        Settings { networks: touched.map(row).collect() }
    }
}

/// The settings of networks by the box's names for them.
pub(super) fn settings(names: &[String], air: &Air) -> Settings {
    let touched = air.networks.iter().filter(|network| names.contains(&network.name));
    Settings { networks: touched.map(|network| NetworkSettings::of(network, air)).collect() }
}

/// Refuses a name that another network has: stations would no longer know which is which.
fn vacant(air: &Air, renamed: &[&Network], ssid: &Ssid) -> Result<(), ToolError> {
    let others = air.networks.iter().filter(|network| !renamed.iter().any(|one| one.name == network.name));
    // The same name on the other bands is the usual case; private and guest must differ.
    let taken = others
        .filter(|network| network.full_ssid == ssid.0)
        .any(|network| renamed.iter().any(|one| one.guest != network.guest || one.band == network.band));
    if taken {
        return Err(ToolError::Conflict(say!(
            "Another network of this box already has that name.",
            "Un autre réseau de cette box porte déjà ce nom."
        )));
    }
    Ok(())
}

/// The radios among these that can do what is asked. A channel or width names one radio; automatic, all.
fn able<'a>(
    radios: &[&'a Radio],
    channel: Option<Channel>,
    width: Option<Width>,
) -> Result<Vec<&'a Radio>, ToolError> {
    let mut chosen = radios.to_vec();
    if let Some(channel @ Channel::Number(number)) = channel {
        chosen.retain(|radio| radio.channels.is_empty() || radio.channels.contains(&number));
        if chosen.is_empty() {
            let valid = list(radios, |radio| ranges(&radio.channels));
            return Err(ToolError::Conflict(say!(
                "Channel {channel} cannot be used here. Possible: {valid}.",
                "Le canal {channel} n'est pas utilisable ici. Possibles : {valid}."
            )));
        }
    }
    if let Some(width @ Width::Mhz(_)) = width {
        let candidates = chosen.clone();
        chosen.retain(|radio| radio.widths.is_empty() || radio.widths.contains(&width));
        if chosen.is_empty() {
            let valid = list(&candidates, |radio| {
                radio.widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            });
            return Err(ToolError::Conflict(say!(
                "A width of {width} MHz cannot be used here. Possible: {valid}.",
                "Une largeur de {width} MHz n'est pas utilisable ici. Possibles : {valid}."
            )));
        }
    }
    if chosen.is_empty() {
        return Err(ToolError::Unavailable(say!(
            "The box does not say which radio carries this network.",
            "La box n'indique pas quelle radio porte ce réseau."
        )));
    }
    let specific = matches!(channel, Some(Channel::Number(_))) || matches!(width, Some(Width::Mhz(_)));
    if specific && chosen.len() > 1 {
        let bands: Vec<String> =
            chosen.iter().filter_map(|radio| radio.band).map(|band| band.to_string()).collect();
        let bands = bands.join(", ");
        return Err(ToolError::Conflict(say!(
            "That is possible on several bands ({bands}): give the band as the network.",
            "C'est possible sur plusieurs bandes ({bands}) : donnez la bande comme réseau."
        )));
    }
    Ok(chosen)
}

/// `2.4 GHz: 1-13; 5 GHz: 36, 40`.
fn list(radios: &[&Radio], values: impl Fn(&Radio) -> String) -> String {
    let parts: Vec<String> = radios
        .iter()
        .map(|radio| {
            let band = radio.band.map_or("?".to_owned(), |band| band.to_string());
            format!("{band} GHz: {}", values(radio))
        })
        .collect();
    parts.join("; ")
}

/// `1-13` for consecutive numbers, all of them otherwise.
fn ranges(channels: &[u16]) -> String {
    match channels {
        [first, .., last]
            if channels.is_sorted()
                && usize::from(last - first) + 1 == channels.len()
                && channels.len() > 2 =>
        {
            format!("{first}-{last}")
        }
        _ => channels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Switches these networks.
pub(super) fn switching(networks: &[&Network], on: bool) -> WlanConfig {
    WlanConfig {
        penable: networks.iter().map(|network| (network.name.clone(), PersistentChange::to(on))).collect(),
        ..WlanConfig::default()
    }
}
