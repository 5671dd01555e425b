//! The tools about the DMZ host.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::scalar::Table;

use super::{Dmz, wire};
use crate::{
    Access, Changed, Context, French, Group, Tool, ToolDef, ToolError, Untrusted,
    change::COMMIT_UNCONFIRMED,
    firewall,
    host::{self, HostRef},
    say,
};

pub(crate) const TOOLS: &[ToolDef] =
    &[ToolDef::of::<ShowDmz>(), ToolDef::of::<SetDmz>(), ToolDef::of::<ClearDmz>()];

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

    async fn run(self, cx: &Context) -> Result<Dmz, ToolError> {
        let mut dmz = present(&cx.read(&wire::GetDmz {}).await?).unwrap_or(Dmz::NONE);
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

    async fn run(self, cx: &Context) -> Result<Changed<Dmz>, ToolError> {
        let target = host::target(cx, &self.host).await?;
        let shown = target.shown();
        let what = say!("Make {shown} the DMZ host", "Mettre {shown} en DMZ");
        let named = |dmz: Dmz| {
            let name = target.name.clone().filter(|_| dmz.ipv4 == Some(target.ip));
            Dmz { name, ..dmz }
        };
        let entries = cx.read(&wire::GetDmz {}).await?;
        let other = entries.iter().find(|(id, entry)| *id != wire::ID && entry.is_enabled());
        if let Some((id, entry)) = other.filter(|(_, entry)| entry.ip() != Some(target.ip)) {
            let id = Untrusted::clean(id);
            let (id, ip) = (id.shown(), entry.ip().map(|ip| ip.to_string()).unwrap_or_default());
            return Err(ToolError::Conflict(say!(
                "Another DMZ exists already, \"{id}\" to {ip}. Clear it first (`dmz clear`).",
                "Une autre DMZ existe déjà, « {id} » vers {ip}. Supprimez-la d'abord (`dmz clear`)."
            )));
        }
        let before = present(&entries).map(named);
        let is_so = |dmz: &Dmz| dmz.enabled && dmz.ipv4 == Some(target.ip);
        if before.as_ref().is_some_and(is_so) {
            return Ok(Changed::already_so(what, before));
        }
        let sent = cx.write(&wire::SetDmz::to(target.ip)).await?;
        let committed = firewall::commit(cx).await?;
        let read = || async { Ok(present(&cx.read(&wire::GetDmz {}).await?)) };
        let settled = |dmz: &Option<Dmz>| dmz.as_ref().is_some_and(|dmz| is_so(dmz) && !fails(dmz));
        let (after, _) = cx.read_back(PATIENCE, read, settled).await?;
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
    }
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

    async fn run(self, cx: &Context) -> Result<Changed<Dmz>, ToolError> {
        let what = say!("Remove the DMZ", "Supprimer la DMZ");
        let entries = cx.read(&wire::GetDmz {}).await?;
        let before = present(&entries);
        if before.is_none() {
            return Ok(Changed::already_so(what, None));
        }
        let mut sent = None;
        for (id, _) in entries.iter() {
            sent = Some(cx.write(&wire::DeleteDmz { id }).await?);
        }
        let committed = firewall::commit(cx).await?;
        let read = || async { Ok(present(&cx.read(&wire::GetDmz {}).await?)) };
        let (after, gone) = cx.read_back(PATIENCE, read, Option::is_none).await?;
        match sent {
            Some(sent) if !gone => Changed::after(&sent, what, before, after, vec!["ipv4".to_owned()]),
            _ if !committed => Ok(Changed::differs(what, before, after, vec![COMMIT_UNCONFIRMED.to_owned()])),
            _ => Ok(Changed::applied(what, before, after)),
        }
    }
}
