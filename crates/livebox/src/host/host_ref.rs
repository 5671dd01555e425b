//! How a person says which host: by name, IP or MAC address.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Host;
use crate::{
    MacAddr, Message, ToolError, Untrusted,
    net::{text_schema, textual},
    say,
    text::folded,
};

/// A host by name, IP address or MAC address (in any spelling). Which of these it is shows when it is looked up: a
/// host may well be called `deadbeefcafe`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostRef {
    text: String,
    mac: Option<MacAddr>,
    ip: Option<IpAddr>,
}

impl HostRef {
    /// The MAC address, when it is one.
    pub(crate) fn mac(&self) -> Option<MacAddr> {
        self.mac
    }

    /// The IP address, when it is one.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// What was typed, cleaned, to be quoted.
    pub(crate) fn quoted(&self) -> Untrusted {
        Untrusted::clean(&self.text)
    }
}

impl FromStr for HostRef {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        if Untrusted::non_empty(text).is_none() {
            return Err(say!(
                "a host is named by its name, IP or MAC address",
                "un appareil se désigne par son nom, son adresse IP ou son adresse MAC"
            ));
        }
        Ok(Self { text: text.to_owned(), mac: text.parse().ok(), ip: text.parse().ok() })
    }
}

impl From<Ipv4Addr> for HostRef {
    fn from(ip: Ipv4Addr) -> Self {
        Self { text: ip.to_string(), mac: None, ip: Some(IpAddr::V4(ip)) }
    }
}

impl From<MacAddr> for HostRef {
    fn from(mac: MacAddr) -> Self {
        Self { text: mac.to_string(), mac: Some(mac), ip: None }
    }
}

impl fmt::Display for HostRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

textual!(HostRef, text_schema());

/// The one host that a person means: by MAC or IP address, else by shown name, else by another of its names, else by
/// the only shown name that starts so. Upper case, accents and the kind of apostrophe do not matter.
pub(crate) fn find<'a>(hosts: &'a [Host], wanted: &HostRef) -> Result<&'a Host, ToolError> {
    let name = folded(&wanted.text);
    let tiers: [&dyn Fn(&Host) -> bool; 6] = [
        &|host| wanted.mac.is_some_and(|mac| host.has_mac(mac)),
        // An address that went from a host to another belongs to the one that is there.
        &|host| host.is_active() && has_ip(host, wanted.ip),
        &|host| has_ip(host, wanted.ip),
        &|host| host.name.folded() == name,
        &|host| {
            host.names
                .iter()
                .flatten()
                .any(|known| known.name.folded() == name || known.base.folded() == name)
        },
        &|host| host.name.folded().starts_with(&name),
    ];
    for fits in tiers {
        let found: Vec<&Host> = hosts.iter().filter(|host| fits(host)).collect();
        match found.as_slice() {
            [] => {}
            [host] => return Ok(host),
            several => return Err(ambiguous(wanted, several)),
        }
    }
    Err(unknown(wanted))
}

fn has_ip(host: &Host, wanted: Option<IpAddr>) -> bool {
    match wanted {
        Some(IpAddr::V4(ip)) => host.ipv4 == Some(ip),
        Some(IpAddr::V6(ip)) => host.ipv6.as_ref().is_some_and(|known| known.contains(&ip)),
        None => false,
    }
}

fn ambiguous(wanted: &HostRef, hosts: &[&Host]) -> ToolError {
    const LISTED: usize = 6;
    let list: Vec<String> = hosts.iter().take(LISTED).map(|host| describe(host)).collect();
    let more = if hosts.len() > LISTED { ", …" } else { "" };
    // A word between, for letters that run from right to left: see `describe`.
    let (english, french) = (list.join(" or "), list.join(" ou "));
    let wanted = wanted.quoted();
    let wanted = wanted.in_quotes();
    ToolError::Conflict(say!(
        "Several hosts fit `{wanted}`: {english}{more}. Name one by its IP or MAC address.",
        "Plusieurs appareils correspondent à « {wanted} » : {french}{more}. Désignez-en un par son adresse IP ou MAC."
    ))
}

/// A host in one breath: `192.168.1.20, AA:BB:CC:DD:EE:FF ("TV salon")`.
///
/// In every sentence the address comes first and the name last, and a word of ours stands between two names: a name
/// in letters that run from right to left takes the digits and signs behind it along, and two such names side by
/// side change places, so that `"א" → "ב"` reads as its opposite.
pub(super) fn describe(host: &Host) -> String {
    let ids = [host.ipv4.map(|ip| ip.to_string()), host.mac.map(|mac| mac.to_string())];
    let ids = ids.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let name = host.name.in_quotes();
    if ids.is_empty() { format!("\"{name}\"") } else { format!("{ids} (\"{name}\")") }
}

fn unknown(wanted: &HostRef) -> ToolError {
    let text = wanted.quoted();
    let text = text.in_quotes();
    ToolError::Conflict(match (wanted.mac, wanted.ip) {
        (Some(_), _) => say!(
            "The box knows no host with the MAC address {text}. `host list --all` (tool host_list, all = true) shows those that it knows.",
            "La box ne connaît aucun appareil d'adresse MAC {text}. « host list --all » (outil host_list, all = true) montre ceux qu'elle connaît."
        ),
        (None, Some(_)) => say!(
            "No host known to the box has the IP address {text}. `host list --all` (tool host_list, all = true) shows them.",
            "Aucun appareil connu de la box n'a l'adresse IP {text}. « host list --all » (outil host_list, all = true) les montre."
        ),
        _ if seems_mac(&wanted.text) => say!(
            "No host is called `{text}`, and it is not a complete MAC address: write six pairs, like AA:BB:CC:DD:EE:FF.",
            "Aucun appareil ne s'appelle « {text} », et ce n'est pas une adresse MAC complète : écrivez six paires, comme AA:BB:CC:DD:EE:FF."
        ),
        _ => say!(
            "No host is called `{text}`. `host list --all` (tool host_list, all = true) shows those that the box knows.",
            "Aucun appareil ne s'appelle « {text} ». « host list --all » (outil host_list, all = true) montre ceux que la box connaît."
        ),
    })
}

/// Whether somebody meant a MAC address: pairs of characters with colons or dashes between.
fn seems_mac(text: &str) -> bool {
    [':', '-'].iter().any(|separator| {
        let mut pairs = text.split(*separator);
        text.matches(*separator).count() >= 2 && pairs.all(|pair| (1..=2).contains(&pair.chars().count()))
    })
}
