//! Whom the family telephones.

use jiff::Timestamp;

use crate::clock::after;
use crate::random::Seed;
use crate::state::voice::{CallRecord, Contact, Voice};

/// Name, first name, kind, number. Numbers are from the ranges reserved for fiction.
const CONTACTS: &[(&str, &str, &str, &str)] = &[
    ("Le Guen", "Mamie", "HOME", "0261910142"),
    ("Lefèvre", "Aurélie", "CELL", "0639980117"),
    ("Garage Béraud", "", "WORK", "0199000188"),
    ("École Jules-Verne", "", "WORK", "0199000131"),
    ("Martin", "François", "CELL", "0639980164"),
    ("Cabinet médical", "", "WORK", "0536490125"),
];

const STRANGERS: &[&str] = &["0353011874", "0465710233", "", "0199009561"];

pub(super) fn voice(seed: Seed, now: Timestamp) -> Voice {
    let calls: u32 = 26;
    let mut age = 0;
    let mut log: Vec<CallRecord> = (0..calls)
        .rev()
        .map(|id| {
            let label = format!("call{id}");
            age += seed.between(&label, 5_000, 160_000);
            let outgoing = seed.below(&format!("{label}/way"), 3) == 0;
            let answered = seed.below(&format!("{label}/answer"), 4) != 0;
            let known = outgoing || seed.below(&format!("{label}/known"), 3) != 0;
            let (number, name) = party(seed, &label, known);
            CallRecord {
                id: id + 1,
                outcome: match (answered, outgoing) {
                    (true, _) => "succeeded",
                    (false, true) => "failed",
                    (false, false) => "missed",
                },
                outgoing,
                number,
                name,
                terminal: if answered || outgoing { "FXS1" } else { "" },
                start: after(now, -age),
                duration: if answered {
                    u32::try_from(seed.between(&label, 9, 1_900)).unwrap_or(60)
                } else {
                    0
                },
                viewed: age > 200_000,
            }
        })
        .collect();
    log.reverse();
    let contacts = CONTACTS
        .iter()
        .enumerate()
        .map(|(index, (last, first, kind, number))| Contact {
            id: format!("{}", 1_000 + index),
            last: (*last).to_owned(),
            first: (*first).to_owned(),
            formatted: format!("{first} {last}").trim().to_owned(),
            ringtone: "1".to_owned(),
            numbers: vec![((*number).to_owned(), (*kind).to_owned(), true)],
        })
        .collect();
    let sip_account = format!("ndi{}", seed.text("sip", 12, b"abcdefghijkmnpqrstuvwxyz23456789"));
    Voice { number: "+33261910186".to_owned(), sip_account, calls: log, contacts, next_id: calls + 1 }
}

fn party(seed: Seed, label: &str, known: bool) -> (String, String) {
    let pick = |count: usize| usize::try_from(seed.below(&format!("{label}/who"), count as u64)).unwrap_or(0);
    if known {
        let who = CONTACTS.get(pick(CONTACTS.len()));
        who.map(|(last, first, _, number)| {
            ((*number).to_owned(), format!("{first} {last}").trim().to_owned())
        })
        .unwrap_or_default()
    } else {
        let number = STRANGERS.get(pick(STRANGERS.len())).copied().unwrap_or_default();
        (number.to_owned(), String::new())
    }
}
