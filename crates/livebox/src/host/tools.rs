//! The tools about LAN hosts.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    Host, HostDetails, HostList, HostRef, Link, all, all_in, find,
    rename::{RenameHost, RestoreName},
    wire,
};
use crate::{
    Access, Band, Context, French, Group, MacAddr, Message, Read, Tool, ToolDef, ToolError, Untrusted, lan,
    net::textual, say, text::folded,
};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ListHosts>(),
    ToolDef::read::<ShowHost>(),
    ToolDef::change::<RenameHost>(),
    ToolDef::change::<RestoreName>(),
];

pub(super) const HOST: Group =
    Group { name: "host", english: "Devices of the home network", french: "Les appareils du réseau local" };

fn default_limit() -> usize {
    20
}

/// Lists devices of the home network: those connected now, or all known.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListHosts {
    /// Also those away.
    #[arg(long)]
    #[serde(default)]
    all: bool,
    /// Only on this link.
    #[arg(long, value_name = "LINK", help = "Only on this link: ethernet, wifi, 2.4, 5, 6 or guest")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<LinkFilter>,
    /// In name, IP, MAC, type or maker.
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[arg(long, default_value_t = default_limit(), help = "Most hosts to list")]
    #[serde(default = "default_limit")]
    limit: usize,
}

impl Tool for ListHosts {
    type Output = HostList;
    const GROUP: &'static Group = &HOST;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "--link 5";
    const FRENCH: French = French {
        about: "Liste les appareils du réseau local : ceux connectés, ou tous ceux connus.",
        args: &[
            ("all", "Aussi les absents."),
            ("link", "Seulement sur ce lien : ethernet, wifi, 2.4, 5, 6 ou guest (réseau invité)."),
            ("search", "Dans le nom, l'IP, la MAC, le type ou le fabricant."),
            ("limit", "Nombre d'appareils au plus."),
        ],
    };
}

impl Read for ListHosts {
    async fn run(self, cx: &Context) -> Result<HostList, ToolError> {
        let hosts = all(cx).await?;
        let search = self.search.as_deref().map(Search::new);
        let fits: Vec<&Host> = hosts
            .iter()
            .filter(|host| self.all || host.active != Some(false))
            .filter(|host| self.link.is_none_or(|link| link.fits(host)))
            .filter(|host| search.as_ref().is_none_or(|search| search.fits(host)))
            .collect();
        Ok(HostList {
            active: hosts
                .iter()
                .all(|host| host.active.is_some())
                .then(|| hosts.iter().filter(|host| host.is_active()).count()),
            known: hosts.len(),
            matching: fits.len(),
            hosts: fits.into_iter().take(self.limit).map(Into::into).collect(),
        })
    }
}

/// A text to look for in what is known of a host.
struct Search {
    name: String,
    /// Hexadecimal digits only, to find a MAC address however it is written.
    digits: Option<String>,
}

impl Search {
    fn new(text: &str) -> Self {
        let name = folded(text);
        let bare: String = name.chars().filter(|c| !matches!(c, ':' | '-' | ' ')).collect();
        let is_hex = bare.len() >= 4 && bare.chars().all(|c| c.is_ascii_hexdigit());
        Self { name, digits: is_hex.then_some(bare) }
    }

    fn fits(&self, host: &Host) -> bool {
        let texts = [Some(&host.name), host.kind.as_ref(), host.vendor.as_ref()];
        let names = host.names.iter().flatten().map(|name| &name.name);
        texts.into_iter().flatten().chain(names).any(|text| text.folded().contains(&self.name))
            || host.ipv4.is_some_and(|ip| ip.to_string().contains(&self.name))
            || host.ipv6.iter().flatten().any(|ip| ip.to_string().contains(&self.name))
            || self
                .digits
                .as_ref()
                .is_some_and(|digits| host.mac.is_some_and(|mac| bare(mac).contains(digits)))
    }
}

fn bare(mac: MacAddr) -> String {
    mac.to_string().replace(':', "").to_ascii_lowercase()
}

/// A kind of link to list the hosts of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFilter {
    /// By cable.
    Ethernet,
    /// By radio, whatever the band.
    Wifi,
    /// On that band.
    Band(Band),
    /// On the guest network.
    Guest,
}

