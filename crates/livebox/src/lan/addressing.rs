//! How the home network is addressed, and which changes of it are sound.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Reserved, conflict};
use crate::{Lang, Message, Page, Show, ToolError, say};

/// The box's own address and what its DHCP server gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Addressing {
    // Of the box.
    pub(super) ipv4: Ipv4Addr,
    pub(super) prefix_length: u8,
    // Whether the box gives addresses.
    pub(super) dhcp: Option<bool>,
    pub(super) dhcp_first: Option<Ipv4Addr>,
    pub(super) dhcp_last: Option<Ipv4Addr>,
    pub(super) lease_s: Option<u32>,
}

impl Show for Addressing {
    fn show(&self, lang: Lang) -> Page {
        let range = self.dhcp_first.zip(self.dhcp_last).map(|(first, last)| format!("{first} – {last}"));
        let dhcp =
            self.dhcp.map(|on| if on { lang.pick("on", "activé") } else { lang.pick("off", "désactivé") });
        Page::new()
            .fact(lang.pick("Box", "Box"), self.ipv4.to_string())
            .fact_if(lang.pick("Network", "Réseau"), self.network().map(|net| net.to_string()))
            .fact_if("DHCP", dhcp)
            .fact_if(lang.pick("DHCP range", "Plage DHCP"), range)
            .fact_if(lang.pick("Lease", "Bail"), self.lease_s.map(|seconds| format!("{seconds} s")))
    }
}

impl Addressing {
    /// The box's address with the size of the network.
    pub(super) fn net(&self) -> Option<Ipv4Net> {
        Ipv4Net::new(self.ipv4, self.prefix_length).ok()
    }

    /// The network, whichever address the box has in it.
    pub(super) fn network(&self) -> Option<Ipv4Net> {
        self.net().map(|net| net.trunc())
    }

    /// The addresses of box and devices.
    pub(super) fn place(&self) -> (Option<Ipv4Net>, Option<Ipv4Addr>, Option<Ipv4Addr>) {
        (self.net(), self.dhcp_first, self.dhcp_last)
    }

    /// The fields in which the box reports something else.
    pub(super) fn differing(&self, other: &Self) -> Vec<String> {
        let checks = [
            ("ipv4", self.ipv4 == other.ipv4),
            ("prefix_length", self.prefix_length == other.prefix_length),
            ("dhcp", self.dhcp == other.dhcp),
            ("dhcp_first", self.dhcp_first == other.dhcp_first),
            ("dhcp_last", self.dhcp_last == other.dhcp_last),
            // Some boxes do not tell it.
            ("lease_s", other.lease_s.is_none() || self.lease_s == other.lease_s),
        ];
        checks.into_iter().filter(|(_, same)| !same).map(|(field, _)| field.to_owned()).collect()
    }

    /// The range in another network: as far from its start as it is from the start of this one.
    pub(super) fn range_in(&self, net: Ipv4Net) -> Option<(Ipv4Addr, Ipv4Addr)> {
        let start = self.net()?.network().to_bits();
        let moved = |ip: Ipv4Addr| {
            let bits = net.network().to_bits().checked_add(ip.to_bits().checked_sub(start)?)?;
            Some(Ipv4Addr::from_bits(bits)).filter(|ip| net.contains(ip))
        };
        Some((moved(self.dhcp_first?)?, moved(self.dhcp_last?)?))
    }

    /// Why no home network can be addressed like that.
    pub(super) fn objection(&self) -> Option<Message> {
        let (ip, length) = (self.ipv4, self.prefix_length);
        let Some(net) = self.net().filter(|net| (8..=30).contains(&net.prefix_len())) else {
            return Some(say!(
                "A home network has a prefix length of 8 to 30, not {length}.",
                "Un réseau local a une longueur de préfixe de 8 à 30, pas {length}."
            ));
        };
        if !ip.is_private() {
            return Some(say!(
                "{ip} is not a private address: the box takes one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
                "{ip} n'est pas une adresse privée : la box en prend une de 10.0.0.0/8, 172.16.0.0/12 ou 192.168.0.0/16."
            ));
        }
        let shown = net.trunc();
        let is_host = |ip: Ipv4Addr| net.contains(&ip) && ip != net.network() && ip != net.broadcast();
        if !is_host(ip) {
            return Some(say!(
                "{ip} is the first or last address of {shown}, which the box cannot have.",
                "{ip} est la première ou la dernière adresse de {shown}, que la box ne peut pas avoir."
            ));
        }
        let (first, last) = self.dhcp_first.zip(self.dhcp_last)?;
        if !is_host(first) || !is_host(last) {
            return Some(say!(
                "The DHCP range {first} – {last} is not within {shown}: give `dhcp_first` and `dhcp_last` that are.",
                "La plage DHCP {first} – {last} n'est pas dans {shown} : donnez un `dhcp_first` et un `dhcp_last` qui y sont."
            ));
        }
        if first > last {
            return Some(say!(
                "The DHCP range ends before it begins: {first} – {last}.",
                "La plage DHCP finit avant de commencer : {first} – {last}."
            ));
        }
        (first..=last).contains(&ip).then(|| {
            say!(
                "The DHCP range {first} – {last} holds the box's own address {ip}: it would be given to a device.",
                "La plage DHCP {first} – {last} contient l'adresse {ip} de la box elle-même : elle serait donnée à un appareil."
            )
        })
    }

    /// Refuses what cannot be.
    pub(super) fn check(&self, guests: Option<Ipv4Net>, reserved: &[Reserved]) -> Result<(), ToolError> {
        if let Some(objection) = self.objection() {
            return Err(ToolError::Conflict(objection));
        }
        if let Some((net, guests)) = self.network().zip(guests)
            && (net.contains(&guests.network()) || guests.contains(&net.network()))
        {
            return Err(conflict(&say!(
                "{net} overlaps the guest network ({guests})",
                "{net} recouvre le réseau invité ({guests})"
            )));
        }
        match reserved.iter().find(|reserved| reserved.ip == self.ipv4) {
            Some(Reserved { mac, ip }) => Err(conflict(&say!(
                "{ip} is reserved for {mac}: the box cannot have it",
                "{ip} est réservée à {mac} : la box ne peut pas l'avoir"
            ))),
            None => Ok(()),
        }
    }
}
