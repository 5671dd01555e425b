//! MCP over standard input and output, in literal lines: both eras, and clients that misbehave.

use std::time::Duration;

use emulator::Options;
use serde_json::{Value, json};

use crate::harness::{Bench, text};

const MODERN: &str = "2026-07-28";

fn modern(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    params
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_versions_are_echoed() {
    let bench = Bench::start().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut peer = bench.serve(&[]);
        let hello = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "0" } });
        let answer = peer.request("initialize", hello).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
        let instructions = answer["result"]["instructions"].as_str().unwrap();
        assert!(instructions.len() < 1_500, "{} characters", instructions.len());
        assert_eq!(peer.request("ping", json!({})).await["result"], json!({}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_modern_era_needs_no_handshake() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    let found = peer.request("server/discover", modern(json!({}))).await;
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(MODERN)), "{found}");
    let list = peer.request("tools/list", modern(json!({}))).await;
    assert_eq!(list["result"]["resultType"], "complete", "{list}");
    assert_eq!(list["result"]["cacheScope"], "private");
    assert!(list["result"]["ttlMs"].is_u64());
    let answer = peer.request("tools/call", modern(json!({ "name": "time_show", "arguments": {} }))).await;
    assert!(answer["result"]["structuredContent"]["local_time"].is_string(), "{answer}");
    assert_eq!(answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "livebox-mcp");
    let bare = peer
        .request("tools/list", json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": MODERN } }))
        .await;
    assert_eq!(bare["error"]["code"], -32602, "{bare}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_before_the_first_request_is_survived() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.line("rubbish").await;
    peer.line("").await;
    peer.line(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#).await;
    peer.line(r#"{"jsonrpc":"2.0","id":9,"result":{}}"#).await;
    peer.line("\u{0}\u{1}[[[").await;
    let answer = peer.initialize().await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "livebox-mcp", "{answer}");
    assert!(!text(&peer.call("time_show", json!({})).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_does_nothing() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    peer.request("tools/list", json!({})).await;
    let said = peer.leave().await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.is_empty(), "{}", said.err);
    assert_eq!(bench.livebox.requests().http, 0);
    assert_eq!(std::fs::read_dir(bench.folder.path()).unwrap().count(), 0, "no file was written");
    // A probe that says nothing at all.
    let said = bench.serve(&[]).leave().await;
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_address_is_told_at_the_call() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[("LIVEBOX_HOST", "http://box/with/path")]);
    peer.initialize().await;
    assert!(peer.request("tools/list", json!({})).await["result"]["tools"].is_array());
    let result = peer.call("time_show", json!({})).await;
    assert!(result["isError"] == true && text(&result).contains("LIVEBOX_HOST"), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_calls_are_answered() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let unknown = peer.request("tools/call", json!({ "name": "make_coffee\u{202e}", "arguments": {} })).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let result = peer.call("host_list", json!({ "limits": 3 })).await;
    assert!(result["isError"] == true && text(&result).contains("`limits`"), "{result}");
    let result = peer.call("host_list", json!({ "Cle-Secrete-42": true })).await;
    assert!(result["isError"] == true && !result.to_string().contains("Cle-Secrete-42"), "{result}");
    let result = peer.call("host_list", json!({ "limit": "many" })).await;
    assert!(result["isError"] == true && text(&result).contains("`limit`"), "{result}");
    let result = peer.call("host_show", json!({})).await;
    assert!(result["isError"] == true && text(&result).contains("host"), "{result}");
    let missing = peer.request("resources/read", json!({ "uri": "x://y" })).await;
    assert!(missing["error"].is_object(), "{missing}");
    let method = peer.request("tools/paint", json!({})).await;
    assert_eq!(method["error"]["code"], -32601, "{method}");
    // Still alive.
    assert!(peer.call("time_show", json!({})).await["structuredContent"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_hides_what_changes() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "read_only = true\n").unwrap();
    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1")]);
    peer.initialize().await;
    let list = peer.request("tools/list", json!({})).await;
    for tool in list["result"]["tools"].as_array().unwrap() {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    let result = peer.call("box_reboot", json!({})).await;
    assert!(result["isError"] == true && text(&result).contains("read_only"), "{result}");
    let result = peer.call("livebox_toggle_wifi", json!({ "enable": false })).await;
    assert!(result["isError"] == true && text(&result).contains("read_only"), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_with_secrets_are_hidden() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let list = peer.request("tools/list", json!({})).await;
    let listed = list["result"]["tools"].to_string();
    assert!(!listed.contains("password_set"));
    // One that makes the secret itself is offered without the argument for another.
    let tools = list["result"]["tools"].as_array().unwrap();
    let key = tools.iter().find(|tool| tool["name"] == "wifi_key_set").unwrap();
    let known: Vec<&String> = key["inputSchema"]["properties"].as_object().unwrap().keys().collect();
    assert!(
        known.iter().any(|name| *name == "length") && !known.iter().any(|name| *name == "key"),
        "{known:?}"
    );
    let result = peer.call("wifi_key_set", json!({ "network": "5", "key": "hunter2hunter2" })).await;
    assert!(result["isError"] == true && text(&result).contains("livebox-mcp wifi-key set"), "{result}");
    assert!(!result.to_string().contains("hunter2"), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_stdin_in_the_middle_of_a_call_still_answers() {
    let bench =
        Bench::with(Options { faults: vec!["slow=300@Time:getTime".parse().unwrap()], ..Options::default() })
            .await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let id = peer.send("tools/call", json!({ "name": "time_show", "arguments": {} })).await;
    peer.close_input();
    let answer = peer.answer(id).await;
    assert!(answer["result"]["structuredContent"].is_object(), "{answer}");
    assert_eq!(peer.leave().await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_stdin_on_a_box_that_hangs_ends_soon() {
    let bench =
        Bench::with(Options { faults: vec!["hang@Time:getTime".parse().unwrap()], ..Options::default() })
            .await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    peer.send("tools/call", json!({ "name": "time_show", "arguments": {} })).await;
    let left = tokio::time::timeout(Duration::from_secs(5), peer.leave()).await;
    assert_eq!(left.expect("it leaves by itself").code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_stops() {
    let bench =
        Bench::with(Options { faults: vec!["hang@Time:getTime*1".parse().unwrap()], ..Options::default() })
            .await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let id = peer.send("tools/call", json!({ "name": "time_show", "arguments": {} })).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    peer.line(
        &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
            .to_string(),
    )
    .await;
    // The box takes one request at a time: this one is only answered because the hanging one was dropped.
    let result = peer.call("time_show", json!({})).await;
    assert!(result["structuredContent"].is_object(), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_to_who_asked() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let params = json!({ "name": "ping_test", "arguments": { "host": "127.0.0.1", "count": 3 }, "_meta": { "progressToken": "p1" } });
    let id = peer.send("tools/call", params).await;
    let mut told = 0;
    loop {
        let message = peer.next().await.unwrap();
        if message["method"] == "notifications/progress" {
            assert_eq!(message["params"]["progressToken"], "p1");
            told += 1;
        } else if message["id"] == id {
            break;
        }
    }
    assert!(told > 0, "no progress was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_share_one_login() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let mut ids = Vec::new();
    for tool in ["time_show", "box_show", "host_list", "time_show", "wifi_show", "host_list"] {
        ids.push(peer.send("tools/call", json!({ "name": tool, "arguments": {} })).await);
    }
    let mut open = ids.len();
    while open > 0 {
        let message = peer.next().await.unwrap();
        if message["id"].as_u64().is_some_and(|id| ids.contains(&id)) {
            assert!(message["result"]["structuredContent"].is_object(), "{message}");
            open -= 1;
        }
    }
    let requests = bench.livebox.requests();
    assert_eq!(requests.logins, 1);
    assert_eq!(requests.count("Devices:get"), 1, "identical reads are shared: {:?}", requests.calls);
}
