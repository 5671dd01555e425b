//! Commands that die in the middle of a change, and what the next one says of it.

use std::{process::Stdio, time::Duration};

use emulator::Options;
use serde_json::{Value, json};

use crate::harness::Bench;

/// Starts a command and kills it as soon as the box has received that call.
async fn killed_during(bench: &Bench, words: &str, call: &str) {
    let mut child = bench
        .command()
        .args(shlex::split(words).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let arrived = async {
        while bench.livebox.requests().count(call) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("the call is sent");
    child.kill().await.unwrap();
}

async fn stuck_at(call: &str) -> Bench {
    let faults = vec![format!("hang@{call}*1").parse().unwrap()];
    Bench::with(Options { faults, ..Options::default() }).await
}

async fn entry(bench: &Bench, id: i64) -> Value {
    let shown = bench.run(&format!("--json journal show {id}")).await;
    serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{}{}", shown.out, shown.err))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_never_arrived_is_said_not_applied() {
    let bench = stuck_at("Firewall:setDMZ").await;
    let before = bench.livebox.settings();
    killed_during(&bench, "dmz set 192.168.1.20", "Firewall:setDMZ").await;
    let said = bench.run("journal list").await;
    assert!(said.err.contains("it was not applied"), "{}{}", said.out, said.err);
    assert_eq!(entry(&bench, 1).await["outcome"], "failed");
    assert_eq!(bench.livebox.settings(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_saw_is_said_unconfirmed() {
    let bench = stuck_at("Firewall:commit").await;
    let before = bench.livebox.settings();
    killed_during(&bench, "dmz set 192.168.1.20", "Firewall:commit").await;
    let said = bench.run("--lang fr journal list").await;
    assert!(said.err.contains("personne ne l'a vue confirmer"), "{}{}", said.out, said.err);
    let entry = entry(&bench, 1).await;
    assert_eq!(
        (&entry["outcome"], &entry["differs"]),
        (&json!("differs"), &json!(["commit_unconfirmed"])),
        "{entry}"
    );
    let undone = bench.run("undo").await;
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(bench.livebox.settings(), before);
}
