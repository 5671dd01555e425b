//! The tools about DHCP reservations.

use std::{net::IpAddr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckedReservation, Reservation, ReservationList, tools::RESERVATION, wire};
use crate::{
    Access, Changed, Context, French, Group, MacAddr, Message, Read, Tool, ToolError,
    host::{self, Host, HostName, HostRef},
    lan::{self, Lan, Reserved},
    net::Ipv4,
    say,
    text::folded,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Lists DHCP reservations: addresses kept for a device.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListReservations {
    /// In name, IP or MAC.
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[arg(long, default_value_t = default_limit(), help = "Most reservations to list")]
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    30
}

impl Tool for ListReservations {
    type Output = ReservationList;
    const GROUP: &'static Group = &RESERVATION;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Liste les réservations DHCP : les adresses gardées pour un appareil.",
        args: &[("search", "Dans le nom, l'IP ou la MAC."), ("limit", "Nombre de réservations au plus.")],
    };
}

impl Read for ListReservations {
    async fn run(self, cx: &Context) -> Result<ReservationList, ToolError> {
        let reserved = lan::reservations(cx).await?;
        let hosts = if reserved.is_empty() { Vec::new() } else { host::all(cx).await? };
        let mut list: Vec<Reservation> = reserved.iter().map(|reserved| named(*reserved, &hosts)).collect();
        let total = list.len();
        if let Some(wanted) = self.search.as_deref().map(folded) {
            list.retain(|reservation| {
                let name = reservation.name.as_ref().is_some_and(|name| name.folded().contains(&wanted));
                let ids = [reservation.ipv4.to_string(), reservation.mac.to_string().to_lowercase()];
                name || ids.iter().any(|id| id.contains(&wanted))
            });
        }
        let matching = list.len();
        list.truncate(self.limit);
        Ok(ReservationList { total, matching, reservations: list })
    }
}

fn named(reserved: Reserved, hosts: &[Host]) -> Reservation {
    let host = hosts.iter().find(|host| host.has_mac(reserved.mac));
    Reservation { name: host.map(|host| host.name.clone()), ipv4: reserved.ip, mac: reserved.mac }
}

/// Reserves an IPv4 address for a device.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddReservation {
    /// Name, IP or MAC, even one never seen.
    #[arg(value_name = "HOST")]
    host: HostRef,
    /// Default: its present address.
    #[arg(long, value_name = "IPV4")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<Ipv4>,
    /// Also renames the device.
    #[arg(long, value_name = "NAME")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<HostName>,
}

impl Tool for AddReservation {
    type Output = Changed<CheckedReservation>;
    const GROUP: &'static Group = &RESERVATION;
    const VERB: &'static str = "add";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "'Pont Hue'";
    const FRENCH: French = French {
        about: "Réserve une adresse IPv4 à un appareil.",
        args: &[
            ("host", "Nom, IP ou MAC, même jamais vue."),
            ("ip", "Son adresse actuelle par défaut."),
            ("name", "Renomme aussi l'appareil."),
        ],
    };
}

impl Read for AddReservation {
    async fn run(self, cx: &Context) -> Result<Changed<CheckedReservation>, ToolError> {
        let hosts = host::all(cx).await?;
        let (mac, known) = match (host::find(&hosts, &self.host), self.host.mac()) {
            (Ok(host), typed) => (typed.or(host.mac).ok_or_else(|| no_mac(host))?, Some(host)),
            (Err(_), Some(mac)) => (mac, None),
            (Err(error), None) => return Err(error),
        };
        let Some(ip) = self.ip.map(|ip| ip.0).or_else(|| known?.ipv4) else {
            return Err(ToolError::Conflict(say!(
                "{mac} has no IPv4 address now: say which one to reserve with `ip`.",
                "{mac} n'a pas d'adresse IPv4 en ce moment : indiquez laquelle réserver avec `ip`."
            )));
        };
        let wanted = Reserved { mac, ip };
        let plan = lan::plan(cx).await?;
        let reserved = lan::reservations(cx).await?;
        let is_so = reserved.contains(&wanted);
        if !is_so {
            check(cx, wanted, plan, &reserved, &hosts).await?;
        }
        let checked = |reserved: Reserved, hosts: &[Host]| CheckedReservation {
            reservation: named(reserved, hosts),
            outside_dhcp_range: plan.and_then(|plan| plan.is_dynamic(reserved.ip)) == Some(false),
            dhcp_off: plan.and_then(|plan| plan.dhcp_enabled) == Some(false),
        };
        let what = self.sentence(wanted, known);
        let before = is_so.then(|| checked(wanted, &hosts));
        if !is_so {
            let sent = send(cx, wanted).await?;
            let read = || lan::reservations(cx);
            let (now, done) = cx.read_back(PATIENCE, read, |now| now.contains(&wanted)).await?;
            if !done {
                let after = now.iter().find(|reserved| reserved.mac == mac);
                let after = after.map(|reserved| checked(*reserved, &hosts));
                return Changed::after(&sent, what, None, after, vec!["ipv4".to_owned()]);
            }
        }
        let Some(name) = &self.name else {
            let after = Some(checked(wanted, &hosts));
            return Ok(if is_so {
                Changed::already_so(what, after)
            } else {
                Changed::applied(what, before, after)
            });
        };
        let renamed = rename(cx, mac, name).await?;
        let after = Some(checked(wanted, &host::all(cx).await?));
        Ok(match renamed {
            Renamed::Already if is_so => Changed::already_so(what, after),
            Renamed::Already | Renamed::Done => Changed::applied(what, before, after),
            Renamed::Not => Changed::differs(what, before, after, vec!["name".to_owned()]),
        })
    }
}

