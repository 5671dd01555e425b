//! What needs a look behind the wall: a disk that is full, a file that is locked, how writes are made durable.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::*;

fn draft() -> Draft {
    Draft {
        at: Timestamp::UNIX_EPOCH,
        box_serial: None,
        tool: "wifi_set".to_owned(),
        args: json!({}),
        what: Text::new("what", "quoi"),
        subject: json!({}),
        before: json!("x".repeat(10_000)),
        wanted: json!({}),
        calls: json!([]),
        plan_hash: String::new(),
        undo: Undo::Impossible { because: Text::new("no", "non") },
        client: Client { name: String::new(), version: String::new(), transport: String::new() },
        consent: String::new(),
        undoes: None,
        guard: None,
    }
}

/// `SQLite` reports a database that may not grow as it does a disk without room.
#[test]
fn a_full_disk_is_told_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let limit = |pages: i64| {
        let connection = journal.connection.lock().unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0)).unwrap()
    };
    let id = journal.begin(&draft()).unwrap();
    let pages = limit(1);
    let error = journal.begin(&draft()).unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    assert!(error.text().english.contains(FILE) && error.text().french.contains("plein"), "{error}");
    assert_eq!(journal.unsettled().unwrap().len(), 1);
    limit(pages + 100);
    assert_eq!(journal.begin(&draft()).unwrap(), id + 1);
}

/// A second process holds the write lock for longer than we wait.
#[test]
fn a_locked_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Journal::open(folder.path()).unwrap(), Journal::open(folder.path()).unwrap());
    let mut connection = theirs.connection.lock().unwrap();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    ours.connection.lock().unwrap().busy_timeout(Duration::ZERO).unwrap();
    assert!(matches!(ours.begin(&draft()), Err(Error::Busy { .. })));
    assert!(ours.unsettled().unwrap().is_empty(), "a reader does not wait for a writer");
    drop(transaction);
    ours.begin(&draft()).unwrap();
}

#[test]
fn a_record_is_on_the_disk_when_it_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let connection = journal.connection.lock().unwrap();
    let pragma =
        |name| connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    assert_eq!(pragma("synchronous").unwrap(), 2.into(), "2 is FULL");
    assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
}

#[test]
fn words_are_the_same_in_the_file_and_in_json() {
    use {ApprovalState as A, GuardState as G, Outcome as O};
    for outcome in [O::Pending, O::Applied, O::Differs, O::Refused, O::Failed, O::Unknown] {
        assert_eq!(json!(outcome), outcome.word());
        assert_eq!(O::from_word(outcome.word()), Some(outcome));
    }
    for state in [G::Pending, G::Kept, G::Passed, G::Reverted, G::Failed] {
        assert_eq!(json!(state), state.word());
        assert_eq!(G::from_word(state.word()), Some(state));
    }
    for state in [A::Open, A::Approved, A::Denied, A::Used] {
        assert_eq!(json!(state), state.word());
        assert_eq!(A::from_word(state.word()), Some(state));
    }
}
