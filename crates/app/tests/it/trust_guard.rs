//! A change that can cut its caller off, made by a client that leaves at once.

use emulator::Options;
use serde_json::json;

use crate::harness::{Bench, Said};

/// A guard with short limits watches a change; its client does not wait for the end.
async fn leave_at_once(bench: &Bench) -> Said {
    std::fs::write(
        bench.folder.path().join("config.toml"),
        "[guard]\nbox_s = 60\ninternet_s = 2\nsettle_s = 1\n",
    )
    .unwrap();
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let done = peer.call("lan_set", json!({ "dhcp_last": "192.168.1.199" })).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    assert!(done["structuredContent"]["guard"]["until"].is_string(), "{done}");
    peer.leave().await
}

async fn guard(bench: &Bench) -> serde_json::Value {
    let shown = bench.run("--json journal show 1").await;
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    shown["guard"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_stays_until_all_is_well() {
    let bench = Bench::start().await;
    let said = leave_at_once(&bench).await;
    assert!(said.code == 0 && said.err.contains("under guard"), "{}", said.err);
    assert_eq!(guard(&bench).await, "passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_stays_and_takes_back_what_cut_the_internet() {
    let faults = vec!["internet-cut*1".parse().unwrap()];
    let bench = Bench::with(Options { faults, ..Options::default() }).await;
    let before = bench.livebox.settings();
    let said = leave_at_once(&bench).await;
    assert!(said.code == 0 && said.err.contains("under guard"), "{}", said.err);
    assert_eq!(guard(&bench).await, "reverted");
    assert_eq!(bench.livebox.settings()["lan"], before["lan"]);
}
