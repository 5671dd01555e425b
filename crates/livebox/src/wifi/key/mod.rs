//! A Wi-Fi key: which networks it is for, what the box has, and whether it took a new one, without ever showing any.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sysbus::Secret;

use super::{
    Air, KeyMark, Keyed, Network,
    wire::{GetKeys, KeysReply, Root, SecurityChange, SetWlanConfig, VapChange, WlanConfig},
};
use crate::{Context, Message, ToolError, net::textual, say};

mod change;
mod restore;
mod retention;
mod show;

pub(crate) use change::SetWifiKey;
pub(crate) use restore::RestoreWifiKeys;
#[cfg(test)]
pub(crate) use retention::forget_unneeded;
pub use show::{WifiAccess, wifi_access};

/// Length of a key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length(usize);

impl Default for Length {
    fn default() -> Self {
        Self(vault::DEFAULT_LENGTH)
    }
}

impl FromStr for Length {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let length = text.trim().parse().ok().filter(|length| vault::LENGTHS.contains(length));
        length.map(Self).ok_or_else(|| {
            say!(
                "not a length: a Wi-Fi key has 8 to 63 characters",
                "ce n'est pas une longueur : une clé Wi-Fi a 8 à 63 caractères"
            )
        })
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

textual!(Length, schemars::json_schema!({ "type": "integer" }));

/// A key for WPA networks: 8 to 63 printable ASCII characters, or 64 hexadecimal digits.
pub(super) fn check(key: &Secret) -> Result<(), ToolError> {
    let text = key.expose();
    let phrase =
        vault::LENGTHS.contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if phrase || is_raw(key) {
        return Ok(());
    }
    Err(ToolError::Arguments(say!(
        "Wrong argument `key`: a Wi-Fi key has 8 to 63 characters, without accents (or 64 hexadecimal digits).",
        "Argument « key » incorrect : une clé Wi-Fi a 8 à 63 caractères, sans accents (ou 64 chiffres hexadécimaux)."
    )))
}

/// A raw key instead of a passphrase.
fn is_raw(key: &Secret) -> bool {
    key.expose().len() == 64 && key.expose().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The networks that get a key which a person means for that network.
pub(super) fn targets<'a>(
    air: &'a Air,
    wanted: &str,
    combined: bool,
    key: &Secret,
) -> Result<Vec<&'a Network>, ToolError> {
    let found = air.matching(wanted)?;
    // A network is one SSID, however many bands carry it, and however the person named it.
    let same_name: Vec<&Network> = air
        .networks
        .iter()
        .filter(|network| {
            found.iter().any(|one| {
                one.name == network.name
                    || (one.guest == network.guest
                        && !one.full_ssid.is_empty()
                        && one.full_ssid == network.full_ssid)
            })
        })
        .collect();
    let targets = air.together(&same_name, combined);
    let mode =
        |network: &Network| network.security.as_ref().map(|mode| mode.shown().to_owned()).unwrap_or_default();
    if let Some(network) = targets
        .iter()
        .find(|one| matches!(mode(one).as_str(), "None" | "OWE" | "E-None") || mode(one).starts_with("WEP"))
    {
        let mode = mode(network);
        return Err(ToolError::Conflict(say!(
            "That network's security is {mode}, which takes no WPA key: choose another security on the box's web page first.",
            "La sécurité de ce réseau est {mode}, qui ne prend pas de clé WPA : choisissez d'abord une autre sécurité sur la page web de la box."
        )));
    }
    if is_raw(key) && targets.iter().any(|network| mode(network).contains("WPA3")) {
        return Err(ToolError::Conflict(say!(
            "That network uses WPA3, which needs a key of 8 to 63 characters.",
            "Ce réseau utilise WPA3, qui exige une clé de 8 à 63 caractères."
        )));
    }
    Ok(targets)
}

/// One call for all of them, so that no band stays behind with the old key.
pub(super) fn order(keys: &BTreeMap<String, Secret>) -> SetWlanConfig {
    let vap = |key: &Secret| VapChange {
        security: Some(SecurityChange { passphrase: key.clone() }),
        ..VapChange::default()
    };
    let wlanvap = keys.iter().map(|(name, key)| (name.clone(), vap(key))).collect();
    SetWlanConfig { mibs: WlanConfig { wlanvap, ..WlanConfig::default() } }
}

