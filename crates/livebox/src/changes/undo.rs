//! Taking a change back: its inverse, through the same pipeline, after comparing before, after and now.

use std::sync::Arc;

use journal::{Entry, Journal};
use serde_json::Value;

use crate::{
    Answer, Changed, Context, ToolError,
    invoke::{self, Planned},
    lang::{Lang, Message},
    record::{self, on_disk},
    say, settle,
    state::{differing, lasting},
    tool::answer,
};

use super::AnyState;

/// Plans the undo of the entry that the arguments name, or of the last change.
pub(crate) async fn plan(cx: &Context, args: Value) -> Result<Planned, ToolError> {
    let super::tools::UndoEntry { entry } = crate::tool::read_args(args)?;
    let journal = cx.records().existing().await?.ok_or_else(nothing_to_undo)?;
    let serial = cx.box_serial().await;
    // What was interrupted a moment ago may have taken effect.
    settle::if_idle(cx, &journal).await;
    let entry = if let Some(id) = entry {
        record::entry(&journal, id).await?
    } else {
        last(&journal, serial.clone()).await?
    };
    let id = entry.id;
    let what = record::message(&entry.what);
    let (tool, args) = way_back(&entry)?;
    if entry.box_serial.is_some() && entry.box_serial != serial {
        return Err(ToolError::Conflict(say!(
            "Entry {id} was made on another box than this one.",
            "L'entrée {id} a été faite sur une autre box que celle-ci."
        )));
    }
    let now = settle::observed(cx, &entry).await?.ok_or_else(|| forgotten(id))?;
    let work = settle::work_of(&entry);
    let volatile = work.map_or(&[][..], |work| work.volatile);
    let stripped = |state: &Value| lasting(state.clone(), volatile);
    // An inverse that sets single fields overwrites no others.
    let touched = work
        .is_some_and(|work| work.by_field)
        .then(|| differing(&stripped(&entry.before), &stripped(&entry.after)));
    let concerned = |fields: Vec<String>| match &touched {
        Some(touched) => {
            fields.into_iter().filter(|field| touched.iter().any(|own| overlap(own, field))).collect()
        }
        None => fields,
    };
    if concerned(differing(&stripped(&entry.before), &stripped(&now))).is_empty() {
        return already(cx, &what, now);
    }
    let drift = concerned(differing(&stripped(&entry.after), &stripped(&now)));
    if !drift.is_empty() && !cx.is_forced() {
        return Err(drifted(id, &drift));
    }
    let worker = crate::find_any(&tool).ok_or_else(|| forgotten(id))?;
    match Box::pin(invoke::plan(cx, worker, args)).await? {
        Planned::Already(_) => already(cx, &what, now),
        Planned::Plan(mut plan, carry) => {
            plan.undoes = Some(id);
            let (english, french) = (what.text(Lang::En), what.text(Lang::Fr));
            plan.notes.insert(
                0,
                say!("This takes back entry {id}: {english}.", "Ceci annule l'entrée {id} : {french}."),
            );
            Ok(Planned::Plan(plan, carry))
        }
    }
}

/// Whether one of these paths is a part of the other, or they are the same. A missing state concerns everything.
fn overlap(one: &str, other: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    [one, other].contains(&"existence") || within(one, other) || within(other, one)
}

/// The inverse of an entry for its guard, which may have sent a part of it already.
pub(crate) async fn plan_again(cx: &Context, entry: &Entry) -> Result<Planned, ToolError> {
    let journal::Undo::Call { tool, args } = &entry.undo else {
        return Err(forgotten(entry.id));
    };
    let worker = crate::find_any(tool).ok_or_else(|| forgotten(entry.id))?;
    let mut planned = Box::pin(invoke::plan(cx, worker, args.clone())).await?;
    if let Planned::Plan(plan, _) = &mut planned {
        plan.undoes = Some(entry.id);
    }
    Ok(planned)
}

