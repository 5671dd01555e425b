use journal::{GuardState, Journal, Text};

use crate::common::{at, draft, guarded, journal, read};

#[test]
fn a_guard_ends_once() {
    let (_folder, journal) = journal();
    let plain = journal.begin(&draft(0)).unwrap();
    let ids: Vec<i64> = (1..4).map(|second| journal.begin(&guarded(second)).unwrap()).collect();
    let pending = |journal: &Journal| -> Vec<i64> {
        journal.guards_pending().unwrap().into_iter().map(|entry| entry.id).collect()
    };
    assert_eq!(pending(&journal), ids);

    assert!(journal.postpone_guard(ids[0], at(500)).unwrap());
    assert_eq!(read(&journal, ids[0]).guard.unwrap().until, at(500));
    assert!(journal.keep_guard(ids[0], at(9)).unwrap());
    assert!(!journal.keep_guard(ids[0], at(10)).unwrap());
    assert!(!journal.postpone_guard(ids[0], at(600)).unwrap());
    assert!(!journal.end_guard(ids[0], GuardState::Reverted, at(10), None).unwrap());
    let kept = read(&journal, ids[0]).guard.unwrap();
    assert_eq!((kept.state, kept.until, kept.ended_at), (GuardState::Kept, at(500), Some(at(9))));

    let note = Text::new("the Internet did not come back", "Internet n’est pas revenu");
    assert!(journal.end_guard(ids[1], GuardState::Reverted, at(11), Some(&note)).unwrap());
    let reverted = read(&journal, ids[1]).guard.unwrap();
    assert_eq!((reverted.state, reverted.note), (GuardState::Reverted, Some(note)));

    assert_eq!(pending(&journal), &ids[2..]);
    for id in [plain, 99] {
        assert!(!journal.keep_guard(id, at(12)).unwrap());
        assert!(!journal.postpone_guard(id, at(12)).unwrap());
    }
    assert_eq!(read(&journal, plain).guard, None);
}

#[test]
fn only_a_pending_guard_can_be_watched() {
    let (folder, journal) = journal();
    let lock_file = |id: i64| folder.path().join(format!("guard-{id}.lock")).exists();
    let (plain, guarded) = (journal.begin(&draft(0)).unwrap(), journal.begin(&guarded(1)).unwrap());
    for id in [plain, 99] {
        assert!(journal.try_lock_guard(id).unwrap().is_none());
        assert!(!lock_file(id));
    }
    let lock = journal.try_lock_guard(guarded).unwrap();
    assert!(lock.is_some() && journal.try_lock_guard(guarded).unwrap().is_none());
    drop(lock);
    let lock = journal.try_lock_guard(guarded).unwrap();
    assert!(lock.is_some() && lock_file(guarded));
    assert!(journal.end_guard(guarded, GuardState::Passed, at(2), None).unwrap());
    drop(lock);
    assert!(journal.try_lock_guard(guarded).unwrap().is_none());
    assert!(!lock_file(guarded));
}
