//! Changing how the home network is addressed.

use std::{net::Ipv4Addr, ops::RangeInclusive, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::Ignored;

use super::{
    Addressing, Reserved,
    tools::{LAN, read},
    wire,
};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Message, Prepared, Risk, Sent, Tool, ToolError,
    Watch,
    host::{self, Host},
    net::Ipv4,
    say,
};

/// Shorter leases keep everybody busy, and a month is more than any home needs.
const LEASE_S: RangeInclusive<u32> = 120..=2_592_000;

/// Everybody has to find the box again, some only once their link was down for a moment.
const MOVING: Watch = Watch { box_s: 300, internet_s: 360, settle_s: 30 };

/// Changes the box's own address or what its DHCP server gives; the rest stays. Another address cuts everybody off.
#[derive(Debug, Default, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetLan {
    /// Of the box.
    #[arg(long, value_name = "IPV4")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ipv4: Option<Ipv4>,
    #[arg(long, value_name = "BITS", help = "Of the network, such as 24")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix_length: Option<u8>,
    /// Whether the box gives addresses.
    #[arg(long, value_name = "BOOL", help = "Whether the box gives addresses: true or false")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dhcp: Option<bool>,
    #[arg(long, value_name = "IPV4", help = "First address it gives")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dhcp_first: Option<Ipv4>,
    #[arg(long, value_name = "IPV4", help = "Last address it gives")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dhcp_last: Option<Ipv4>,
    #[arg(long, value_name = "SECONDS", help = "How long it gives them")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease_s: Option<u32>,
}

impl Tool for SetLan {
    type Output = Changed<Addressing>;
    const GROUP: &'static Group = &LAN;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "--dhcp-last 192.168.1.199";
    const FRENCH: French = French {
        about: "Change l'adresse de la box ou ce que donne son serveur DHCP ; le reste demeure. Une autre adresse coupe tout le monde.",
        args: &[
            ("ipv4", "De la box."),
            ("prefix_length", "Du réseau, par exemple 24."),
            ("dhcp", "Si la box donne des adresses : true ou false."),
            ("dhcp_first", "Première adresse donnée."),
            ("dhcp_last", "Dernière adresse donnée."),
            ("lease_s", "Durée des baux, en secondes."),
        ],
    };
}

impl SetLan {
    /// The order that takes a change back: what it does not touch is left to whoever changed that since.
    fn back(now: &Addressing, wanted: &Addressing) -> Self {
        fn undone<T: PartialEq>(now: T, wanted: &T) -> Option<T> {
            (now != *wanted).then_some(now)
        }
        Self {
            ipv4: undone(now.ipv4, &wanted.ipv4).map(Ipv4),
            prefix_length: undone(now.prefix_length, &wanted.prefix_length),
            dhcp: undone(now.dhcp, &wanted.dhcp).flatten(),
            dhcp_first: undone(now.dhcp_first, &wanted.dhcp_first).flatten().map(Ipv4),
            dhcp_last: undone(now.dhcp_last, &wanted.dhcp_last).flatten().map(Ipv4),
            lease_s: undone(now.lease_s, &wanted.lease_s).flatten(),
        }
    }

    fn check_values(&self) -> Result<(), ToolError> {
        let Self { ipv4, prefix_length, dhcp, dhcp_first, dhcp_last, lease_s } = self;
        let given = ipv4.is_some() || prefix_length.is_some() || dhcp.is_some() || lease_s.is_some();
        if !given && dhcp_first.is_none() && dhcp_last.is_none() {
            return Err(ToolError::Arguments(say!(
                "Nothing to set: give at least one of ipv4, prefix_length, dhcp, dhcp_first, dhcp_last, lease_s.",
                "Rien à régler : donnez au moins l'un de ipv4, prefix_length, dhcp, dhcp_first, dhcp_last, lease_s."
            )));
        }
        if let Some(seconds) = lease_s.filter(|seconds| !LEASE_S.contains(seconds)) {
            let (least, most) = (LEASE_S.start(), LEASE_S.end());
            return Err(ToolError::Arguments(say!(
                "A lease lasts {least} to {most} seconds, not {seconds}.",
                "Un bail dure de {least} à {most} secondes, pas {seconds}."
            )));
        }
        Ok(())
    }

    /// The addressing with what was given. In another network, a range that was not given moves along.
    fn applied_to(&self, now: &Addressing) -> Addressing {
        let mut wanted = Addressing {
            ipv4: self.ipv4.map_or(now.ipv4, |ip| ip.0),
            prefix_length: self.prefix_length.unwrap_or(now.prefix_length),
            dhcp: self.dhcp.or(now.dhcp),
            lease_s: self.lease_s.or(now.lease_s),
            ..*now
        };
        if let Some(net) = wanted.net().filter(|_| wanted.network() != now.network())
            && let Some((first, last)) = now.range_in(net)
        {
            (wanted.dhcp_first, wanted.dhcp_last) = (Some(first), Some(last));
        }
        wanted.dhcp_first = self.dhcp_first.map(|ip| ip.0).or(wanted.dhcp_first);
        wanted.dhcp_last = self.dhcp_last.map(|ip| ip.0).or(wanted.dhcp_last);
        wanted
    }
}

