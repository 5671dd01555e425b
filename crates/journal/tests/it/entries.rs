use journal::{Draft, Error, Failure, Filter, Finish, Guard, GuardState, Journal, Outcome, Text, Undo};
use serde_json::{Value, json};

use crate::common::{apply, at, draft, end, guarded, journal, read};

#[test]
fn what_is_written_is_read_back() {
    let (folder, journal) = journal();
    let written = guarded(0);
    let id = journal.begin(&written).unwrap();
    let entry = read(&journal, id);
    assert_eq!(entry.outcome, Outcome::Pending);
    assert_eq!((entry.after, entry.ended_at), (Value::Null, None));

    let finish = Finish {
        at: at(3),
        outcome: Outcome::Differs,
        after: json!({"channel": 40}),
        differs: vec!["channel".to_owned()],
        error: Some(Failure { kind: "late".to_owned(), message: Text::new("late", "en retard") }),
    };
    journal.finish(id, &finish).unwrap();
    // Another process, later.
    drop(journal);
    let journal = Journal::open_existing(folder.path()).unwrap().unwrap();
    let entry = read(&journal, id);
    assert_eq!(entry.at, written.at);
    assert_eq!(entry.box_serial, written.box_serial);
    assert_eq!(entry.tool, written.tool);
    assert_eq!(entry.args, written.args);
    assert_eq!(entry.what, written.what);
    assert_eq!(entry.subject, written.subject);
    assert_eq!(entry.before, written.before);
    assert_eq!(entry.wanted, written.wanted);
    assert_eq!(entry.calls, written.calls);
    assert_eq!(entry.plan_hash, written.plan_hash);
    assert_eq!(entry.undo, written.undo);
    assert_eq!(entry.client, written.client);
    assert_eq!(entry.consent, written.consent);
    assert_eq!(entry.outcome, finish.outcome);
    assert_eq!(entry.ended_at, Some(finish.at));
    assert_eq!(entry.after, finish.after);
    assert_eq!(entry.differs, finish.differs);
    assert_eq!(entry.error, finish.error);
    let limits = written.guard.unwrap();
    let guard = Guard {
        limits: limits.limits,
        until: limits.until,
        state: GuardState::Pending,
        ended_at: None,
        note: None,
    };
    assert_eq!(entry.guard, Some(guard));
}

#[test]
fn a_settled_entry_stays_as_it_is() {
    let (_folder, journal) = journal();
    let id = journal.begin(&draft(0)).unwrap();
    journal.finish(id, &end(1, Outcome::Unknown)).unwrap();
    assert_eq!(journal.unsettled().unwrap().len(), 1);
    journal.finish(id, &end(2, Outcome::Applied)).unwrap();
    let error = journal.finish(id, &end(3, Outcome::Failed)).unwrap_err();
    assert!(matches!(error, Error::Settled { outcome: Outcome::Applied, .. }), "{error}");
    assert_eq!(read(&journal, id).ended_at, Some(at(2)));
    assert!(journal.unsettled().unwrap().is_empty());
    assert!(matches!(journal.finish(id + 1, &end(3, Outcome::Failed)), Err(Error::NoSuchEntry { .. })));
    assert_eq!(journal.entry(id + 1).unwrap(), None);
}

#[test]
fn undo_and_redo_find_what_is_in_force() {
    let (_folder, journal) = journal();
    let undoable = |journal: &Journal| journal.last_undoable(None).unwrap().map(|entry| entry.id);
    let undone = |journal: &Journal| journal.last_undo(None).unwrap().map(|entry| entry.id);
    assert_eq!((undoable(&journal), undone(&journal)), (None, None));
    let first = apply(&journal, 0, None);
    let second = apply(&journal, 1, None);
    assert_eq!((undoable(&journal), undone(&journal)), (Some(second), None));

    let undo = apply(&journal, 2, Some(second));
    assert_eq!(read(&journal, second).undone_by, Some(undo));
    assert_eq!((undoable(&journal), undone(&journal)), (Some(first), Some(undo)));

    let redo = apply(&journal, 3, Some(undo));
    assert_eq!(read(&journal, undo).undone_by, Some(redo));
    assert!(read(&journal, second).in_force());
    assert_eq!((undoable(&journal), undone(&journal)), (Some(second), None));

    // Taking the redo back, by its number, is the first undo again.
    let undo_of_redo = apply(&journal, 4, Some(redo));
    assert_eq!(read(&journal, redo).undone_by, Some(undo_of_redo));
    assert!(read(&journal, undo).in_force());
    assert_eq!(read(&journal, second).undone_by, Some(undo));
    assert_eq!((undoable(&journal), undone(&journal)), (Some(first), Some(undo)));
}

