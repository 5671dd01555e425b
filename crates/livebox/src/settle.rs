//! What became of changes that were interrupted: a crash between the two records, or an answer that never came.
//!
//! Whoever holds the lock of changes knows that no other change is under way: an entry without an end is then the work
//! of a process that died, or one whose outcome could not be read back. The box is asked what is so now.

use std::sync::Arc;

use jiff::Timestamp;
use journal::{Entry, Failure, Finish, Journal, Outcome};
use serde_json::Value;

use crate::{
    Context, ToolError,
    plan::{differing, lasting},
    record::{self, on_disk},
    say,
    tool::{ChangeWork, Work},
};

/// Reads back every change of this box whose outcome is unknown, and records what came of it. Call with the lock of
/// changes held. A box that does not answer leaves them as they are: unknown.
pub(crate) async fn interrupted(cx: &Context, journal: &Arc<Journal>) -> Result<(), ToolError> {
    let books = Arc::clone(journal);
    for entry in on_disk(move || books.unsettled()).await? {
        if entry.outcome == Outcome::Pending {
            mark_unknown(journal, &entry).await?;
        }
        if entry.box_serial.is_some() && entry.box_serial != cx.box_serial().await {
            continue;
        }
        match observed(cx, &entry).await {
            Ok(Some(now)) => record::settle(journal, entry.id, end(&entry, now)).await?,
            Ok(None) => {}
            Err(error) => tracing::info!(id = entry.id, kind = error.kind(), "still unknown"),
        }
    }
    Ok(())
}

/// As [`interrupted`], unless a change is under way; for those who only want to show the journal.
pub(crate) async fn if_idle(cx: &Context, journal: &Arc<Journal>) {
    let books = Arc::clone(journal);
    let settled = async {
        if on_disk(move || books.unsettled()).await?.is_empty() {
            return Ok(());
        }
        let books = Arc::clone(journal);
        match on_disk(move || books.try_lock_changes()).await? {
            Some(_lock) => interrupted(cx, journal).await,
            None => Ok(()),
        }
    };
    if let Err(error) = settled.await {
        tracing::info!(kind = error.kind(), "earlier changes stay unsettled");
    }
}

async fn mark_unknown(journal: &Arc<Journal>, entry: &Entry) -> Result<(), ToolError> {
    let message = say!(
        "livebox-mcp ended before the box's answer was recorded.",
        "livebox-mcp s'est arrêté avant d'enregistrer la réponse de la box."
    );
    let end = Finish {
        at: Timestamp::now(),
        outcome: Outcome::Unknown,
        after: Value::Null,
        differs: Vec::new(),
        error: Some(Failure { kind: "interrupted".to_owned(), message: record::text(&message) }),
    };
    record::settle(journal, entry.id, end).await
}

/// The work of the tool that made an entry.
pub(crate) fn work_of(entry: &Entry) -> Option<ChangeWork> {
    match crate::find_any(&entry.tool)?.work {
        Work::Change(work) => Some(work),
        Work::Read(_) | Work::Undo => None,
    }
}

/// What the box now says of what an entry is about; `None` when this version no longer knows how to ask.
pub(crate) async fn observed(cx: &Context, entry: &Entry) -> Result<Option<Value>, ToolError> {
    let Some(work) = work_of(entry) else { return Ok(None) };
    let now = (work.observe)(cx, entry.subject.clone()).await?;
    Ok(Some(now))
}

/// The outcome that the present state tells.
fn end(entry: &Entry, now: Value) -> Finish {
    let volatile = work_of(entry).map_or(&[][..], |work| work.volatile);
    let same = |one: &Value| lasting(one.clone(), volatile) == lasting(now.clone(), volatile);
    let (outcome, differs, error) = if same(&entry.wanted) {
        (Outcome::Applied, Vec::new(), None)
    } else if same(&entry.before) {
        let message = say!(
            "Not applied: the box still reports the former state.",
            "Non appliqué : la box indique toujours l'état précédent."
        );
        let failure = Failure { kind: "not_applied".to_owned(), message: record::text(&message) };
        (Outcome::Failed, Vec::new(), Some(failure))
    } else {
        let fields = differing(&lasting(entry.wanted.clone(), volatile), &lasting(now.clone(), volatile));
        (Outcome::Differs, fields, None)
    };
    Finish { at: Timestamp::now(), outcome, after: now, differs, error }
}
