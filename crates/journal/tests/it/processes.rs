//! Several processes on one journal. A test starts itself again, with the folder in its environment, as the
//! other processes.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use journal::{Draft, Error, FILE, Journal, Outcome};

use crate::common::{apply, at, draft, guarded, journal, question, read};

const FOLDER: &str = "JOURNAL_OF_PARENT";
const RACERS: usize = 6;
const ROUNDS: usize = 8;

/// The folder, in a process that a test started; nothing in the test itself.
fn in_child() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Starts the test of this name again.
fn child(test: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The words that a child said, each on a line of its own that begins with a colon.
fn words(child: Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_prefix(':')).map(str::to_owned).collect()
}

/// Says a word to the parent. The test runner may not have ended its line.
fn say(word: impl std::fmt::Display) {
    println!("\n:{word}");
}

/// Waits until a child says a word.
fn hear(child: &mut Child, word: &str) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == format!(":{word}")), "the child ended before \"{word}\"");
}

/// Waits until the parent closes our input, so that all start together.
fn wait_for_the_start() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// Runs so many processes, started together, and returns what each one said.
fn race(test: &str, folder: &Path) -> Vec<Vec<String>> {
    let mut children: Vec<_> = (0..RACERS).map(|_| child(test, folder)).collect();
    for child in &mut children {
        drop(child.stdin.take());
    }
    children.into_iter().map(words).collect()
}

#[test]
fn all_may_open_and_begin_at_once() {
    if let Some(folder) = in_child() {
        wait_for_the_start();
        let journal = Journal::open(&folder).unwrap();
        for second in 0.. {
            say(journal.begin(&draft(second)).unwrap());
            if usize::try_from(second).unwrap() + 1 == ROUNDS {
                return;
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new");
    let said = race("processes::all_may_open_and_begin_at_once", &folder);
    let ids: HashSet<i64> = said.iter().flatten().map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids.len(), RACERS * ROUNDS);
    assert_eq!(Journal::open(&folder).unwrap().unsettled().unwrap().len(), RACERS * ROUNDS);
}

#[test]
fn one_process_wins_an_approval_a_seal_and_a_guard() {
    if let Some(folder) = in_child() {
        let journal = Journal::open(&folder).unwrap();
        wait_for_the_start();
        for round in 0..ROUNDS {
            if journal.consume_approval("plan", &format!("client {round}"), at(2)).unwrap().is_some() {
                say(format_args!("approval {round}"));
            }
            if journal.use_once(&format!("nonce {round}"), at(60), at(2)).unwrap() {
                say(format_args!("seal {round}"));
            }
            if journal.keep_guard(i64::try_from(round).unwrap() + 1, at(2)).unwrap() {
                say(format_args!("guard {round}"));
            }
        }
        return;
    }
    let (folder, journal) = journal();
    for round in 0..ROUNDS {
        let mut draft = question(0, "plan");
        draft.client.name = format!("client {round}");
        let asked = journal.request_approval(&draft).unwrap();
        assert!(journal.answer_approval(&asked.id, true, at(1)).unwrap());
        journal.begin(&guarded(0)).unwrap();
    }
    let said = race("processes::one_process_wins_an_approval_a_seal_and_a_guard", folder.path());
    let mut won: Vec<_> = said.into_iter().flatten().collect();
    won.sort();
    let mut all: Vec<_> = ["approval", "seal", "guard"]
        .iter()
        .flat_map(|what| (0..ROUNDS).map(move |round| format!("{what} {round}")))
        .collect();
    all.sort();
    assert_eq!(won, all);
}

#[test]
fn changes_never_overlap() {
    if let Some(folder) = in_child() {
        let journal = Journal::open(&folder).unwrap();
        wait_for_the_start();
        for _ in 0..ROUNDS {
            let lock = loop {
                match journal.try_lock_changes().unwrap() {
                    Some(lock) => break lock,
                    None => std::thread::sleep(Duration::from_millis(1)),
                }
            };
            // Only who holds the lock may find the file absent, make it, and remove it.
            std::fs::OpenOptions::new().write(true).create_new(true).open(folder.join("inside")).unwrap();
            std::thread::yield_now();
            std::fs::remove_file(folder.join("inside")).unwrap();
            drop(lock);
        }
        return;
    }
    let (folder, _journal) = journal();
    race("processes::changes_never_overlap", folder.path());
}

#[test]
fn a_killed_process_leaves_a_pending_entry_and_no_lock() {
    const TEST: &str = "processes::a_killed_process_leaves_a_pending_entry_and_no_lock";
    if let Some(folder) = in_child() {
        let journal = Journal::open(&folder).unwrap();
        let _changes = journal.try_lock_changes().unwrap().unwrap();
        let id = journal.begin(&Draft { undoes: Some(1), ..guarded(5) }).unwrap();
        let _guard = journal.try_lock_guard(id).unwrap().unwrap();
        say("sent");
        wait_for_the_start();
        panic!("the parent should have killed this process");
    }
    let (folder, journal) = journal();
    let change = apply(&journal, 0, None);
    let mut child = child(TEST, folder.path());
    hear(&mut child, "sent");
    assert!(journal.try_lock_changes().unwrap().is_none());
    assert!(journal.try_lock_guard(change + 1).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();

    assert!(journal.try_lock_changes().unwrap().is_some());
    let [entry] = journal.unsettled().unwrap().try_into().unwrap();
    assert_eq!((entry.at, entry.undoes, entry.outcome), (at(5), Some(change), Outcome::Pending));
    assert!(read(&journal, change).in_force());
    // Another process takes up the guard.
    let [guarded] = journal.guards_pending().unwrap().try_into().unwrap();
    assert_eq!(guarded.id, entry.id);
    let lock = journal.try_lock_guard(entry.id).unwrap();
    assert!(lock.is_some());
    assert!(journal.try_lock_guard(entry.id).unwrap().is_none());
}

#[test]
fn threads_with_one_journal_or_several_agree() {
    let (folder, journal) = journal();
    let wins: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|number| {
                let (journal, folder) = (&journal, folder.path());
                scope.spawn(move || {
                    let own = Journal::open(folder).unwrap();
                    let journal = if number % 2 == 0 { journal } else { &own };
                    (0..ROUNDS)
                        .filter(|round| journal.use_once(&round.to_string(), at(9), at(0)).unwrap())
                        .count()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).sum()
    });
    assert_eq!(wins, ROUNDS);
}

#[test]
fn reading_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("state");
    assert!(Journal::open_existing(&inside).unwrap().is_none());
    assert!(Journal::open_existing(folder.path()).unwrap().is_none());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    // An empty file, as a process killed while creating leaves it, becomes a journal.
    std::fs::write(folder.path().join(FILE), "").unwrap();
    let journal = Journal::open_existing(folder.path()).unwrap().unwrap();
    assert!(matches!(
        journal.finish(1, &crate::common::end(0, Outcome::Failed)),
        Err(Error::NoSuchEntry { id: 1 })
    ));
}
