//! The owner's word: which tools there are, as of now, and whose files say so.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Bench, Peer, modern, text};

fn config(bench: &Bench) -> PathBuf {
    bench.folder.path().join("config.toml")
}

fn permit(bench: &Bench, text: &str) {
    std::fs::write(config(bench), text).unwrap();
}

async fn tools(peer: &mut Peer) -> Value {
    peer.request("tools/list", json!({})).await["result"]["tools"].clone()
}

fn has(tools: &Value, name: &str) -> bool {
    tools.as_array().unwrap().iter().any(|tool| tool["name"] == name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_policy_counts_at_once() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    let hello = peer.initialize().await;
    assert_eq!(hello["result"]["capabilities"]["tools"]["listChanged"], true, "{hello}");
    assert!(has(&tools(&mut peer).await, "firewall_set"));
    permit(&bench, "[policy]\nfirewall = \"deny\"\n");
    // Told with the next call, before its answer, once.
    let call = peer.start_call("firewall_set", json!({ "level": "low" })).await;
    peer.next_called("notifications/tools/list_changed").await;
    let result = peer.answer(call).await["result"].clone();
    assert!(result["isError"] == true && text(&result).contains("firewall = \"ask\""), "{result}");
    let call = peer.start_call("time_show", json!({})).await;
    let answer = peer.next().await.unwrap();
    assert_eq!(answer["id"], call, "nothing to tell: {answer}");
    let list = tools(&mut peer).await;
    assert!(!has(&list, "firewall_set") && !has(&list, "firewall_show") && has(&list, "dmz_set"));
    permit(&bench, "read_only = true\n");
    let list = tools(&mut peer).await;
    assert!(has(&list, "firewall_show") && !has(&list, "dmz_set"), "{list}");
    std::fs::remove_file(config(&bench)).unwrap();
    assert!(has(&tools(&mut peer).await, "dmz_set"));
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_is_told_until_it_is_mended() {
    let bench = Bench::start().await;
    permit(&bench, "[policy]\nwify = \"allow\"\n");
    // Broken from the start, and later.
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    for broken in ["[policy]\nwify = \"allow\"\n", "[policy\n", "[policy]\nwifi = \"perhaps\"\n"] {
        permit(&bench, broken);
        for tool in ["time_show", "dmz_set"] {
            let result = peer.call(tool, json!({})).await;
            assert!(result["isError"] == true && text(&result).contains("config"), "{broken}: {result}");
        }
        for tool in tools(&mut peer).await.as_array().unwrap() {
            assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        }
        permit(&bench, "");
        assert!(peer.call("time_show", json!({})).await["structuredContent"].is_object());
    }
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_2026_hear_of_it_where_they_listen() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.request("tools/list", modern(json!({}), json!({}))).await;
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    let listening = peer.send("subscriptions/listen", modern(filter, json!({}))).await;
    peer.next_called("notifications/subscriptions/acknowledged").await;
    permit(&bench, "[policy]\ndmz = \"deny\"\n");
    let call = modern(json!({ "name": "time_show", "arguments": {} }), json!({}));
    let call = peer.send("tools/call", call).await;
    let (mut told, mut answered) = (false, false);
    while !(told && answered) {
        let message = peer.next().await.unwrap();
        if message["method"] == "notifications/tools/list_changed" {
            let id = &message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
            assert_eq!(id, &json!(listening), "{message}");
            told = true;
        }
        answered |= message["id"] == call;
    }
    // The end is an orderly one, in which the listening is answered, too.
    peer.close_input();
    let answer = peer.answer(listening).await;
    assert!(answer["result"].is_object(), "{answer}");
    assert_eq!(peer.leave().await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_no_arguments_unless_the_owner_accepts_them() {
    let bench = Bench::start().await;
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let names = |list: &Value| -> Vec<(String, String)> {
        let mut found = Vec::new();
        for tool in list.as_array().unwrap() {
            let name = tool["name"].as_str().unwrap();
            let def = livebox::find(name).unwrap();
            let arguments = tool["inputSchema"]["properties"].as_object().unwrap();
            let secret = arguments.keys().filter(|arg| def.secrets.contains(&arg.as_str()));
            found.extend(secret.map(|arg| (name.to_owned(), arg.clone())));
        }
        found
    };
    let list = tools(&mut peer).await;
    assert!(names(&list).is_empty(), "{:?}", names(&list));
    permit(&bench, "accept_secrets = true\n");
    let list = tools(&mut peer).await;
    let declared: usize = livebox::tools().map(|def| def.secrets.len()).sum();
    assert!(declared > 0 && names(&list).len() == declared, "{:?}", names(&list));
    peer.leave().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_everybody_may_write_is_nobodys_word() {
    use std::os::unix::fs::PermissionsExt as _;

    let bench = Bench::start().await;
    permit(&bench, "[policy]\nchange = \"allow\"\n");
    let rights = |mode: u32| {
        std::fs::set_permissions(config(&bench), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let set = json!({ "host": "nas-familial" });
    rights(0o646);
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let result = peer.call("dmz_set", set.clone()).await;
    assert!(result["isError"] == true && text(&result).contains("chmod o-w"), "{result}");
    // Mended, and broken again, while the server runs.
    rights(0o644);
    assert_eq!(peer.call("dmz_set", set.clone()).await["structuredContent"]["outcome"], "applied");
    rights(0o646);
    let result = peer.call("dmz_clear", json!({})).await;
    assert!(result["isError"] == true && text(&result).contains("chmod o-w"), "{result}");
    peer.leave().await;
    let said = crate::harness::said(bench.asking().args(["--lang", "fr", "dmz", "show"])).await;
    assert!(said.code == 2 && said.err.contains("chmod o-w"), "{}", said.err);
}

/// The settings that count are those of the moment at which something would be sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_while_a_person_thinks_is_not_done() {
    for settings in ["read_only = true\n", "[policy]\ndmz = \"deny\"\n", "this is not toml"] {
        let bench = Bench::start().await;
        let before = bench.livebox.settings();
        let mut peer = Peer::start(bench.asking().arg("mcp"));
        peer.initialize_with(json!({ "elicitation": {} })).await;
        let call = peer.start_call("dmz_set", json!({ "host": "nas-familial" })).await;
        let question = peer.question().await;
        permit(&bench, settings);
        peer.reply(&question, json!({ "action": "accept", "content": { "confirm": true } })).await;
        let answer = peer.answer(call).await;
        assert_eq!(answer["result"]["isError"], true, "{settings}: {answer}");
        assert_eq!(bench.livebox.settings(), before, "{settings}");
        peer.leave().await;
    }
}

/// An undo does no more than the tools that do its work may.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_is_denied_what_its_tool_is_denied() {
    let bench = Bench::start().await;
    permit(&bench, "[guard]\nsettle_s = 1\n");
    // Back to high would ask for a typed word: that must not make it less of a change.
    for level in ["high", "medium"] {
        let said = bench.run(&format!("firewall set {level} --yes")).await;
        assert_eq!(said.code, 0, "{}", said.err);
    }
    let before = bench.livebox.settings();
    permit(&bench, "[policy]\nchange = \"deny\"\njournal = \"allow\"\n");
    let mut peer = Peer::start(bench.asking().arg("mcp"));
    peer.initialize().await;
    let undo = peer.call("journal_undo", json!({})).await;
    assert!(undo["isError"] == true && text(&undo).contains("change = \"ask\""), "{undo}");
    assert_eq!(bench.livebox.settings(), before);
    peer.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_nowhere_is_no_permission() {
    let bench = Bench::start().await;
    std::os::unix::fs::symlink(bench.folder.path().join("gone.toml"), config(&bench)).unwrap();
    let said = bench.run("dmz set nas-familial").await;
    assert!(said.code == 2 && said.err.contains("not usable"), "{}", said.err);
    std::fs::remove_file(config(&bench)).unwrap();
    // Nor is a pipe that nobody writes to something to wait for.
    assert!(tokio::process::Command::new("mkfifo").arg(config(&bench)).status().await.unwrap().success());
    let said = bench.run("dmz set nas-familial").await;
    assert!(said.code == 2 && said.err.contains("not usable"), "{}", said.err);
}
