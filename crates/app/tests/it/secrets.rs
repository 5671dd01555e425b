//! No secret of the emulated household reaches an answer, an error or a log.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::{
    examples::arguments,
    harness::{Bench, PASSWORD},
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaks() {
    let bench = Bench::start().await;
    let mut secrets = bench.livebox.secrets();
    secrets.extend([PASSWORD.to_owned(), "Cle-Nouvelle-42".to_owned()]);
    secrets.sort();
    secrets.dedup();
    assert!(secrets.iter().all(|secret| secret.len() >= 6), "too short to search for: {secrets:?}");
    let leaked = |text: &str| {
        secrets.iter().filter(|secret| text.contains(secret.as_str())).cloned().collect::<Vec<_>>()
    };

    let mut peer = bench.serve(&[("LIVEBOX_MCP_ACCEPT_SECRETS", "1"), ("RUST_LOG", "trace")]);
    peer.initialize().await;
    // Reads first: a reboot or a new password would end the round.
    let mut tools: Vec<_> =
        livebox::tools().filter(|def| def.verb != "reboot" && def.verb != "test").collect();
    tools.sort_by_key(|def| (def.access, def.name()));
    for def in tools {
        let result = peer.call(&def.name(), arguments(def)).await;
        let text = result.to_string();
        assert!(leaked(&text).is_empty(), "{} gives {:?}: {text}", def.name(), leaked(&text));
    }
    // Wrong types and refusals must not repeat what they were given either.
    for (tool, args) in [
        ("wifi_key_set", json!({ "network": "nowhere", "key": "Cle-Nouvelle-42" })),
        ("wifi_key_set", json!({ "network": "5", "key": ["Cle-Nouvelle-42"] })),
        (
            "livebox_change_password",
            json!({ "current_password": "Cle-Nouvelle-42", "new_password": "Cle-Nouvelle-42" }),
        ),
    ] {
        let result = peer.call(tool, args).await;
        assert!(result["isError"] == true && leaked(&result.to_string()).is_empty(), "{tool}: {result}");
    }
    let said = peer.leave().await;
    assert!(!said.err.is_empty(), "the log was on");
    assert!(leaked(&said.err).is_empty(), "the log has {:?}", leaked(&said.err));
    for (path, text) in contents(bench.folder.path()) {
        assert!(leaked(&text).is_empty(), "{} has {:?}", path.display(), leaked(&text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_not_an_option_of_the_command_line() {
    let bench = Bench::start().await;
    let said = bench.run("wifi-key set 5 --key Cle-Nouvelle-42").await;
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(!said.err.contains("Cle-Nouvelle-42"), "{}", said.err);
}
