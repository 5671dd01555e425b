//! `NMC:getWANStatus`, the MIBs below the interface `data`, `NMC.Autodetect:get` and the optical modules
//! (protocol sections 4.2, 4.3, 4.17, 4.27, 4.28).
//!
//! The account, the options and the authentication of DHCP and PPP, and the identity of the ONT are secrets:
//! no struct here reads them.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Kind,
    scalar::{Int, Table, Text},
};

use super::{Link, Protocol, State};
use crate::{MacAddr, Untrusted};

#[cfg(test)]
mod tests;

/// The link to the operator.
#[derive(Serialize)]
pub(crate) struct GetWanStatus {}

impl Call for GetWanStatus {
    type Reply = WanStatus;
    const METHOD: &'static str = "getWANStatus";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "NMC".into()
    }
}

/// `WanState` is missing on firmware of 2016, the IPv6 fields on boxes without IPv6 or before the Livebox 7.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct WanStatus {
    wan_state: Text,
    link_type: Text,
    link_state: Text,
    #[serde(rename = "MACAddress")]
    mac_address: Text,
    protocol: Text,
    connection_state: Text,
    last_connection_error: Text,
    #[serde(rename = "IPAddress")]
    ip_address: Text,
    remote_gateway: Text,
    #[serde(rename = "DNSServers")]
    dns_servers: Text,
    #[serde(rename = "IPv6Address")]
    ipv6_address: Text,
    #[serde(rename = "IPv6DelegatedPrefix")]
    ipv6_delegated_prefix: Text,
    #[serde(rename = "LastConnectionErrorIPv6")]
    last_connection_error_ipv6: Text,
    #[serde(rename = "RemoteGatewayIPv6")]
    remote_gateway_ipv6: Text,
}

impl WanStatus {
    pub(crate) fn up(&self) -> Option<bool> {
        match self.wan_state.get() {
            Some(state) => up(state),
            None if self.wan_state.is_odd() => None,
            None => self.state().map(|state| state == State::Connected),
        }
    }

    pub(crate) fn link_up(&self) -> Option<bool> {
        self.link_state.get().and_then(up)
    }

    pub(crate) fn link(&self) -> Option<Link> {
        Some(match self.link_type.get()?.to_ascii_lowercase().as_str() {
            "gpon" => Link::Gpon,
            "xgspon" | "xgs-pon" => Link::XgsPon,
            "sfp" => Link::Sfp,
            "ethernet" | "eth" => Link::Ethernet,
            "adsl" => Link::Adsl,
            "vdsl" => Link::Vdsl,
            dsl if dsl.contains("dsl") => Link::Dsl,
            _ => Link::Other,
        })
    }

    pub(crate) fn protocol(&self) -> Option<Protocol> {
        let protocol = self.protocol.get()?.to_ascii_lowercase();
        if protocol.starts_with("ppp") {
            Some(Protocol::Ppp)
        } else {
            protocol.starts_with("dhcp").then_some(Protocol::Dhcp)
        }
    }

    /// DHCP and PPP have a vocabulary each.
    pub(crate) fn state(&self) -> Option<State> {
        Some(match self.connection_state.get()?.to_ascii_lowercase().as_str() {
            "bound" | "renewing" | "rebinding" | "connected" => State::Connected,
            "init" | "initreboot" | "selecting" | "requesting" | "rebooting" | "connecting"
            | "authenticating" => State::Connecting,
            "disconnected" | "disconnecting" | "pendingdisconnect" | "unconfigured" | "idle" | "down" => {
                State::Disconnected
            }
            _ => return None,
        })
    }

    pub(crate) fn mac(&self) -> Option<MacAddr> {
        self.mac_address.get()?.parse().ok()
    }

    pub(crate) fn ipv4(&self) -> Option<IpAddr> {
        address(&self.ip_address)
    }

    pub(crate) fn gateway(&self) -> Option<IpAddr> {
        address(&self.remote_gateway)
    }

    /// `None` when the box does not say, or not in a form that we understand.
    pub(crate) fn dns(&self) -> Option<Vec<IpAddr>> {
        self.dns_servers.given()?;
        let known: Vec<IpAddr> = self.dns_servers.parts().filter_map(|part| part.parse().ok()).collect();
        (!known.is_empty() || self.dns_servers.get().is_none()).then_some(known)
    }

    pub(crate) fn ipv6(&self) -> Option<Ipv6Addr> {
        let address = self.ipv6_address.get()?;
        address.split('/').next()?.parse().ok().filter(|ip: &Ipv6Addr| !ip.is_unspecified())
    }

    pub(crate) fn ipv6_prefix(&self) -> Option<Ipv6Net> {
        self.ipv6_delegated_prefix.get()?.parse().ok()
    }

    pub(crate) fn ipv6_gateway(&self) -> Option<Ipv6Addr> {
        self.remote_gateway_ipv6.get()?.parse().ok()
    }

    pub(crate) fn last_error(&self) -> Option<Untrusted> {
        error(&self.last_connection_error)
    }

