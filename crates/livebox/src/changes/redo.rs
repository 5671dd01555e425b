//! Doing again what was taken back: the undo of an undo.

use journal::Entry;

use crate::{
    Context, ToolError,
    record::{self, on_disk},
    say,
};

/// The entry to undo so that a change is done again. People name either the change or its undo; without a number it is
/// the last undo on this box.
pub async fn entry_to_redo(cx: &Context, entry: Option<i64>) -> Result<i64, ToolError> {
    let journal = cx.records().existing().await?.ok_or_else(nothing_to_redo)?;
    if let Some(id) = entry {
        return undo_of(&record::entry(&journal, id).await?);
    }
    let serial = cx.box_serial().await;
    let last = on_disk(move || journal.last_undo(serial.as_deref())).await?;
    last.map(|entry| entry.id).ok_or_else(nothing_to_redo)
}

fn undo_of(entry: &Entry) -> Result<i64, ToolError> {
    if let Some(by) = entry.undone_by {
        return Ok(by);
    }
    if entry.undoes.is_some() {
        return Ok(entry.id);
    }
    let id = entry.id;
    Err(ToolError::Conflict(say!(
        "There is nothing to redo: entry {id} was not undone.",
        "Il n'y a rien à refaire : l'entrée {id} n'a pas été annulée."
    )))
}

fn nothing_to_redo() -> ToolError {
    ToolError::Conflict(say!(
        "There is no undo in the journal that could be taken back.",
        "Le journal n'a aucune annulation sur laquelle revenir."
    ))
}
