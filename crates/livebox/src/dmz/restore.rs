//! The way back of the DMZ: entries are set as they were, and those that were made are removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Dmz,
    kept::{Kept, Present},
    tools::{DMZ, VOLATILE, present, state, taken_back},
    work::Work,
};
use crate::{
    Access, Audience, Change, Changed, Context, French, Group, Lang, Message, Prepared, Tool, ToolError, say,
};

/// Puts DMZ entries back as they were.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreDmz {
    /// That shall be there.
    #[arg(skip)]
    entries: Vec<Kept>,
    /// Ids of those that shall not be there.
    #[arg(skip)]
    absent: Vec<String>,
}

impl RestoreDmz {
    /// Those of these ids as they are now; `None` where one of them could not be made anew.
    pub(super) fn of(present: &[Present], ids: &[String]) -> Option<Self> {
        let present = present.iter().map(|entry| &entry.kept);
        let entries: Vec<Kept> = present.filter(|kept| ids.contains(&kept.id)).cloned().collect();
        let is_absent = |id: &&String| entries.iter().all(|kept| kept.id != **id);
        let absent = ids.iter().filter(is_absent).cloned().collect();
        entries.iter().all(Kept::is_complete).then_some(Self { entries, absent })
    }

    fn work(self, present: &[Present]) -> Work {
        let is_there = |kept: &Kept| present.iter().any(|entry| entry.kept == *kept);
        let is_present = |id: &String| present.iter().any(|entry| entry.kept.id == *id);
        let set = self.entries.into_iter().filter(|kept| !is_there(kept)).collect();
        Work::on(present, set, self.absent.into_iter().filter(is_present).collect())
    }
}

impl Tool for RestoreDmz {
    type Output = Changed<Dmz>;
    const GROUP: &'static Group = &DMZ;
    const VERB: &'static str = "restore";
    const ACCESS: Access = Access::Change;
    const AUDIENCE: Audience = Audience::Undo;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French { about: "Remet la DMZ comme elle était.", args: &[] };
}

impl Change for RestoreDmz {
    type State = Dmz;
    type Subject = ();
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Dmz>, ToolError> {
        let present = present(cx).await?;
        let work = self.work(&present);
        let what = sentence(&work, &present);
        if work.is_nothing() {
            return Ok(Prepared::already_so(what, work.before));
        }
        let plan = work.draft(what.clone());
        taken_back(plan, &work, &present).then(move |cx| async move { work.apply(&cx, what).await })
    }

    async fn observe(cx: &Context, (): ()) -> Result<Option<Dmz>, ToolError> {
        state(cx).await
    }
}

fn sentence(work: &Work, present: &[Present]) -> Message {
    let removed: Vec<&Kept> =
        present.iter().map(|entry| &entry.kept).filter(|kept| work.gone.contains(&kept.id)).collect();
    let list = |entries: &mut dyn Iterator<Item = &Kept>, lang: Lang| {
        let described = entries.map(|kept| kept.entry().describe().text(lang).to_owned());
        described.collect::<Vec<_>>().join(", ")
    };
    let [back, retour] = [Lang::En, Lang::Fr].map(|lang| list(&mut work.set.iter(), lang));
    let [gone, parti] = [Lang::En, Lang::Fr].map(|lang| list(&mut removed.iter().copied(), lang));
    match (back.is_empty(), gone.is_empty()) {
        (false, true) => say!("Put back the DMZ {back}", "Rétablir la DMZ {retour}"),
        (true, false) => say!("Remove the DMZ {gone}", "Supprimer la DMZ {parti}"),
        (false, false) => {
            say!("Put back the DMZ {back} and remove {gone}", "Rétablir la DMZ {retour} et supprimer {parti}")
        }
        (true, true) => say!("Put the DMZ back as it was", "Remettre la DMZ comme elle était"),
    }
}
