//! A journal in a folder of its own, and things to write into it.

use std::time::Duration;

use jiff::Timestamp;
use journal::{ApprovalDraft, Client, Draft, Entry, Finish, GuardDraft, Journal, Outcome, Text, Undo};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn journal() -> (TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    (folder, journal)
}

/// So many seconds after a fixed day.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(crate) fn client() -> Client {
    Client { name: "Claude".to_owned(), version: "1.0".to_owned(), transport: "stdio".to_owned() }
}

pub(crate) fn draft(second: i64) -> Draft {
    Draft {
        at: at(second),
        box_serial: Some("LK1".to_owned()),
        tool: "wifi_set".to_owned(),
        args: json!({"band": "5", "channel": 36}),
        what: Text::new("Set the channel to \"36\"", "Règle le canal sur « 36 »"),
        subject: json!({"radio": "wifi0"}),
        before: json!({"channel": 44}),
        wanted: json!({"channel": 36}),
        calls: json!([{"service": "NeMo.Intf.wifi0", "method": "setWLANConfig"}]),
        plan_hash: "abc".to_owned(),
        undo: Undo::Call { tool: "wifi_set".to_owned(), args: json!({"band": "5", "channel": 44}) },
        client: client(),
        consent: "elicitation".to_owned(),
        undoes: None,
        guard: None,
    }
}

pub(crate) fn guarded(second: i64) -> Draft {
    let guard = GuardDraft { limits: json!({"seconds": 120}), until: at(second + 120) };
    Draft { guard: Some(guard), ..draft(second) }
}

pub(crate) fn end(second: i64, outcome: Outcome) -> Finish {
    Finish { at: at(second), outcome, after: json!({"channel": 36}), differs: Vec::new(), error: None }
}

/// Writes a change that was applied; takes back an earlier one if told.
pub(crate) fn apply(journal: &Journal, second: i64, undoes: Option<i64>) -> i64 {
    let id = journal.begin(&Draft { undoes, ..draft(second) }).unwrap();
    journal.finish(id, &end(second, Outcome::Applied)).unwrap();
    id
}

pub(crate) fn read(journal: &Journal, id: i64) -> Entry {
    journal.entry(id).unwrap().unwrap()
}

pub(crate) fn question(second: i64, plan_hash: &str) -> ApprovalDraft {
    ApprovalDraft {
        at: at(second),
        valid_for: Duration::from_secs(600),
        plan_hash: plan_hash.to_owned(),
        effect: format!("effect of {plan_hash}"),
        tool: "wifi_set".to_owned(),
        args: json!({"channel": 36}),
        plan: Value::String("plan".to_owned()),
        client: client(),
    }
}