    pub(crate) fn last_error_ipv6(&self) -> Option<Untrusted> {
        error(&self.last_connection_error_ipv6)
    }
}

/// `up` or `down` and nothing else: a word that nobody knows is not "down".
fn up(state: &str) -> Option<bool> {
    match state.to_ascii_lowercase().as_str() {
        "up" => Some(true),
        "down" => Some(false),
        _ => None,
    }
}

fn address(text: &Text) -> Option<IpAddr> {
    text.get()?.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified())
}

/// "None" over DHCP, `ERROR_NONE` over PPP.
fn error(text: &Text) -> Option<Untrusted> {
    let text = text.get()?;
    (!["none", "error_none"].contains(&text.to_ascii_lowercase().as_str())).then(|| Untrusted::clean(text))
}

/// Parameters of everything below `data`: unknown MIB names are simply absent from the answer.
#[derive(Serialize)]
pub(crate) struct GetMibs {
    #[serde(skip)]
    below: &'static str,
    mibs: &'static str,
}

impl GetMibs {
    /// Not `ppp`: it adds a password and nothing that we need.
    pub(crate) fn wan() -> Self {
        Self { below: "data", mibs: "dhcp vlan netdev gpon dsl" }
    }

    /// The optical interface itself, for a firmware that does not show it below `data`. Named so on every
    /// recorded box that has one.
    pub(crate) fn fibre() -> Self {
        Self { below: "veip0", mibs: "gpon" }
    }
}

impl Call for GetMibs {
    type Reply = Mibs;
    const METHOD: &'static str = "getMIBs";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;
    const TIMEOUT: Duration = Duration::from_secs(25);

    fn service(&self) -> Cow<'static, str> {
        format!("NeMo.Intf.{}", self.below).into()
    }
}

/// Per MIB, its parameters by interface; interface names differ by model and are not looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Mibs {
    dhcp: Table<Dhcp>,
    vlan: Table<Vlan>,
    netdev: Table<NetDev>,
    gpon: Table<Gpon>,
    dsl: Table<Dsl>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Dhcp {
    lease_time: Int,
    lease_time_remaining: Int,
    /// Seconds since the address was obtained: on a Livebox 5 its remainder by the renewal time is the time
    /// since the last renewal.
    uptime: Int,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vlan {
    #[serde(rename = "VLANID")]
    id: Int,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NetDev {
    #[serde(rename = "MTU")]
    mtu: Int,
    #[serde(rename = "IPv4Addr")]
    ipv4: Table<Ipv4>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Ipv4 {
    address: Text,
}

/// Rates in kbit/s, power in thousandths of a dBm. `OnuState` is spelt `ONUState` on the Livebox 5.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Gpon {
    pon_mode: Text,
    signal_rx_power: Int,
    signal_tx_power: Int,
    temperature: Int,
    downstream_curr_rate: Int,
    upstream_curr_rate: Int,
}

/// Rates in kbit/s.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Dsl {
    modulation_type: Text,
    downstream_curr_rate: Int,
    upstream_curr_rate: Int,
}

impl Mibs {
    /// Length of the DHCP lease, what is left of it, time since the address was obtained, in seconds.
    pub(crate) fn lease(&self) -> [Option<u64>; 3] {
        self.dhcp
            .values()
            .map(|dhcp| [dhcp.lease_time, dhcp.lease_time_remaining, dhcp.uptime].map(Int::unsigned))
            .find(|lease| lease.iter().any(Option::is_some))
            .unwrap_or_default()
    }

    pub(crate) fn vlan_id(&self) -> Option<u64> {
        self.vlan.values().filter_map(|vlan| vlan.id.unsigned()).find(|id| (1..4095).contains(id))
    }

    /// Of the interface that carries the IPv4 address: the one with the WAN's, else the first with any.
    pub(crate) fn mtu(&self, wan: Option<IpAddr>) -> Option<u64> {
        let carries = |netdev: &&NetDev| {
            wan.is_some() && netdev.ipv4.values().any(|ipv4| address(&ipv4.address) == wan)
        };
        let netdev = self.netdev.values().find(carries);
        let netdev =
            netdev.or_else(|| self.netdev.values().find(|netdev| netdev.ipv4.values().next().is_some()));
        netdev.and_then(|netdev| netdev.mtu.unsigned()).filter(|mtu| *mtu > 0)
    }

    /// Whether nothing at all stands below the WAN.
    pub(crate) fn is_empty(&self) -> bool {
        self.dhcp.is_empty()
            && self.vlan.is_empty()
            && self.netdev.is_empty()
            && self.gpon.is_empty()
            && self.dsl.is_empty()
    }

    /// With the optical interface of another answer.
    pub(crate) fn with_fibre(mut self, other: Self) -> Self {
        self.gpon = other.gpon;
        self
    }

    /// What the finer names of the link say, beyond [`WanStatus::link`].
    pub(crate) fn refine(&self, link: Option<Link>) -> Option<Link> {
        let is_xgs =
            || self.gpon.values().any(|gpon| gpon.pon_mode.or_empty().to_ascii_uppercase().contains("XGS"));
        let modulation = || self.dsl.values().find_map(|dsl| dsl.modulation_type.get());
        match link {
            Some(Link::Gpon) | None if is_xgs() => Some(Link::XgsPon),
            Some(Link::Dsl) => Some(match modulation() {
                Some("VDSL") => Link::Vdsl,
                Some("ADSL") => Link::Adsl,
                _ => Link::Dsl,
            }),
            // The box does not say, but only one kind of interface is in use below its WAN.
            None if self.gpon.values().next().is_some() => Some(Link::Gpon),
            None if self.dsl.values().next().is_some() => self.refine(Some(Link::Dsl)),
            other => other,
        }
    }

    /// Rates of that link down and up, in bit/s: an interface that is not in use keeps its last ones. Without a
    /// link: of the first interface that has some.
    pub(crate) fn rates_bps(&self, link: Option<Link>) -> (Option<u64>, Option<u64>) {
        let is_fibre = matches!(link, None | Some(Link::Gpon | Link::XgsPon));
        let is_dsl = matches!(link, None | Some(Link::Adsl | Link::Vdsl | Link::Dsl));
        let gpon = self.gpon.values().filter(|_| is_fibre);
        let gpon = gpon.map(|gpon| (gpon.downstream_curr_rate, gpon.upstream_curr_rate));
        let dsl = self.dsl.values().filter(|_| is_dsl);
        let dsl = dsl.map(|dsl| (dsl.downstream_curr_rate, dsl.upstream_curr_rate));
        let bps = |kbps: Int| kbps.unsigned().filter(|rate| *rate > 0)?.checked_mul(1000);
        gpon.chain(dsl)
            .map(|(down, up)| (bps(down), bps(up)))
            .find(|(down, up)| down.is_some() || up.is_some())
            .unwrap_or_default()
    }

    pub(crate) fn optics(&self) -> Option<Optics> {
        let gpon = self.gpon.values().next()?;
        Some(Optics {
            rx_power_dbm: dbm(gpon.signal_rx_power),
            tx_power_dbm: dbm(gpon.signal_tx_power),
            temperature_c: gpon.temperature.get(),
        })
    }
}

/// The optical interface.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Optics {
    pub(crate) rx_power_dbm: Option<f64>,
    pub(crate) tx_power_dbm: Option<f64>,
    pub(crate) temperature_c: Option<i64>,
}

