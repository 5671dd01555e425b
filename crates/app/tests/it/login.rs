//! `login` and `logout`, and who finds the password afterwards.

use std::process::Stdio;

use emulator::{Emulator, Options};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    harness::{Bench, PASSWORD, Said, said, text},
    secrets::contents,
};

/// The binary without a password of its own.
fn bare(bench: &Bench) -> Command {
    let mut command = bench.command();
    command.env_remove("LIVEBOX_PASSWORD");
    command
}

/// Runs a command with that on its standard input.
async fn with_input(command: &mut Command, input: &str) -> Said {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

async fn login(bench: &Bench, password: &str) -> Said {
    with_input(bare(bench).arg("login"), &format!("{password}\nmore\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_tested_kept_used_and_forgotten() {
    let bench = Bench::start().await;
    let done = login(&bench, PASSWORD).await;
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("encrypted in") && done.out.contains("vault"), "{}", done.out);
    assert!(!format!("{}{}", done.out, done.err).contains(PASSWORD));
    assert_eq!(bench.livebox.requests().logins, 1);
    let files = contents(bench.folder.path());
    assert!(files.len() >= 2 && files.iter().all(|(_, text)| !text.contains(PASSWORD)));

    // Commands and servers find it.
    let asked = said(bare(&bench).args(["time", "show"])).await;
    assert_eq!(asked.code, 0, "{}", asked.err);
    let mut peer = crate::harness::Peer::start(bare(&bench).arg("mcp"));
    peer.initialize().await;
    let result = peer.call("time_show", serde_json::json!({})).await;
    assert_ne!(result["isError"], true, "{result}");
    peer.leave().await;

    // What the settings say comes first.
    let wrong = said(bare(&bench).env("LIVEBOX_PASSWORD", "Faux-mot").args(["time", "show"])).await;
    assert_eq!(wrong.code, 4, "{}", wrong.err);

    let gone = said(bare(&bench).args(["login", "--forget"])).await;
    assert!(gone.code == 0 && gone.out.contains("forgotten"), "{}{}", gone.out, gone.err);
    let again = said(bare(&bench).args(["logout", "--json"])).await;
    let json: serde_json::Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!((again.code, &json["forgotten"]), (0, &"nothing".into()), "{}", again.err);
    let asked = said(bare(&bench).args(["time", "show"])).await;
    assert_eq!(asked.code, 4, "{}", asked.err);
    assert!(asked.err.contains("livebox-mcp login"), "{}", asked.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_is_tried_once_and_not_kept() {
    let bench = Bench::start().await;
    let refused = login(&bench, "Faux-mot").await;
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.out.is_empty() && !refused.err.contains("Faux-mot"), "{}", refused.err);
    assert_eq!(bench.livebox.requests().logins, 1);
    assert!(!bench.folder.path().join("vault").exists());
    // Nor does it take the place of the one that works.
    assert_eq!(login(&bench, PASSWORD).await.code, 0);
    assert_eq!(login(&bench, "Faux-mot").await.code, 4);
    assert_eq!(said(bare(&bench).args(["time", "show"])).await.code, 0);
    let empty = login(&bench, "").await;
    assert_eq!(empty.code, 2, "{}", empty.err);
    let missing = said(bare(&bench).arg("login")).await;
    assert_eq!(missing.code, 2, "{}", missing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_kept_for_one_box_and_one_account() {
    let bench = Bench::start().await;
    assert_eq!(login(&bench, PASSWORD).await.code, 0);
    let options = Options { password: PASSWORD.to_owned(), ..Options::default() };
    let other = Emulator::start("127.0.0.1:0", options).await.unwrap();
    let elsewhere = said(bare(&bench).env("LIVEBOX_HOST", other.url()).args(["time", "show"])).await;
    assert_eq!(elsewhere.code, 4, "{}", elsewhere.err);
    assert_eq!(other.requests().logins, 0, "no box is offered another's password");
    let account = said(bare(&bench).args(["--user", "other", "time", "show"])).await;
    assert_eq!(account.code, 4, "{}", account.err);
    assert_eq!(bench.livebox.requests().logins, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_vault_says_what_to_do() {
    let bench = Bench::start().await;
    assert_eq!(login(&bench, PASSWORD).await.code, 0);
    std::fs::write(bench.folder.path().join("vault/vault.key"), "").unwrap();
    let lost = said(bare(&bench).args(["--lang", "fr", "time", "show"])).await;
    assert_eq!(lost.code, 4, "{}", lost.err);
    assert!(
        lost.err.contains("vault.key est abîmé") && lost.err.contains("livebox-mcp login"),
        "{}",
        lost.err
    );
    let mut peer = crate::harness::Peer::start(bare(&bench).arg("mcp"));
    peer.initialize().await;
    let result = peer.call("time_show", serde_json::json!({})).await;
    assert!(text(&result).contains("vault.key is damaged"), "{result}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_the_file_serves() {
    let bench = Bench::start().await;
    // The keychain is allowed, and nothing of a desktop session is in the environment.
    let mut command = bare(&bench);
    command.env("LIVEBOX_MCP_KEYCHAIN", "1").env("PATH", "/nonexistent").arg("login");
    let done = with_input(&mut command, PASSWORD).await;
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("encrypted in"), "{}", done.out);
}
