//! `livebox-mcp approve`: who can answer for an assistant, and what becomes of the answer.

use std::time::Duration;

use jiff::Timestamp;
use journal::{ApprovalDraft, ApprovalState, Journal};
use livebox::Client;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    harness::{Bench, Peer, Said, said, text},
    screen::{Screen, Streams},
};

fn approve(bench: &Bench, words: &[&str]) -> Command {
    let mut command = bench.asking();
    // The box is not needed: nothing listens there.
    command.env("LIVEBOX_HOST", "127.0.0.1:1").arg("approve").args(words);
    command
}

async fn run(bench: &Bench, words: &[&str]) -> Said {
    said(&mut approve(bench, words)).await
}

fn books(bench: &Bench) -> Journal {
    Journal::open(bench.folder.path()).unwrap()
}

fn state(bench: &Bench, id: &str) -> ApprovalState {
    books(bench).approval(id).unwrap().unwrap().state
}

/// A request as the pipeline stores it, with a word to type if need be.
fn request(bench: &Bench, asked: Timestamp, word: Option<&str>, what: &str) -> String {
    request_by("Claude", bench, asked, word, what)
}

fn request_by(client: &str, bench: &Bench, asked: Timestamp, word: Option<&str>, what: &str) -> String {
    let draft = ApprovalDraft {
        at: asked,
        valid_for: Duration::from_secs(600),
        plan_hash: what.to_owned(),
        effect: what.to_owned(),
        tool: "box_reboot".to_owned(),
        args: json!({}),
        plan: json!({
            "what": { "english": what, "french": what }, "word": word,
            "english": format!("Change  {what}"), "french": format!("Changement  {what}"),
        }),
        client: Client { name: client.to_owned(), version: "1".to_owned(), transport: "stdio".to_owned() },
    };
    books(bench).request_approval(&draft).unwrap().id
}

/// The code that the question shows.
async fn code(screen: &mut Screen) -> String {
    screen.until("To agree, type ").await;
    screen.until("; to refuse, type no: ").await
}