/// Thousandths of a dBm on most models, whole ones on others: no module receives or sends beyond 60 dBm. Zero
/// means that nothing was measured.
#[expect(clippy::cast_precision_loss, reason = "bounded")]
fn dbm(power: Int) -> Option<f64> {
    match power.get()? {
        0 => None,
        power @ -60..=60 => Some(power as f64),
        power @ -60_000..=60_000 => Some(power as f64 / 1000.0),
        _ => None,
    }
}

/// The pluggable module of the Livebox 4.
#[derive(Serialize)]
pub(crate) struct GetSfp {}

impl Call for GetSfp {
    type Reply = Sfp;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "SFP".into()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Sfp {
    optical_signal_level: Int,
    transmit_optical_level: Int,
    chipset_temperature: Int,
}

impl Sfp {
    pub(crate) fn optics(&self) -> Optics {
        Optics {
            rx_power_dbm: dbm(self.optical_signal_level),
            tx_power_dbm: dbm(self.transmit_optical_level),
            temperature_c: self.chipset_temperature.get(),
        }
    }
}

/// The optical interface of the Spanish Livebox Fibra.
#[derive(Serialize)]
pub(crate) struct GetOmci {}

impl Call for GetOmci {
    type Reply = Omci;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Either;

    fn service(&self) -> Cow<'static, str> {
        "SgcOmci.Optical".into()
    }
}

/// Texts that hold numbers, fractions too, in dBm (no recording: unverified).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Omci {
    power_rx: Text,
    power_tx: Text,
    temperature: Int,
}

impl Omci {
    pub(crate) fn optics(&self) -> Optics {
        let dbm =
            |text: &Text| text.get()?.parse().ok().filter(|power: &f64| *power != 0.0 && power.abs() <= 60.0);
        Optics {
            rx_power_dbm: dbm(&self.power_rx),
            tx_power_dbm: dbm(&self.power_tx),
            temperature_c: self.temperature.get(),
        }
    }
}

/// How the box gets at IPv4 and IPv6.
#[derive(Serialize)]
pub(crate) struct GetAutodetect {}

impl Call for GetAutodetect {
    type Reply = Autodetect;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "NMC.Autodetect".into()
    }
}

/// `IPv6Mode` is missing before the Livebox 5.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Autodetect {
    #[serde(rename = "IPv6Mode")]
    ipv6_mode: Text,
}

impl Autodetect {
    /// Whether IPv4 goes through a tunnel to an address shared with others; `None` when the box does not say.
    pub(crate) fn is_ds_lite(&self) -> Option<bool> {
        match self.ipv6_mode.get()?.to_ascii_lowercase().as_str() {
            "dslite" => Some(true),
            "dualstack" => Some(false),
            _ => None,
        }
    }
}