impl AddReservation {
    fn sentence(&self, wanted: Reserved, known: Option<&Host>) -> Message {
        let Reserved { mac, ip } = wanted;
        let host = known.map_or_else(|| mac.to_string(), |host| format!("\"{}\" ({mac})", host.name.shown()));
        match &self.name {
            Some(name) => say!(
                "Reserve {ip} for {host} and call it \"{name}\"",
                "Réserver {ip} à {host} et l'appeler « {name} »"
            ),
            None => say!("Reserve {ip} for {host}", "Réserver {ip} à {host}"),
        }
    }
}

fn no_mac(host: &Host) -> ToolError {
    let name = host.name.shown();
    ToolError::Conflict(say!(
        "The box tells no MAC address for \"{name}\": give the MAC address itself.",
        "La box n'indique pas d'adresse MAC pour « {name} » : donnez l'adresse MAC elle-même."
    ))
}

/// Whether nothing stands against the reservation.
async fn check(
    cx: &Context,
    wanted: Reserved,
    plan: Option<Lan>,
    reserved: &[Reserved],
    hosts: &[Host],
) -> Result<(), ToolError> {
    let Reserved { mac, ip } = wanted;
    if let Some(objection) = plan.and_then(|plan| plan.objection(ip)) {
        return Err(lan::conflict(&objection));
    }
    if let Some(own) = reserved.iter().find(|other| other.mac == mac) {
        let own = own.ip;
        return Err(ToolError::Conflict(say!(
            "{mac} has {own} reserved already. Remove that reservation first (`dhcp-reservation remove`).",
            "{mac} a déjà {own} en réservation. Supprimez d'abord cette réservation (`dhcp-reservation remove`)."
        )));
    }
    if let Some(other) = reserved.iter().find(|other| other.ip == ip) {
        let other = named(*other, hosts);
        return Err(taken(ip, &shown(&other), true));
    }
    let user =
        hosts.iter().find(|host| host.active != Some(false) && host.ipv4 == Some(ip) && !host.has_mac(mac));
    if let Some(user) = user {
        let mac = user.mac.map(|mac| format!(" ({mac})")).unwrap_or_default();
        return Err(taken(ip, &format!("\"{}\"{mac}", user.name.shown()), false));
    }
    let leases = cx.read_optional(&wire::GetLeases { guest: false }).await?.unwrap_or_default();
    let mut leases = wire::leases(&leases, false).into_iter();
    let lease =
        leases.find(|lease| lease.active != Some(false) && lease.ipv4 == Some(ip) && lease.mac != Some(mac));
    match lease.and_then(|lease| lease.mac) {
        Some(user) => Err(taken(ip, &user.to_string(), false)),
        None => Ok(()),
    }
}

fn shown(reservation: &Reservation) -> String {
    match &reservation.name {
        Some(name) => format!("\"{}\" ({})", name.shown(), reservation.mac),
        None => reservation.mac.to_string(),
    }
}

fn taken(ip: std::net::Ipv4Addr, by: &str, reserved: bool) -> ToolError {
    ToolError::Conflict(if reserved {
        say!(
            "{ip} is reserved for {by} already. Choose another address, or remove that reservation first.",
            "{ip} est déjà réservée à {by}. Choisissez une autre adresse, ou supprimez d'abord cette réservation."
        )
    } else {
        say!(
            "{ip} is in use by {by} now. Choose another address.",
            "{ip} est utilisée en ce moment par {by}. Choisissez une autre adresse."
        )
    })
}

