//! The tools about DHCP reservations.

use std::{net::IpAddr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckedReservation, Reservation, ReservationList, VOLATILE, tools::RESERVATION, wire};
use crate::{
    Access, Audience, Change, Changed, Context, Draft, French, Group, MacAddr, Message, Prepared, Read, Sent,
    Tool, ToolError,
    host::{self, Host, HostName, HostRef, Naming},
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

/// Which reservation, and whether its device got a name with it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Which {
    mac: MacAddr,
    #[serde(default)]
    named: bool,
}

impl Change for AddReservation {
    type State = CheckedReservation;
    type Subject = Which;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<CheckedReservation>, ToolError> {
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
        let view = View { plan: lan::plan(cx).await?, named: self.name.is_some() };
        let reserved = lan::reservations(cx).await?;
        let is_so = reserved.contains(&wanted);
        if !is_so {
            check(cx, wanted, view.plan, &reserved, &hosts).await?;
        }
        let what = self.sentence(wanted, known);
        let before = is_so.then(|| view.of(wanted, &hosts));
        // A device that the box has not seen has no key yet; it is the MAC address.
        let key = known.map_or_else(|| mac.to_string(), |host| host.key.clone());
        let naming = self.name.map(|name| Naming { key, name: Some(name) });
        let naming = naming.filter(|naming| !known.is_some_and(|host| naming.is_so(host)));
        if is_so && naming.is_none() {
            return Ok(Prepared::already_so(what, before));
        }
        let mut after = view.of(wanted, &hosts);
        if let Some(naming) = &naming {
            after.given_name = naming.shown();
            after.reservation.name = naming.shown();
        }
        let mut draft =
            Draft::new(what.clone(), &Which { mac, named: view.named }).turns(before.as_ref(), Some(&after));
        if !is_so {
            draft = draft.sends(&wire::AddStaticLease { mac, ip });
        }
        draft = match (&naming, known) {
            (Some(naming), Some(host)) => {
                let draft = naming.planned_in(draft, None);
                if is_so { host::undone(draft, host) } else { take_back(draft, mac, Naming::of(host)) }
            }
            (Some(naming), None) => {
                let unnamed = Naming { name: None, ..naming.clone() };
                take_back(
                    naming.planned_in(
                        draft,
                        Some(say!("once the box knows the device", "une fois l'appareil connu de la box")),
                    ),
                    mac,
                    Some(unnamed),
                )
            }
            (None, _) => draft.undone_by(&RemoveReservation { host: mac.into() }),
        };
        draft.then(move |cx| async move {
            if !is_so {
                let sent = send(&cx, wanted).await?;
                let read = || lan::reservations(&cx);
                let (now, done) = cx.read_back(PATIENCE, read, |now| now.contains(&wanted)).await?;
                if !done {
                    let after = now.iter().find(|reserved| reserved.mac == mac);
                    let after = after.map(|reserved| view.of(*reserved, &hosts));
                    return Changed::after(&sent, what, None, after, vec!["ipv4".to_owned()]);
                }
            }
            let Some(naming) = naming else {
                let after = Some(view.of(wanted, &hosts));
                return Ok(Changed::applied(what, before, after));
            };
            let named = give(&cx, mac, &naming).await?;
            let after = Some(view.of(wanted, &host::all(&cx).await?));
            let differing = if named { Vec::new() } else { vec!["name".to_owned()] };
            Ok(Changed::verified(what, before, after, differing))
        })
    }

    async fn observe(cx: &Context, which: Which) -> Result<Option<CheckedReservation>, ToolError> {
        observe(cx, which).await
    }
}

/// How a reservation is looked at.
#[derive(Clone, Copy)]
struct View {
    plan: Option<Lan>,
    named: bool,
}

impl View {
    fn of(self, reserved: Reserved, hosts: &[Host]) -> CheckedReservation {
        let host = hosts.iter().find(|host| host.has_mac(reserved.mac));
        let given = host.filter(|_| self.named).and_then(Host::given_name);
        CheckedReservation {
            reservation: named(reserved, hosts),
            given_name: given.map(|given| given.base.clone()),
            outside_dhcp_range: self.plan.and_then(|plan| plan.is_dynamic(reserved.ip)) == Some(false),
            dhcp_off: self.plan.and_then(|plan| plan.dhcp_enabled) == Some(false),
        }
    }
}

