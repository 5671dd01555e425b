//! The guard of changes that can cut their caller off, end to end: each is made by a command, the emulated box goes out of
//! reach because of it, and the guard takes it back.

use std::{process::Stdio, time::Duration};

use emulator::Options;
use serde_json::{Value, json};

use crate::harness::{Bench, Said};

/// A box that goes wrong in that way, and limits that a test can wait for.
async fn bench(faults: &[&str]) -> Bench {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let bench = Bench::with(Options { faults, ..Options::default() }).await;
    let limits = "[guard]\nbox_s = 3\ninternet_s = 4\nsettle_s = 2\n";
    std::fs::write(bench.folder.path().join("config.toml"), limits).unwrap();
    bench
}

/// A command waits for the guard of its change.
async fn guarded(bench: &Bench, words: &str) -> (Said, Value) {
    let said = bench.run(words).await;
    let shown = bench.run("--json journal show 1").await;
    let shown = serde_json::from_str(&shown.out)
        .unwrap_or_else(|_| panic!("{words}: {}{}\n{}{}", said.out, said.err, shown.out, shown.err));
    (said, shown)
}

/// The guard takes that change back: the whole box is as it was before.
async fn took_back(faults: &[&str], words: &str) {
    let bench = bench(faults).await;
    let before = bench.livebox.settings();
    let (said, entry) = guarded(&bench, words).await;
    assert_eq!(entry["guard"], "reverted", "{words}: {entry}\n{}{}", said.out, said.err);
    assert!(said.err.contains("taken back"), "{words}: {}", said.err);
    assert_eq!(bench.livebox.settings(), before, "{words}");
    let listed = bench.run("--json journal list").await;
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let (inverse, change) = (&listed["entries"][0], &listed["entries"][1]);
    assert_eq!(
        (&inverse["client"], &inverse["outcome"]),
        (&json!("livebox-mcp guard"), &json!("applied")),
        "{listed}"
    );
    assert_eq!(change["undo"], "undone", "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wifi_channel_that_drops_the_link_is_taken_back() {
    took_back(&["link-cut=9@NeMo.Intf.lan:setWLANConfig*1"], "wifi set 5 --channel 36").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firewall_level_that_cuts_the_caller_off_is_taken_back() {
    took_back(&["firewall-cut=7"], "firewall set high --yes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lan_range_without_internet_is_taken_back() {
    took_back(
        &["internet-cut@NetMaster.LAN.default.Bridge.lan:setIPv4*1"],
        "lan set --dhcp-last 192.168.1.140",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_goes_well_stays() {
    let bench = bench(&[]).await;
    let before = bench.livebox.settings();
    let (said, entry) = guarded(&bench, "lan set --dhcp-last 192.168.1.140").await;
    assert_eq!((said.code, &entry["guard"]), (0, &json!("passed")), "{entry}\n{}", said.err);
    assert_ne!(bench.livebox.settings()["lan"], before["lan"]);
}

/// A box that is recovering loses the inverse, or refuses the login for a while: the guard goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_does_not_end_the_guard() {
    let bench = bench(&["internet-cut@Firewall:setFirewallLevel*1"]).await;
    let before = bench.livebox.settings();
    let mut child = bench.command();
    let child = child.args(["firewall", "set", "high", "--yes"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    while bench.livebox.requests().count("Firewall:setFirewallLevel") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The change has its answer by the time that these strike.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for fault in
        ["drop-before@Firewall:setFirewallLevel*1", "expired*1", "denied@Firewall:getFirewallLevel*1"]
    {
        bench.livebox.faults().add(fault.parse().unwrap());
    }
    let said = child.wait_with_output().await.unwrap();
    assert_eq!(bench.livebox.settings(), before, "{}", String::from_utf8_lossy(&said.stderr));
    let shown = bench.run("--json journal show 1").await;
    assert!(shown.out.contains("\"guard\": \"reverted\""), "{}", shown.out);
}

/// A server that runs for weeks takes up what a closed terminal left, although its client calls nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_up_what_a_dead_command_left() {
    let bench = bench(&["internet-cut@Firewall:setFirewallLevel*1"]).await;
    let before = bench.livebox.settings();
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    peer.call("time_show", json!({})).await;
    let mut child = bench.command();
    let child = child.args(["firewall", "set", "high", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = child.spawn().unwrap();
    while bench.livebox.settings() == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    child.kill().await.unwrap();
    let taken_back = async {
        while bench.livebox.settings() != before {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(40), taken_back).await.expect("the server takes it back");
    peer.leave().await;
}

/// The way back has two calls, and the box denies the second one once: that is not yet "taken back".
#[tokio::test(flavor = "multi_thread")]
async fn half_a_way_back_is_not_the_end() {
    let bench = bench(&["internet-cut@Firewall:setFirewallIPv6Level*1"]).await;
    let before = bench.livebox.settings();
    let mut child = bench.command();
    let words = ["firewall", "set", "high", "--ipv6-level", "high", "--yes"];
    let child = child.args(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while bench.livebox.requests().count("Firewall:setFirewallIPv6Level") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    bench.livebox.faults().add("denied@Firewall:setFirewallIPv6Level*1".parse().unwrap());
    let said = child.wait_with_output().await.unwrap();
    assert_eq!(bench.livebox.settings(), before, "{}", String::from_utf8_lossy(&said.stderr));
    let shown = bench.run("--json journal show 1").await;
    assert!(shown.out.contains("\"guard\": \"reverted\""), "{}", shown.out);
}

/// Two seconds away, two seconds back, and so on: neither silence nor calm lasts.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_comes_and_goes_is_not_well() {
    took_back(&["firewall-cut=2"], "firewall set high --yes").await;
}