async fn send(cx: &Context, wanted: Reserved) -> Result<crate::Sent<sysbus::Ignored>, ToolError> {
    let Reserved { mac, ip } = wanted;
    match cx.write(&wire::AddStaticLease { mac, ip }).await {
        Err(ToolError::Box(error)) if error.codes().any(|code| code == wire::RESERVED) => {
            Err(ToolError::Conflict(say!(
                "The box says that {ip} is reserved already.",
                "La box indique que {ip} est déjà réservée."
            )))
        }
        other => other,
    }
}

/// What became of the name.
enum Renamed {
    Already,
    Done,
    /// The box does not know the device yet, or did not take the name.
    Not,
}

async fn rename(cx: &Context, mac: MacAddr, name: &HostName) -> Result<Renamed, ToolError> {
    let hosts = host::all(cx).await?;
    let Some(host) = hosts.iter().find(|host| host.has_mac(mac)) else { return Ok(Renamed::Not) };
    match host::rename(cx, host, name).await {
        Ok(changed) => Ok(match changed.outcome() {
            crate::Outcome::AlreadySo => Renamed::Already,
            crate::Outcome::Applied => Renamed::Done,
            _ => Renamed::Not,
        }),
        // The reservation stands: that must not hide behind the name.
        Err(ToolError::Box(_) | ToolError::Failed(_)) => Ok(Renamed::Not),
        Err(error) => Err(error),
    }
}

/// Removes a device's DHCP reservation.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveReservation {
    /// Device (name, MAC) or reserved IP.
    #[arg(value_name = "HOST")]
    host: HostRef,
}

impl Tool for RemoveReservation {
    type Output = Changed<Reservation>;
    const GROUP: &'static Group = &RESERVATION;
    const VERB: &'static str = "remove";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "'Imprimante Brother'";
    const FRENCH: French = French {
        about: "Supprime la réservation DHCP d'un appareil.",
        args: &[("host", "Appareil (nom, MAC) ou IP réservée.")],
    };
}

impl Read for RemoveReservation {
    async fn run(self, cx: &Context) -> Result<Changed<Reservation>, ToolError> {
        let list = lan::reservations(cx).await?;
        let hosts = host::all(cx).await?;
        let reserved = self.find(&list, &hosts)?;
        let before = named(reserved, &hosts);
        let (ip, shown) = (reserved.ip, shown(&before));
        let what = say!(
            "Remove the reservation of {ip} for {shown}",
            "Supprimer la réservation de {ip} pour {shown}"
        );
        let sent = cx.write(&wire::DeleteStaticLease { mac: reserved.mac }).await?;
        let (now, gone) =
            cx.read_back(PATIENCE, || lan::reservations(cx), |now| !now.contains(&reserved)).await?;
        let left = now.iter().find(|other| other.mac == reserved.mac).map(|other| named(*other, &hosts));
        let differing = if gone { Vec::new() } else { vec!["ipv4".to_owned()] };
        Changed::after(&sent, what, Some(before), left, differing)
    }
}

impl RemoveReservation {
    /// The reservation that is meant. Hosts with one come before others of that name.
    fn find(&self, list: &[Reserved], hosts: &[Host]) -> Result<Reserved, ToolError> {
        let of = |host: &Host| list.iter().find(|reserved| host.has_mac(reserved.mac)).copied();
        let direct = list.iter().find(|reserved| {
            Some(reserved.mac) == self.host.mac() || Some(IpAddr::V4(reserved.ip)) == self.host.ip()
        });
        if let Some(direct) = direct {
            return Ok(*direct);
        }
        let with: Vec<Host> = hosts.iter().filter(|host| of(host).is_some()).cloned().collect();
        if let Some(reserved) = host::find(&with, &self.host).ok().and_then(of) {
            return Ok(reserved);
        }
        let typed = self.host.quoted();
        let typed = match host::find(hosts, &self.host) {
            Ok(host) => host.name.shown(),
            Err(_) if self.host.mac().is_some() || self.host.ip().is_some() => typed.shown(),
            Err(error) => return Err(error),
        };
        Err(ToolError::Conflict(say!(
            "No address is reserved for `{typed}`. `dhcp-reservation list` (tool dhcp_reservation_list) shows the reservations.",
            "Aucune adresse n'est réservée pour « {typed} ». « dhcp-reservation list » (outil dhcp_reservation_list) montre les réservations."
        )))
    }
}
