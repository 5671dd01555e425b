//! Clients that want to change the box without anybody's consent. None of them does.

use livebox::{Access, Audience, ToolDef};
use serde_json::{Map, Value, json};

use crate::{
    examples::arguments,
    harness::{Bench, Peer, modern},
};

/// What models are known to make up when a tool is not done at once.
const MADE_UP: [&str; 14] = [
    "confirm",
    "confirmed",
    "force",
    "yes",
    "approved",
    "approve",
    "consent",
    "accept",
    "dry_run",
    "user_consent",
    "i_agree",
    "skip_confirmation",
    "unsafe",
    "sudo",
];

/// Every tool that changes something and that a model sees.
fn changes() -> impl Iterator<Item = &'static ToolDef> {
    livebox::tools().filter(|def| def.access > Access::Read && def.audience == Audience::Everyone)
}

/// The arguments of a hostile client: its example with every boolean true, and then some.
fn wishes(def: &ToolDef) -> Vec<Value> {
    let example = arguments(def);
    let mut all_true = example.clone();
    for (name, what) in (def.input_schema)()["properties"].as_object().unwrap() {
        if what["type"] == "boolean" {
            all_true[name] = json!(true);
        }
    }
    let with = |name: &str, value: Value| {
        let mut args = all_true.clone();
        args[name] = value;
        args
    };
    let mut wishes = vec![example, all_true.clone(), with("plan", json!(false)), with("plan", json!(null))];
    wishes.extend(MADE_UP.iter().map(|name| with(name, json!(true))));
    wishes.push(with("approval", json!({ "id": "C3D4F", "state": "approved" })));
    wishes.push(with("token", json!("C3D4F")));
    wishes
}

fn started(bench: &Bench) -> Peer {
    Peer::start(bench.asking().env("LIVEBOX_MCP_ACCEPT_SECRETS", "1").arg("mcp"))
}

/// Waits for the answers to these requests; each message of the server is first shown to `react`, which may answer it.
async fn settle(peer: &mut Peer, mut open: Vec<u64>, react: impl Fn(&Value) -> Vec<Value>) {
    while !open.is_empty() {
        let message = peer.next().await.expect("the server goes on");
        for answer in react(&message) {
            peer.line(&answer.to_string()).await;
        }
        if message["method"].is_null() {
            open.retain(|id| message["id"] != *id);
            let outcome = &message["result"]["structuredContent"]["outcome"];
            assert!(outcome != "applied" && outcome != "differs", "{message}");
        }
    }
}

