//! LAN hosts: what is or was on the home network, by the name, IP or MAC address that people use.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use sysbus::{Error, scalar::Rows};

use crate::{Band, Context, Lang, MacAddr, Page, Show, ToolError, Untrusted};

mod host_ref;
mod rename;
mod target;
pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use host_ref::{HostRef, find};
pub(crate) use rename::{HostName, Naming, undone};
pub(crate) use target::{Target, target};

/// A device of the home network, active or not.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// What the box calls it in service paths.
    pub(crate) key: String,
    /// Shown name; its MAC address when it has none.
    pub(crate) name: Untrusted,
    /// Its MAC address.
    pub(crate) mac: Option<MacAddr>,
    /// Further addresses of the same device.
    pub(crate) alternatives: Vec<MacAddr>,
    /// Address in use, or kept for it while it is away.
    pub(crate) ipv4: Option<Ipv4Addr>,
    /// The same for IPv6, global ones first; `None` when not told in a form that we understand.
    pub(crate) ipv6: Option<Vec<Ipv6Addr>>,
    /// Whether it is there now; unknown when the box did not say it in a form that we understand.
    pub(crate) active: Option<bool>,
    /// How it is attached, or was.
    pub(crate) link: Link,
    /// Whether it is on the guest network.
    pub(crate) guest: bool,
    /// Whether it is a Wi-Fi repeater.
    pub(crate) repeater: bool,
    /// What it seems to be: "Mobile iOS".
    pub(crate) kind: Option<Untrusted>,
    /// Who made it.
    pub(crate) vendor: Option<Untrusted>,
    /// Its names and who says so; `None` when not told in a form that we understand.
    pub(crate) names: Option<Vec<SourcedName>>,
    /// First time on this network.
    pub(crate) first_seen: Option<Timestamp>,
    /// Last time that it connected.
    pub(crate) last_connected: Option<Timestamp>,
    /// Whether its address is reserved; unknown when it has none.
    pub(crate) reserved: Option<bool>,
    /// Whether the box says that it cuts its Internet access.
    pub(crate) wan_blocked: Option<bool>,
    /// Its radio link, while active over Wi-Fi.
    pub(crate) radio: Option<Radio>,
}

impl Host {
    /// Whether it is there now, for sure.
    pub(crate) fn is_active(&self) -> bool {
        self.active == Some(true)
    }

    /// Whether that address is its own.
    pub(crate) fn has_mac(&self, mac: MacAddr) -> bool {
        self.mac == Some(mac) || self.alternatives.contains(&mac)
    }

    /// The name that a person gave it.
    pub(crate) fn given_name(&self) -> Option<&SourcedName> {
        self.names.iter().flatten().find(|name| name.is_given)
    }
}

/// How a host is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// By cable; the port of the box where it is known.
    Ethernet { port: Option<Untrusted> },
    /// By radio.
    Wifi { band: Option<Band> },
    /// The box does not say.
    Unknown,
}

impl Link {
    /// As programs read it: `ethernet ETH2`, `wifi 5`; people get [`shown_link`].
    fn text(&self, guest: bool) -> Option<String> {
        let text = match self {
            Self::Ethernet { port: Some(port) } => format!("ethernet {}", port.shown()),
            Self::Ethernet { port: None } => "ethernet".to_owned(),
            Self::Wifi { band: Some(band) } => format!("wifi {band}"),
            Self::Wifi { band: None } => "wifi".to_owned(),
            Self::Unknown => return None,
        };
        Some(if guest { text + " guest" } else { text })
    }
}

