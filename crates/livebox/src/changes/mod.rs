//! The changes that livebox-mcp made: listing, looking at, taking back, keeping.

use std::borrow::Cow;

use journal::{Entry, GuardState, Undo};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::{Lang, Page, Show, Untrusted, plan::Open, record, schema::UNTRUSTED, state::word};

pub(crate) mod redo;
#[cfg(test)]
mod tests;
pub(crate) mod tools;
pub(crate) mod undo;

/// A state of some subject, as its own tool describes it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct AnyState(pub(crate) Value);

impl JsonSchema for AnyState {
    fn schema_name() -> Cow<'static, str> {
        "AnyState".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // It holds names from the network, like the tools whose states these are.
        schemars::json_schema!({ UNTRUSTED: true })
    }
}

impl Show for AnyState {
    fn show(&self, _: Lang) -> Page {
        Page::new()
    }
}

/// One change in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeLine {
    entry: i64,
    at: String,
    what: Untrusted,
    tool: String,
    /// applied, differs, refused, failed, unknown, pending
    outcome: &'static str,
    client: Untrusted,
    undo: UndoState,
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<&'static str>,
}

/// Whether a change can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UndoState {
    /// Yes.
    Available,
    /// It was.
    Undone,
    /// The box has no way back, or nothing took effect.
    No,
}

fn undo_state(entry: &Entry) -> UndoState {
    match &entry.undo {
        _ if entry.undone_by.is_some() => UndoState::Undone,
        Undo::Call { .. } if entry.outcome.took_effect() => UndoState::Available,
        _ => UndoState::No,
    }
}

fn guard_word(entry: &Entry) -> Option<&'static str> {
    entry.guard.as_ref().map(|guard| guard.state.word())
}

/// The list of changes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeList {
    /// In all that fit.
    total: u64,
    entries: Vec<ChangeLine>,
}

fn line(entry: &Entry, lang: Lang) -> ChangeLine {
    ChangeLine {
        entry: entry.id,
        at: entry.at.to_string(),
        what: Untrusted::line(record::message(&entry.what).text(lang)),
        tool: entry.tool.clone(),
        outcome: entry.outcome.word(),
        client: Untrusted::clean(&entry.client.name),
        undo: undo_state(entry),
        guard: guard_word(entry),
    }
}

fn outcome_shown(word: &str, lang: Lang) -> &str {
    match (lang, word) {
        (Lang::Fr, "applied") => "appliqué",
        (Lang::Fr, "differs") => "autrement",
        (Lang::Fr, "refused") => "refusé",
        (Lang::Fr, "failed") => "échoué",
        (Lang::Fr, "unknown") => "inconnu",
        (Lang::Fr, "pending") => "en cours",
        _ => word,
    }
}

fn undo_shown(state: UndoState, lang: Lang) -> &'static str {
    match state {
        UndoState::Available => lang.pick("available", "possible"),
        UndoState::Undone => lang.pick("undone", "annulé"),
        UndoState::No => lang.pick("no", "non"),
    }
}

impl Show for ChangeList {
    fn show(&self, lang: Lang) -> Page {
        if self.entries.is_empty() {
            return Page::new().line(lang.pick("No changes recorded.", "Aucun changement enregistré."));
        }
        let (shown, total) = (self.entries.len(), self.total);
        let rows = self.entries.iter().map(|line| {
            [
                line.entry.to_string(),
                line.at.get(..16).unwrap_or(&line.at).replace('T', " "),
                line.what.shown().to_owned(),
                outcome_shown(line.outcome, lang).to_owned(),
                line.client.shown().to_owned(),
                undo_shown(line.undo, lang).to_owned(),
            ]
        });
        let head = lang.pick(
            ["Entry", "At (UTC)", "Change", "Outcome", "By", "Undo"],
            ["Entrée", "Le (UTC)", "Changement", "Issue", "Par", "Annulation"],
        );
        Page::new()
            .line(
                lang.pick(
                    format!("Changes: {shown} of {total}"),
                    format!("Changements : {shown} sur {total}"),
                ),
            )
            .table(head, rows)
    }
}

/// One change, whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeDetails {
    #[serde(flatten)]
    line: ChangeLine,
    client_version: Untrusted,
    transport: String,
    /// Who allowed it, how.
    consent: String,
    #[schemars(extend("x-untrusted" = true))]
    arguments: Open,
    before: AnyState,
    /// As read back; null when it was not.
    after: AnyState,
    #[schemars(extend("x-untrusted" = true))]
    differs: Vec<String>,
    calls: AnyState,
    undo_call: Option<AnyState>,
    undone_by: Option<i64>,
    undoes: Option<i64>,
    error: Option<Untrusted>,
}

