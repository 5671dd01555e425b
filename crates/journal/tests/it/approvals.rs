use journal::{ApprovalDraft, ApprovalState, ENDED_KEPT, Error, OPEN_MAX, OPEN_MAX_OF_CLIENT};

use crate::common::{at, journal, question};

#[test]
fn an_approval_is_asked_given_and_used_once() {
    let (_folder, journal) = journal();
    let asked = journal.request_approval(&question(0, "plan")).unwrap();
    assert_eq!((asked.id.len(), asked.state, asked.expires_at), (5, ApprovalState::Open, at(600)));
    assert!(asked.id.chars().all(|letter| !"01258BEILOSUVZ".contains(letter)), "{}", asked.id);
    assert_eq!(journal.request_approval(&question(1, "plan")).unwrap(), asked);
    assert_eq!(journal.approvals_open(at(2)).unwrap(), std::slice::from_ref(&asked));
    assert_eq!(journal.consume_approval("plan", "Claude", at(3)).unwrap(), None);

    assert!(journal.answer_approval(&format!(" {} ", asked.id.to_lowercase()), true, at(4)).unwrap());
    assert!(!journal.answer_approval(&asked.id, false, at(5)).unwrap());
    assert!(journal.approvals_open(at(5)).unwrap().is_empty());
    assert_eq!(journal.consume_approval("other", "Claude", at(6)).unwrap(), None);
    let used = journal.consume_approval("plan", "Claude", at(6)).unwrap().unwrap();
    assert_eq!((used.state, used.answered_at, used.used_at), (ApprovalState::Used, Some(at(4)), Some(at(6))));
    assert_eq!(journal.consume_approval("plan", "Claude", at(7)).unwrap(), None);
    assert_eq!(journal.approval(&asked.id).unwrap(), Some(used));
    assert_ne!(journal.request_approval(&question(8, "plan")).unwrap().id, asked.id);
}

#[test]
fn no_and_too_late_give_nothing() {
    let (_folder, journal) = journal();
    let denied = journal.request_approval(&question(0, "denied")).unwrap();
    assert!(journal.answer_approval(&denied.id, false, at(1)).unwrap());
    assert_eq!(journal.consume_approval("denied", "Claude", at(2)).unwrap(), None);

    let late = journal.request_approval(&question(0, "late")).unwrap();
    assert!(late.expired(at(600)) && !late.expired(at(599)));
    assert!(!journal.answer_approval(&late.id, true, at(600)).unwrap());
    assert!(journal.approvals_open(at(600)).unwrap().is_empty());

    let unused = journal.request_approval(&question(0, "unused")).unwrap();
    assert!(journal.answer_approval(&unused.id, true, at(599)).unwrap());
    assert_eq!(journal.consume_approval("unused", "Claude", at(600)).unwrap(), None);
    assert!(!journal.answer_approval("QQQQQ", true, at(1)).unwrap());
    assert_eq!(journal.approval("QQQQQ").unwrap(), None);
}

fn by(client: &str, plan_hash: &str) -> ApprovalDraft {
    let mut draft = question(0, plan_hash);
    client.clone_into(&mut draft.client.name);
    draft
}

#[test]
fn an_approval_is_for_who_asked() {
    let (_folder, journal) = journal();
    let asked = journal.request_approval(&by("one", "plan")).unwrap();
    assert_ne!(journal.request_approval(&by("other", "plan")).unwrap().id, asked.id);
    assert!(journal.answer_approval(&asked.id, true, at(1)).unwrap());
    assert_eq!(journal.consume_approval("plan", "other", at(2)).unwrap(), None);
    assert!(journal.consume_approval("plan", "one", at(2)).unwrap().is_some());
}

#[test]
fn a_refusal_is_about_the_effect() {
    let (_folder, journal) = journal();
    let mut asked = question(0, "by name");
    "same".clone_into(&mut asked.effect);
    let asked = journal.request_approval(&asked).unwrap();
    assert!(journal.answer_approval(&asked.id, false, at(1)).unwrap());
    assert_eq!(journal.denied_approval("same", at(2)).unwrap().map(|denied| denied.id), Some(asked.id));
    assert_eq!(journal.denied_approval("another", at(2)).unwrap(), None);
    assert_eq!(journal.denied_approval("same", at(600)).unwrap(), None);
}

#[test]
fn a_model_cannot_fill_the_disk() {
    let (_folder, journal) = journal();
    for number in 0..OPEN_MAX_OF_CLIENT {
        journal.request_approval(&question(0, &number.to_string())).unwrap();
    }
    let error = journal.request_approval(&question(1, "one more")).unwrap_err();
    assert!(matches!(error, Error::TooManyApprovals { open: OPEN_MAX_OF_CLIENT }), "{error}");
    // Others still may ask, up to a limit for all together.
    for number in OPEN_MAX_OF_CLIENT..OPEN_MAX {
        journal.request_approval(&by(&format!("client {number}"), "same")).unwrap();
    }
    let error = journal.request_approval(&by("one more", "same")).unwrap_err();
    assert!(matches!(error, Error::TooManyApprovals { open: OPEN_MAX }), "{error}");
    journal.request_approval(&question(1, "0")).unwrap();

    // Those that nobody answered make room, and do not pile up.
    let mut first = None;
    for round in 1..i64::from(ENDED_KEPT) {
        for number in 0..3 {
            let asked =
                journal.request_approval(&question(round * 600, &format!("{round}.{number}"))).unwrap();
            first.get_or_insert(asked.id);
        }
    }
    assert_eq!(journal.approval(&first.unwrap()).unwrap(), None);
}

#[test]
fn a_seal_is_used_once() {
    let (_folder, journal) = journal();
    assert!(journal.use_once("nonce", at(60), at(0)).unwrap());
    assert!(!journal.use_once("nonce", at(60), at(1)).unwrap());
    assert!(!journal.use_once("nonce", at(60), at(60)).unwrap());
    assert!(journal.use_once("other", at(60), at(1)).unwrap());
    assert!(journal.use_once("nonce", at(90), at(61)).unwrap());
}
