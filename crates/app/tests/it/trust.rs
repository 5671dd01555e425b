//! What a client can and cannot make the box do, with the default policy, which asks.

use livebox::Access;
use serde_json::{Value, json};

use crate::{
    examples::arguments,
    harness::{Bench, Peer, modern, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_ask_gets_a_question_for_the_terminal() {
    let bench = Bench::start().await;
    // Opening a page is no form: a person could not answer there.
    for capabilities in [json!({}), json!({ "elicitation": { "url": {} } })] {
        let mut peer = Peer::start(bench.asking().arg("mcp"));
        peer.initialize_with(capabilities.clone()).await;
        let result = peer.call("dmz_set", json!({ "host": "nas-familial" })).await;
        assert_eq!(result["structuredContent"]["outcome"], "approval_needed", "{result}");
        assert!(text(&result).contains("livebox-mcp approve "), "{result}");
        let call = json!({ "name": "dmz_set", "arguments": { "host": "nas-familial" } });
        let answer = peer.request("tools/call", modern(call, capabilities)).await;
        assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
        assert_eq!(answer["result"]["structuredContent"]["outcome"], "approval_needed", "{answer}");
        peer.leave().await;
    }
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0);
}

/// Every change, and none of the other tools, takes `plan`.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_shown_for_the_asking() {
    let bench = Bench::start().await;
    let before = bench.livebox.settings();
    let mut peer = Peer::start(bench.asking().env("LIVEBOX_MCP_ACCEPT_SECRETS", "1").arg("mcp"));
    peer.initialize().await;
    let list = peer.request("tools/list", json!({})).await;
    for tool in list["result"]["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let def = livebox::find(name).unwrap();
        assert!((def.input_schema)()["properties"].get("plan").is_none(), "{name} has its own `plan`");
        assert_eq!(tool["inputSchema"]["properties"]["plan"].is_object(), def.is_change(), "{name}");
        let mut args = arguments(def);
        args["plan"] = json!(true);
        let result = peer.call(name, args).await;
        if def.access == Access::Read {
            assert!(
                result["isError"] == true && text(&result).contains("nknown argument"),
                "{name}: {result}"
            );
        } else if def.is_change() && name != "journal_undo" {
            let answer = &result["structuredContent"];
            assert!(answer["outcome"] == "planned" || answer["outcome"] == "already_so", "{name}: {result}");
        }
    }
    let result = peer.call("dmz_set", json!({ "host": "nas-familial", "plan": "yes" })).await;
    assert!(result["isError"] == true && text(&result).contains("`plan`"), "{result}");
    assert_eq!(bench.livebox.settings(), before);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_tools_are_planned_and_asked_about_like_ours() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let result = peer
        .call("livebox_set_dmz", json!({ "enable": true, "ip_address": "192.168.1.20", "plan": true }))
        .await;
    assert_eq!(result["structuredContent"]["outcome"], "planned", "{result}");
    let result = peer.call("livebox_get_dmz", json!({ "plan": true })).await;
    assert!(result["isError"] == true && text(&result).contains("nknown argument"), "{result}");
    for confirm in [json!(true), json!("true"), json!(1)] {
        let result = peer.call("livebox_reboot", json!({ "confirm": confirm })).await;
        assert!(text(&result).contains("livebox-mcp approve "), "a boolean is no consent: {result}");
    }
    assert_eq!(bench.livebox.requests().count("NMC:reboot"), 0);
    peer.leave().await;
}

/// The owner relies on the prompts of their client.
#[tokio::test(flavor = "multi_thread")]
async fn consent_can_be_the_clients_business() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "consent = \"client\"\n").unwrap();
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize_with(json!({ "elicitation": {} })).await;
    let result = peer.call("dmz_set", json!({ "host": "nas-familial" })).await;
    assert_eq!(result["structuredContent"]["outcome"], "applied", "{result}");
    assert_eq!(consent_of_the_last_change(&mut peer).await, "client");
    peer.leave().await;
}

/// Who allowed what was done last.
pub async fn consent_of_the_last_change(peer: &mut Peer) -> Value {
    let list = peer.call("journal_list", json!({ "limit": 1 })).await;
    let entry = &list["structuredContent"]["entries"][0]["entry"];
    let shown = peer.call("journal_show", json!({ "entry": entry })).await;
    shown["structuredContent"]["consent"].clone()
}

/// What somebody else did a moment ago counts, whatever was read before.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_be_so_from_memory() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    assert_eq!(peer.call("dmz_show", json!({})).await["structuredContent"]["ipv4"], Value::Null);
    let other = json!({ "id": "webui", "sourceInterface": "data", "destinationIPAddress": "192.168.1.25", "enable": true });
    bench.livebox.call("Firewall", "setDMZ", &other);
    let cleared = peer.call("dmz_clear", json!({})).await;
    assert_eq!(cleared["structuredContent"]["outcome"], "applied", "{cleared}");
    peer.leave().await;
}

/// The second of two calls is denied: the first is no secret.
#[tokio::test(flavor = "multi_thread")]
async fn half_a_change_is_told() {
    let faults = vec!["denied@Firewall:setFirewallIPv6Level*1".parse().unwrap()];
    let bench = Bench::with(emulator::Options { faults, ..emulator::Options::default() }).await;
    let said = bench.run("--json firewall set low --ipv6-level low").await;
    let answer: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    assert_eq!((said.code, &answer["outcome"]), (1, &json!("differs")), "{answer}");
    assert_eq!(
        (&answer["after"]["level"], &answer["differs"]),
        (&json!("low"), &json!(["ipv6_level"])),
        "{answer}"
    );
}
