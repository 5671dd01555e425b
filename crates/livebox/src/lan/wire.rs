//! `NMC:getLANIP`, `DHCPv4.Server:getDHCPServerPool` and `getStaticLeases` (protocol section 4.13).

use std::{borrow::Cow, net::Ipv4Addr};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Kind,
    scalar::{Flag, Rows, Table, Text},
};

use super::{Lan, Reserved};
use crate::MacAddr;

/// LAN address and DHCP range. Recorded on LB5, LB7 and W7.
#[derive(Serialize)]
pub(crate) struct GetLanIp {}

impl Call for GetLanIp {
    type Reply = LanIp;
    const METHOD: &'static str = "getLANIP";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Either;

    fn service(&self) -> Cow<'static, str> {
        "NMC".into()
    }
}

/// `{"Address":"192.168.1.1","Netmask":"255.255.255.0","DHCPEnable":true,"DHCPMinAddress":…,"DHCPMaxAddress":…}`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct LanIp {
    address: Text,
    netmask: Text,
    #[serde(rename = "DHCPEnable")]
    dhcp_enable: Flag,
    #[serde(rename = "DHCPMinAddress")]
    dhcp_min_address: Text,
    #[serde(rename = "DHCPMaxAddress")]
    dhcp_max_address: Text,
}

impl LanIp {
    pub(crate) fn lan(&self) -> Option<Lan> {
        lan(&self.address, &self.netmask, (&self.dhcp_min_address, &self.dhcp_max_address), self.dhcp_enable)
    }
}

/// The DHCP server's pools. Recorded on LB3, LB5, LB7 and W7.
#[derive(Serialize)]
pub(crate) struct GetPools {}

impl Call for GetPools {
    type Reply = Table<Pool>;
    const METHOD: &'static str = "getDHCPServerPool";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Either;

    fn service(&self) -> Cow<'static, str> {
        "DHCPv4.Server".into()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Pool {
    enable: Flag,
    server: Text,
    subnet_mask: Text,
    min_address: Text,
    max_address: Text,
}

/// The plan of the main pool.
pub(crate) fn lan_of(pools: &Table<Pool>) -> Option<Lan> {
    let pool = pools.get("default")?;
    lan(&pool.server, &pool.subnet_mask, (&pool.min_address, &pool.max_address), pool.enable)
}

fn lan(address: &Text, netmask: &Text, range: (&Text, &Text), enable: Flag) -> Option<Lan> {
    let read = |text: &Text| text.get().and_then(|text| text.parse::<Ipv4Addr>().ok());
    Some(Lan {
        net: Ipv4Net::with_netmask(read(address)?, read(netmask)?).ok()?,
        dhcp_range: read(range.0).zip(read(range.1)),
        dhcp_enabled: enable.get(),
    })
}

/// Reserved addresses. Recorded empty on LB3; its entries are known from clients.
#[derive(Serialize)]
pub(crate) struct GetStaticLeases {}

impl Call for GetStaticLeases {
    type Reply = Rows<StaticLease>;
    const METHOD: &'static str = "getStaticLeases";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "DHCPv4.Server.Pool.default".into()
    }
}

/// `{"IPAddress":…,"MACAddress":…,"LeasePath":"DHCPv4.Server.Pool.default.Rule.default.Lease.01:aa:bb:…"}`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct StaticLease {
    #[serde(rename = "IPAddress")]
    ip_address: Text,
    #[serde(rename = "MACAddress")]
    mac_address: Text,
    lease_path: Text,
}

impl StaticLease {
    /// Whether it keeps an address that we cannot tell, or for a device that we cannot tell.
    pub(crate) fn is_odd(&self) -> bool {
        self.reserved().is_none()
            && (self.ip_address.is_odd() || self.mac_address.is_odd() || self.lease_path.is_odd())
    }

    pub(crate) fn reserved(&self) -> Option<Reserved> {
        // A W7 was seen to repeat one MACAddress in every entry; the end of the path is right on all.
        let tail = self.lease_path.get().and_then(|path| path.rsplit('.').next()).and_then(client_mac);
        Some(Reserved {
            mac: tail.or_else(|| self.mac_address.get()?.parse().ok())?,
            ip: self.ip_address.get()?.parse().ok()?,
        })
    }
}

/// The MAC address in a DHCP client id: hardware type `01`, then the address.
fn client_mac(id: &str) -> Option<MacAddr> {
    id.strip_prefix("01:").unwrap_or(id).parse().ok()
}