/// The last change. Where it cannot be taken back, none is chosen in its place: nobody thinks of an earlier one then.
async fn last(journal: &Arc<Journal>, serial: Option<String>) -> Result<Entry, ToolError> {
    let books = Arc::clone(journal);
    let (last, undoable) = on_disk(move || {
        let serial = serial.as_deref();
        Ok((books.last_change(serial)?, books.last_undoable(serial)?))
    })
    .await?;
    let last = last.ok_or_else(nothing_to_undo)?;
    match undoable {
        Some(undoable) if undoable.id < last.id => {
            let (id, earlier) = (last.id, undoable.id);
            let (what, what_earlier) = (record::message(&last.what), record::message(&undoable.what));
            let (english, french) = (what.text(Lang::En), what.text(Lang::Fr));
            let (english_earlier, french_earlier) =
                (what_earlier.text(Lang::En), what_earlier.text(Lang::Fr));
            Err(ToolError::Unavailable(say!(
                "The last change, entry {id}, cannot be undone: {english}. To undo the one before it that can be, name entry {earlier}: {english_earlier}.",
                "Le dernier changement, l'entrée {id}, ne peut pas être annulé : {french}. Pour annuler le précédent qui peut l'être, nommez l'entrée {earlier} : {french_earlier}."
            )))
        }
        _ => Ok(last),
    }
}

/// The call that takes an entry back, or why there is none.
fn way_back(entry: &Entry) -> Result<(String, Value), ToolError> {
    let id = entry.id;
    if let Some(by) = entry.undone_by {
        return Err(ToolError::Conflict(say!(
            "Entry {id} was taken back already, by entry {by}. To do it again, undo entry {by}.",
            "L'entrée {id} a déjà été annulée, par l'entrée {by}. Pour la refaire, annulez l'entrée {by}."
        )));
    }
    if !entry.outcome.took_effect() {
        let outcome = entry.outcome.word();
        return Err(ToolError::Conflict(say!(
            "There is nothing to take back: entry {id} ended as \"{outcome}\".",
            "Il n'y a rien à annuler : l'entrée {id} s'est terminée par « {outcome} »."
        )));
    }
    match &entry.undo {
        journal::Undo::Call { tool, args } => Ok((tool.clone(), args.clone())),
        journal::Undo::Impossible { because } => {
            let because = record::message(because);
            let (english, french) = (because.text(Lang::En), because.text(Lang::Fr));
            Err(ToolError::Unavailable(say!(
                "Entry {id} cannot be undone: {english}.",
                "L'entrée {id} ne peut pas être annulée : {french}."
            )))
        }
    }
}

fn already(cx: &Context, what: &Message, now: Value) -> Result<Planned, ToolError> {
    let (english, french) = (what.text(Lang::En), what.text(Lang::Fr));
    let what = say!("Undo: {english}", "Annulation : {french}");
    let state = (!now.is_null()).then_some(AnyState(now));
    let Answer { json, page } = answer(&Changed::already_so(what, state), cx.lang())?;
    Ok(Planned::Already(Answer { json, page }))
}

fn drifted(id: i64, fields: &[String]) -> ToolError {
    let fields = super::in_a_row(fields);
    ToolError::Drift(say!(
        "Nothing was changed: since entry {id}, something else changed {fields}. Undoing would overwrite that. Look at it first; a person at a terminal may force it with `livebox-mcp undo {id} --force`.",
        "Rien n'a été modifié : depuis l'entrée {id}, autre chose a changé {fields}, que l'annulation écraserait. Regardez d'abord ; une personne devant un terminal peut forcer avec « livebox-mcp undo {id} --force »."
    ))
}

fn forgotten(id: i64) -> ToolError {
    ToolError::Unavailable(say!(
        "Entry {id} was made by a version of livebox-mcp whose tool this one does not have.",
        "L'entrée {id} vient d'une version de livebox-mcp dont celle-ci n'a pas l'outil."
    ))
}

fn nothing_to_undo() -> ToolError {
    ToolError::Conflict(say!(
        "There is no change to undo in the journal.",
        "Le journal n'a aucun changement à annuler."
    ))
}