impl Change for SetLan {
    type State = Addressing;
    type Subject = ();
    const BY_FIELD: bool = true;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Addressing>, ToolError> {
        self.check_values()?;
        let (now, bridge) = read(cx).await?;
        let wanted = self.applied_to(&now);
        let what = sentence(&now, &wanted);
        if now == wanted {
            return Ok(Prepared::already_so(what, Some(now)));
        }
        let (moves, resizes) = (now.ipv4 != wanted.ipv4, now.network() != wanted.network());
        let reserved = super::reservations(cx).await?;
        let pools = if resizes { cx.read_optional(&wire::GetPools {}).await? } else { None };
        let guests = pools.and_then(|pools| wire::guest_net(&pools));
        // What was odd before does not stand against another setting.
        if now.place() != wanted.place() {
            wanted.check(guests, &reserved)?;
        }
        let hosts = if moves || resizes { host::all(cx).await? } else { Vec::new() };
        if moves
            && let Some(user) = hosts.iter().find(|host| host.is_active() && host.ipv4 == Some(wanted.ipv4))
        {
            return Err(in_use(wanted.ipv4, user));
        }
        let orders = Orders::new(bridge.as_ref(), &now, &wanted)?;
        let mut draft = orders
            .planned_in(Draft::new(what.clone(), &()).turns(Some(&now), Some(&wanted)))
            .undone_by(&Self::back(&now, &wanted))
            .watched(if moves { MOVING } else { Watch::USUAL });
        draft = consequences(draft, &now, &wanted);
        if resizes {
            draft = reserved_elsewhere(draft, &reserved, &hosts, &wanted);
        }
        draft.then(move |cx| async move {
            if moves {
                cx.session().may_move(now.ipv4.into(), wanted.ipv4.into());
            }
            let sent = match orders.send(&cx).await {
                Ok(sent) => sent,
                Err(error) => {
                    cx.session().settled();
                    return Err(error);
                }
            };
            let patience = Duration::from_secs(if moves { 120 } else { 20 });
            let look = || async { Ok(read(&cx).await?.0) };
            let (after, _) = cx.read_back(patience, look, |after| wanted.differing(after).is_empty()).await?;
            cx.session().settled();
            let differing = wanted.differing(&after);
            Changed::after(&sent, what, Some(now), Some(after), differing)
        })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Addressing>, ToolError> {
        Ok(Some(read(cx).await?.0))
    }
}

fn in_use(ip: Ipv4Addr, host: &Host) -> ToolError {
    let name = host.name.in_quotes();
    ToolError::Conflict(say!(
        "{ip} is in use by \"{name}\" now. Choose another address.",
        "{ip} est utilisée en ce moment par « {name} ». Choisissez une autre adresse."
    ))
}

/// What is done, from what differs.
fn sentence(now: &Addressing, wanted: &Addressing) -> Message {
    let (mut english, mut french) = (Vec::new(), Vec::new());
    let mut add = |words: [String; 2]| {
        let [one, other] = words;
        english.push(one);
        french.push(other);
    };
    let nothing = now == wanted;
    if nothing || now.ipv4 != wanted.ipv4 || now.prefix_length != wanted.prefix_length {
        let (ip, bits) = (wanted.ipv4, wanted.prefix_length);
        add([format!("box at {ip}/{bits}"), format!("box à l'adresse {ip}/{bits}")]);
    }
    match wanted.dhcp.filter(|_| now.dhcp != wanted.dhcp) {
        Some(true) => add(["DHCP on".to_owned(), "DHCP activé".to_owned()]),
        Some(false) => add(["DHCP off".to_owned(), "DHCP désactivé".to_owned()]),
        None => {}
    }
    if let Some((first, last)) = wanted.dhcp_first.zip(wanted.dhcp_last)
        && (now.dhcp_first, now.dhcp_last) != (wanted.dhcp_first, wanted.dhcp_last)
    {
        add([format!("DHCP range {first} – {last}"), format!("plage DHCP {first} – {last}")]);
    }
    if let Some(seconds) = wanted.lease_s.filter(|_| now.lease_s != wanted.lease_s) {
        add([format!("leases of {seconds} s"), format!("baux de {seconds} s")]);
    }
    let (english, french) = (english.join(", "), french.join(", "));
    say!("Home network: {english}", "Réseau local : {french}")
}

/// What people will notice.
fn consequences(mut draft: Draft, now: &Addressing, wanted: &Addressing) -> Draft {
    let (moves, resizes) = (now.ipv4 != wanted.ipv4, now.network() != wanted.network());
    let stops = now.dhcp != wanted.dhcp && wanted.dhcp == Some(false);
    if moves || resizes {
        draft = draft.typed("lan").cuts(
            say!(
                "every connection of the home network, this one included",
                "toutes les connexions du réseau local, celle-ci comprise"
            ),
            Some(Duration::from_secs(120)),
        );
    } else if stops {
        draft = draft.typed("lan").cuts(
            say!(
                "each device whose lease ends, unless something else gives addresses",
                "chaque appareil dont le bail prend fin, sauf si autre chose donne des adresses"
            ),
            None,
        );
    } else {
        draft = draft.risk(Risk::Medium);
    }
    if moves {
        let ip = wanted.ipv4;
        draft = draft.note(say!(
            "The box will answer at http://{ip}/: livebox-mcp follows it there, other programs and bookmarks do not.",
            "La box répondra à l'adresse http://{ip}/ : livebox-mcp l'y suit, les autres programmes et les favoris non."
        ));
    }
    if resizes {
        draft = draft.note(say!(
            "Each device, this computer too, needs an address of the new network: reconnect those that do not come back. Port forwarding, DMZ and pinholes may still name former addresses.",
            "Chaque appareil, cet ordinateur aussi, doit obtenir une adresse du nouveau réseau : reconnectez ceux qui ne reviennent pas. Les redirections de ports, la DMZ et les ouvertures IPv6 peuvent désigner encore d'anciennes adresses."
        ));
    }
    draft
}

/// Names the reservations that the new network does not hold, a line each: see `host::describe` on why.
fn reserved_elsewhere(draft: Draft, reserved: &[Reserved], hosts: &[Host], wanted: &Addressing) -> Draft {
    const SHOWN: usize = 5;
    let outside: Vec<String> = reserved
        .iter()
        .filter(|reserved| !wanted.network().is_some_and(|net| net.contains(&reserved.ip)))
        .map(|reserved| {
            let host = hosts.iter().find(|host| host.has_mac(reserved.mac));
            let name = host
                .map_or_else(|| reserved.mac.to_string(), |host| format!("\"{}\"", host.name.in_quotes()));
            format!("{} ({name})", reserved.ip)
        })
        .collect();
    if outside.is_empty() {
        return draft;
    }
    let count = outside.len();
    let draft = draft.note(say!(
        "Outside of the new network lie {count} reservations, which the box may move or drop:",
        "Hors du nouveau réseau se trouvent {count} réservations, que la box peut déplacer ou supprimer :"
    ));
    let draft = outside.iter().take(SHOWN).fold(draft, |draft, one| draft.note(say!("- {one}", "- {one}")));
    if count > SHOWN { draft.note(say!("- …", "- …")) } else { draft }
}

/// The calls that make the change: the present one, and the older one for a box that lacks it.
struct Orders {
    bridge: Option<wire::SetBridge>,
    lan_ip: wire::SetLanIp,
}

impl Orders {
    fn new(read: Option<&wire::Bridge>, now: &Addressing, wanted: &Addressing) -> Result<Self, ToolError> {
        let (Some(dhcp), Some(first), Some(last)) = (wanted.dhcp, wanted.dhcp_first, wanted.dhcp_last) else {
            return Err(ToolError::Conflict(say!(
                "The box does not tell all of its DHCP settings, and takes them together only: give dhcp, dhcp_first and dhcp_last as well.",
                "La box n'indique pas tous ses réglages DHCP et ne les prend qu'ensemble : donnez aussi dhcp, dhcp_first et dhcp_last."
            )));
        };
        let core = wire::Core {
            address: wanted.ipv4,
            dhcp_enable: dhcp,
            dhcp_min_address: first,
            dhcp_max_address: last,
            lease_time: wanted.lease_s,
        };
        Ok(Self {
            bridge: read.map(|bridge| bridge.with(core.clone(), wanted.prefix_length, now.ipv4)),
            lan_ip: wire::SetLanIp::new(core, wanted.prefix_length),
        })
    }

    fn planned_in(&self, draft: Draft) -> Draft {
        match &self.bridge {
            Some(bridge) => draft.sends(bridge).may_send(
                &self.lan_ip,
                say!("if the box lacks the call before", "si la box n'a pas l'appel précédent"),
            ),
            None => draft.sends(&self.lan_ip),
        }
    }

    async fn send(&self, cx: &Context) -> Result<Sent<Ignored>, ToolError> {
        if let Some(bridge) = &self.bridge {
            match cx.write(bridge).await {
                Err(ToolError::Box(error)) if error.is_unavailable() => {}
                other => return other,
            }
        }
        cx.write(&self.lan_ip).await
    }
}
