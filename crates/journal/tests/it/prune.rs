use std::collections::HashSet;

use journal::{Draft, GuardState, Outcome};
use proptest::prelude::*;

use crate::common::{at, draft, end, guarded, journal, question};

const DAY: i64 = 24 * 60 * 60;

#[derive(Clone, Debug)]
struct Past {
    days_ago: i64,
    outcome: Outcome,
    /// Whether it has a guard, and one that still watches.
    guard: Option<bool>,
    /// Whether it takes back the entry before it.
    undoes: bool,
}

fn past() -> impl Strategy<Value = Past> {
    use Outcome::{Applied, Differs, Failed, Pending, Refused, Unknown};
    let outcome = prop::sample::select(vec![Pending, Applied, Applied, Differs, Refused, Failed, Unknown]);
    let guard = prop::sample::select(vec![None, None, Some(false), Some(true)]);
    (0..20_i64, outcome, guard, any::<bool>()).prop_map(|(days_ago, outcome, guard, undoes)| Past {
        days_ago,
        outcome,
        guard,
        undoes,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn only_old_settled_entries_go(
        pasts in prop::collection::vec(past(), 0..9),
        keep_days in 0..20_u32,
        keep_entries in 0..9_u32,
    ) {
        let (_folder, journal) = journal();
        let now = 100 * DAY;
        let mut kept = HashSet::new();
        let count = pasts.len();
        for (index, past) in pasts.iter().enumerate() {
            let id = i64::try_from(index).unwrap() + 1;
            let began = now - past.days_ago * DAY;
            let undoes = (past.undoes && index > 0).then_some(id - 1);
            let draft = if past.guard.is_some() { guarded(began) } else { draft(began) };
            prop_assert_eq!(journal.begin(&Draft { undoes, ..draft }).unwrap(), id);
            if past.outcome != Outcome::Pending {
                journal.finish(id, &end(began, past.outcome)).unwrap();
            }
            if past.guard == Some(false) {
                journal.end_guard(id, GuardState::Passed, at(began), None).unwrap();
            }
            let open = past.outcome.is_unsettled();
            let young = past.days_ago <= i64::from(keep_days) && index + keep_entries as usize >= count;
            if young || open || past.guard == Some(true) {
                kept.insert(id);
            }
            if open {
                kept.extend(undoes);
            }
        }
        let gone = journal.prune(keep_days, keep_entries, at(now)).unwrap();
        prop_assert_eq!(usize::try_from(gone).unwrap(), count - kept.len());
        for id in 1..=i64::try_from(count).unwrap() {
            prop_assert_eq!(journal.entry(id).unwrap().is_some(), kept.contains(&id), "entry {}", id);
        }
        // A number is not used again.
        prop_assert_eq!(journal.begin(&draft(now)).unwrap(), i64::try_from(count).unwrap() + 1);
    }
}

#[test]
fn what_was_undone_stays_undone_when_the_undo_is_gone() {
    let (_folder, journal) = journal();
    let change = journal.begin(&guarded(0)).unwrap();
    journal.finish(change, &end(0, Outcome::Applied)).unwrap();
    let undo = journal.begin(&Draft { undoes: Some(change), ..draft(1) }).unwrap();
    journal.finish(undo, &end(1, Outcome::Applied)).unwrap();
    assert_eq!(journal.prune(0, 0, at(2)).unwrap(), 1);
    assert_eq!(journal.entry(change).unwrap().unwrap().undone_by, Some(undo));
    assert_eq!(journal.last_undoable(None).unwrap(), None);
}

#[test]
fn the_rest_is_tidied_too() {
    let (folder, journal) = journal();
    let watched = journal.begin(&guarded(0)).unwrap();
    let lock = journal.try_lock_guard(watched).unwrap();
    let stale = folder.path().join("guard-99.lock");
    std::fs::write(&stale, "").unwrap();
    let open = journal.request_approval(&question(0, "open")).unwrap();
    journal.prune(0, 0, at(1)).unwrap();
    assert!(lock.is_some() && !stale.exists());
    assert!(journal.try_lock_guard(watched).unwrap().is_none());
    assert_eq!(journal.approvals_open(at(1)).unwrap(), [open]);
}

#[test]
fn what_is_pruned_is_not_in_the_file() {
    let (folder, journal) = journal();
    let id = journal.begin(&Draft { consent: "a-telling-word".to_owned(), ..draft(0) }).unwrap();
    journal.finish(id, &end(0, Outcome::Applied)).unwrap();
    journal.prune(0, 0, at(1)).unwrap();
    drop(journal);
    let bytes = std::fs::read(folder.path().join(journal::FILE)).unwrap();
    assert!(!bytes.windows(14).any(|window| window == b"a-telling-word"));
}
