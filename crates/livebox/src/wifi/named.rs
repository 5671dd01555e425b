//! Networks as a person is told of them before they agree to a change: by name, with their bands, and whether they are
//! the guests'.

use super::{Network, blanks};
use crate::{Band, Lang, Untrusted};

/// `Wi-Fi "Maison" (2.4, 5 GHz) and guest Wi-Fi "Invités" (5 GHz)`: one name on several bands is one network.
pub(super) fn named<'a>(networks: impl IntoIterator<Item = &'a Network>, lang: Lang) -> String {
    let mut groups: Vec<(&Network, Vec<Band>)> = Vec::new();
    for network in networks {
        match groups.iter_mut().find(|(one, _)| is_same(one, network)) {
            Some((_, bands)) => bands.extend(network.band),
            None => groups.push((network, network.band.into_iter().collect())),
        }
    }
    let names: Vec<String> = groups
        .into_iter()
        .map(|(network, mut bands)| {
            bands.sort_unstable();
            bands.dedup();
            let kind = if network.guest { lang.pick("guest Wi-Fi", "Wi-Fi invités") } else { "Wi-Fi" };
            let name = if network.full_ssid.is_empty() { network.id.shown() } else { &network.full_ssid };
            let bands: Vec<String> = bands.iter().map(ToString::to_string).collect();
            let bands = if bands.is_empty() { String::new() } else { format!(" ({} GHz)", bands.join(", ")) };
            format!("{kind} {}{bands}", quoted(name, lang))
        })
        .collect();
    names.join(lang.pick(" and ", " et "))
}

fn is_same(one: &Network, other: &Network) -> bool {
    one.name == other.name
        || (one.guest == other.guest && !one.full_ssid.is_empty() && one.full_ssid == other.full_ssid)
}

/// A name as it came, cleaned, with the blanks around it.
pub(super) fn whole(name: &str) -> String {
    let [before, after] = blanks(name).unwrap_or_default().map(|count| " ".repeat(count));
    format!("{before}{}{after}", Untrusted::clean(name).shown())
}

/// The same between quotes, in which the blanks are seen.
pub(super) fn quoted(name: &str, lang: Lang) -> String {
    let name = whole(name);
    let name = sysbus::within_quotes(&name);
    lang.pick(format!("\"{name}\""), format!("« {name} »"))
}

/// A sentence that starts with such a name.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    first + chars.as_str()
}
