//! Consent by a form that the server asks the client to show: the protocol until 2025-11-25.

use serde_json::{Value, json};

use crate::{
    harness::{Bench, Peer, text},
    trust::consent_of_the_last_change,
};

async fn asked(bench: &Bench) -> (Peer, u64, Value) {
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize_with(json!({ "elicitation": {} })).await;
    let call = peer.start_call("dmz_set", json!({ "host": "nas-familial" })).await;
    let question = peer.question().await;
    (peer, call, question)
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_agrees_gets_what_they_saw() {
    let bench = Bench::start().await;
    let (mut peer, call, question) = asked(&bench).await;
    let message = question["params"]["message"].as_str().unwrap();
    for part in ["DMZ", "192.168.1.20", "Before: nothing", "Risk: ", "can be undone"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.chars().any(|char| char.is_control() && char != '\n'), "{message:?}");
    let form = &question["params"]["requestedSchema"];
    assert_eq!((&form["type"], &form["required"]), (&json!("object"), &json!(["confirm"])));
    assert_eq!(form["properties"]["confirm"]["type"], "boolean", "{form}");
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0, "nothing is sent before the answer");
    peer.reply(&question, yes()).await;
    let answer = peer.answer(call).await;
    assert_eq!(answer["result"]["structuredContent"]["outcome"], "applied", "{answer}");
    // Said twice, it is still done once.
    peer.reply(&question, yes()).await;
    assert_eq!(consent_of_the_last_change(&mut peer).await, "elicitation");
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 1);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_else_is_a_no() {
    let bench = Bench::start().await;
    let before = bench.livebox.settings();
    for answer in [
        json!({ "action": "decline" }),
        json!({ "action": "decline", "content": { "confirm": true } }),
        json!({ "action": "cancel", "content": { "confirm": true } }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": {} }),
        json!({ "action": "accept", "content": { "confirm": false } }),
        json!({ "action": "accept", "content": { "confirm": "true" } }),
        json!({ "action": "accept", "content": { "word": "yes" } }),
        json!({ "action": "agree", "content": { "confirm": true } }),
        json!({ "confirm": true }),
        json!({}),
        json!(true),
    ] {
        let (mut peer, call, question) = asked(&bench).await;
        peer.reply(&question, answer.clone()).await;
        let result = peer.answer(call).await["result"].clone();
        assert!(result["isError"] == true, "{answer}: {result}");
        assert!(text(&result).contains("Nothing was changed"), "{answer}: {result}");
        peer.leave().await;
    }
    assert_eq!(bench.livebox.settings(), before);
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_ask_after_all_leaves_it_to_the_terminal() {
    let bench = Bench::start().await;
    let (mut peer, call, question) = asked(&bench).await;
    let error = json!({ "code": -32601, "message": "Method not found" });
    peer.line(&json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }).to_string()).await;
    let answer = peer.answer(call).await;
    assert_eq!(answer["result"]["structuredContent"]["outcome"], "approval_needed", "{answer}");
    assert!(text(&answer["result"]).contains("livebox-mcp approve "), "{answer}");
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_has_not_agreed() {
    let bench = Bench::start().await;
    let (mut peer, call, _) = asked(&bench).await;
    peer.close_input();
    let result = peer.answer(call).await["result"].clone();
    assert!(result["isError"] == true && text(&result).contains("nobody is there"), "{result}");
    assert_eq!(peer.leave().await.code, 0);
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_takes_its_question_back() {
    let bench = Bench::start().await;
    let (mut peer, call, question) = asked(&bench).await;
    let note =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": call } });
    peer.line(&note.to_string()).await;
    let taken_back = peer.next_called("notifications/cancelled").await;
    assert_eq!(taken_back["params"]["requestId"], question["id"], "{taken_back}");
    peer.reply(&question, yes()).await;
    assert!(peer.call("dmz_show", json!({})).await["structuredContent"].is_object());
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_since_the_question_is_left_alone() {
    let bench = Bench::start().await;
    let (mut peer, call, question) = asked(&bench).await;
    set_dmz(&bench, "192.168.1.24");
    peer.reply(&question, yes()).await;
    let result = peer.answer(call).await["result"].clone();
    assert!(result["isError"] == true && text(&result).contains("has changed"), "{result}");
    assert_eq!(bench.livebox.requests().count("Firewall:setDMZ"), 0);
    peer.leave().await;
}

/// Somebody else makes that address the DMZ host.
pub fn set_dmz(bench: &Bench, ip: &str) {
    bench.livebox.with_state(|router| {
        router.state.firewall.dmz = vec![emulator::state::firewall::Dmz {
            id: "webui".to_owned(),
            destination: ip.to_owned(),
            source_prefix: String::new(),
            enable: true,
        }];
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_speaks_the_readers_language() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().env("LIVEBOX_LANG", "fr").arg("mcp"));
    peer.initialize_with(json!({ "elicitation": { "form": {} } })).await;
    let call = peer.start_call("dmz_set", json!({ "host": "nas-familial" })).await;
    let question = peer.question().await;
    let message = question["params"]["message"].as_str().unwrap();
    assert!(message.contains("Risque : ") && message.contains("Avant : rien"), "{message}");
    assert_eq!(question["params"]["requestedSchema"]["properties"]["confirm"]["title"], "Je suis d'accord");
    peer.reply(&question, json!({ "action": "decline" })).await;
    let result = peer.answer(call).await["result"].clone();
    assert!(text(&result).contains("la personne a refusé"), "{result}");
    peer.leave().await;
}

/// What interrupts people is agreed to with a word, which nobody types by mistake.
#[tokio::test(flavor = "multi_thread")]
async fn what_interrupts_asks_for_a_word() {
    let bench = Bench::start().await;
    let before = bench.livebox.settings();
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize_with(json!({ "elicitation": {} })).await;
    for (content, agreed) in [
        (json!({ "confirm": true }), false),
        (json!({ "word": "yes" }), false),
        (json!({ "word": "wlan" }), false),
        (json!({ "word": true }), false),
        (json!({ "word": " LAN " }), true),
    ] {
        let call = peer.start_call("lan_set", json!({ "dhcp": false })).await;
        let question = peer.question().await;
        let form = &question["params"]["requestedSchema"];
        assert_eq!(
            (&form["required"], &form["properties"]["word"]["type"]),
            (&json!(["word"]), &json!("string"))
        );
        assert!(form["properties"]["word"]["title"].as_str().unwrap().contains("lan"), "{form}");
        let message = question["params"]["message"].as_str().unwrap();
        for part in ["Risk: high", "Cuts: ", "Undone by itself if the box is silent for"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!(bench.livebox.settings(), before, "{content}");
        peer.reply(&question, json!({ "action": "accept", "content": content })).await;
        let result = peer.answer(call).await["result"].clone();
        assert_eq!(result["structuredContent"]["outcome"] == "applied", agreed, "{content}: {result}");
    }
    assert_ne!(bench.livebox.settings(), before);
    peer.child.kill().await.unwrap();
}