/// A link in words: "Ethernet ETH2", "Wi-Fi 5 GHz", "Wi-Fi 2.4 GHz (invité)".
fn shown_link(link: &str, lang: Lang) -> String {
    let words = link.split(' ').map(|word| match word {
        "ethernet" => "Ethernet".to_owned(),
        "wifi" => "Wi-Fi".to_owned(),
        "guest" => lang.pick("(guest)", "(invité)").to_owned(),
        "2.4" | "5" | "6" => format!("{word} GHz"),
        port => port.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A name and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourcedName {
    /// The name as shown: the box appends a number to one that is taken.
    pub(crate) name: Untrusted,
    /// Without that number.
    pub(crate) base: Untrusted,
    /// Who says so, as the box calls it.
    pub(crate) source: Untrusted,
    /// Whether a person gave it.
    pub(crate) is_given: bool,
}

// Radio link of a host, as the box hears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Radio {
    pub(crate) rssi_dbm: Option<i64>,
    pub(crate) snr_db: Option<i64>,
    /// Towards the host.
    pub(crate) down_bps: Option<u64>,
    pub(crate) up_bps: Option<u64>,
    /// 802.11 suffix.
    pub(crate) standard: Option<Untrusted>,
    pub(crate) width: Option<Untrusted>,
    pub(crate) security: Option<Untrusted>,
}

/// Every host that the box knows: active ones first, by address.
pub(crate) async fn all(cx: &Context) -> Result<Vec<Host>, ToolError> {
    Ok(all_in(cx).await?.0)
}

/// The same, and in how many requests.
async fn all_in(cx: &Context) -> Result<(Vec<Host>, u8), ToolError> {
    match usual(cx).await {
        // A firmware that does not take the expression: everything, sorted out here.
        Err(ToolError::Box(Error::Refused { .. })) => {
            Ok((hosts(cx.read(&wire::GetDevices::EVERYTHING).await?)?, 2))
        }
        other => Ok((other?, 1)),
    }
}

/// The same in one request, refused by a firmware that does not take it: for who only wants to name what they tell.
pub(crate) async fn usual(cx: &Context) -> Result<Vec<Host>, ToolError> {
    hosts(cx.read(&wire::GetDevices::HOSTS).await?)
}

fn hosts(devices: Rows<wire::Device>) -> Result<Vec<Host>, ToolError> {
    if devices.iter().any(wire::Device::is_odd) {
        return Err(Error::odd(&wire::GetDevices::HOSTS, "status.*.Key").into());
    }
    Ok(in_order(devices.into_iter().filter_map(wire::Device::into_host)))
}

fn in_order(hosts: impl Iterator<Item = Host>) -> Vec<Host> {
    let mut hosts: Vec<Host> = hosts.collect();
    hosts.sort_by(|a, b| {
        let order = |host: &Host| (host.active == Some(false), host.guest, host.ipv4.is_none(), host.ipv4);
        order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name))
    });
    hosts
}

/// The host that a person means.
pub(crate) async fn resolve(cx: &Context, wanted: &HostRef) -> Result<Host, ToolError> {
    let hosts = all(cx).await?;
    find(&hosts, wanted).cloned()
}

/// One line of a list of hosts.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HostRow {
    name: Untrusted,
    ipv4: Option<Ipv4Addr>,
    mac: Option<MacAddr>,
    /// Such as "ethernet ETH2", "wifi 5", "wifi 2.4 guest".
    link: Option<String>,
    active: Option<bool>,
}

impl From<&Host> for HostRow {
    fn from(host: &Host) -> Self {
        Self {
            name: host.name.clone(),
            ipv4: host.ipv4,
            mac: host.mac,
            link: host.link.text(host.guest),
            active: host.active,
        }
    }
}

/// Hosts of the home network.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HostList {
    /// Active now, guests included; null: not known.
    active: Option<usize>,
    /// Known to the box.
    known: usize,
    /// Fitting the filters.
    matching: usize,
    hosts: Vec<HostRow>,
}

impl Show for HostList {
    fn show(&self, lang: Lang) -> Page {
        let Self { active, known, matching, hosts } = self;
        let counts = [
            lang.count_if_known(
                *active,
                ["active host", "active hosts"],
                ["appareil actif", "appareils actifs"],
            ),
            lang.count(*known, ["known"; 2], ["connu", "connus"]),
            lang.count(*matching, ["matches", "match"], ["retenu", "retenus"]),
        ];
        let mut page = Page::new().line(format!("{}.", counts.join(", ")));
        let absent = lang.pick("away", "absent");
        let rows = hosts.iter().map(|host| {
            [
                host.name.shown().to_owned(),
                host.ipv4.map(|ip| ip.to_string()).unwrap_or_default(),
                host.mac.map(|mac| mac.to_string()).unwrap_or_default(),
                host.link.as_deref().map(|link| shown_link(link, lang)).unwrap_or_default(),
                if host.active == Some(false) { absent.to_owned() } else { String::new() },
            ]
        });
        page = page.table([lang.pick("Name", "Nom"), "IPv4", "MAC", lang.pick("Link", "Lien"), ""], rows);
        let hidden = matching.saturating_sub(hosts.len());
        page.note((hidden > 0).then(|| {
            lang.pick(
                format!("{hidden} more: raise `limit` or narrow with `link` or `search`."),
                format!("{hidden} de plus : augmentez `limit` ou filtrez avec `link` ou `search`."),
            )
        }))
    }
}

// A name of a host.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NameRow {
    name: Untrusted,
    /// "webui": given by a person.
    source: Untrusted,
}

