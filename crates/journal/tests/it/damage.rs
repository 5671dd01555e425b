//! Files that are damaged, foreign or of another time; folders that cannot be written.

use std::path::Path;

use journal::{Error, FILE, Filter, Journal};
use rusqlite::Connection;

use crate::common::{apply, at, draft, guarded, journal, question};

/// Does something to the file behind the journal's back.
fn tamper(folder: &Path, sql: &str) {
    Connection::open(folder.join(FILE)).unwrap().execute_batch(sql).unwrap();
}

#[track_caller]
fn assert_corrupt<T: std::fmt::Debug>(result: Result<T, Error>, words: &str) {
    match result {
        Err(error @ Error::Corrupt { .. }) => {
            assert!(error.to_string().contains(words) && error.to_string().contains(FILE), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_that_mean_nothing_are_named() {
    let long_after = i64::MAX;
    for change in [
        "outcome = 'exploded'",
        "outcome = CAST(x'ff' AS TEXT)",
        "args = '{'",
        "args = ''",
        "undo = '{\"call\": 3}'",
        "client = 'null'",
        "what = '[]'",
        "differs = '{}'",
        "guard_state = 'asleep'",
        "guard_until = NULL",
        &format!("at = {long_after}"),
        &format!("ended_at = {long_after}"),
    ] {
        let (folder, journal) = journal();
        let id = journal.begin(&guarded(0)).unwrap();
        tamper(folder.path(), &format!("UPDATE entry SET {change}"));
        assert_corrupt(journal.entry(id), "entry 1");
        assert_corrupt(journal.list(&Filter::default()), "entry 1");
    }
    let (folder, journal) = journal();
    apply(&journal, 0, None);
    tamper(folder.path(), "UPDATE entry SET subject = '{'");
    assert_corrupt(journal.list(&Filter { search: Some("x".to_owned()), ..Filter::default() }), "JSON");
    assert_corrupt(journal.last_undoable(None), "entry 1");

    let asked = journal.request_approval(&question(0, "plan")).unwrap();
    tamper(folder.path(), "UPDATE approval SET plan = '{'");
    assert_corrupt(journal.approvals_open(at(0)), &asked.id);
    assert_corrupt(journal.request_approval(&question(0, "plan")), &asked.id);
}

/// A loop in `undoes` cannot be written through the journal; in a damaged file it must not hang us.
#[test]
fn a_circle_of_undos_ends() {
    let (folder, journal) = journal();
    let (first, second) = (journal.begin(&draft(0)).unwrap(), journal.begin(&draft(1)).unwrap());
    tamper(folder.path(), "UPDATE entry SET undoes = 3 - id");
    for id in [first, second] {
        journal.finish(id, &crate::common::end(2, journal::Outcome::Applied)).unwrap();
    }
}

#[test]
fn a_newer_file_is_left_alone() {
    let (folder, journal) = journal();
    drop(journal);
    tamper(folder.path(), "PRAGMA user_version = 99; ALTER TABLE entry RENAME TO changes");
    let before = std::fs::read(folder.path().join(FILE)).unwrap();
    for error in
        [Journal::open(folder.path()).unwrap_err(), Journal::open_existing(folder.path()).unwrap_err()]
    {
        assert!(matches!(error, Error::Newer { found: 99, known: 2, .. }), "{error}");
        assert!(error.text().french.contains("plus récente"), "{error}");
    }
    assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), before);
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    std::fs::write(&file, "not a database, and long enough to be one: ".repeat(100)).unwrap();
    assert_corrupt(Journal::open(folder.path()).map(drop), "not a database");
    std::fs::remove_file(&file).unwrap();

    tamper(folder.path(), "CREATE TABLE bookmark (url TEXT)");
    assert_corrupt(Journal::open(folder.path()).map(drop), "another program");
    tamper(folder.path(), "PRAGMA user_version = 1");
    assert_corrupt(Journal::open_existing(folder.path()).map(drop), "another program");
}

#[test]
fn a_torn_file_is_an_error() {
    let (folder, journal) = journal();
    for second in 0..20 {
        apply(&journal, second, None);
    }
    drop(journal);
    let file = folder.path().join(FILE);
    let whole = std::fs::read(&file).unwrap();
    for length in [100, 4096, whole.len() / 2] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let read = Journal::open(folder.path()).and_then(|journal| journal.list(&Filter::default()));
        assert_corrupt(read.map(drop), "");
    }
}

#[test]
fn a_place_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("deeper")] {
        let error = Journal::open(&place).unwrap_err();
        assert!(matches!(error, Error::Folder { .. }), "{error:?}");
        assert!(error.to_string().contains("file"), "{error}");
    }
}
