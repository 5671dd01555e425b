//! A new Wi-Fi key: which networks it is for, and whether the box took it, without ever showing it.

use sysbus::Secret;

use super::{
    Air, Key, Keyed, Network,
    wire::{GetKeys, KeysReply, Root, SecurityChange, SetWlanConfig, VapChange, WlanConfig},
};
use crate::{Context, ToolError, say};

/// A key for WPA networks: 8 to 63 printable ASCII characters, or 64 hexadecimal digits.
pub(super) fn check(key: &Secret) -> Result<(), ToolError> {
    let text = key.expose();
    let phrase = (8..=63).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
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

/// The networks that get the key.
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
pub(super) fn change(targets: &[&Network], key: &Secret) -> SetWlanConfig {
    let vap =
        || VapChange { security: Some(SecurityChange { passphrase: key.clone() }), ..VapChange::default() };
    let wlanvap = targets.iter().map(|network| (network.name.clone(), vap())).collect();
    SetWlanConfig { mibs: WlanConfig { wlanvap, ..WlanConfig::default() } }
}

/// Whether the box now has the key on all of these networks; `None` when it does not show keys.
pub(super) async fn is_set(
    cx: &Context,
    targets: &[&Network],
    key: &Secret,
) -> Result<Option<bool>, ToolError> {
    let lan: KeysReply = cx.read(&GetKeys::of(Root::Lan)).await?;
    let guest = if targets.iter().any(|network| network.guest) {
        cx.read_optional(&GetKeys::of(Root::Guest)).await?.unwrap_or_default()
    } else {
        KeysReply::default()
    };
    let has = |network: &&Network| lan.is(&network.name, key).or(guest.is(&network.name, key));
    let states: Vec<Option<bool>> = targets.iter().map(has).collect();
    Ok(if states.contains(&Some(false)) { Some(false) } else { (!states.contains(&None)).then_some(true) })
}

/// What may be said of the networks' key.
pub(super) fn keyed(targets: &[&Network], key: Option<Key>) -> Keyed {
    let mut ssids: Vec<_> = targets.iter().filter_map(|network| network.ssid.clone()).collect();
    ssids.sort_unstable();
    ssids.dedup();
    let mut bands: Vec<_> = targets.iter().filter_map(|network| network.band).collect();
    bands.sort_unstable();
    bands.dedup();
    Keyed { ssids, bands, guest: targets.iter().all(|network| network.guest), key }
}
