//! What an order about the Wi-Fi means on the box at hand: which networks and radios, and whether they can.

use super::{
    Air, Channel, Network, NetworkSettings, Radio, Settings, Ssid, Width,
    wire::{PersistentChange, RadioChange, VapChange, WlanConfig},
};
use crate::{Band, ToolError, Untrusted, say};

impl Air {
    /// The networks that a person means: by the box's name for one, by SSID, or by band (private ones then).
    pub(super) fn matching(&self, wanted: &str) -> Result<Vec<&Network>, ToolError> {
        let band: Option<Band> = wanted.parse().ok();
        let wanted = wanted.trim();
        let all = |keep: &dyn Fn(&Network) -> bool| -> Vec<&Network> {
            self.networks.iter().filter(|network| keep(network)).collect()
        };
        let found = [
            all(&|network| network.name.eq_ignore_ascii_case(wanted)),
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
        let wanted = wanted.shown();
        let mut known: Vec<&str> =
            self.networks.iter().filter_map(|network| network.ssid.as_ref()).map(Untrusted::shown).collect();
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

/// An order, applied to what the box has.
pub(super) struct Plan {
    order: Order,
    /// Names of the radios to set.
    radios: Vec<String>,
    /// Names of the networks to set.
    networks: Vec<String>,
    /// Names of the networks to show before and after.
    shown: Vec<String>,
    /// Bands that it is about.
    pub(super) bands: Vec<Band>,
}

impl Plan {
    /// Decides which radios and networks an order is about.
    pub(super) fn new(order: Order, air: &Air, wanted: &str, combined: bool) -> Result<Self, ToolError> {
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
        let mut bands: Vec<Band> = radios.iter().filter_map(|radio| radio.band).collect();
        bands.extend(networks.iter().filter_map(|network| network.band));
        bands.sort_unstable();
        bands.dedup();
        Ok(Self {
            radios: radios.iter().map(|radio| radio.name.clone()).collect(),
            networks: networks.iter().map(|network| network.name.clone()).collect(),
            shown,
            bands,
            order,
        })
    }

    /// The call's content. Names and hiding are all that is said of a network, so that each keeps its security
    /// (6 GHz takes WPA3 only).
    pub(super) fn config(&self) -> WlanConfig {
        let vap = || VapChange {
            ssid: self.order.ssid.as_ref().map(ToString::to_string),
            advertised: self.order.hidden.map(|hidden| !hidden),
            security: None,
        };
        let radio = || RadioChange::new(self.order.channel, self.order.width);
        WlanConfig {
            wlanvap: self.networks.iter().map(|name| (name.clone(), vap())).collect(),
            wlanradio: self.radios.iter().map(|name| (name.clone(), radio())).collect(),
            ..WlanConfig::default()
        }
    }

    /// What is not as ordered.
    pub(super) fn differing(&self, air: &Air) -> Vec<String> {
        let mut differing = Vec::new();
        let mut check = |holds: bool, what: &str, band: Option<Band>| {
            if !holds {
                differing.push(band.map_or(what.to_owned(), |band| format!("{what} ({band} GHz)")));
            }
        };
        for radio in air.radios.iter().filter(|radio| self.radios.contains(&radio.name)) {
            match self.order.channel {
                Some(Channel::Auto) => check(radio.auto_channel == Some(true), "channel", radio.band),
                Some(Channel::Number(number)) => {
                    let fixed = radio.auto_channel != Some(true) && radio.channel == Some(number);
                    check(fixed, "channel", radio.band);
                }
                None => {}
            }
            if self.order.width.is_some() {
                check(radio.width_setting == self.order.width, "width", radio.band);
            }
        }
        for network in air.networks.iter().filter(|network| self.networks.contains(&network.name)) {
            if let Some(ssid) = &self.order.ssid {
                check(network.full_ssid == ssid.0, "ssid", network.band);
            }
            if self.order.hidden.is_some() {
                check(network.hidden == self.order.hidden, "hidden", network.band);
            }
        }
        differing
    }

    /// Whether the networks concerned that were on are on again. Not waited for where the radio must listen for radars
    /// first.
    pub(super) fn is_back(&self, before: &Air, now: &Air) -> bool {
        if self.order.channel.is_some_and(|channel| self.bands.contains(&Band::Ghz5) && is_shared(channel)) {
            return true;
        }
        let on = |air: &Air, name: &String| {
            air.networks.iter().any(|network| network.name == *name && network.on == Some(true))
        };
        self.shown.iter().all(|name| !on(before, name) || on(now, name))
    }

    /// The state of what the plan is about.
    pub(super) fn settings(&self, air: &Air) -> Settings {
        let touched = air.networks.iter().filter(|network| self.shown.contains(&network.name));
        Settings { networks: touched.map(|network| NetworkSettings::of(network, air)).collect() }
    }
}

/// Whether a 5 GHz channel is shared with radars: the radio listens before it may transmit there.
fn is_shared(channel: Channel) -> bool {
    channel.number().is_some_and(|number| number >= 52)
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
