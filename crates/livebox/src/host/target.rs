//! The LAN address that a rule is to lead to.

use std::net::{IpAddr, Ipv4Addr};

use super::{Host, HostRef, all, find};
use crate::{Context, ToolError, Untrusted, lan, say};

/// An address of the LAN that a rule may lead to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) ip: Ipv4Addr,
    /// Name of the host that has it, when the box knows one.
    pub(crate) name: Option<Untrusted>,
}

impl Target {
    /// As people read it: `192.168.1.20 ("nas")`.
    pub(crate) fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{} (\"{}\")", self.ip, name.in_quotes()),
            None => self.ip.to_string(),
        }
    }
}

/// The IPv4 address of the host that a person means: in use, else reserved for it, else the one it had; or an address
/// of the LAN that no known host has. An address outside of the LAN is refused.
pub(crate) async fn target(cx: &Context, wanted: &HostRef) -> Result<Target, ToolError> {
    let hosts = all(cx).await?;
    let target = match (find(&hosts, wanted), wanted.ip()) {
        (found, Some(IpAddr::V4(ip))) => Target { ip, name: found.ok().map(|host| host.name.clone()) },
        (Ok(host), _) => Target { ip: address_of(cx, host).await?, name: Some(host.name.clone()) },
        (Err(_), Some(IpAddr::V6(_))) => {
            return Err(ToolError::Arguments(say!(
                "Give an IPv4 address: this rule translates IPv4 only.",
                "Donnez une adresse IPv4 : cette règle ne traduit que l'IPv4."
            )));
        }
        (Err(error), None) => return Err(error),
    };
    if let Some(objection) = lan::plan(cx).await?.and_then(|plan| plan.objection(target.ip)) {
        return Err(lan::conflict(&objection));
    }
    Ok(target)
}

async fn address_of(cx: &Context, host: &Host) -> Result<Ipv4Addr, ToolError> {
    if let Some(ip) = host.ipv4.filter(|_| host.is_active()) {
        return Ok(ip);
    }
    let reserved = lan::reservations(cx).await?;
    let reserved = reserved.iter().find(|reserved| host.has_mac(reserved.mac));
    reserved.map(|reserved| reserved.ip).or(host.ipv4).ok_or_else(|| {
        let name = host.name.in_quotes();
        ToolError::Conflict(say!(
            "\"{name}\" has no IPv4 address now and none is reserved for it. Reserve one (`dhcp-reservation add`), or give the address.",
            "« {name} » n'a pas d'adresse IPv4 en ce moment et aucune ne lui est réservée. Réservez-en une (`dhcp-reservation add`), ou donnez l'adresse."
        ))
    })
}
