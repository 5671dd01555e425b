//! No secret of a household reaches an answer, an error, a log, the journal or any other file, on any surface, whatever
//! goes wrong. The households and their passwords are invented anew at every run, so nothing can be special-cased.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, RandomState},
    path::{Path, PathBuf},
};

use emulator::Options;
use livebox::{Access, Audience, ToolDef};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::{
    examples::arguments,
    harness::{Bench, Said, order_for, said, text},
};

/// All files below a folder, with their texts.
pub fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.push((path, text));
        }
    }
    found
}

const NEW_KEY: &str = "Cle-Nouvelle-42";

/// A password as people and generators make them: with what quoting, escaping and percent signs can break.
const PASSWORDS: [&str; 6] = [
    "Pa55-%-test",
    "mot de passe à rallonge %",
    "q\"uo't`e\\s%",
    "100%25&=+?#/%s{0}%",
    "<b>«&amp;»</b>%",
    "ünïcödé-ключ-鍵%",
];

fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// A household of its own and a password that nobody has seen; the seed is told when something fails.
async fn household(place: usize) -> (Bench, u64) {
    let seed = random();
    let unique = format!("{:06x}", seed & 0xff_ffff);
    let password = PASSWORDS[place % PASSWORDS.len()].replacen('%', &unique, 1);
    (Bench::of(Options { seed, password, reboot_seconds: 1, ..Options::default() }).await, seed)
}

/// What is looked for: each secret as it is, escaped, in hexadecimal, in Base64 and in a URL.
struct Canaries(BTreeSet<String>);

impl Canaries {
    fn of(bench: &Bench) -> Self {
        let mut secrets = bench.livebox.secrets();
        secrets.extend([bench.password.clone(), NEW_KEY.to_owned()]);
        assert!(secrets.iter().all(|secret| secret.len() >= 6), "too short to search for: {secrets:?}");
        assert!(secrets.len() >= 12, "{secrets:?}");
        Self(secrets.into_iter().flat_map(|secret| forms(&secret)).collect())
    }

    fn check(&self, what: &str, text: &str) {
        let found: Vec<_> = self.0.iter().filter(|form| text.contains(form.as_str())).collect();
        assert!(found.is_empty(), "{what} gives {found:?}: {text}");
    }

    fn check_said(&self, what: &str, said: &Said) {
        self.check(what, &said.out);
        self.check(what, &said.err);
    }

    fn check_folder(&self, what: &str, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.check_folder(what, &path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                let found: Vec<_> = self.0.iter().filter(|form| holds(&bytes, form.as_bytes())).collect();
                assert!(found.is_empty(), "{what}: {} has {found:?}", path.display());
            }
        }
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let url: String = secret
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let mut forms = vec![secret.to_owned(), json[1..json.len() - 1].to_owned(), hex.to_uppercase(), hex, url];
    // Behind no, one and two other bytes; the edges depend on what stands there.
    for before in 0..3 {
        let text = base64(&[&b"xx"[..before], secret.as_bytes()].concat());
        forms.push(text[before * 2..text.len() - 3].to_owned());
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(6)
        .map(|six| {
            let value = six.iter().fold(0, |value, bit| value << 1 | bit) << (6 - six.len());
            char::from(DIGITS[usize::from(value)])
        })
        .collect()
}

/// Reads first: a reboot or a new password would end the round.
fn tools() -> Vec<&'static ToolDef> {
    let mut tools: Vec<_> = livebox::tools().filter(|def| def.verb != "reboot").collect();
    tools.sort_by_key(|def| (def.access, def.secrets.len(), def.name()));
    tools
}

