//! The home network's address plan: the tools about it, and what other capabilities check addresses against.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::{Context, Lang, MacAddr, Message, ToolError, say};

mod addressing;
mod set;
pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

use addressing::Addressing;

/// The IPv4 address plan of the LAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lan {
    /// The box's own address with the size of the network.
    pub(crate) net: Ipv4Net,
    /// First and last address that DHCP gives by itself.
    pub(crate) dhcp_range: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Whether the box gives addresses at all.
    pub(crate) dhcp_enabled: Option<bool>,
}

impl Lan {
    /// Why no host can have that address; `None` when one can.
    pub(crate) fn objection(&self, ip: Ipv4Addr) -> Option<Message> {
        let net = self.net.trunc();
        if !self.net.contains(&ip) {
            return Some(say!(
                "{ip} is outside of the home network ({net})",
                "{ip} est hors du réseau local ({net})"
            ));
        }
        if ip == self.net.addr() {
            return Some(say!("{ip} is the box's own address", "{ip} est l'adresse de la box elle-même"));
        }
        (ip == self.net.network() || ip == self.net.broadcast()).then(|| {
            say!(
                "{ip} is the first or last address of the home network ({net}), which no host can have",
                "{ip} est la première ou la dernière adresse du réseau local ({net}), qu'aucun appareil ne peut avoir"
            )
        })
    }

    /// Whether DHCP may give that address to anybody.
    pub(crate) fn is_dynamic(&self, ip: Ipv4Addr) -> Option<bool> {
        self.dhcp_range.map(|(first, last)| (first..=last).contains(&ip))
    }
}

/// The refusal that an objection makes.
pub(crate) fn conflict(objection: &Message) -> ToolError {
    let (english, french) = (objection.text(Lang::En), objection.text(Lang::Fr));
    ToolError::Conflict(say!("{english}.", "{french}."))
}

/// The address plan; `None` when the box does not tell it in a form that we understand.
pub(crate) async fn plan(cx: &Context) -> Result<Option<Lan>, ToolError> {
    let direct = cx.read_optional(&wire::GetLanIp {}).await?.and_then(|reply| reply.lan());
    match direct {
        Some(lan) => Ok(Some(lan)),
        None => Ok(cx.read_optional(&wire::GetPools {}).await?.and_then(|pools| wire::lan_of(&pools))),
    }
}

/// An address kept for a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reserved {
    pub(crate) mac: MacAddr,
    pub(crate) ip: Ipv4Addr,
}

/// The reserved addresses of the LAN, by address.
pub(crate) async fn reservations(cx: &Context) -> Result<Vec<Reserved>, ToolError> {
    let call = wire::GetStaticLeases {};
    let leases = cx.read(&call).await?;
    if leases.iter().any(wire::StaticLease::is_odd) {
        return Err(sysbus::Error::odd(&call, "status.*").into());
    }
    let mut list: Vec<Reserved> = leases.iter().filter_map(wire::StaticLease::reserved).collect();
    list.sort_by_key(|reserved| reserved.ip);
    Ok(list)
}
