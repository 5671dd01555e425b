//! `NetMaster.LAN`, `NMC:getLANIP`, `DHCPv4.Server:getDHCPServerPool` and `getStaticLeases` (protocol section 4.13).

use std::{borrow::Cow, net::Ipv4Addr, time::Duration};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Int, Rows, Table, Text},
};

use super::{Addressing, Lan, Reserved};
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
    lease_time: Int,
}

impl LanIp {
    pub(crate) fn addressing(&self) -> Option<Addressing> {
        Some(addressing(self.lan()?, self.lease_time))
    }

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
    lease_time: Int,
}

impl Pool {
    fn lan(&self) -> Option<Lan> {
        lan(&self.server, &self.subnet_mask, (&self.min_address, &self.max_address), self.enable)
    }
}

/// The plan of the main pool.
pub(crate) fn lan_of(pools: &Table<Pool>) -> Option<Lan> {
    pools.get("default")?.lan()
}

/// The addressing of the main pool.
pub(crate) fn addressing_of(pools: &Table<Pool>) -> Option<Addressing> {
    let pool = pools.get("default")?;
    Some(addressing(pool.lan()?, pool.lease_time))
}

/// The guest network.
pub(crate) fn guest_net(pools: &Table<Pool>) -> Option<Ipv4Net> {
    Some(pools.get("guest")?.lan()?.net.trunc())
}

fn addressing(lan: Lan, lease_time: Int) -> Addressing {
    Addressing {
        ipv4: lan.net.addr(),
        prefix_length: lan.net.prefix_len(),
        dhcp: lan.dhcp_enabled,
        dhcp_first: lan.dhcp_range.map(|range| range.0),
        dhcp_last: lan.dhcp_range.map(|range| range.1),
        lease_s: lease_time
            .get()
            .and_then(|seconds| u32::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0),
    }
}

/// Everything about the LAN's IPv4, in the words of the network master. Declared on LB4 to W7, recorded nowhere.
#[derive(Serialize)]
pub(crate) struct GetBridge {}

impl Call for GetBridge {
    type Reply = Bridge;
    const METHOD: &'static str = "getIPv4";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Either;

    fn service(&self) -> Cow<'static, str> {
        BRIDGE.into()
    }
}

const BRIDGE: &str = "NetMaster.LAN.default.Bridge.lan";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Bridge {
    address: Text,
    prefix_length: Int,
    #[serde(rename = "DHCPEnable")]
    dhcp_enable: Flag,
    #[serde(rename = "DHCPMinAddress")]
    dhcp_min_address: Text,
    #[serde(rename = "DHCPMaxAddress")]
    dhcp_max_address: Text,
    lease_time: Int,
    #[serde(rename = "DNSServers")]
    dns_servers: Text,
    #[serde(rename = "NTPServers")]
    ntp_servers: Text,
    domain_search_list: Text,
    enable: Flag,
    allow_public: Flag,
    #[serde(rename = "NATEnable")]
    nat_enable: Flag,
    #[serde(rename = "DHCPAuthoritative")]
    dhcp_authoritative: Flag,
}

impl Bridge {
    pub(crate) fn addressing(&self) -> Option<Addressing> {
        let read = |text: &Text| text.get().and_then(|text| text.parse::<Ipv4Addr>().ok());
        let length = u8::try_from(self.prefix_length.get()?).ok()?;
        let lan = Lan {
            net: Ipv4Net::new(read(&self.address)?, length).ok()?,
            dhcp_range: read(&self.dhcp_min_address).zip(read(&self.dhcp_max_address)),
            dhcp_enabled: self.dhcp_enable.get(),
        };
        Some(addressing(lan, self.lease_time))
    }

    /// The call that sets it anew. What is not changed is sent as it was read: nobody knows whether a box keeps what
    /// is left out. Where the box names itself as a DNS server, it will under its new address; `own` is the present one.
    pub(crate) fn with(&self, core: Core, prefix_length: u8, own: Ipv4Addr) -> SetBridge {
        let kept = |text: &Text| text.get().filter(|text| !text.is_empty()).map(str::to_owned);
        let (own, new) = (own.to_string(), core.address.to_string());
        let dns = kept(&self.dns_servers).map(|servers| {
            let servers =
                servers.split(',').map(|server| if server.trim() == own { new.as_str() } else { server });
            servers.collect::<Vec<_>>().join(",")
        });
        SetBridge {
            core,
            prefix_length,
            dns_servers: dns,
            ntp_servers: kept(&self.ntp_servers),
            domain_search_list: kept(&self.domain_search_list),
            enable: self.enable.get(),
            allow_public: self.allow_public.get(),
            nat_enable: self.nat_enable.get(),
            dhcp_authoritative: self.dhcp_authoritative.get(),
        }
    }
}

/// What both calls take.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Core {
    pub(crate) address: Ipv4Addr,
    #[serde(rename = "DHCPEnable")]
    pub(crate) dhcp_enable: bool,
    #[serde(rename = "DHCPMinAddress")]
    pub(crate) dhcp_min_address: Ipv4Addr,
    #[serde(rename = "DHCPMaxAddress")]
    pub(crate) dhcp_max_address: Ipv4Addr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lease_time: Option<u32>,
}

/// Sets the LAN's IPv4. Declared on LB4 to W7 with the same arguments; no answer was recorded.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetBridge {
    #[serde(flatten)]
    core: Core,
    prefix_length: u8,
    #[serde(rename = "DNSServers", skip_serializing_if = "Option::is_none")]
    dns_servers: Option<String>,
    #[serde(rename = "NTPServers", skip_serializing_if = "Option::is_none")]
    ntp_servers: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_search_list: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_public: Option<bool>,
    #[serde(rename = "NATEnable", skip_serializing_if = "Option::is_none")]
    nat_enable: Option<bool>,
    #[serde(rename = "DHCPAuthoritative", skip_serializing_if = "Option::is_none")]
    dhcp_authoritative: Option<bool>,
}

impl Call for SetBridge {
    type Reply = Ignored;
    const METHOD: &'static str = "setIPv4";
    const KIND: Kind = Kind::Write;
    const TIMEOUT: Duration = MOVE_LIMIT;

    fn service(&self) -> Cow<'static, str> {
        BRIDGE.into()
    }
}

/// A box that moves may never answer; reading back tells what became of it.
const MOVE_LIMIT: Duration = Duration::from_secs(15);

/// The same with a mask, in the words of older firmware.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetLanIp {
    #[serde(flatten)]
    core: Core,
    netmask: Ipv4Addr,
}

impl SetLanIp {
    pub(crate) fn new(core: Core, prefix_length: u8) -> Self {
        let bits = u32::MAX.checked_shl(32 - u32::from(prefix_length.min(32))).unwrap_or_default();
        Self { core, netmask: Ipv4Addr::from_bits(bits) }
    }
}

impl Call for SetLanIp {
    type Reply = Ignored;
    const METHOD: &'static str = "setLANIP";
    const KIND: Kind = Kind::Write;
    const TIMEOUT: Duration = MOVE_LIMIT;

    fn service(&self) -> Cow<'static, str> {
        "NMC".into()
    }
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
