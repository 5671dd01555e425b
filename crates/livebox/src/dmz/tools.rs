//! The tools about the DMZ host.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::scalar::Table;

use super::{Dmz, wire};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Prepared, Read, Risk, Tool, ToolDef, ToolError,
    Untrusted,
    change::COMMIT_UNCONFIRMED,
    firewall,
    host::{self, HostRef},
    say,
};

pub(crate) const TOOLS: &[ToolDef] =
    &[ToolDef::read::<ShowDmz>(), ToolDef::change::<SetDmz>(), ToolDef::change::<ClearDmz>()];

const DMZ: Group = Group {
    name: "dmz",
    english: "The host that receives all unmatched traffic from the Internet",
    french: "L'appareil qui reçoit d'Internet tout ce qu'aucune règle ne prend",
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Shows the DMZ host, if any.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowDmz {}

impl Tool for ShowDmz {
    type Output = Dmz;
    const GROUP: &'static Group = &DMZ;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French { about: "Montre l'appareil en DMZ, s'il y en a un.", args: &[] };
}

impl Read for ShowDmz {
    async fn run(self, cx: &Context) -> Result<Dmz, ToolError> {
        let mut dmz = state(cx).await?.unwrap_or(Dmz::NONE);
        if let Some(ip) = dmz.ipv4 {
            dmz.name =
                host::all(cx).await?.into_iter().find(|host| host.ipv4 == Some(ip)).map(|host| host.name);
        }
        Ok(dmz)
    }
}

/// The entry that counts: an enabled one before others, the web page's before others.
pub(super) fn present(entries: &Table<wire::Entry>) -> Option<Dmz> {
    entries
        .iter()
        .min_by_key(|(id, entry)| (!entry.is_enabled(), *id != wire::ID))
        .map(|(_, entry)| entry.dmz())
}

/// Makes a host the DMZ host: all unmatched traffic from the Internet reaches it.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetDmz {
    /// Name, IP or MAC.
    #[arg(value_name = "HOST")]
    host: HostRef,
}

impl Tool for SetDmz {
    type Output = Changed<Dmz>;
    const GROUP: &'static Group = &DMZ;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "nas-familial";
    const FRENCH: French = French {
        about: "Met un appareil en DMZ : il reçoit d'Internet tout ce qu'aucune règle ne prend.",
        args: &[("host", "Nom, IP ou MAC.")],
    };
}

