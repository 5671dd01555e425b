//! The journal as the terminal uses it directly: to answer requests, and to tell how guards ended.

use journal::{Error, Journal, Text};
use livebox::{ToolError, say};

use crate::config::Settings;

/// The journal, if there is one yet.
pub(crate) fn existing(settings: &Settings) -> Result<Option<Journal>, ToolError> {
    match settings.state() {
        Some(folder) => usable(Journal::open_existing(folder)),
        None => Ok(None),
    }
}

/// What the journal answered, or why it did not.
pub(crate) fn usable<T>(answer: Result<T, Error>) -> Result<T, ToolError> {
    answer.map_err(|error| {
        let Text { english, french } = error.text();
        ToolError::Failed(say!(
            "The journal of changes is not usable: {english}.",
            "Le journal des changements est inutilisable : {french}."
        ))
    })
}
