//! A person changes something: the plan, the question, the answers, and scripts that nobody can ask.

use serde_json::{Value, json};

use crate::{
    harness::{Bench, said},
    screen::{Screen, Streams},
};

fn screen(bench: &Bench, words: &[&str]) -> Screen {
    let mut command = bench.asking();
    command.args(words);
    Screen::open(command)
}

fn entries(bench: &Bench) -> Vec<journal::Entry> {
    let journal = journal::Journal::open_existing(bench.folder.path()).unwrap();
    journal.map(|journal| journal.list(&journal::Filter::default()).unwrap().entries).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_needed_and_enough() {
    for (lang, question, answer) in
        [("en", "Do it? [y/N] ", "y"), ("fr", "Le faire ? [o/N] ", "o"), ("fr", "[o/N] ", "oui")]
    {
        let bench = Bench::start().await;
        let mut screen = screen(&bench, &["--lang", lang, "dmz", "set", "nas-familial"]);
        let plan = screen.until(question).await;
        assert!(plan.contains("Firewall:setDMZ") && plan.contains("nas-familial"), "{plan}");
        assert_eq!(bench.livebox.requests().writes().len(), 0, "asked first");
        screen.type_line(answer).await;
        let said = screen.leave().await;
        assert_eq!(said.code, 0, "{}", said.out);
        assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 1);
        let [entry] = &entries(&bench)[..] else { panic!("one entry") };
        assert_eq!((entry.consent.as_str(), entry.client.transport.as_str()), ("terminal", "terminal"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_else_is_a_no() {
    let bench = Bench::start().await;
    let before = bench.livebox.settings();
    for answer in ["", "n", "non", "yess", "Y e s"] {
        let mut screen = screen(&bench, &["dmz", "set", "nas-familial"]);
        screen.until("[y/N] ").await;
        screen.type_line(answer).await;
        let said = screen.leave().await;
        assert_eq!(said.code, 6, "{answer:?}: {}", said.out);
        assert!(said.out.contains("nothing was changed"), "{}", said.out);
    }
    let mut screen = screen(&bench, &["dmz", "set", "nas-familial"]);
    screen.until("[y/N] ").await;
    screen.end_of_input().await;
    assert_eq!(screen.leave().await.code, 6);
    assert_eq!(bench.livebox.settings(), before);
    assert!(entries(&bench).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_at_the_question_changes_nothing() {
    let bench = Bench::start().await;
    let mut screen = screen(&bench, &["dmz", "set", "nas-familial"]);
    screen.until("[y/N] ").await;
    screen.interrupt().await;
    let said = screen.leave().await;
    assert_eq!(said.code, 6, "{}", said.out);
    // The shell's next prompt begins on a line of its own.
    assert!(said.out.ends_with("nothing was changed.\n"), "{:?}", said.out);
    assert_eq!(bench.livebox.requests().writes().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_permitted_is_not_asked() {
    let bench = Bench::start().await;
    let said = screen(&bench, &["--policy", "dmz=allow", "dmz", "set", "nas-familial"]).leave().await;
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(!said.out.contains("[y/N]"), "{}", said.out);
    let said = screen(&bench, &["dmz", "clear", "--yes"]).leave().await;
    assert_eq!(said.code, 0, "{}", said.out);
    let consents: Vec<String> = entries(&bench).into_iter().map(|entry| entry.consent).collect();
    assert_eq!(consents, ["--yes", "policy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_so_already_is_not_asked() {
    let bench = Bench::start().await;
    let said = screen(&bench, &["dmz", "clear"]).leave().await;
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(!said.out.contains("[y/N]") && entries(&bench).is_empty(), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_agrees_beforehand_or_not_at_all() {
    let bench = Bench::start().await;
    for words in [&["dmz", "set", "nas-familial"][..], &["--json", "dmz", "set", "nas-familial"]] {
        let said = said(bench.asking().args(words)).await;
        assert_eq!(said.code, 6, "{}", said.err);
        assert!(said.err.contains("--yes") && said.err.contains("--dry-run"), "{}", said.err);
        assert!(said.out.is_empty(), "{}", said.out);
    }
    assert_eq!(bench.livebox.requests().writes().len(), 0);
    // A question that is not seen, or an answer that is not typed, is none.
    for streams in [Streams::AllButStdin, Streams::AllButStderr] {
        let mut command = bench.asking();
        command.args(["dmz", "set", "nas-familial"]);
        assert_eq!(Screen::with(command, streams).leave().await.code, 6, "{streams:?}");
    }
    assert_eq!(bench.livebox.requests().writes().len(), 0);
    let said = said(bench.asking().args(["dmz", "set", "nas-familial", "-y"])).await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(entries(&bench)[0].consent, "--yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_can_be_piped_on() {
    let bench = Bench::start().await;
    let mut command = bench.asking();
    command.args(["--json", "dmz", "set", "nas-familial"]);
    let mut screen = Screen::with(command, Streams::AllButStdout);
    screen.until("[y/N] ").await;
    screen.type_line("y").await;
    assert_eq!(screen.leave().await.code, 0);
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_and_sends_nothing() {
    let bench = Bench::start().await;
    let before = bench.livebox.settings();
    let text = said(bench.asking().args(["dmz", "set", "nas-familial", "--dry-run"])).await;
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.contains("Firewall:setDMZ") && text.out.contains("dmz_clear"), "{}", text.out);
    let json =
        said(bench.asking().args(["--json", "dmz", "set", "nas-familial", "--dry-run", "--yes"])).await;
    let plan: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(plan["outcome"], "planned", "{plan}");
    assert_eq!(plan["plan"]["undo"], json!({ "tool": "dmz_clear", "arguments": {} }), "{plan}");
    assert_eq!(plan["before"], Value::Null, "{plan}");
    assert!(
        plan["plan"]["calls"][0]["call"] == "Firewall:setDMZ" && plan["plan"]["risk"].is_string(),
        "{plan}"
    );
    assert_eq!(bench.livebox.settings(), before);
    assert_eq!(bench.livebox.requests().writes().len(), 0);
    assert!(!bench.folder.path().join(journal::FILE).exists(), "a plan leaves no trace");
    // What is not permitted is not planned either.
    let said = said(bench.asking().args(["--read-only", "dmz", "set", "nas-familial", "--dry-run"])).await;
    assert_eq!(said.code, 6, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_takes_both_flags() {
    let bench = Bench::start().await;
    for def in livebox::tools() {
        for lang in ["en", "fr"] {
            let said = bench.run(&format!("--lang {lang} {} --help", def.words())).await;
            assert_eq!(said.out.contains("--dry-run"), def.may_change(), "{}", def.name());
            assert_eq!(said.out.contains("--yes"), def.access > livebox::Access::Read, "{}", def.name());
        }
    }
}