/// Everything known of one host.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HostDetails {
    #[serde(flatten)]
    host: HostRow,
    ipv6: Option<Vec<Ipv6Addr>>,
    /// Repeater it is behind, when known.
    behind: Option<Untrusted>,
    r#type: Option<Untrusted>,
    vendor: Option<Untrusted>,
    names: Option<Vec<NameRow>>,
    first_seen: Option<String>,
    last_connected: Option<String>,
    dhcp_reservation: Option<bool>,
    internet_blocked: Option<bool>,
    wifi: Option<Radio>,
}

impl HostDetails {
    fn new(host: &Host) -> Self {
        let names = host.names.as_ref().map(|names| {
            let told = names.iter().filter(|name| name.source.shown() != "default");
            told.map(|name| NameRow { name: name.name.clone(), source: name.source.clone() }).collect()
        });
        Self {
            host: host.into(),
            ipv6: host.ipv6.clone(),
            behind: None,
            r#type: host.kind.clone(),
            vendor: host.vendor.clone(),
            names,
            first_seen: host.first_seen.map(|date| date.to_string()),
            last_connected: host.last_connected.map(|date| date.to_string()),
            dhcp_reservation: host.reserved,
            internet_blocked: host.wan_blocked,
            wifi: host.radio.clone(),
        }
    }
}

impl Show for HostDetails {
    fn show(&self, lang: Lang) -> Page {
        let shown = |text: &Option<Untrusted>| text.as_ref().map(|text| text.shown().to_owned());
        let yes_no = |flag: bool| if flag { lang.pick("yes", "oui") } else { lang.pick("no", "non") };
        let state = self
            .host
            .active
            .map(|active| if active { lang.pick("active", "actif") } else { lang.pick("away", "absent") });
        let ipv6: Vec<String> = self.ipv6.iter().flatten().map(ToString::to_string).collect();
        let names: Vec<String> = self
            .names
            .iter()
            .flatten()
            .map(|row| format!("{} ({})", row.name.word(), row.source.word()))
            .collect();
        let page = Page::new()
            .fact(lang.pick("Name", "Nom"), self.host.name.shown())
            .fact_if(lang.pick("State", "État"), state)
            .fact_if("IPv4", self.host.ipv4.map(|ip| ip.to_string()))
            .fact_if("IPv6", Some(ipv6.join(", ")).filter(|text| !text.is_empty()))
            .fact_if("MAC", self.host.mac.map(|mac| mac.to_string()))
            .fact_if(lang.pick("Link", "Lien"), self.host.link.as_deref().map(|link| shown_link(link, lang)))
            .fact_if(lang.pick("Behind repeater", "Derrière le répéteur"), shown(&self.behind))
            .fact_if(lang.pick("Type", "Type"), shown(&self.r#type))
            .fact_if(lang.pick("Maker", "Fabricant"), shown(&self.vendor))
            .fact_if(lang.pick("Names", "Noms"), Some(names.join(", ")).filter(|text| !text.is_empty()))
            .fact_if(lang.pick("First seen", "Vu pour la première fois"), self.first_seen.clone())
            .fact_if(lang.pick("Last connected", "Dernière connexion"), self.last_connected.clone())
            .fact_if(lang.pick("DHCP reservation", "Réservation DHCP"), self.dhcp_reservation.map(yes_no))
            .fact_if(lang.pick("Internet blocked", "Internet bloqué"), self.internet_blocked.map(yes_no));
        match &self.wifi {
            Some(radio) => page.fact("Wi-Fi", radio.text()),
            None => page,
        }
    }
}

impl Radio {
    /// The link in one line; the units speak both languages.
    fn text(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
        let mbps = |bps: u64| format!("{:.1} Mbit/s", bps as f64 / 1e6);
        let texts = [
            self.rssi_dbm.map(|rssi| format!("{rssi} dBm")),
            self.snr_db.map(|snr| format!("SNR {snr} dB")),
            self.down_bps.map(|rate| format!("↓ {}", mbps(rate))),
            self.up_bps.map(|rate| format!("↑ {}", mbps(rate))),
            self.standard.as_ref().map(|standard| format!("802.11{}", standard.shown())),
            self.width.as_ref().map(|width| width.shown().to_owned()),
            self.security.as_ref().map(|security| security.shown().to_owned()),
        ];
        texts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// A host by the name that it now has.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NamedHost {
    mac: Option<MacAddr>,
    name: Untrusted,
}

impl Show for NamedHost {
    fn show(&self, lang: Lang) -> Page {
        Page::new()
            .fact(lang.pick("Name", "Nom"), self.name.shown())
            .fact_if("MAC", self.mac.map(|mac| mac.to_string()))
    }
}