async fn ask(peer: &mut Peer) -> Value {
    peer.call("dmz_set", json!({ "host": "nas-familial" })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_approves_and_the_same_call_goes_through_once() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let asked = ask(&mut peer).await;
    let id = asked["structuredContent"]["approval"]["id"].as_str().unwrap().to_owned();
    let list = run(&bench, &[]).await;
    assert!(
        list.code == 0 && list.out.contains(&id) && list.out.contains("test"),
        "{}{}",
        list.out,
        list.err
    );
    let list: Value = serde_json::from_str(&run(&bench, &["--json"]).await.out).unwrap();
    assert_eq!((&list["approvals"][0]["id"], &list["approvals"][0]["tool"]), (&json!(id), &json!("dmz_set")));

    let mut screen = Screen::open(approve(&bench, &[&id.to_lowercase()]));
    let code = code(&mut screen).await;
    assert!(screen.shown.contains("Firewall:setDMZ") && screen.shown.contains("test 0"), "{}", screen.shown);
    screen.type_line(&code.to_lowercase()).await;
    let end = screen.leave().await;
    assert_eq!(end.code, 0, "{}", end.out);
    assert!(end.out.contains("same call again") && end.out.contains("minutes"), "{}", end.out);
    assert_eq!(bench.livebox.requests().writes().len(), 0, "approving sends nothing");

    // Another call is another plan.
    let other = peer.call("dmz_set", json!({ "host": "192.168.1.24" })).await;
    assert_eq!(other["structuredContent"]["outcome"], "approval_needed", "{other}");
    let done = ask(&mut peer).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    assert_eq!(state(&bench, &id), ApprovalState::Used);
    peer.leave().await;
    bench.livebox.call("Firewall", "deleteDMZ", &json!({ "id": "webui" }));
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let again = ask(&mut peer).await;
    assert_eq!(again["structuredContent"]["outcome"], "approval_needed", "{again}");
    let end = run_in_terminal(&bench, &id).await;
    assert!(end.code == 1 && end.out.contains("used already"), "{}", end.out);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_client_nor_a_name_forges_what_is_listed() {
    let bench = Bench::start().await;
    let client = "Claude (dmz_set), valid      9 minutes";
    let id = request_by(client, &bench, Timestamp::now(), None, "Rename \"TV       Claude   9 minutes\"");
    let list = run(&bench, &[]).await.out;
    let row = list.lines().find(|line| line.contains(&id)).unwrap();
    let cells: Vec<&str> = row.split("  ").filter(|cell| !cell.trim().is_empty()).collect();
    assert_eq!(cells.len(), 4, "{row}");
    assert_eq!(
        cells[1..3],
        ["Rename \"TV Claude 9 minutes\"", "\"Claude (dmz_set), valid 9 minutes\" 1"],
        "{row}"
    );
    let mut screen = Screen::open(approve(&bench, &[&id]));
    code(&mut screen).await;
    assert!(screen.shown.contains("Asked by \"Claude (dmz_set), valid"), "{}", screen.shown);
    screen.type_line("no").await;
    assert_eq!(screen.leave().await.code, 6);
}

async fn run_in_terminal(bench: &Bench, id: &str) -> Said {
    Screen::open(approve(bench, &[id])).leave().await
}

/// Asks for a change that the person at the terminal refuses; the request's id, and how the terminal ended.
async fn refused(bench: &Bench, peer: &mut Peer, no: &str) -> (String, Said) {
    let asked = ask(peer).await;
    let id = asked["structuredContent"]["approval"]["id"].as_str().unwrap().to_owned();
    let mut screen = Screen::open(approve(bench, &[&id]));
    code(&mut screen).await;
    screen.type_line(no).await;
    (id, screen.leave().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_recorded_and_the_assistant_hears_it() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let (id, end) = refused(&bench, &mut peer, "non").await;
    assert_eq!(end.code, 6, "{}", end.out);
    assert_eq!(state(&bench, &id), ApprovalState::Denied);
    let again = ask(&mut peer).await;
    assert_eq!(again["isError"], true, "{again}");
    assert!(text(&again).contains("refused this very change"), "{again}");
    let end = run_in_terminal(&bench, &id).await;
    assert!(end.code == 1 && end.out.contains("refused already"), "{}", end.out);
    assert_eq!(bench.livebox.requests().writes().len(), 0);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_interactive_terminal_answers() {
    let bench = Bench::start().await;
    let id = request(&bench, Timestamp::now(), None, "something");
    assert_eq!(run(&bench, &[&id]).await.code, 6);
    for streams in [Streams::AllButStdin, Streams::AllButStdout, Streams::AllButStderr] {
        let end = Screen::with(approve(&bench, &[&id]), streams).leave().await;
        assert_eq!(end.code, 6, "{streams:?}: {}", end.out);
    }
    for flag in ["--yes", "-y", "--force"] {
        assert_eq!(run(&bench, &[&id, flag]).await.code, 2, "{flag}");
        assert_eq!(Screen::open(approve(&bench, &[&id, flag])).leave().await.code, 2, "{flag}");
    }
    assert_eq!(state(&bench, &id), ApprovalState::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn blind_answers_are_none() {
    let bench = Bench::start().await;
    let id = request(&bench, Timestamp::now(), None, "something");
    for answer in ["y", "yes", "oui", "approve", "AAAA", &id] {
        let mut screen = Screen::open(approve(&bench, &[&id]));
        // As `yes` writes, without reading.
        for _ in 0..5 {
            screen.type_line(answer).await;
        }
        let end = screen.leave().await;
        assert_eq!(end.code, 6, "{answer}: {}", end.out);
        assert_eq!(state(&bench, &id), ApprovalState::Open, "{answer}");
    }
    // Each question has a code of its own: the last one does not serve again.
    let mut screen = Screen::open(approve(&bench, &[&id]));
    let first = code(&mut screen).await;
    screen.type_line("QQQQQ").await;
    let second = code(&mut screen).await;
    assert_ne!(first, second);
    screen.type_line(&first).await;
    code(&mut screen).await;
    screen.interrupt().await;
    let end = screen.leave().await;
    assert!(end.code == 6 && end.out.contains("still waits"), "{}", end.out);
    for silence in [true, false] {
        let mut screen = Screen::open(approve(&bench, &[&id]));
        code(&mut screen).await;
        if silence {
            screen.end_of_input().await;
        } else {
            screen.type_line("").await;
        }
        assert_eq!(screen.leave().await.code, 6);
    }
    assert_eq!(state(&bench, &id), ApprovalState::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_disruptive_wants_its_word_too() {
    let bench = Bench::start().await;
    let id = request(&bench, Timestamp::now(), Some("reboot"), "Restart the box");
    let mut screen = Screen::open(approve(&bench, &[&id]));
    let wanted = code(&mut screen).await;
    let code_alone = wanted.strip_prefix("reboot ").unwrap().to_owned();
    screen.type_line(&code_alone).await;
    let wanted = code(&mut screen).await;
    assert_eq!(state(&bench, &id), ApprovalState::Open);
    screen.type_line(&format!("  {} ", wanted.replace(' ', "   "))).await;
    assert_eq!(screen.leave().await.code, 0);
    assert_eq!(state(&bench, &id), ApprovalState::Approved);
    let end = run_in_terminal(&bench, &id).await;
    assert!(end.code == 1 && end.out.contains("approved already"), "{}", end.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_or_unknown_is_said() {
    let bench = Bench::start().await;
    let end = run_in_terminal(&bench, "ZZZZZ").await;
    assert!(end.code == 1 && end.out.contains("No request is called \"ZZZZZ\""), "{}", end.out);
    let old = Timestamp::now() - jiff::SignedDuration::from_mins(11);
    let id = request(&bench, old, None, "something");
    let end = run_in_terminal(&bench, &id).await;
    assert!(end.code == 6 && end.out.contains("expired"), "{}", end.out);
    let french = Screen::open({
        let mut command = approve(&bench, &[&id]);
        command.env("LIVEBOX_LANG", "fr");
        command
    });
    assert!(french.leave().await.out.contains("a expiré"));
    assert!(run(&bench, &[]).await.out.contains("No request waits"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_move_the_cursor() {
    let bench = Bench::start().await;
    let id = request(&bench, Timestamp::now(), None, "Nothing\u{1b}[2J\u{1b}[1A\u{9b}31m harmless\u{7}\rOK");
    let mut screen = Screen::open(approve(&bench, &[&id]));
    code(&mut screen).await;
    screen.type_line("no").await;
    let end = screen.leave().await;
    let list = run(&bench, &[]).await;
    for shown in [end.out, list.out] {
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{shown:?}");
    }
}

/// Two passwords look the same in a plan, and are not.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_one_password_is_none_of_another() {
    let bench = Bench::start().await;
    let mut command = bench.asking();
    let mut peer = Peer::start(command.env("LIVEBOX_MCP_ACCEPT_SECRETS", "1").arg("mcp"));
    peer.initialize().await;
    let new = |new: &str| json!({ "current": crate::harness::PASSWORD, "new": new });
    let asked = peer.call("password_set", new("Alpha-12345678")).await;
    let id = asked["structuredContent"]["approval"]["id"].as_str().unwrap().to_owned();
    let mut screen = Screen::open(approve(&bench, &[&id]));
    let code = code(&mut screen).await;
    screen.type_line(&code).await;
    assert_eq!(screen.leave().await.code, 0);
    let other = peer.call("password_set", new("Bravo-12345678")).await;
    assert_eq!(other["structuredContent"]["outcome"], "approval_needed", "{other}");
    assert_eq!(bench.livebox.requests().writes().len(), 0);
    let done = peer.call("password_set", new("Alpha-12345678")).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    peer.leave().await;
}

/// What a person refused is not asked again in other words.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_holds_for_every_spelling() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let (_, end) = refused(&bench, &mut peer, "no").await;
    assert_eq!(end.code, 6, "{}", end.out);
    for host in ["nas-familial", "192.168.1.20", "NAS-FAMILIAL", "00:11:32:8e:8d:60"] {
        let again = peer.call("dmz_set", json!({ "host": host })).await;
        assert_eq!(again["isError"], true, "{host}: {again}");
    }
    let other = peer.call("dmz_set", json!({ "host": "192.168.1.24" })).await;
    assert_eq!(other["structuredContent"]["outcome"], "approval_needed", "{other}");
    peer.leave().await;
}