#[test]
fn only_what_took_effect_takes_back() {
    let (_folder, journal) = journal();
    let change = apply(&journal, 0, None);
    let undo = journal.begin(&Draft { undoes: Some(change), ..draft(1) }).unwrap();
    assert!(read(&journal, change).in_force());
    journal.finish(undo, &end(2, Outcome::Unknown)).unwrap();
    assert!(read(&journal, change).in_force());
    journal.finish(undo, &end(3, Outcome::Differs)).unwrap();
    assert_eq!(read(&journal, change).undone_by, Some(undo));
    assert!(matches!(
        journal.begin(&Draft { undoes: Some(99), ..draft(1) }),
        Err(Error::NoSuchEntry { id: 99 })
    ));
}

#[test]
fn what_cannot_be_undone_is_not_offered() {
    let (_folder, journal) = journal();
    let first = apply(&journal, 0, None);
    let undo = Undo::Impossible { because: Text::new("no", "non") };
    let reboot = journal.begin(&Draft { undo, ..draft(1) }).unwrap();
    journal.finish(reboot, &end(2, Outcome::Applied)).unwrap();
    let refused = journal.begin(&draft(3)).unwrap();
    journal.finish(refused, &end(4, Outcome::Refused)).unwrap();
    assert_eq!(journal.last_undoable(Some("LK1")).unwrap().unwrap().id, first);
    assert_eq!(journal.last_undoable(Some("other")).unwrap(), None);
}

#[test]
fn a_list_is_filtered_and_paged() {
    let (_folder, journal) = journal();
    for second in 0..5 {
        apply(&journal, second, None);
    }
    let tools = ["wifi_enable", "wifiguest_set", "port_forward_add", "wifi"];
    for (second, tool) in (10..).zip(tools) {
        journal.begin(&Draft { tool: tool.to_owned(), ..draft(second) }).unwrap();
    }
    let ids = |filter: &Filter| {
        let listing = journal.list(filter).unwrap();
        (listing.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), listing.total)
    };
    let all = Filter::default();
    let of_tool = |tool: &str| Filter { tool: Some(tool.to_owned()), ..Filter::default() };
    assert_eq!(ids(&Filter { limit: 3, ..all.clone() }), (vec![9, 8, 7], 9));
    assert_eq!(ids(&Filter { limit: 3, before: Some(7), ..all.clone() }), (vec![6, 5, 4], 9));
    assert_eq!(ids(&of_tool("wifi")), (vec![9, 6, 5, 4, 3, 2, 1], 7));
    assert_eq!(ids(&of_tool("wifi_enable")), (vec![6], 1));
    assert_eq!(ids(&of_tool("port_forward")), (vec![8], 1));
    assert_eq!(ids(&of_tool("%")), (vec![], 0));
    assert_eq!(ids(&Filter { since: Some(at(11)), ..all.clone() }), (vec![9, 8, 7], 3));
    assert_eq!(ids(&Filter { outcome: Some(Outcome::Pending), ..all.clone() }), (vec![9, 8, 7, 6], 4));
    assert_eq!(ids(&Filter { box_serial: Some("LK2".to_owned()), ..all }), (vec![], 0));
}

#[test]
fn text_is_found_in_both_languages() {
    let (_folder, journal) = journal();
    let id = apply(&journal, 0, None);
    let total =
        |text: &str| journal.list(&Filter { search: Some(text.to_owned()), ..Filter::default() }).unwrap();
    for text in ["CHANNEL TO \"36\"", "Règle le canal", "claude", "WIFI0", "36"] {
        assert_eq!(total(text).entries.first().map(|entry| entry.id), Some(id), "{text}");
    }
    for text in ["nothing of the kind", "english", "band"] {
        assert_eq!(total(text).total, 0, "{text}");
    }
    assert_eq!(total("").total, 1);
}
