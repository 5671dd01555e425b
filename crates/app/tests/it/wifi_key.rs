//! Wi-Fi keys from a person's side: typed, made, shown to nobody else.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use crate::harness::{Bench, said};

fn private_keys(bench: &Bench) -> Vec<String> {
    bench.livebox.with_state(|router| {
        let private = router.state.wifi.vaps.iter().filter(|vap| !vap.guest && !vap.secondary);
        private.map(|vap| vap.key.clone()).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_to_people_only() {
    let bench = Bench::start().await;
    let key = private_keys(&bench)[0].clone();
    for words in [
        "wifi-key show 5",
        "wifi-key show 5 --qr",
        "wifi-key show 5 --json",
        "wifi-key show 5 --json --output x.svg",
    ] {
        let said = bench.run(words).await;
        assert_eq!(said.code, 6, "{words}: {}{}", said.out, said.err);
        assert!(
            said.out.is_empty() && said.err.contains("--output") && !said.err.contains(&key),
            "{}",
            said.err
        );
    }
    assert_eq!(bench.livebox.requests().http, 0, "nothing is asked for nobody");
    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1")]);
    peer.initialize().await;
    let list = peer.request("tools/list", serde_json::json!({})).await.to_string();
    assert!(!list.contains("wifi_key_show"));
    let refused = peer.request("tools/call", serde_json::json!({ "name": "wifi_key_show" })).await;
    assert!(refused["error"].is_object(), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qr_code_goes_into_a_file_of_its_owner() {
    let bench = Bench::start().await;
    let key = private_keys(&bench)[0].clone();
    for name in ["wifi.svg", "wifi.PNG"] {
        let path = bench.folder.path().join(name);
        let mut command = bench.command();
        let done = said(command.args(["wifi-key", "show", "5", "--output"]).arg(&path)).await;
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.contains(name) && !done.out.contains(&key), "{}", done.out);
        let content = std::fs::read(&path).unwrap();
        assert!(content.starts_with(b"<svg") || content.starts_with(b"\x89PNG"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let again = said(bench.command().args(["wifi-key", "show", "5", "--output"]).arg(&path)).await;
        assert!(again.code == 1 && again.err.contains("exists already"), "{}", again.err);
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
    let other = said(bench.command().args(["wifi-key", "show", "5", "--output", "wifi.txt"])).await;
    assert_eq!(other.code, 2, "{}", other.err);
    let nowhere = said(bench.command().args(["wifi-key", "show", "nowhere", "--output", "x.svg"])).await;
    assert_eq!(nowhere.code, 1, "{}", nowhere.err);
    assert!(!std::path::Path::new("x.svg").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_or_typed_at_the_terminal() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "[policy]\ndisrupt = \"allow\"\n").unwrap();
    let former = private_keys(&bench);
    let made = bench.run("wifi-key set 5 --generate --json").await;
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    let json: serde_json::Value = serde_json::from_str(&made.out).unwrap();
    let keys = private_keys(&bench);
    assert!(keys != former && keys[0].len() == 24, "{json}");
    let state = json["after"]["key"].as_str().unwrap();
    assert!(state.starts_with("set (fingerprint ") && json["after"]["warning"].is_null(), "{json}");
    assert!(!format!("{}{}", made.out, made.err).contains(&keys[0]));

    let mut child = bench
        .command()
        .args(["wifi-key", "set", "5"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"Cle-Nouvelle-42\n").await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let text = format!("{output:?}");
    assert!(output.status.success() && !text.contains("Cle-Nouvelle"), "{text}");
    assert!(private_keys(&bench).iter().all(|key| key == "Cle-Nouvelle-42"));
    // A short one is called weak, whoever reads the answer.
    let weak = bench.run("wifi-key set 5 --generate --length 8 --json").await;
    let json: serde_json::Value = serde_json::from_str(&weak.out).unwrap();
    assert!(json["after"]["warning"].as_str().unwrap().contains("34 bits"), "{json}");
    let weak = bench.run("wifi-key set 5 --generate --length 8 --lang fr").await;
    assert!(weak.out.contains("vaut 34 bits"), "{}{}", weak.out, weak.err);
    // Neither typed nor to be made: nothing happens.
    let nothing = bench.run("wifi-key set 5").await;
    assert_eq!(nothing.code, 2, "{}", nothing.err);
    let short = bench.run("wifi-key set 5 --generate --length 7").await;
    assert_eq!(short.code, 2, "{}", short.err);
}
