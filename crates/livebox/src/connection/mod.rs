//! The connection to the Internet: link, addresses, lease, optical power.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::Ipv6Net;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Context, Lang, MacAddr, Page, Show, ToolError, Untrusted, system::duration};

#[cfg(test)]
mod tests;
pub(crate) mod tools;
mod wire;

/// The connection to the Internet.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Connection {
    up: Option<bool>,
    link: Option<Link>,
    link_up: Option<bool>,
    /// Of the link, not of the Internet behind it.
    link_down_bps: Option<u64>,
    link_up_bps: Option<u64>,
    protocol: Option<Protocol>,
    state: Option<State>,
    /// Since the IPv4 address was obtained.
    connected_s: Option<u64>,
    ipv4: Option<IpAddr>,
    shared_ipv4: Option<Sharing>,
    ipv4_gateway: Option<IpAddr>,
    lease_s: Option<u64>,
    lease_left_s: Option<u64>,
    ipv6: Option<Ipv6Addr>,
    #[schemars(with = "Option<String>")]
    ipv6_prefix: Option<Ipv6Net>,
    ipv6_gateway: Option<Ipv6Addr>,
    dns: Option<Vec<IpAddr>>,
    mac: Option<MacAddr>,
    vlan_id: Option<u64>,
    mtu: Option<u64>,
    last_error: Option<Untrusted>,
    last_error_ipv6: Option<Untrusted>,
    rx_power_dbm: Option<f64>,
    tx_power_dbm: Option<f64>,
    /// Judged by usual limits.
    rx_level: Option<Level>,
    ont_temperature_c: Option<i64>,
}

// The link to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Link {
    Gpon,
    XgsPon,
    /// Fibre through a pluggable module.
    Sfp,
    /// Fibre through an external terminal, or another router.
    Ethernet,
    Adsl,
    Vdsl,
    Dsl,
    Other,
}

impl Link {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Gpon => lang.pick("fibre (GPON)", "fibre (GPON)"),
            Self::XgsPon => lang.pick("fibre (XGS-PON)", "fibre (XGS-PON)"),
            Self::Sfp => lang.pick("fibre (SFP module)", "fibre (module SFP)"),
            Self::Ethernet => lang.pick(
                "Ethernet (external fibre terminal or another router)",
                "Ethernet (boîtier fibre externe ou autre routeur)",
            ),
            Self::Adsl => "ADSL",
            Self::Vdsl => "VDSL",
            Self::Dsl => "DSL",
            Self::Other => lang.pick("another kind", "autre type"),
        }
    }
}

// How the box gets its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Protocol {
    Dhcp,
    Ppp,
}

// How far the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Connected,
    Connecting,
    Disconnected,
}

impl State {
    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Connected => lang.pick("connected", "connectée"),
            Self::Connecting => lang.pick("connecting", "en cours de connexion"),
            Self::Disconnected => lang.pick("disconnected", "déconnectée"),
        }
    }
}

// Whether others share the IPv4 address: then nothing can be opened from outside over IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sharing {
    No,
    /// Carrier-grade NAT.
    Cgnat,
    /// IPv4 in an IPv6 tunnel.
    DsLite,
    /// A private address: another router stands before the box.
    Private,
}

impl Sharing {
    /// What the address and the box say.
    fn judge(ip: Option<IpAddr>, ds_lite: Option<bool>) -> Option<Self> {
        if ds_lite == Some(true) {
            return Some(Self::DsLite);
        }
        match ip? {
            IpAddr::V4(ip) if ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]) => {
                Some(Self::Cgnat)
            }
            IpAddr::V4(ip) if ip.is_private() => Some(Self::Private),
            // The address of the tunnel itself (RFC 6333).
            IpAddr::V4(ip) if ip.octets()[..3] == [192, 0, 0] => Some(Self::DsLite),
            IpAddr::V4(_) => Some(Self::No),
            IpAddr::V6(_) => None,
        }
    }

    fn words(self, lang: Lang) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Cgnat => Some(lang.pick(
                "shared with others (CGNAT): nothing can be reached from outside over IPv4",
                "partagée (CGNAT) : rien n'est joignable de l'extérieur en IPv4",
            )),
            Self::DsLite => Some(lang.pick(
                "shared with others (DS-Lite): nothing can be reached from outside over IPv4",
                "partagée (DS-Lite) : rien n'est joignable de l'extérieur en IPv4",
            )),
            Self::Private => Some(lang.pick(
                "private: another router stands before the box",
                "privée : un autre routeur précède la box",
            )),
        }
    }
}

// Quality of the light received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Good,
    Marginal,
    Bad,
}

impl Level {
    /// The limits that a widespread monitor of these boxes uses.
    fn of_rx(link: Option<Link>, dbm: f64) -> Self {
        let (fine, usable) = match link {
            Some(Link::XgsPon) => (-24.0..=-13.0, -28.0..=-9.0),
            _ => (-26.0..=-12.0, -30.0..=-8.0),
        };
        if fine.contains(&dbm) {
            Self::Good
        } else if usable.contains(&dbm) {
            Self::Marginal
        } else {
            Self::Bad
        }
    }

    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Good => lang.pick("good", "bon"),
            Self::Marginal => lang.pick("marginal", "limite"),
            Self::Bad => lang.pick(
                "bad: call Orange if the connection drops",
                "mauvais : appelez Orange en cas de coupures",
            ),
        }
    }
}