impl Change for SetDmz {
    type State = Dmz;
    type Subject = ();
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Dmz>, ToolError> {
        let target = host::target(cx, &self.host).await?;
        let shown = target.shown();
        let what = say!("Make {shown} the DMZ host", "Mettre {shown} en DMZ");
        let ip = target.ip;
        let named = move |dmz: Dmz| {
            let name = target.name.clone().filter(|_| dmz.ipv4 == Some(target.ip));
            Dmz { name, ..dmz }
        };
        let entries = entries(cx).await?;
        let other = entries.iter().find(|(id, entry)| *id != wire::ID && entry.is_enabled());
        if let Some((id, entry)) = other.filter(|(_, entry)| entry.ip() != Some(ip)) {
            let id = Untrusted::clean(id);
            let (id, ip) = (id.in_quotes(), entry.ip().map(|ip| ip.to_string()).unwrap_or_default());
            return Err(ToolError::Conflict(say!(
                "Another DMZ exists already, \"{id}\" to {ip}. Clear it first (`dmz clear`).",
                "Une autre DMZ existe déjà, « {id} » vers {ip}. Supprimez-la d'abord (`dmz clear`)."
            )));
        }
        let before = present(&entries).map(&named);
        let is_so = move |dmz: &Dmz| dmz.enabled && dmz.ipv4 == Some(ip);
        if before.as_ref().is_some_and(is_so) {
            return Ok(Prepared::already_so(what, before));
        }
        let after = named(Dmz { enabled: true, ipv4: Some(ip), name: None, status: None });
        let order = wire::SetDmz::to(ip);
        let mut plan = Draft::new(what.clone(), &())
            .turns(before.as_ref(), Some(&after))
            .sends(&order)
            .sends(&firewall::COMMIT)
            .risk(Risk::Medium)
            .note(say!(
                "Everything from the Internet that no rule matches will reach this host.",
                "Tout ce qui vient d'Internet et qu'aucune règle ne prend arrivera à cet appareil."
            ));
        plan = match before.as_ref().filter(|dmz| dmz.enabled).and_then(|dmz| dmz.ipv4) {
            Some(former) => plan.undone_by(&SetDmz { host: former.into() }),
            None => plan.undone_by(&ClearDmz {}),
        };
        plan.then(move |cx| async move {
            let sent = cx.write(&order).await?;
            let committed = firewall::commit(&cx).await?;
            let settled = |dmz: &Option<Dmz>| dmz.as_ref().is_some_and(|dmz| is_so(dmz) && !fails(dmz));
            let (after, _) = cx.read_back(PATIENCE, || state(&cx), settled).await?;
            let mut differing = Vec::new();
            match &after {
                Some(dmz) if is_so(dmz) => {
                    if fails(dmz) {
                        differing.push("status".to_owned());
                    }
                    if !committed {
                        differing.push(COMMIT_UNCONFIRMED.to_owned());
                    }
                    Ok(Changed::verified(what, before, after.map(named), differing))
                }
                _ => Changed::after(&sent, what, before, after.map(named), vec!["ipv4".to_owned()]),
            }
        })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Dmz>, ToolError> {
        state(cx).await
    }
}

/// The name follows the host, the status comes and goes.
const VOLATILE: &[&str] = &["name", "status"];

async fn state(cx: &Context) -> Result<Option<Dmz>, ToolError> {
    Ok(present(&entries(cx).await?))
}

/// The entries; an error where they are told in no form that we understand, which is not "none".
async fn entries(cx: &Context) -> Result<Table<wire::Entry>, ToolError> {
    let call = wire::GetDmz {};
    let entries = cx.read(&call).await?;
    if let Some(path) = entries.values().find_map(wire::Entry::odd) {
        return Err(sysbus::Error::odd(&call, path).into());
    }
    Ok(entries)
}

/// An entry may be accepted and still not work.
fn fails(dmz: &Dmz) -> bool {
    dmz.status.as_ref().is_some_and(|status| status.shown().eq_ignore_ascii_case("error"))
}

/// Removes the DMZ: unmatched traffic from the Internet is dropped again.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearDmz {}

impl Tool for ClearDmz {
    type Output = Changed<Dmz>;
    const GROUP: &'static Group = &DMZ;
    const VERB: &'static str = "clear";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "";
    const FRENCH: French =
        French { about: "Supprime la DMZ : ce qu'aucune règle ne prend est de nouveau rejeté.", args: &[] };
}

impl Change for ClearDmz {
    type State = Dmz;
    type Subject = ();
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Dmz>, ToolError> {
        let what = say!("Remove the DMZ", "Supprimer la DMZ");
        let entries = entries(cx).await?;
        let before = present(&entries);
        let Some(former) = &before else { return Ok(Prepared::already_so(what, None)) };
        let ids: Vec<String> = entries.iter().map(|(id, _)| id.to_owned()).collect();
        let mut plan = Draft::new(what.clone(), &()).turns(before.as_ref(), None);
        for id in &ids {
            plan = plan.sends(&wire::DeleteDmz { id });
        }
        plan = plan.sends(&firewall::COMMIT);
        plan = match former.ipv4 {
            Some(ip) if former.enabled && ids.len() == 1 => plan.undone_by(&SetDmz { host: ip.into() }),
            _ => plan.not_undone(say!(
                "what is there is switched off, odd or more than one, which cannot be set the same way again",
                "ce qui existe est désactivé, inhabituel ou multiple, et ne peut pas être remis à l'identique"
            )),
        };
        plan.then(move |cx| async move {
            let mut sent = None;
            for id in &ids {
                sent = Some(cx.write(&wire::DeleteDmz { id }).await?);
            }
            let committed = firewall::commit(&cx).await?;
            let (after, gone) = cx.read_back(PATIENCE, || state(&cx), Option::is_none).await?;
            match sent {
                Some(sent) if !gone => Changed::after(&sent, what, before, after, vec!["ipv4".to_owned()]),
                _ if !committed => {
                    Ok(Changed::differs(what, before, after, vec![COMMIT_UNCONFIRMED.to_owned()]))
                }
                _ => Ok(Changed::applied(what, before, after)),
            }
        })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Dmz>, ToolError> {
        state(cx).await
    }
}