impl LinkFilter {
    fn fits(self, host: &Host) -> bool {
        match (self, &host.link) {
            (Self::Guest, _) => host.guest,
            (Self::Ethernet, Link::Ethernet { .. }) | (Self::Wifi, Link::Wifi { .. }) => true,
            (Self::Band(wanted), Link::Wifi { band }) => *band == Some(wanted),
            _ => false,
        }
    }
}

impl FromStr for LinkFilter {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        match folded(text).as_str() {
            "ethernet" | "eth" | "cable" => Ok(Self::Ethernet),
            "wifi" | "wi-fi" => Ok(Self::Wifi),
            "guest" | "invite" => Ok(Self::Guest),
            other => other.parse().map(Self::Band).map_err(|_| {
                let text = Untrusted::clean(text);
                let text = text.in_quotes();
                say!(
                    "`{text}` is not a link: write ethernet, wifi, 2.4, 5, 6 or guest",
                    "« {text} » n'est pas un lien : écrivez ethernet, wifi, 2.4, 5, 6 ou guest"
                )
            }),
        }
    }
}

impl fmt::Display for LinkFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ethernet => f.write_str("ethernet"),
            Self::Wifi => f.write_str("wifi"),
            Self::Band(band) => band.fmt(f),
            Self::Guest => f.write_str("guest"),
        }
    }
}

textual!(
    LinkFilter,
    schemars::json_schema!({ "type": "string", "enum": ["ethernet", "wifi", "2.4", "5", "6", "guest"] })
);

/// Shows everything known of one device of the home network.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowHost {
    /// Name, IP or MAC.
    #[arg(value_name = "HOST")]
    host: HostRef,
}

impl Tool for ShowHost {
    type Output = HostDetails;
    const GROUP: &'static Group = &HOST;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "nas-familial";
    const FRENCH: French = French {
        about: "Montre tout ce que l'on sait d'un appareil du réseau local.",
        args: &[("host", "Nom, IP ou MAC.")],
    };
}

impl Read for ShowHost {
    async fn run(self, cx: &Context) -> Result<HostDetails, ToolError> {
        let (hosts, requests) = all_in(cx).await?;
        let host = find(&hosts, &self.host)?;
        let mut details = HostDetails::new(host);
        if let Some(mac) = host.mac {
            details.internet_blocked = match aside(cx, &wire::GetSchedule::of(mac)).await {
                _ if host.wan_blocked == Some(true) => Some(true),
                Ok(Some(plan)) if plan.is_odd() => None,
                Ok(Some(plan)) => plan.get().map_or(Some(false), wire::Schedule::is_blocking),
                Ok(None) => host.wan_blocked,
                // A plan there is, but not which.
                Err(ToolError::Box(sysbus::Error::NotUnderstood { .. })) => None,
                Err(error) => return Err(error),
            };
        }
        // At most one more question: a host with an address says itself whether it is reserved, and one without is
        // behind no repeater.
        if requests > 1 {
            return Ok(details);
        }
        if host.reserved.is_none() {
            details.dhcp_reservation = match lan::reservations(cx).await {
                Ok(list) => Some(list.iter().any(|reserved| host.has_mac(reserved.mac))),
                Err(ToolError::Box(error)) if is_about_the_call(&error) => None,
                Err(error) => return Err(error),
            };
        } else if host.is_active() && hosts.iter().any(|other| other.repeater && other.is_active()) {
            let tree = aside(cx, &wire::GetTree { flags: "no_actions" }).await?;
            details.behind = tree.and_then(|tree| tree.repeater_of(&host.key));
        }
        Ok(details)
    }
}

/// Asks something that the answer can do without: `None` when this box does not answer it.
async fn aside<C: sysbus::Call>(cx: &Context, call: &C) -> Result<Option<C::Reply>, ToolError> {
    match cx.read(call).await {
        Ok(reply) => Ok(Some(reply)),
        Err(ToolError::Box(error)) if is_about_the_call(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the fault is about this one call, so that others may well work.
fn is_about_the_call(error: &sysbus::Error) -> bool {
    use sysbus::Error;
    matches!(
        error,
        Error::Absent { .. } | Error::Denied { .. } | Error::Refused { .. } | Error::NotUnderstood { .. }
    )
}