fn details(entry: &Entry, lang: Lang) -> ChangeDetails {
    let undo_call = match &entry.undo {
        Undo::Call { tool, args } => Some(AnyState(serde_json::json!({ "tool": tool, "arguments": args }))),
        Undo::Impossible { because } => {
            Some(AnyState(serde_json::json!({ "impossible": record::message(because).text(lang) })))
        }
    };
    ChangeDetails {
        line: line(entry, lang),
        client_version: Untrusted::clean(&entry.client.version),
        transport: entry.client.transport.clone(),
        consent: entry.consent.clone(),
        arguments: Open(entry.args.clone()),
        before: AnyState(entry.before.clone()),
        after: AnyState(entry.after.clone()),
        differs: entry.differs.clone(),
        calls: AnyState(entry.calls.clone()),
        undo_call,
        undone_by: entry.undone_by,
        undoes: entry.undoes,
        error: entry.error.as_ref().map(|error| Untrusted::line(record::message(&error.message).text(lang))),
    }
}

impl Show for ChangeDetails {
    fn show(&self, lang: Lang) -> Page {
        let lines = |state: &AnyState| crate::state::lines(&state.0, lang);
        let ChangeLine { entry, at, what, outcome, client, undo, guard, .. } = &self.line;
        let page = Page::new()
            .fact(lang.pick("Entry", "Entrée"), entry.to_string())
            .fact(lang.pick("At", "Le"), at)
            .fact(lang.pick("Change", "Changement"), what.shown())
            .fact(lang.pick("Outcome", "Issue"), outcome_shown(outcome, lang))
            .fact_if(lang.pick("Error", "Erreur"), self.error.as_ref().map(Untrusted::shown))
            .fact_if(
                lang.pick("Not as asked", "Non conforme"),
                (!self.differs.is_empty()).then(|| in_a_row(&self.differs)),
            )
            .facts(lang.pick("Before", "Avant"), lines(&self.before))
            .facts(lang.pick("After", "Après"), lines(&self.after))
            .fact(
                lang.pick("By", "Par"),
                format!("{} {} ({})", client.word(), self.client_version.word(), self.transport),
            )
            .fact(lang.pick("Consent", "Accord"), &self.consent);
        let calls = calls_shown(&self.calls.0).into_iter();
        let how_or_why = match &self.undo_call {
            Some(call) if call.0.get("tool").is_none() => lang.pick("Because", "Parce que"),
            _ => lang.pick("By the call", "Par l'appel"),
        };
        calls
            .fold(page, |page, call| page.fact(lang.pick("Calls", "Appels"), call))
            .fact_if(lang.pick("Guard", "Garde"), guard.map(|word| guard_shown(word, lang)))
            .fact(lang.pick("Undo", "Annulation"), undo_shown(*undo, lang))
            .fact_if(how_or_why, self.undo_call.as_ref().map(|call| undo_call_shown(&call.0)))
            .fact_if(lang.pick("Taken back by", "Annulée par"), self.undone_by.map(|id| id.to_string()))
            .fact_if(lang.pick("Takes back", "Annule"), self.undoes.map(|id| id.to_string()))
    }
}

/// Each call on its line, as plans show it.
fn calls_shown(calls: &Value) -> Vec<String> {
    let calls = calls.as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = calls.iter().map(|call| {
        let only = call["only"].as_str().map(|only| format!(" ({only})")).unwrap_or_default();
        format!("{} {}{only}", call["call"].as_str().unwrap_or_default(), call["parameters"])
    });
    shown.collect()
}

/// Fields that differ. What has a name is told by it, so each is one word.
pub(crate) fn in_a_row(fields: &[String]) -> String {
    fields.iter().map(|field| word(field)).collect::<Vec<_>>().join(", ")
}

fn undo_call_shown(call: &Value) -> String {
    match call["tool"].as_str() {
        Some(tool) => format!("{tool} {}", call["arguments"]),
        None => call["impossible"].as_str().unwrap_or_default().to_owned(),
    }
}

fn guard_shown(word: &'static str, lang: Lang) -> &'static str {
    match (lang, word) {
        (Lang::En, word) => word,
        (Lang::Fr, "pending") => "en cours",
        (Lang::Fr, "kept") => "gardé",
        (Lang::Fr, "passed") => "tout va bien",
        (Lang::Fr, "reverted") => "annulé par la garde",
        (Lang::Fr, _) => "échec",
    }
}

/// What became of a guard that a person ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Kept {
    entry: i64,
    kept: bool,
    /// Where the guard stands.
    guard: Option<&'static str>,
}

impl Show for Kept {
    fn show(&self, lang: Lang) -> Page {
        let id = self.entry;
        Page::new().line(if self.kept {
            lang.pick(
                format!("Change {id} is kept; nobody watches it any more."),
                format!("Le changement {id} est gardé ; plus rien ne le surveille."),
            )
        } else {
            let state = self.guard.map_or(lang.pick("none", "aucune"), |word| guard_shown(word, lang));
            lang.pick(
                format!("Change {id} is not under guard any more (guard: {state})."),
                format!("Le changement {id} n'est plus sous garde (garde : {state})."),
            )
        })
    }
}

/// Whether a guard still watches.
pub(crate) fn is_watched(entry: &Entry) -> bool {
    entry.guard.as_ref().is_some_and(|guard| guard.state == GuardState::Pending)
}
