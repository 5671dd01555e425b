//! `journal`, `undo` and `redo` as commands.

use serde_json::{Value, json};

use crate::{
    harness::{Bench, Said, said},
    screen::Screen,
};

async fn run(bench: &Bench, words: &[&str]) -> Said {
    said(bench.asking().args(words)).await
}

async fn done(bench: &Bench, words: &[&str]) -> Value {
    let said = run(bench, &[&["--json"], words].concat()).await;
    assert_eq!(said.code, 0, "{words:?}: {}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

/// Address of the host that receives everything, as the emulator has it.
fn dmz(bench: &Bench) -> Value {
    bench.livebox.settings()["firewall"]["dmz"][0]["destination"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_change_is_undone_and_done_again() {
    let bench = Bench::start().await;
    assert_eq!(dmz(&bench), Value::Null);
    done(&bench, &["dmz", "set", "192.168.1.20", "--yes"]).await;
    done(&bench, &["dmz", "set", "192.168.1.24", "--yes"]).await;
    // Nobody can be asked here.
    let refused = run(&bench, &["undo"]).await;
    assert_eq!(refused.code, 6, "{}", refused.err);
    let plan = done(&bench, &["undo", "--dry-run"]).await;
    assert_eq!(plan["outcome"], "planned", "{plan}");
    assert_eq!(dmz(&bench), "192.168.1.24");
    let undone = done(&bench, &["undo", "--yes"]).await;
    assert_eq!((&undone["outcome"], &undone["entry"]), (&json!("applied"), &json!(3)), "{undone}");
    assert_eq!(dmz(&bench), "192.168.1.20");
    done(&bench, &["redo", "--yes"]).await;
    assert_eq!(dmz(&bench), "192.168.1.24");
    // By number: the change, or its undo.
    done(&bench, &["undo", "2", "--yes"]).await;
    assert_eq!(dmz(&bench), "192.168.1.20");
    done(&bench, &["redo", "2", "-y"]).await;
    assert_eq!(dmz(&bench), "192.168.1.24");
    let undone = done(&bench, &["undo", "2", "--yes"]).await;
    let undo = undone["entry"].to_string();
    done(&bench, &["redo", &undo, "--yes"]).await;
    assert_eq!(dmz(&bench), "192.168.1.24");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_an_undo_does() {
    let bench = Bench::start().await;
    done(&bench, &["dmz", "set", "192.168.1.20", "--yes"]).await;
    let mut command = bench.asking();
    command.arg("undo");
    let mut screen = Screen::open(command);
    let plan = screen.until("[y/N] ").await;
    assert!(plan.contains("This takes back entry 1") && plan.contains("Firewall:deleteDMZ"), "{plan}");
    screen.type_line("yes").await;
    let said = screen.leave().await;
    assert_eq!(said.code, 0, "{}", said.out);
    assert_eq!(dmz(&bench), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_changed_is_not_overwritten() {
    let bench = Bench::start().await;
    done(&bench, &["dmz", "set", "192.168.1.20", "--yes"]).await;
    let other =
        json!({"id":"webui","sourceInterface":"data","destinationIPAddress":"192.168.1.25","enable":true});
    bench.livebox.call("Firewall", "setDMZ", &other);
    let said = run(&bench, &["undo", "--yes"]).await;
    assert_eq!(said.code, 6, "{}", said.err);
    assert!(said.err.contains("--force"), "{}", said.err);
    assert_eq!(dmz(&bench), "192.168.1.25");
    // Force needs a person, or their word beforehand, even where everything is allowed.
    let said = run(&bench, &["--policy", "change=allow", "undo", "1", "--force"]).await;
    assert_eq!(said.code, 6, "{}", said.err);
    assert_eq!(dmz(&bench), "192.168.1.25");
    let mut command = bench.asking();
    command.args(["--policy", "change=allow", "undo", "1", "--force"]);
    let mut screen = Screen::open(command);
    screen.until("[y/N] ").await;
    screen.type_line("").await;
    assert_eq!(screen.leave().await.code, 6);
    assert_eq!(dmz(&bench), "192.168.1.25");
    // Nobody agrees beforehand to overwrite what somebody else did.
    assert_eq!(run(&bench, &["undo", "1", "--force", "--yes"]).await.code, 2);
    let mut command = bench.asking();
    command.args(["undo", "1", "--force"]);
    let mut screen = Screen::open(command);
    screen.until("[y/N] ").await;
    screen.type_line("y").await;
    assert_eq!(screen.leave().await.code, 0);
    assert_eq!(dmz(&bench), Value::Null);
    // The tool's own command has no such flag.
    assert_eq!(run(&bench, &["journal", "undo", "--force"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_may_be_nothing_to_do() {
    let bench = Bench::start().await;
    for words in [&["undo", "--yes"][..], &["redo", "--yes"], &["undo", "7", "--yes"], &["redo", "7", "-y"]] {
        let said = run(&bench, words).await;
        assert_eq!(said.code, 1, "{words:?}: {}", said.err);
    }
    done(&bench, &["dmz", "set", "192.168.1.20", "--yes"]).await;
    for words in [&["redo", "--yes"][..], &["redo", "1", "--yes"], &["redo", "7", "-y"]] {
        let said = run(&bench, words).await;
        assert_eq!(said.code, 1, "{words:?}: {}", said.err);
    }
    done(&bench, &["undo", "--yes"]).await;
    assert_eq!(run(&bench, &["undo", "1", "--yes"]).await.code, 1);
    assert_eq!(run(&bench, &["undo", "--yes"]).await.code, 1, "an undo is no change to undo");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_alone_is_its_list() {
    let bench = Bench::start().await;
    let said = run(&bench, &["journal"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    done(&bench, &["dmz", "set", "192.168.1.20", "--yes"]).await;
    let alone = run(&bench, &["journal"]).await;
    let list = run(&bench, &["journal", "list"]).await;
    assert_eq!(alone.out, list.out);
    let json = done(&bench, &["journal"]).await;
    assert_eq!((&json["total"], &json["entries"][0]["entry"]), (&json!(1), &json!(1)), "{json}");
    let detail = done(&bench, &["journal", "show", "1"]).await;
    assert_eq!((&detail["transport"], &detail["consent"]), (&json!("terminal"), &json!("--yes")), "{detail}");
    let wrong = run(&bench, &["journal", "paint"]).await;
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_entries_go_as_the_settings_say() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "journal_entries = 2\n").unwrap();
    for ip in ["192.168.1.20", "192.168.1.24", "192.168.1.25"] {
        done(&bench, &["dmz", "set", ip, "--yes"]).await;
    }
    let json = done(&bench, &["journal"]).await;
    assert_eq!((&json["total"], &json["entries"][0]["entry"]), (&json!(2), &json!(3)), "{json}");
    std::fs::write(bench.folder.path().join("config.toml"), "journal_days = 0\n").unwrap();
    assert_eq!(run(&bench, &["journal"]).await.code, 2, "nothing could be undone");
}
