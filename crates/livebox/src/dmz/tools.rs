//! The tools about the DMZ host.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Dmz, Entry,
    kept::{Kept, Present, dmz},
    restore::RestoreDmz,
    wire,
    work::Work,
};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Lang, Prepared, Read, Tool, ToolDef, ToolError,
    host::{self, HostRef},
    say,
};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ShowDmz>(),
    ToolDef::change::<SetDmz>(),
    ToolDef::change::<ClearDmz>(),
    ToolDef::change::<RestoreDmz>(),
];

pub(super) const DMZ: Group = Group {
    name: "dmz",
    english: "The host that receives all unmatched traffic from the Internet",
    french: "L'appareil qui reçoit d'Internet tout ce qu'aucune règle ne prend",
};

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
        if let Some(ip) = dmz.entry.ipv4 {
            dmz.name =
                host::all(cx).await?.into_iter().find(|host| host.ipv4 == Some(ip)).map(|host| host.name);
        }
        Ok(dmz)
    }
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
        let present = present(cx).await?;
        let new = Kept::of_host(ip);
        let wanted = new.entry();
        let is_so = |entry: &Entry| entry.differences(&wanted).is_empty();
        let mut others = present.iter().map(|entry| &entry.kept).filter(|kept| kept.id != wire::ID);
        if let Some(other) = others.find(|kept| kept.enabled && !is_so(&kept.entry())) {
            return Err(in_the_way(&other.entry()));
        }
        let work = Work::on(&present, vec![new.clone()], Vec::new()).naming(ip, target.name);
        if work.before.as_ref().is_some_and(|dmz| is_so(&dmz.entry)) {
            return Ok(Prepared::already_so(what, work.before));
        }
        let mut plan = work.draft(what.clone());
        let replaced = present.iter().find(|entry| entry.kept.id == wire::ID).map(|entry| entry.kept.entry());
        if let Some(replaced) = replaced.filter(|entry| entry.source.is_some()) {
            let described = replaced.describe();
            let (english, french) = (described.text(Lang::En), described.text(Lang::Fr));
            plan = plan.note(say!(
                "The present entry, {english}, lets in a part of the Internet only; the new one has no such limit.",
                "L'entrée actuelle, {french}, ne laisse entrer qu'une partie d'Internet ; la nouvelle n'a pas cette limite."
            ));
        }
        plan =
            if present.is_empty() { plan.undone_by(&ClearDmz {}) } else { taken_back(plan, &work, &present) };
        plan.then(move |cx| async move { work.apply(&cx, what).await })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Dmz>, ToolError> {
        state(cx).await
    }
}

/// The name follows the host, the status comes and goes.
pub(super) const VOLATILE: &[&str] = &["name", "status"];

pub(super) async fn state(cx: &Context) -> Result<Option<Dmz>, ToolError> {
    Ok(dmz(&present(cx).await?))
}

/// The entries; an error where they are told in no form that we understand, which is not "none".
pub(super) async fn present(cx: &Context) -> Result<Vec<Present>, ToolError> {
    let call = wire::GetDmz {};
    let entries = cx.read(&call).await?;
    if let Some(path) = entries.values().find_map(wire::Entry::odd) {
        return Err(sysbus::Error::odd(&call, path).into());
    }
    Ok(wire::present(&entries))
}

fn in_the_way(other: &Entry) -> ToolError {
    let described = other.describe();
    let (english, french) = (described.text(Lang::En), described.text(Lang::Fr));
    ToolError::Conflict(say!(
        "Another DMZ exists already, {english}. Clear it first (`dmz clear`).",
        "Une autre DMZ existe déjà, {french}. Supprimez-la d'abord (`dmz clear`)."
    ))
}

/// The way back from that work on these entries, where they can be set as they are.
pub(super) fn taken_back(plan: Draft, work: &Work, present: &[Present]) -> Draft {
    match RestoreDmz::of(present, &work.ids()) {
        Some(restore) => plan.undone_by(&restore),
        None => plan.not_undone(say!(
            "the box does not tell all of what is there in a form that we understand",
            "la box n'indique pas tout ce qui existe sous une forme que nous comprenons"
        )),
    }
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
        let present = present(cx).await?;
        if present.is_empty() {
            return Ok(Prepared::already_so(what, None));
        }
        let ids = present.iter().map(|entry| entry.kept.id.clone()).collect();
        let work = Work::on(&present, Vec::new(), ids);
        let plan = work.draft(what.clone());
        taken_back(plan, &work, &present).then(move |cx| async move { work.apply(&cx, what).await })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Dmz>, ToolError> {
        state(cx).await
    }
}
