//! What a client can and cannot make the box do, with the default policy, which asks.

use serde_json::json;

use crate::harness::{Bench, Peer, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_ask_gets_a_question_for_the_terminal() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let result = peer.call("dmz_set", json!({ "host": "nas-familial" })).await;
    assert_eq!(result["structuredContent"]["outcome"], "approval_needed", "{result}");
    assert!(text(&result).contains("livebox-mcp approve "), "{result}");
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0);
    peer.leave().await;
}
