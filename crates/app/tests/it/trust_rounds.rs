//! Consent by an answer that the client comes back with: the protocol of 2026-07-28.

use serde_json::{Value, json};

use crate::{
    harness::{Bench, Peer, modern, text},
    trust::consent_of_the_last_change,
    trust_forms::set_dmz,
};

fn call(tool: &str, arguments: Value) -> Value {
    let mut call = json!({ "name": tool });
    call["arguments"] = arguments;
    modern(call, json!({ "elicitation": {} }))
}

fn nas() -> Value {
    json!({ "host": "nas-familial" })
}

fn yes() -> Value {
    json!({ "consent": { "action": "accept", "content": { "confirm": true } } })
}

/// The same call again, with answers and state.
fn again(mut call: Value, answers: Value, state: &Value) -> Value {
    call["inputResponses"] = answers;
    call["requestState"] = state.clone();
    call
}

fn is_question(result: &Value) -> bool {
    result["resultType"] == "input_required" && result["inputRequests"]["consent"].is_object()
}

async fn result(peer: &mut Peer, call: Value) -> Value {
    peer.request("tools/call", call).await["result"].clone()
}

/// Asks for a DMZ host; returns the state of the question.
async fn state(peer: &mut Peer) -> Value {
    let asked = result(peer, call("dmz_set", nas())).await;
    assert!(is_question(&asked), "{asked}");
    asked["requestState"].clone()
}

fn start(bench: &Bench) -> Peer {
    Peer::start(bench.asking().arg("mcp"))
}

