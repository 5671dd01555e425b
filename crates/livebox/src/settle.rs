//! What became of changes that were interrupted: a crash between the two records, or an answer that never came.
//!
//! Whoever holds the lock of changes knows that no other change is under way: an entry without an end is then the work
//! of a process that died, or one whose outcome could not be read back. The box is asked what is so now.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use journal::{Entry, Failure, Finish, Journal, Outcome, UNREADABLE};
use serde_json::Value;

use crate::{
    Context, Message, Plan, ToolError,
    change::COMMIT_UNCONFIRMED,
    firewall,
    record::{self, on_disk},
    say,
    state::{differing, lasting},
    tool::{ChangeWork, Work},
};

/// Reads back every change of this box whose outcome is unknown, and records what came of it. Call with the lock of
/// changes held. A box that does not answer leaves them as they are: unknown.
pub(crate) async fn interrupted(cx: &Context, journal: &Arc<Journal>) -> Result<(), ToolError> {
    let books = Arc::clone(journal);
    let open = on_disk(move || books.unsettled()).await?;
    if !open.is_empty() {
        // What was read for somebody's question may be older than the change.
        cx.look_anew().await;
    }
    for entry in open {
        if entry.outcome == Outcome::Pending {
            mark_unknown(journal, &entry).await?;
        }
        if entry.box_serial.is_some() && entry.box_serial != cx.box_serial().await {
            continue;
        }
        let id = entry.id;
        if work_of(&entry).is_some_and(|work| !work.readable) {
            cx.notice(id, unknown_for_good(id), None);
            record::settle(journal, id, unreadable(id)).await?;
            continue;
        }
        match observed(cx, &entry).await {
            Ok(Some(now)) => {
                let mut end = end(&entry, now);
                if end.outcome == Outcome::Failed && is_fresh(&entry) {
                    // Its request may still be on its way, though nobody waits for the answer.
                    tokio::time::sleep(ON_ITS_WAY).await;
                    cx.session().forget_reads();
                    if let Ok(Some(now)) = observed(cx, &entry).await {
                        end = self::end(&entry, now);
                    }
                }
                let found = found_out(id, &end);
                record::settle(journal, id, end).await?;
                cx.notice(id, found, None);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::info!(id, kind = error.kind(), "still unknown");
                cx.notice(id, unknown_still(id), None);
            }
        }
    }
    Ok(())
}

/// How long a request may be on its way after its sender died.
const ON_ITS_WAY: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 2 });

fn is_fresh(entry: &Entry) -> bool {
    let age = Timestamp::now().duration_since(entry.at);
    age.unsigned_abs() < ON_ITS_WAY * 2
}

fn found_out(id: i64, end: &Finish) -> Message {
    match end.outcome {
        Outcome::Differs if end.differs == [COMMIT_UNCONFIRMED] => say!(
            "Change {id} was interrupted; read back now: the box keeps it, but nobody saw it confirm that it is in force. Any other change of the firewall, or a restart, brings it into force.",
            "Le changement {id} avait été interrompu ; relu maintenant : la box l'a gardé, mais personne ne l'a vue confirmer qu'il est en vigueur. Tout autre changement du pare-feu, ou un redémarrage, le met en vigueur."
        ),
        Outcome::Applied => say!(
            "Change {id} was interrupted; read back now: it is in force.",
            "Le changement {id} avait été interrompu ; relu maintenant : il est en vigueur."
        ),
        Outcome::Failed => say!(
            "Change {id} was interrupted; read back now: it was not applied.",
            "Le changement {id} avait été interrompu ; relu maintenant : il n'a pas été appliqué."
        ),
        _ => say!(
            "Change {id} was interrupted; read back now: the box reports something else than was asked.",
            "Le changement {id} avait été interrompu ; relu maintenant : la box indique autre chose que demandé."
        ),
    }
}

fn unknown_for_good(id: i64) -> Message {
    say!(
        "Change {id} was interrupted, and no box tells what became of it: look at the box. Its outcome stays unknown.",
        "Le changement {id} avait été interrompu, et aucune box ne dit ce qu'il est devenu : regardez la box. Son issue reste inconnue."
    )
}