/// The keys that the box now has for these networks, by its names for them; those that it does not show are missing.
async fn present(cx: &Context, networks: &[Network]) -> Result<BTreeMap<String, Secret>, ToolError> {
    let lan: KeysReply = cx.read(&GetKeys::of(Root::Lan)).await?;
    let guest = if networks.iter().any(|network| network.guest) {
        cx.read_optional(&GetKeys::of(Root::Guest)).await?.unwrap_or_default()
    } else {
        KeysReply::default()
    };
    let held = |network: &Network| {
        let key = lan.of(&network.name).or_else(|| guest.of(&network.name))?;
        Some((network.name.clone(), key.clone()))
    };
    Ok(networks.iter().filter_map(held).collect())
}

/// Whether the box has these keys; `None` when it does not show them.
fn is_set(wanted: &BTreeMap<String, Secret>, present: &BTreeMap<String, Secret>) -> Option<bool> {
    let states = || wanted.iter().map(|(name, key)| present.get(name).map(|held| held == key));
    if states().any(|state| state == Some(false)) {
        return Some(false);
    }
    states().all(|state| state.is_some()).then_some(true)
}

/// What may be said of the networks and their key.
pub(super) fn keyed(networks: &[Network], key: Option<KeyMark>) -> Keyed {
    let mut ssids: Vec<_> = networks.iter().filter_map(|network| network.ssid.clone()).collect();
    ssids.sort_unstable();
    ssids.dedup();
    let mut bands: Vec<_> = networks.iter().filter_map(|network| network.band).collect();
    bands.sort_unstable();
    bands.dedup();
    let guest = networks.iter().all(|network| network.guest);
    Keyed { ssids, bands, guest, key, handle: None, show: None, warning: None }
}

/// By what these keys are known again: one fingerprint, or several where the networks' keys differ.
async fn fingerprint(cx: &Context, keys: &BTreeMap<String, Secret>) -> Result<Option<String>, ToolError> {
    let mut distinct: Vec<Secret> = Vec::new();
    for key in keys.values() {
        if !distinct.contains(key) {
            distinct.push(key.clone());
        }
    }
    if distinct.is_empty() {
        return Ok(None);
    }
    let mut prints = cx
        .kept(move |vault| distinct.iter().map(|key| vault.fingerprint(key)).collect::<Result<Vec<_>, _>>())
        .await?;
    prints.sort_unstable();
    Ok(Some(prints.join("+")))
}

/// The present state of the networks of these names; `None` when the box has none of them.
async fn observe(cx: &Context, names: &[String]) -> Result<Option<Keyed>, ToolError> {
    let air = Air::read(cx).await?;
    let networks = of(&air, names);
    if networks.is_empty() {
        return Ok(None);
    }
    state(cx, &networks, &present(cx, &networks).await?).await.map(Some)
}

/// The state of networks that have these keys now.
async fn state(
    cx: &Context,
    networks: &[Network],
    present: &BTreeMap<String, Secret>,
) -> Result<Keyed, ToolError> {
    let key = networks.iter().find_map(|network| network.key);
    Ok(keyed(networks, KeyMark::of(key, fingerprint(cx, present).await?)))
}

/// The networks of these names.
fn of(air: &Air, names: &[String]) -> Vec<Network> {
    air.networks.iter().filter(|network| names.contains(&network.name)).cloned().collect()
}

/// How the purposes of new and former keys start.
const PURPOSES: [&str; 2] = ["Wi-Fi key of", "former Wi-Fi key of"];

/// What that key is kept for, for people.
fn purpose(networks: &[Network], former: bool) -> String {
    let ssids: Vec<String> = keyed(networks, None).ssids.iter().map(|ssid| ssid.shown().to_owned()).collect();
    let ssids = ssids.join(", ");
    let [new, old] = PURPOSES;
    format!("{} {ssids}", if former { old } else { new })
}