async fn observe(cx: &Context, which: Which) -> Result<Option<CheckedReservation>, ToolError> {
    let list = lan::reservations(cx).await?;
    let Some(reserved) = list.iter().find(|reserved| reserved.mac == which.mac) else { return Ok(None) };
    let view = View { plan: lan::plan(cx).await?, named: which.named };
    Ok(Some(view.of(*reserved, &host::all(cx).await?)))
}

/// The way back from a reservation that came with a name; `former`: the naming before, where it can be given again.
fn take_back(draft: Draft, mac: MacAddr, former: Option<Naming>) -> Draft {
    match former {
        Some(Naming { name, .. }) => draft.undone_by(&TakeBack { mac, name }),
        None => draft.undone_by(&RemoveReservation { host: mac.into() }).note(say!(
            "Undo removes the reservation and leaves the new name: the former one cannot be given again.",
            "L'annulation supprime la réservation et laisse le nouveau nom : l'ancien ne peut pas être redonné."
        )),
    }
}

/// Names the device. The reservation stands: that must not hide behind a name that the box did not take.
async fn give(cx: &Context, mac: MacAddr, naming: &Naming) -> Result<bool, ToolError> {
    let hosts = host::all(cx).await?;
    match hosts.iter().find(|host| host.has_mac(mac)) {
        // The box does not know the device yet, or under another key than the planned one.
        None => return Ok(false),
        Some(host) if host.key != naming.key => return Ok(false),
        Some(host) if naming.is_so(host) => return Ok(true),
        Some(_) => {}
    }
    match naming.carry_out(cx).await {
        Ok((_, _, named)) => Ok(named),
        Err(ToolError::Box(_) | ToolError::Failed(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

impl AddReservation {
    fn sentence(&self, wanted: Reserved, known: Option<&Host>) -> Message {
        let Reserved { mac, ip } = wanted;
        let host =
            known.map_or_else(|| mac.to_string(), |host| format!("{mac} (\"{}\")", host.name.in_quotes()));
        match self.name.as_ref().map(HostName::in_quotes) {
            Some(name) => say!(
                "Reserve {ip} for {host} and call it \"{name}\"",
                "Réserver {ip} à {host} et l'appeler « {name} »"
            ),
            None => say!("Reserve {ip} for {host}", "Réserver {ip} à {host}"),
        }
    }
}

fn no_mac(host: &Host) -> ToolError {
    let name = host.name.in_quotes();
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
        let name = user.name.in_quotes();
        let by = user.mac.map_or_else(|| format!("\"{name}\""), |mac| format!("{mac} (\"{name}\")"));
        return Err(taken(ip, &by, false));
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
        Some(name) => format!("{} (\"{}\")", reservation.mac, name.in_quotes()),
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

async fn send(cx: &Context, wanted: Reserved) -> Result<Sent<sysbus::Ignored>, ToolError> {
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

impl Change for RemoveReservation {
    type State = Reservation;
    type Subject = Which;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Reservation>, ToolError> {
        let list = lan::reservations(cx).await?;
        let hosts = host::all(cx).await?;
        let reserved = self.find(&list, &hosts)?;
        let before = named(reserved, &hosts);
        let (Reserved { mac, ip }, shown) = (reserved, shown(&before));
        let what = say!(
            "Remove the reservation of {ip} for {shown}",
            "Supprimer la réservation de {ip} pour {shown}"
        );
        let draft = Draft::new(what.clone(), &Which { mac, named: false })
            .turns(Some(&before), None)
            .sends(&wire::DeleteStaticLease { mac })
            .undone_by(&AddReservation { host: mac.into(), ip: Some(Ipv4(ip)), name: None });
        telling_place(draft, &list).then(move |cx| async move {
            let (sent, left) = remove(&cx, reserved).await?;
            let differing = if left.is_none() { Vec::new() } else { vec!["ipv4".to_owned()] };
            let left = left.map(|left| named(left, &hosts));
            Changed::after(&sent, what, Some(before), left, differing)
        })
    }

    async fn observe(cx: &Context, which: Which) -> Result<Option<Reservation>, ToolError> {
        Ok(observe(cx, which).await?.map(|checked| checked.reservation))
    }
}

/// Says of a removal what its undo does not give back: the box adds a reservation behind all others. Making those behind
/// it anew would take their addresses away for a moment, for an order that means nothing.
fn telling_place(draft: Draft, list: &[Reserved]) -> Draft {
    if list.len() < 2 {
        return draft;
    }
    draft.note(say!(
        "Undo puts the reservation last in the box's list, wherever it stood: to devices, the order makes no difference.",
        "L'annulation remet la réservation en dernier dans la liste de la box, où qu'elle ait été : pour les appareils, l'ordre ne change rien."
    ))
}

/// Removes a reservation and reads back; returns what is left of it.
async fn remove(
    cx: &Context,
    reserved: Reserved,
) -> Result<(Sent<sysbus::Ignored>, Option<Reserved>), ToolError> {
    let sent = cx.write(&wire::DeleteStaticLease { mac: reserved.mac }).await?;
    let (now, _) = cx.read_back(PATIENCE, || lan::reservations(cx), |now| !now.contains(&reserved)).await?;
    Ok((sent, now.into_iter().find(|other| other.mac == reserved.mac)))
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
            Ok(host) => host.name.in_quotes(),
            Err(_) if self.host.mac().is_some() || self.host.ip().is_some() => typed.in_quotes(),
            Err(error) => return Err(error),
        };
        Err(ToolError::Conflict(say!(
            "No address is reserved for `{typed}`. `dhcp-reservation list` (tool dhcp_reservation_list) shows the reservations.",
            "Aucune adresse n'est réservée pour « {typed} ». « dhcp-reservation list » (outil dhcp_reservation_list) montre les réservations."
        )))
    }
}

/// Removes a reservation and gives its device the former name back, or none.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeBack {
    /// MAC address of the device.
    mac: MacAddr,
    /// Former name; none: a person had given none.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<HostName>,
}

impl Tool for TakeBack {
    type Output = Changed<CheckedReservation>;
    const GROUP: &'static Group = &RESERVATION;
    const VERB: &'static str = "clear";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "02:00:00:00:00:42";
    const FRENCH: French = French {
        about: "Supprime une réservation et rend son ancien nom à l'appareil, ou aucun.",
        args: &[("mac", "Adresse MAC de l'appareil."), ("name", "Ancien nom.")],
    };
    const AUDIENCE: Audience = Audience::Undo;
}

impl Change for TakeBack {
    type State = CheckedReservation;
    type Subject = Which;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<CheckedReservation>, ToolError> {
        let mac = self.mac;
        let which = Which { mac, named: true };
        let before = observe(cx, which).await?;
        let what = say!(
            "Remove the reservation for {mac} and its device's new name",
            "Supprimer la réservation de {mac} et le nouveau nom de l'appareil"
        );
        let Some(ip) = before.as_ref().map(|before| before.reservation.ipv4) else {
            return Ok(Prepared::already_so(what, None));
        };
        let hosts = host::all(cx).await?;
        let host = hosts.iter().find(|host| host.has_mac(mac));
        let naming = host.map(|host| Naming { key: host.key.clone(), name: self.name });
        let naming = naming.filter(|naming| !host.is_some_and(|host| naming.is_so(host)));
        let mut draft = Draft::new(what.clone(), &which)
            .turns(before.as_ref(), None)
            .sends(&wire::DeleteStaticLease { mac });
        if let Some(naming) = &naming {
            draft = naming.planned_in(draft, None);
        }
        let name = host.and_then(Naming::of).and_then(|now| now.name);
        draft = telling_place(draft, &lan::reservations(cx).await?);
        draft.undone_by(&AddReservation { host: mac.into(), ip: Some(Ipv4(ip)), name }).then(
            move |cx| async move {
                let (sent, left) = remove(&cx, Reserved { mac, ip }).await?;
                if left.is_some() {
                    let left = observe(&cx, which).await?;
                    return Changed::after(&sent, what, before, left, vec!["ipv4".to_owned()]);
                }
                let named = match &naming {
                    Some(naming) => give(&cx, mac, naming).await?,
                    None => true,
                };
                let differing = if named { Vec::new() } else { vec!["name".to_owned()] };
                Ok(Changed::verified(what, before, None, differing))
            },
        )
    }

    async fn observe(cx: &Context, which: Which) -> Result<Option<CheckedReservation>, ToolError> {
        observe(cx, which).await
    }
}