fn writes(bench: &Bench) -> usize {
    bench.livebox.requests().count("Firewall:setDMZ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_agrees_gets_what_they_saw() {
    let bench = Bench::start().await;
    let mut peer = start(&bench);
    let asked = result(&mut peer, call("dmz_set", nas())).await;
    let question = &asked["inputRequests"]["consent"];
    assert_eq!(question["method"], "elicitation/create", "{asked}");
    assert!(question["params"]["message"].as_str().unwrap().contains("192.168.1.20"), "{asked}");
    assert_eq!(question["params"]["requestedSchema"]["properties"]["confirm"]["type"], "boolean");
    assert_eq!(asked["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "livebox-mcp");
    assert_eq!(writes(&bench), 0);
    let done = result(&mut peer, again(call("dmz_set", nas()), yes(), &asked["requestState"])).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    assert_eq!(writes(&bench), 1);
    peer.leave().await;
    let mut peer = start(&bench);
    peer.initialize().await;
    assert_eq!(consent_of_the_last_change(&mut peer).await, "elicitation");
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_else_is_a_no() {
    let bench = Bench::start().await;
    let mut peer = start(&bench);
    for answer in [
        json!({ "action": "decline", "content": { "confirm": true } }),
        json!({ "action": "cancel" }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": { "confirm": 1 } }),
        json!({ "action": "ACCEPT", "content": { "confirm": true } }),
        json!({ "confirm": true }),
        json!(true),
        json!(null),
    ] {
        let state = state(&mut peer).await;
        let refused =
            result(&mut peer, again(call("dmz_set", nas()), json!({ "consent": answer }), &state)).await;
        assert!(refused["isError"] == true, "{answer}: {refused}");
        // A no is the end of that question.
        let used = result(&mut peer, again(call("dmz_set", nas()), yes(), &state)).await;
        assert!(used["isError"] == true && text(&used).contains("used already"), "{used}");
    }
    assert_eq!(writes(&bench), 0);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_asked_for_anew() {
    let bench = Bench::start().await;
    let mut peer = start(&bench);
    let mut without_state = call("dmz_set", nas());
    without_state["inputResponses"] = yes();
    assert!(is_question(&result(&mut peer, without_state).await));
    for answers in [json!({}), json!({ "confirm": yes()["consent"] }), json!({ "Consent": yes()["consent"] })]
    {
        let state = state(&mut peer).await;
        let asked = result(&mut peer, again(call("dmz_set", nas()), answers, &state)).await;
        assert!(is_question(&asked), "{asked}");
        assert_ne!(asked["requestState"], state, "a question of its own");
    }
    let state = state(&mut peer).await;
    let mut without_answers = call("dmz_set", nas());
    without_answers["requestState"] = state;
    assert!(is_question(&result(&mut peer, without_answers).await));
    assert_eq!(writes(&bench), 0);
    // Beside the answer there may be more.
    let state = self::state(&mut peer).await;
    let mut answers = yes();
    answers["other"] = json!({ "action": "decline" });
    let done = result(&mut peer, again(call("dmz_set", nas()), answers, &state)).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_for_its_own_call_only() {
    let bench = Bench::start().await;
    let mut peer = start(&bench);
    let state = state(&mut peer).await;
    let mut other_client = call("dmz_set", nas());
    other_client["_meta"]["io.modelcontextprotocol/clientInfo"]["name"] = json!("someone else");
    for moved in [
        call("dmz_set", json!({ "host": "192.168.1.20" })),
        call("dmz_set", json!({ "host": "nas-familial", "plan": false })),
        call("livebox_set_dmz", json!({ "enable": true, "ip_address": "192.168.1.20" })),
        call("dmz_clear", json!({})),
        call("box_reboot", json!({})),
        call("dmz_show", json!({})),
        other_client,
    ] {
        let refused = result(&mut peer, again(moved.clone(), yes(), &state)).await;
        assert!(refused["isError"] == true, "{moved}: {refused}");
        assert!(text(&refused).contains("does not belong to this call"), "{refused}");
    }
    let text_of_state = state.as_str().unwrap();
    for place in [0, 4, 8, text_of_state.len() / 2, text_of_state.len() - 1] {
        let mut letters: Vec<char> = text_of_state.chars().collect();
        letters[place] = if letters[place] == 'Q' { 'R' } else { 'Q' };
        let edited = Value::from(letters.into_iter().collect::<String>());
        let refused = result(&mut peer, again(call("dmz_set", nas()), yes(), &edited)).await;
        assert!(refused["isError"] == true, "letter {place}: {refused}");
    }
    for invented in ["", "true", "approved", "rs1.e30.AAAA", &text_of_state[..text_of_state.len() - 4]] {
        let refused = result(&mut peer, again(call("dmz_set", nas()), yes(), &json!(invented))).await;
        assert!(refused["isError"] == true, "{invented}: {refused}");
    }
    assert_eq!(writes(&bench), 0);
    // Another process has another key.
    let mut next = start(&bench);
    let refused = result(&mut next, again(call("dmz_set", nas()), yes(), &state)).await;
    assert!(refused["isError"] == true, "{refused}");
    // None of this used it up for whom it is for.
    let done = result(&mut peer, again(call("dmz_set", nas()), yes(), &state)).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    peer.leave().await;
    next.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once() {
    let bench = Bench::start().await;
    let mut peer = start(&bench);
    let state = state(&mut peer).await;
    let answered = again(call("dmz_set", nas()), yes(), &state);
    let mut open = Vec::new();
    for _ in 0..6 {
        open.push(peer.send("tools/call", answered.clone()).await);
    }
    let mut applied = 0;
    while !open.is_empty() {
        let message = peer.next().await.unwrap();
        let Some(place) = open.iter().position(|id| message["id"] == *id) else { continue };
        open.swap_remove(place);
        let result = &message["result"];
        if result["structuredContent"]["outcome"] == "applied" {
            applied += 1;
        } else {
            assert!(result["isError"] == true && text(result).contains("used already"), "{result}");
        }
    }
    assert_eq!((applied, writes(&bench)), (1, 1));
    // Not even once everything is as it was when it was given.
    bench.livebox.with_state(|router| router.state.firewall.dmz.clear());
    let replayed = result(&mut peer, answered).await;
    assert!(replayed["isError"] == true, "{replayed}");
    assert_eq!(writes(&bench), 1);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_since_the_question_is_asked_about_anew() {
    let bench = Bench::start().await;
    let mut peer = start(&bench);
    let state = state(&mut peer).await;
    set_dmz(&bench, "192.168.1.24");
    // The reads of the first round are a second old at most.
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    let asked = result(&mut peer, again(call("dmz_set", nas()), yes(), &state)).await;
    assert!(is_question(&asked), "{asked}");
    let message = asked["inputRequests"]["consent"]["params"]["message"].as_str().unwrap();
    assert!(message.contains("192.168.1.24"), "what it is now: {message}");
    assert_eq!(writes(&bench), 0);
    let done = result(&mut peer, again(call("dmz_set", nas()), yes(), &asked["requestState"])).await;
    assert_eq!(done["structuredContent"]["outcome"], "applied", "{done}");
    peer.leave().await;
}

/// The owner may want to be asked even for a look; that is asked in the same ways.
#[tokio::test(flavor = "multi_thread")]
async fn reads_can_be_asked_for() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().args(["--policy", "read=ask", "mcp"]));
    let asked = result(&mut peer, call("dmz_show", json!({}))).await;
    assert!(is_question(&asked), "{asked}");
    let done = result(&mut peer, again(call("dmz_show", json!({})), yes(), &asked["requestState"])).await;
    assert!(done["structuredContent"].is_object() && done["isError"] != true, "{done}");
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_interrupts_asks_for_a_word() {
    let bench = Bench::start().await;
    let before = bench.livebox.settings();
    let mut peer = start(&bench);
    let off = || call("lan_set", json!({ "dhcp": false }));
    for (content, agreed) in [
        (json!({ "confirm": true }), false),
        (json!({ "word": "ok" }), false),
        (json!({ "word": "lan" }), true),
    ] {
        let asked = result(&mut peer, off()).await;
        let form = &asked["inputRequests"]["consent"]["params"]["requestedSchema"];
        assert_eq!(
            (&form["required"], &form["properties"]["word"]["type"]),
            (&json!(["word"]), &json!("string"))
        );
        assert_eq!(bench.livebox.settings(), before, "{content}");
        let answer = json!({ "consent": { "action": "accept", "content": content } });
        let done = result(&mut peer, again(off(), answer, &asked["requestState"])).await;
        assert_eq!(done["structuredContent"]["outcome"] == "applied", agreed, "{done}");
    }
    peer.child.kill().await.unwrap();
}