/// The example, with the right password where one is asked.
fn example(bench: &Bench, def: &ToolDef) -> Value {
    let mut args = arguments(def);
    if args.get("current").is_some() {
        args["current"] = json!(bench.password);
    }
    args
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaks() {
    for place in 0..PASSWORDS.len() {
        let (bench, seed) = household(place).await;
        let what = |of: &str| format!("{of} (seed {seed}, password {:?})", bench.password);
        let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1"), ("RUST_LOG", "trace")]);
        peer.initialize().await;
        let mut worked = 0;
        for def in tools().into_iter().filter(|def| def.audience == Audience::Everyone && !def.open_world) {
            let result = peer.call(&def.name(), example(&bench, def)).await;
            worked += usize::from(result["isError"] != true);
            check_result(&bench, &what(&def.name()), &result);
        }
        assert!(worked > 25, "only {worked} tools worked: {}", what(""));
        let said = peer.leave().await;
        assert!(said.err.contains("answered"), "the log was on: {}", said.err);
        let canaries = Canaries::of(&bench);
        canaries.check_said(&what("the server"), &said);
        canaries.check_folder(&what("a file"), bench.folder.path());
    }
}

fn check_result(bench: &Bench, what: &str, result: &Value) {
    let canaries = Canaries::of(bench);
    canaries.check(what, &result.to_string());
    canaries.check(what, text(result));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaks_when_the_box_fails() {
    let faults =
        ["truncated", "not-json", "wrong-types", "glued", "html", "503", "denied", "absent", "drop-after"];
    for (place, fault) in faults.into_iter().enumerate() {
        let (bench, seed) = household(place).await;
        let what = |of: &str| format!("{of} with {fault} (seed {seed}, password {:?})", bench.password);
        let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1"), ("RUST_LOG", "trace")]);
        peer.initialize().await;
        peer.call("time_show", json!({})).await;
        bench.livebox.faults().add(fault.parse().unwrap());
        for def in tools().into_iter().filter(|def| def.audience == Audience::Everyone && !def.open_world) {
            // A write whose answer is lost is read back for a while: one of each kind is enough.
            if def.access > Access::Read && fault != "wrong-types" && def.secrets.is_empty() {
                continue;
            }
            let result = peer.call(&def.name(), example(&bench, def)).await;
            check_result(&bench, &what(&def.name()), &result);
        }
        let said = peer.leave().await;
        let canaries = Canaries::of(&bench);
        canaries.check_said(&what("the server"), &said);
        canaries.check_folder(&what("a file"), bench.folder.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaks_at_the_terminal() {
    let (bench, seed) = household(2).await;
    let what = |of: &str| format!("{of} (seed {seed}, password {:?})", bench.password);
    let mut password = bench.password.clone();
    for (place, def) in tools().into_iter().filter(|def| !def.open_world).enumerate() {
        let lang = if place % 2 == 0 { "en" } else { "fr" };
        let words = format!("--lang {lang} {} {}", def.words(), def.example);
        let mut command = bench.command();
        command.env("LIVEBOX_PASSWORD", &password).env("RUST_LOG", "trace");
        command.args(shlex::split(&words).unwrap());
        if place % 3 == 0 {
            command.arg("--json");
        }
        let answers: Vec<&str> = def
            .secrets
            .iter()
            .map(|name| if *name == "current" { password.as_str() } else { NEW_KEY })
            .collect();
        let said = typed(&mut command, &answers.join("\n")).await;
        let canaries = Canaries::of(&bench);
        canaries.check_said(&what(&words), &said);
        canaries.check_folder(&what(&words), bench.folder.path());
        if def.secrets.contains(&"current") && said.code == 0 {
            NEW_KEY.clone_into(&mut password);
        }
    }
}

/// Runs a command that reads these lines on its standard input.
async fn typed(command: &mut tokio::process::Command, lines: &str) -> Said {
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // One that asks for nothing may be gone already.
    let _ = input.write_all(lines.as_bytes()).await;
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The redactor, seen from outside: secrets that people put where they do not belong.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_wrong_place_is_not_repeated() {
    for place in 0..PASSWORDS.len() {
        let (bench, seed) = household(place).await;
        let what = |of: &str| format!("{of} (seed {seed}, password {:?})", bench.password);
        let canaries = Canaries::of(&bench);
        // As the name of a thing that exists, whatever of it the box keeps.
        let rename = livebox::find("host_rename").unwrap();
        let args = json!({ "host": "nas-familial", "name": bench.password });
        let named = livebox::invoke(&bench.context(), rename, &order_for(rename), args).await.is_ok();
        let mut peer = bench.serve(&[("RUST_LOG", "trace")]);
        peer.initialize().await;
        let list = peer.call("host_list", json!({})).await;
        canaries.check(&what("host_list"), &list.to_string());
        assert!(!named || list.to_string().contains("***"), "{list}");
        // As an argument, a name of one, and a tool.
        for (tool, args) in [
            ("host_show", json!({ "host": bench.password })),
            ("host_show", json!({ (bench.password.as_str()): 1 })),
            ("firewall_set", json!({ "level": bench.password })),
            ("port_forward_remove", json!({ "rule": format!("x{}y", bench.password) })),
            ("call_list", json!({ "limit": bench.password })),
            (bench.password.as_str(), json!({})),
        ] {
            let answer = peer.request("tools/call", json!({ "name": tool, "arguments": args })).await;
            let said =
                answer["error"]["message"].as_str().or(answer["result"]["content"][0]["text"].as_str());
            // The name of an unknown argument and a text of the wrong type are not repeated at all.
            let veiled = said.is_some_and(|said| {
                said.contains("***")
                    || said.contains("unknown argument")
                    || said.contains("invalid type: string, ")
            });
            assert!(veiled, "{answer}");
            canaries.check(&what(tool), &answer.to_string());
        }
        canaries.check_said(&what("the log"), &peer.leave().await);
        for words in [["host", "show"], ["firewall", "set"], ["host", "list"]] {
            let mut command = bench.command();
            let said = said(command.args(words).arg(&bench.password).env("RUST_LOG", "trace")).await;
            canaries.check_said(&what(&words.join(" ")), &said);
        }
        canaries.check_folder(&what("the journal"), bench.folder.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_is_not_repeated() {
    let (bench, _) = household(0).await;
    let wrong = format!("wrong-{:08x}", random());
    let canaries = Canaries(forms(&wrong).into_iter().collect());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &wrong).unwrap();
    for place in ["given", "file"] {
        let mut command = bench.command();
        if place == "given" {
            command.env("LIVEBOX_PASSWORD", &wrong);
        } else {
            command.env_remove("LIVEBOX_PASSWORD").env("LIVEBOX_PASSWORD_FILE", file.path());
        }
        command.env("RUST_LOG", "trace").args(["--json", "box", "show"]);
        let said = said(&mut command).await;
        assert_eq!(said.code, 4, "{}", said.err);
        canaries.check_said(place, &said);
    }
    canaries.check_folder("a file", bench.folder.path());
}

/// Passwords that are words of ours, or nearly nothing, neither wreck an answer nor stop the protocol.
#[tokio::test(flavor = "multi_thread")]
async fn a_poor_password_does_not_wreck_ordinary_text() {
    let answer = |password: &'static str| async move {
        let bench = Bench::of(Options { password: password.to_owned(), ..Options::default() }).await;
        let mut peer = bench.serve(&[]);
        let hello = peer.initialize().await;
        let list = peer.request("tools/list", json!({})).await;
        let shown = peer.call("connection_show", json!({})).await;
        let error = peer.call("wifi_key_set", json!({ "network": "nowhere" })).await;
        peer.leave().await;
        // What a box counts has moved on meanwhile.
        let digits = |text: String| text.replace(|char: char| char.is_ascii_digit(), "");
        (hello.to_string(), list.to_string(), digits(shown.to_string()), error.to_string())
    };
    let usual = answer("Pa55-de-test").await;
    for password in
        ["livebox", "admin", "12345678", "internet", "jsonrpc", "content", "port", "a", "--------", "2026"]
    {
        assert_eq!(answer(password).await, usual, "{password}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_are_refused_without_being_told() {
    let (bench, _) = household(1).await;
    let canaries = Canaries::of(&bench);
    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1"), ("RUST_LOG", "trace")]);
    peer.initialize().await;
    for (tool, args) in [
        ("wifi_key_set", json!({ "network": "nowhere", "key": NEW_KEY })),
        ("wifi_key_set", json!({ "network": "5", "key": [NEW_KEY] })),
        ("livebox_change_password", json!({ "current_password": NEW_KEY, "new_password": NEW_KEY })),
    ] {
        let result = peer.call(tool, args).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
        canaries.check(tool, &result.to_string());
    }
    canaries.check_said("the log", &peer.leave().await);
    // Where it would stand in the list of processes.
    let said = bench.run(&format!("wifi-key set 5 --key {NEW_KEY}")).await;
    assert_eq!(said.code, 2, "{}", said.err);
    canaries.check_said("the command line", &said);
}