/// Whether the Internet connection is up, in one request; `None` when the box does not tell.
pub(crate) async fn internet(cx: &Context) -> Result<Option<bool>, ToolError> {
    Ok(cx.read_optional(&wire::GetWanStatus {}).await?.and_then(|status| status.up()))
}

/// Rates of the link down and up in bit/s, as far as the box tells.
pub(crate) async fn link_rates_bps(cx: &Context) -> (Option<u64>, Option<u64>) {
    cx.read_optional(&wire::GetMibs::wan()).await.ok().flatten().unwrap_or_default().rates_bps(None)
}

/// A rate for people.
pub(crate) fn rate(bps: u64, lang: Lang) -> String {
    let (unit, name) = match bps {
        0..1_000_000 => (1_000, "kbit/s"),
        1_000_000..1_000_000_000 => (1_000_000, "Mbit/s"),
        _ => (1_000_000_000, "Gbit/s"),
    };
    let tenths = (u128::from(bps) * 10 + unit / 2) / unit;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let point = lang.pick('.', ',');
    if whole < 100 && tenth > 0 { format!("{whole}{point}{tenth} {name}") } else { format!("{whole} {name}") }
}

impl Show for Connection {
    fn show(&self, lang: Lang) -> Page {
        let verdict = match (self.up, self.state) {
            (Some(true), _) => Some(lang.pick("up", "en service").to_owned()),
            (Some(false), Some(state)) => {
                Some(format!("{} ({})", lang.pick("down", "coupée"), state.words(lang)))
            }
            (Some(false), None) => Some(lang.pick("down", "coupée").to_owned()),
            (None, state) => state.map(|state| state.words(lang).to_owned()),
        };
        let mut link = self.link.map(|link| link.words(lang).to_owned());
        if let (Some(down), Some(up)) = (self.link_down_bps, self.link_up_bps) {
            let rates = format!("↓ {} ↑ {}", rate(down, lang), rate(up, lang));
            link = Some(link.map_or_else(|| rates.clone(), |link| format!("{link}, {rates}")));
        }
        if self.link_up == Some(false) {
            let down = lang.pick("no signal", "pas de signal");
            link = Some(link.map_or_else(|| down.to_owned(), |link| format!("{link}, {down}")));
        }
        let ipv4 = self.ipv4.map(|ip| match self.shared_ipv4.and_then(|sharing| sharing.words(lang)) {
            Some(words) => format!("{ip} ({words})"),
            None => ip.to_string(),
        });
        let via = self.protocol.map(|protocol| match protocol {
            Protocol::Dhcp => "DHCP",
            Protocol::Ppp => "PPP",
        });
        let since = self.connected_s.map(|held| duration(held, lang));
        let lease = self.lease_left_s.map(|left| match self.lease_s {
            Some(whole) => format!(
                "{} {} {}",
                duration(left, lang),
                lang.pick("left of", "restants sur"),
                duration(whole, lang)
            ),
            None => duration(left, lang),
        });
        let light = self.rx_power_dbm.map(|rx| {
            let level = self.rx_level.map(|level| format!(" ({})", level.words(lang))).unwrap_or_default();
            let sent = self
                .tx_power_dbm
                .map(|tx| format!(", {} {tx} dBm", lang.pick("sent", "émis")))
                .unwrap_or_default();
            format!("{} {rx} dBm{level}{sent}", lang.pick("received", "reçu"))
        });
        let dns: Vec<String> = self.dns.iter().flatten().map(ToString::to_string).collect();
        let text = |value: &Option<Untrusted>| value.as_ref().map(|value| value.shown().to_owned());
        Page::new()
            .fact_if("Internet", verdict)
            .fact_if(lang.pick("Link", "Liaison"), link)
            .fact_if("IPv4", ipv4)
            .fact_if(lang.pick("Address by", "Adresse par"), via)
            .fact_if(lang.pick("Held for", "Tenue depuis"), since)
            .fact_if(lang.pick("Lease", "Bail DHCP"), lease)
            .fact_if(lang.pick("Gateway", "Passerelle"), self.ipv4_gateway.map(|ip| ip.to_string()))
            .fact_if("IPv6", self.ipv6.map(|ip| ip.to_string()))
            .fact_if(
                lang.pick("IPv6 prefix", "Préfixe IPv6"),
                self.ipv6_prefix.map(|prefix| prefix.to_string()),
            )
            .fact_if(lang.pick("IPv6 gateway", "Passerelle IPv6"), self.ipv6_gateway.map(|ip| ip.to_string()))
            .fact_if("DNS", (!dns.is_empty()).then(|| dns.join(", ")))
            .fact_if(lang.pick("MAC address", "Adresse MAC"), self.mac.map(|mac| mac.to_string()))
            .fact_if("VLAN", self.vlan_id.map(|id| id.to_string()))
            .fact_if("MTU", self.mtu.map(|mtu| mtu.to_string()))
            .fact_if(lang.pick("Light", "Lumière"), light)
            .fact_if(lang.pick("Last error", "Dernière erreur"), text(&self.last_error))
            .fact_if(lang.pick("Last IPv6 error", "Dernière erreur IPv6"), text(&self.last_error_ipv6))
    }
}
