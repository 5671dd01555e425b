//! The tools about the journal of changes.

use std::sync::Arc;

use jiff::Timestamp;
use journal::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AnyState, ChangeDetails, ChangeList, Kept, details, guard_word, line};
use crate::{
    Access, Audience, Changed, Context, French, Group, Read, Tool, ToolDef, ToolError,
    record::{self, on_disk},
    settle,
    tool::Work,
};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ListChanges>(),
    ToolDef::read::<ShowChange>(),
    ToolDef::of::<UndoEntry>(Work::Undo),
    ToolDef::read::<KeepChange>(),
];

const JOURNAL: Group = Group {
    name: "journal",
    english: "The changes that were made, and undoing them",
    french: "Les changements effectués, et leur annulation",
};

/// Lists the changes made through livebox-mcp, newest first.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListChanges {
    /// In what was done, or by whom.
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[arg(long, default_value_t = default_limit(), help = "Most changes to list")]
    #[serde(default = "default_limit")]
    limit: u32,
}

fn default_limit() -> u32 {
    10
}

impl Tool for ListChanges {
    type Output = ChangeList;
    const GROUP: &'static Group = &JOURNAL;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Liste les changements faits par livebox-mcp, le plus récent d'abord.",
        args: &[
            ("search", "Dans ce qui a été fait, ou par qui."),
            ("limit", "Nombre de changements au plus."),
        ],
    };
}

impl Read for ListChanges {
    async fn run(self, cx: &Context) -> Result<ChangeList, ToolError> {
        let Some(journal) = cx.records().existing().await? else {
            return Ok(ChangeList { total: 0, entries: Vec::new() });
        };
        settle::if_idle(cx, &journal).await;
        let filter = Filter { limit: self.limit, search: self.search, ..Filter::default() };
        let found = on_disk(move || journal.list(&filter)).await?;
        let entries = found.entries.iter().map(|entry| line(entry, cx.lang())).collect();
        Ok(ChangeList { total: found.total, entries })
    }
}

/// Shows one change: who, what, before, after, how it is undone.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowChange {
    /// Its number.
    #[arg(value_name = "ENTRY")]
    entry: i64,
}

impl Tool for ShowChange {
    type Output = ChangeDetails;
    const GROUP: &'static Group = &JOURNAL;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "1";
    const FRENCH: French = French {
        about: "Montre un changement : par qui, quoi, avant, après, comment l'annuler.",
        args: &[("entry", "Son numéro.")],
    };
}

impl Read for ShowChange {
    async fn run(self, cx: &Context) -> Result<ChangeDetails, ToolError> {
        let Some(journal) = cx.records().existing().await? else { return Err(record::no_entry(self.entry)) };
        settle::if_idle(cx, &journal).await;
        let entry = record::entry(&journal, self.entry).await?;
        Ok(details(&entry, cx.lang()))
    }
}

/// Undoes a change, unless something else changed the same since. Undoing an undo does it again.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoEntry {
    /// Number in the journal; the last change by default.
    #[arg(value_name = "ENTRY")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) entry: Option<i64>,
}

impl Tool for UndoEntry {
    type Output = Changed<AnyState>;
    const GROUP: &'static Group = &JOURNAL;
    const VERB: &'static str = "undo";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Annule un changement, sauf si autre chose a changé depuis. Annuler une annulation la refait.",
        args: &[("entry", "Numéro dans le journal ; le dernier changement par défaut.")],
    };
}

/// Keeps a change that is under guard, without waiting for the guard's end.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepChange {
    /// Its number.
    #[arg(value_name = "ENTRY")]
    entry: i64,
}

impl Tool for KeepChange {
    type Output = Kept;
    const GROUP: &'static Group = &JOURNAL;
    const VERB: &'static str = "keep";
    const ACCESS: Access = Access::Read;
    const AUDIENCE: Audience = Audience::Terminal;
    const EXAMPLE: &'static str = "1";
    const FRENCH: French = French {
        about: "Garde un changement sous garde, sans attendre la fin de celle-ci.",
        args: &[("entry", "Son numéro.")],
    };
}

impl Read for KeepChange {
    async fn run(self, cx: &Context) -> Result<Kept, ToolError> {
        let id = self.entry;
        let Some(journal) = cx.records().existing().await? else { return Err(record::no_entry(id)) };
        // A change that is being taken back at this moment is not kept.
        let _lock = record::lock(cx, &journal).await?;
        let books = Arc::clone(&journal);
        let kept = on_disk(move || books.keep_guard(id, Timestamp::now())).await?;
        let entry = record::entry(&journal, id).await?;
        Ok(Kept { entry: id, kept, guard: guard_word(&entry) })
    }
}