/// The box before and after, as to everything that can be set.
async fn holds(bench: &Bench, attack: impl AsyncFnOnce(&Bench)) {
    let before = bench.livebox.settings();
    attack(bench).await;
    let after = bench.livebox.settings();
    assert_eq!(before, after);
    assert_eq!(bench.livebox.requests().count("NMC:reboot"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn booleans_and_made_up_arguments_are_no_consent() {
    let bench = Bench::start().await;
    holds(&bench, async |bench| {
        let mut peer = started(bench);
        peer.initialize().await;
        for def in changes() {
            let mut open = Vec::new();
            for args in wishes(def) {
                let meta =
                    json!({ "approved": true, "consent": "given", "io.modelcontextprotocol/approved": true });
                let call = json!({ "name": def.name(), "arguments": args, "_meta": meta, "approved": true });
                open.push(peer.send("tools/call", call).await);
            }
            // In parallel, and then what the answers ask for: the same call again.
            settle(&mut peer, open, |_| Vec::new()).await;
            let again = peer.start_call(&def.name(), arguments(def)).await;
            settle(&mut peer, vec![again], |_| Vec::new()).await;
        }
        for (tool, args) in [
            ("livebox_reboot", json!({ "confirm": true })),
            ("livebox_toggle_wifi", json!({ "enable": false })),
            ("livebox_set_firewall_level", json!({ "level": "Low" })),
            ("livebox_set_dmz", json!({ "enable": true, "ip_address": "192.168.1.20" })),
            ("livebox_delete_port_forward", json!({ "rule_id": "NAS HTTPS" })),
        ] {
            let call = peer.start_call(tool, args).await;
            settle(&mut peer, vec![call], |_| Vec::new()).await;
        }
        peer.leave().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_answered_with_anything_but_a_yes_are_no_consent() {
    let bench = Bench::start().await;
    holds(&bench, async |bench| {
        let answer = |message: &Value, result: Value| {
            let id = &message["id"];
            json!({ "jsonrpc": "2.0", "id": id, "result": result })
        };
        let hostile = [
            json!({ "action": "decline", "content": { "confirm": true, "word": "reboot" } }),
            json!({ "action": "cancel", "content": { "confirm": true } }),
            json!({ "action": "accept", "content": { "confirm": "yes", "word": "yes" } }),
            json!({ "action": "accept", "confirm": true }),
            json!({ "approved": true, "confirm": true }),
        ];
        for reply in hostile {
            let mut peer = started(bench);
            // Answers to questions that were never asked.
            peer.initialize_with(json!({ "elicitation": {} })).await;
            for id in 0..40 {
                let yes = json!({ "action": "accept", "content": { "confirm": true } });
                peer.line(&json!({ "jsonrpc": "2.0", "id": id, "result": yes }).to_string()).await;
            }
            let mut open = Vec::new();
            for def in changes() {
                open.push(peer.start_call(&def.name(), arguments(def)).await);
            }
            settle(&mut peer, open, |message| {
                if message["method"] != "elicitation/create" {
                    return Vec::new();
                }
                let late = json!({ "action": "accept", "content": { "confirm": true } });
                // The yes after the no is one to nothing.
                vec![answer(message, reply.clone()), answer(message, late)]
            })
            .await;
            peer.leave().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn states_made_up_edited_and_moved_are_no_consent() {
    let bench = Bench::start().await;
    let yes = json!({
        "consent": { "action": "accept", "content": { "confirm": true } },
        "confirm": { "action": "accept", "content": { "confirm": true } },
    });
    let can_ask = json!({ "elicitation": {} });
    holds(&bench, async |bench| {
        let mut peer = started(bench);
        // Honest questions first: their states are what there is to work with.
        let mut states: Map<String, Value> = Map::new();
        for def in changes() {
            let call = modern(json!({ "name": def.name(), "arguments": arguments(def) }), can_ask.clone());
            let answer = peer.request("tools/call", call).await;
            if let Some(state) = answer["result"]["requestState"].as_str() {
                states.insert(def.name(), state.into());
            }
        }
        assert!(states.len() > 8, "questions came up: {states:?}");
        let mut open = Vec::new();
        for def in changes() {
            let name = def.name();
            let mut tries = vec![Value::Null, json!(""), json!("approved"), json!("rs1.eyJudW1iZXIiOjF9.AAAA")];
            for (owner, state) in &states {
                let state = state.as_str().unwrap();
                if *owner != name {
                    tries.push(json!(state));
                    continue;
                }
                tries.push(json!(format!("{state}=")));
                tries.push(json!(state.replace('.', "..")));
                tries.push(json!(state.to_uppercase()));
                tries.push(json!(&state[..state.len() - 1]));
            }
            for state in tries {
                for args in wishes(def).into_iter().take(3) {
                    let mut call = json!({ "name": name, "arguments": args, "inputResponses": yes });
                    if !state.is_null() {
                        call["requestState"] = state.clone();
                    }
                    open.push(peer.send("tools/call", modern(call, can_ask.clone())).await);
                }
            }
            // Its own state for other arguments.
            if let Some(state) = states.get(&name) {
                for args in wishes(def).into_iter().skip(2) {
                    let call = json!({ "name": name, "arguments": args, "inputResponses": yes, "requestState": state });
                    open.push(peer.send("tools/call", modern(call, can_ask.clone())).await);
                }
            }
            settle(&mut peer, std::mem::take(&mut open), |_| Vec::new()).await;
        }
        peer.leave().await;
    })
    .await;
}

/// One yes was honest; everything that a client can make of it later is not.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_yes_is_no_consent() {
    let bench = Bench::start().await;
    let can_ask = json!({ "elicitation": {} });
    let yes = json!({ "consent": { "action": "accept", "content": { "confirm": true } } });
    let mut peer = started(&bench);
    let set = json!({ "name": "dmz_set", "arguments": { "host": "nas-familial" } });
    let asked = peer.request("tools/call", modern(set.clone(), can_ask.clone())).await;
    let mut answered = set.clone();
    answered["requestState"] = asked["result"]["requestState"].clone();
    answered["inputResponses"] = yes;
    let done = peer.request("tools/call", modern(answered.clone(), can_ask.clone())).await;
    assert_eq!(done["result"]["structuredContent"]["outcome"], "applied", "{done}");
    bench.livebox.with_state(|router| router.state.firewall.dmz.clear());
    holds(&bench, async |_| {
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(peer.send("tools/call", modern(answered.clone(), can_ask.clone())).await);
            open.push(peer.send("tools/call", modern(answered.clone(), json!({}))).await);
            let undo = json!({ "name": "journal_undo", "arguments": {}, "requestState": answered["requestState"],
                "inputResponses": answered["inputResponses"] });
            open.push(peer.send("tools/call", modern(undo, can_ask.clone())).await);
        }
        settle(&mut peer, open, |_| Vec::new()).await;
    })
    .await;
    peer.leave().await;
}