/// Said once: asking again would tell no more.
fn unreadable(id: i64) -> Finish {
    let message = record::text(&unknown_for_good(id));
    Finish {
        at: Timestamp::now(),
        outcome: Outcome::Unknown,
        after: Value::Null,
        differs: Vec::new(),
        error: Some(Failure { kind: UNREADABLE.to_owned(), message }),
    }
}

fn unknown_still(id: i64) -> Message {
    say!(
        "Change {id} was interrupted and could not be read back: its outcome is still unknown.",
        "Le changement {id} avait été interrompu et n'a pas pu être relu : son issue reste inconnue."
    )
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

/// What to record of a change that ended in an error. When something was sent, the box is asked what is so now: an error
/// after the first of two calls must not pass for "nothing happened".
pub(crate) async fn failed(cx: &Context, plan: &Plan, error: &ToolError) -> Finish {
    let failure = Failure { kind: error.kind().to_owned(), message: record::text(&error.message()) };
    let told = Finish {
        at: Timestamp::now(),
        outcome: outcome_of(error, cx.has_sent()),
        after: Value::Null,
        differs: Vec::new(),
        error: Some(failure),
    };
    let Some(Work::Change(work)) = crate::find_any(&plan.tool).map(|def| def.work) else { return told };
    // A silent box is asked later, not kept waiting for now.
    if !cx.has_sent() || told.outcome == Outcome::Unknown {
        return told;
    }
    cx.session().forget_reads();
    let Ok(now) = (work.observe)(cx, plan.subject.clone()).await else { return told };
    match judge(&plan.before, &plan.after, &now, work.volatile) {
        None => told,
        // The box's own word for it says more than "not applied".
        Some((Outcome::Failed, _)) if told.outcome == Outcome::Refused => told,
        Some((outcome, differs)) => Finish { outcome, differs, after: now, ..told },
    }
}

/// What an error says about the box.
fn outcome_of(error: &ToolError, sent: bool) -> Outcome {
    use sysbus::Error;
    match error {
        ToolError::Unknown(_) => Outcome::Unknown,
        ToolError::Conflict(_) | ToolError::Box(Error::Refused { .. } | Error::Denied { .. }) => {
            Outcome::Refused
        }
        ToolError::Box(Error::NoAnswer { .. } | Error::Busy { .. } | Error::Unreachable { .. }) if sent => {
            Outcome::Unknown
        }
        _ => Outcome::Failed,
    }
}

/// The outcome that the present state tells, and the fields that are not as wanted. `None` where it can tell nothing, as on
/// a box that counts no restarts.
fn judge(before: &Value, wanted: &Value, now: &Value, volatile: &[&str]) -> Option<(Outcome, Vec<String>)> {
    let stripped = |state: &Value| lasting(state.clone(), volatile);
    if stripped(before) == stripped(wanted) {
        return None;
    }
    Some(if stripped(now) == stripped(wanted) {
        (Outcome::Applied, Vec::new())
    } else if stripped(now) == stripped(before) {
        (Outcome::Failed, Vec::new())
    } else {
        (Outcome::Differs, differing(&stripped(wanted), &stripped(now)))
    })
}

/// What to record of an interrupted change of which the box now says that.
fn end(entry: &Entry, now: Value) -> Finish {
    let volatile = work_of(entry).map_or(&[][..], |work| work.volatile);
    let (outcome, differs) = match judge(&entry.before, &entry.wanted, &now, volatile) {
        // The rules are there, but the process that would have seen them confirmed is gone.
        None => return unreadable(entry.id),
        Some((Outcome::Applied, _)) if firewall::commits(&entry.calls) => {
            (Outcome::Differs, vec![COMMIT_UNCONFIRMED.to_owned()])
        }
        Some(judged) => judged,
    };
    let error = (outcome == Outcome::Failed).then(|| {
        let message = say!(
            "Not applied: the box still reports the former state.",
            "Non appliqué : la box indique toujours l'état précédent."
        );
        Failure { kind: "not_applied".to_owned(), message: record::text(&message) }
    });
    Finish { at: Timestamp::now(), outcome, after: now, differs, error }
}
