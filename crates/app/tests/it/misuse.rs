//! Found by hand: what went wrong under faults, impatience and odd settings, and must not again.

use std::time::{Duration, Instant};

use emulator::Options;
use serde_json::{Value, json};

use crate::harness::{Bench, Peer, said, text};

async fn with_fault(fault: &str) -> Bench {
    Bench::with(Options { faults: vec![fault.parse().unwrap()], ..Options::default() }).await
}

async fn cancel(peer: &mut Peer, id: u64) {
    let params = json!({ "requestId": id });
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    peer.line(&note.to_string()).await;
}

/// Waits until the box was asked that; the answer may still be on its way.
async fn until_asked(bench: &Bench, call: &str) {
    for _ in 0..200 {
        if bench.livebox.requests().count(call) > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the box was never asked {call}: {:?}", bench.livebox.requests().calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_do_not_disturb_each_other() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let mut open = Vec::new();
    for level in ["low", "medium", "high"].iter().cycle().take(15) {
        open.push(
            peer.send("tools/call", json!({ "name": "firewall_set", "arguments": { "level": level } })).await,
        );
    }
    while !open.is_empty() {
        let message = peer.next().await.unwrap();
        let Some(place) = open.iter().position(|id| message["id"] == *id) else { continue };
        open.swap_remove(place);
        let outcome = &message["result"]["structuredContent"]["outcome"];
        assert!(outcome == "applied" || outcome == "already_so", "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_change_is_not_left_half_done() {
    let bench = with_fault("slow=400@Firewall:setPortForwarding*1").await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let rule = json!({ "name": "Essai", "host": "192.168.1.20", "protocol": "tcp", "external_port": "4321" });
    let id = peer.send("tools/call", json!({ "name": "port_forward_add", "arguments": rule })).await;
    until_asked(&bench, "Firewall:setPortForwarding").await;
    cancel(&mut peer, id).await;
    // The client leaves at once; the commit that makes the rule effective still happens.
    let said = peer.leave().await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!said.out.contains(&format!("\"id\":{id},")), "no answer to what was cancelled: {}", said.out);
    assert_eq!(bench.livebox.requests().count("Firewall:setPortForwarding"), 1);
    assert_eq!(bench.livebox.requests().count("Firewall:commit"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_change_that_waits_its_turn_is_not_sent() {
    let bench = with_fault("slow=600@Firewall:setFirewallLevel*1").await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let first =
        peer.send("tools/call", json!({ "name": "firewall_set", "arguments": { "level": "low" } })).await;
    until_asked(&bench, "Firewall:setFirewallLevel").await;
    let second =
        peer.send("tools/call", json!({ "name": "firewall_set", "arguments": { "level": "high" } })).await;
    cancel(&mut peer, second).await;
    let answer = peer.answer(first).await;
    assert_eq!(answer["result"]["structuredContent"]["outcome"], "applied", "{answer}");
    peer.leave().await;
    assert_eq!(bench.livebox.requests().count("Firewall:setFirewallLevel"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_read_does_not_delay_the_end() {
    let bench = with_fault("hang@Devices:get*1").await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let id = peer.send("tools/call", json!({ "name": "host_list", "arguments": {} })).await;
    until_asked(&bench, "Devices:get").await;
    cancel(&mut peer, id).await;
    peer.call("time_show", json!({})).await;
    let start = Instant::now();
    assert_eq!(peer.leave().await.code, 0);
    assert!(start.elapsed() < Duration::from_millis(900), "took {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_of_the_wrong_form_are_no_unknown_method() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    for arguments in [json!([]), json!("{}"), json!(5)] {
        let answer = peer.request("tools/call", json!({ "name": "time_show", "arguments": arguments })).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_garbled_self_test_is_no_verdict() {
    for fault in ["truncated", "not-json", "wrong-types"] {
        let fault = format!("{fault}@HTTPService:getCurrentUser");
        let said = with_fault(&fault).await.run("time show").await;
        assert_eq!(said.code, 0, "{fault}: {}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_pieces_is_not_taken_for_absence() {
    for (fault, words) in [
        ("truncated@VoiceService.VoiceApplication:getCallList", "call list"),
        ("not-json@VoiceService.VoiceApplication:listTrunks", "phone show"),
        ("truncated@SpeedTest:getWANResults", "speed show"),
        ("truncated@HomeLan.Interface:get", "traffic show"),
    ] {
        let said = with_fault(fault).await.run(words).await;
        assert_eq!(said.code, 1, "{fault}: {}{}", said.out, said.err);
        assert!(said.err.contains("not understood"), "{fault}: {}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_as_asked_is_no_success() {
    let bench = with_fault("drop-before@Firewall:commit*1").await;
    let said =
        bench.run("port-forward add Essai --to 192.168.1.20 --protocol tcp --external-port 4321").await;
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("did not confirm"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_json_is_json_alone() {
    let bench = Bench::start().await;
    let said =
        said(bench.command().env("LIVEBOX_PASSWORD", "Faux-mot").args(["--json", "box", "show"])).await;
    let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{}", said.err));
    assert_eq!(error["error"]["kind"], "password_refused", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_language_holds_for_errors() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "lang = \"fr\"\n").unwrap();
    for words in ["time shw", "host show personne", "--host http:// time show"] {
        let said = bench.run(words).await;
        assert!(said.err.starts_with("erreur :"), "{words}: {}", said.err);
    }
    let said = bench.run("--host http:// time show").await;
    assert!(said.err.contains("le nom est vide"), "{}", said.err);
    let said = bench.run("--lang de time show").await;
    assert_eq!(said.code, 2, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_an_unusable_configuration_says_so_at_the_call() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "# mine\nread_only = 'yes'\n").unwrap();
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let list = peer.request("tools/list", json!({})).await;
    for tool in list["result"]["tools"].as_array().unwrap() {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    for tool in ["time_show", "box_reboot"] {
        let result = peer.call(tool, json!({})).await;
        assert!(result["isError"] == true && text(&result).contains("config.toml: 2:"), "{result}");
    }
    assert_eq!(bench.livebox.requests().http, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_negative_number_is_a_wrong_value() {
    let bench = Bench::start().await;
    for (words, told) in [
        ("port-forward add x --to 192.168.1.20 --protocol tcp --external-port -5", "1 to 65535"),
        ("call list --limit -1", "whole number"),
    ] {
        let said = bench.run(words).await;
        assert_eq!(said.code, 2, "{words}: {}", said.err);
        assert!(said.err.contains(told), "{words}: {}", said.err);
    }
}

/// The words after which a shell offers something, and what it offers, are written apart in the bash script.
#[tokio::test(flavor = "multi_thread")]
async fn bash_completes_every_command() {
    let bench = Bench::start().await;
    let said = bench.run("completions bash").await;
    let mut found = 0;
    for line in said.out.lines() {
        if let Some(state) = line.trim().strip_prefix("cmd=\"").and_then(|rest| rest.strip_suffix('"'))
            && !state.is_empty()
        {
            found += 1;
            assert!(said.out.contains(&format!("\n        {state})\n")), "nothing is offered after {state}");
        }
    }
    assert!(found > 30, "{found}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_a_success() {
    let bench = Bench::start().await;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child =
        bench.command().args(["time", "show"]).stdout(full).stderr(std::process::Stdio::piped()).spawn();
    let output = child.unwrap().wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not be written"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_request_is_answered() {
    let bench = Bench::start().await;
    let mut peer = bench.serve(&[]);
    peer.initialize().await;
    let call = |id: &str, host: &str| {
        let head = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":"#);
        format!(r#"{head}{{"name":"host_show","arguments":{{"host":{host}}}}}}}"#)
    };
    for (id, line) in [
        (json!(50), call("50", r#""\ud800""#)),
        (json!("a"), call("\"a\"", &"[".repeat(2_000))),
        (json!(51), call("51", &format!("\"{}\"", "x".repeat(20_000_000)))),
        (json!(52), call("52", "\"a\"").replace("}}", "")),
    ] {
        peer.line(&line).await;
        let answer = peer.next().await.unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-32700)), "{answer}");
    }
    // Two messages in one line: whose id that would be is not known.
    peer.line(&[call("60", "1"), call("61", "1")].concat()).await;
    assert!(peer.next().await.unwrap()["error"].is_object());
    assert!(peer.call("time_show", json!({})).await["structuredContent"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_speed_server_stops_the_speed_test_only() {
    let bench = Bench::start().await;
    for (words, code) in [("time show", 0), ("speed show", 0), ("speed test", 2)] {
        let mut command = bench.command();
        let said = said(command.env("LIVEBOX_SPEED_URL", "not a url").args(words.split(' '))).await;
        assert_eq!(said.code, code, "{words}: {}", said.err);
        assert_eq!(said.err.contains("LIVEBOX_SPEED_URL"), code == 2, "{words}: {}", said.err);
    }
}

/// An address that takes connections and never answers, and one whose queue of connections is full.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_keeps_silent_is_told_from_one_that_is_not_there() {
    let bench = Bench::start().await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let full = tokio::net::TcpSocket::new_v4().unwrap();
    full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = full.listen(0).unwrap();
    let full_address = full.local_addr().unwrap();
    let _waiting: Vec<_> = (0..4)
        .map(|_| tokio::spawn(async move { tokio::net::TcpStream::connect(full_address).await }))
        .collect();
    tokio::task::yield_now().await;
    for (address, english, french) in [
        (
            silent.local_addr().unwrap(),
            "takes the connection but does not answer",
            "accepte la connexion mais ne répond pas",
        ),
        (full_address, "No answer from", "Pas de réponse de"),
    ] {
        for (lang, told) in [("en", english), ("fr", french)] {
            let mut command = bench.command();
            let command = command.env("LIVEBOX_HOST", address.to_string());
            let said = said(command.args(["--lang", lang, "station", "list"])).await;
            assert_eq!(said.code, 3, "{}", said.err);
            assert!(said.err.contains(told), "{}", said.err);
        }
    }
}
