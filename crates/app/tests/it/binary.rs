//! What bad input gets, on the command line: a clear error, the right exit code, nothing lost.

use emulator::{Emulator, Impostor, Options, Policy};

use crate::harness::{Bench, PASSWORD, said};

#[tokio::test(flavor = "multi_thread")]
async fn no_password() {
    let bench = Bench::start().await;
    let said = said(bench.command().env_remove("LIVEBOX_PASSWORD").args(["box", "show"])).await;
    assert_eq!(said.code, 4, "{}", said.err);
    assert!(said.err.contains("LIVEBOX_PASSWORD") && said.out.is_empty(), "{}", said.err);
    assert_eq!(bench.livebox.requests().logins, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once() {
    let bench = Bench::start().await;
    let said = said(bench.command().env("LIVEBOX_PASSWORD", "Faux-mot").args(["host", "list"])).await;
    assert_eq!(said.code, 4, "{}", said.err);
    assert_eq!(bench.livebox.requests().logins, 1);
    assert!(!said.err.contains("Faux-mot"), "{}", said.err);
    // The right one works at once: only the refused password is remembered.
    let said = bench.run("host list").await;
    assert_eq!(said.code, 0, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_repeat_a_refused_password() {
    let bench = Bench::start().await;
    for round in 0..3 {
        let mut peer = bench.serve(&[("LIVEBOX_PASSWORD", "Faux-mot")]);
        peer.initialize().await;
        for _ in 0..3 {
            let result = peer.call("time_show", serde_json::json!({})).await;
            assert_eq!(result["isError"], true, "{result}");
        }
        peer.leave().await;
        assert_eq!(bench.livebox.requests().logins, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_out_is_honoured() {
    let bench = Bench::with(Options {
        faults: vec!["lock-out=40@sah.Device.Information:createContext*1".parse().unwrap()],
        ..Options::default()
    })
    .await;
    let first = bench.run("box show").await;
    assert_eq!(first.code, 4, "{}", first.err);
    let logins = bench.livebox.requests().logins;
    let second = bench.run("box show").await;
    assert_eq!(second.code, 4, "{}", second.err);
    assert!(second.err.contains(" s"), "says how long: {}", second.err);
    assert_eq!(bench.livebox.requests().logins, logins, "no attempt during the lock-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_refusals_name_the_wait() {
    let bench =
        Bench::with(Options { policy: Policy { retries: 1, ..Policy::default() }, ..Options::default() })
            .await;
    let said = said(bench.command().env("LIVEBOX_PASSWORD", "Faux-mot").args(["box", "show"])).await;
    assert_eq!(said.code, 4, "{}", said.err);
    assert_eq!(bench.livebox.requests().logins, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_box() {
    let bench = Bench::start().await;
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let said = bench.run(&format!("--host 127.0.0.1:{port} box show")).await;
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("192.168.1.1"), "says where to look: {}", said.err);
    let said = bench.run("--host 'http://admin:secret@[::1' box show").await;
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(!said.err.contains("secret"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_of_other_kinds_are_named() {
    for (impostor, word) in [
        (Impostor::Spain, "Spain"),
        (Impostor::OldPro, "Pro"),
        (Impostor::WebPage, "web page"),
        (Impostor::NotFound, "/ws"),
    ] {
        let bench = Bench::with(Options { impostor: Some(impostor), ..Options::default() }).await;
        let said = bench.run("box show").await;
        assert_eq!(said.code, 3, "{impostor:?}: {}", said.err);
        assert!(said.err.contains(word), "{impostor:?}: {}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_answers_are_survived_or_named() {
    for (fault, code) in [
        ("truncated@Time:getTime", 1),
        ("not-json@Time:getTime", 1),
        ("glued@Time:getTime", 0),
        ("trailing-null@Time:getTime", 0),
        ("huge@Time:getTime", 0),
        ("html@Time:getTime", 3),
        ("503@Time:getTime", 3),
        ("expired@Time:getTime*1", 0),
        ("drop-before@Time:getTime*1", 0),
        ("denied@Time:getTime", 5),
        ("absent@Time:getTime", 5),
        ("denied@Time:getStatus", 0),
        ("wrong-types@Time:getTime", 1),
        ("wrong-types@Time:getStatus", 0),
    ] {
        let bench = Bench::with(Options { faults: vec![fault.parse().unwrap()], ..Options::default() }).await;
        let said = bench.run("time show").await;
        assert_eq!(said.code, code, "{fault}: {}{}", said.out, said.err);
        assert_eq!(said.out.is_empty(), code != 0, "{fault}: {}", said.out);
        assert_eq!(said.err.is_empty(), code == 0, "{fault}: {}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_checked_before_the_box_is_asked() {
    let bench = Bench::start().await;
    for words in [
        "port-forward add x --to 192.168.1.20 --protocol tcp --external-port 0",
        "port-forward add x --to 192.168.1.20 --protocol tcp --external-port 70000",
        "ping test -- -rf",
        "host list --limit many",
        "host paint",
        "wifi set 5 --channel x",
        "--lang",
        "host list --colour blue",
    ] {
        let said = bench.run(words).await;
        assert_eq!(said.code, 2, "{words}: {}", said.err);
        assert!(said.out.is_empty() && !said.err.is_empty(), "{words}");
    }
    assert_eq!(bench.livebox.requests().http, 0, "{:?}", bench.livebox.requests().calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_refuses_changes() {
    let bench = Bench::start().await;
    let said = bench.run("--read-only firewall set high").await;
    assert_eq!(said.code, 6, "{}", said.err);
    assert!(said.err.contains("--read-only"), "names the setting: {}", said.err);
    assert_eq!(bench.livebox.requests().http, 0);
    std::fs::write(bench.folder.path().join("config.toml"), "read_only = true\n").unwrap();
    let said = bench.run("firewall set high").await;
    assert_eq!(said.code, 6, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_configuration_is_named() {
    let bench = Bench::start().await;
    std::fs::write(bench.folder.path().join("config.toml"), "colour = 'blue'\n").unwrap();
    let said = bench.run("time show").await;
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("config.toml") && said.err.contains("colour"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_file_serves() {
    let bench = Bench::start().await;
    let file = bench.folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let mut command = bench.command();
    command.env_remove("LIVEBOX_PASSWORD").env("LIVEBOX_PASSWORD_FILE", &file);
    let said = said(command.args(["time", "show"])).await;
    assert_eq!(said.code, 0, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_errors_are_for_programs() {
    let bench = Bench::start().await;
    let said = bench.run("--json host show nobody-of-that-name").await;
    assert_eq!(said.code, 1, "{}", said.err);
    let error: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(error["error"]["kind"], "conflict", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_languages_speak() {
    let bench = Bench::start().await;
    let english = bench.run("--lang en time show").await;
    let french = bench.run("--lang fr time show").await;
    assert!(
        english.out.contains("Box time") && french.out.contains("Heure de la box"),
        "{}{}",
        english.out,
        french.out
    );
    let by_locale = said(bench.command().env("LANG", "fr_FR.UTF-8").args(["time", "show"])).await;
    assert!(by_locale.out.contains("Heure de la box"), "{}", by_locale.out);
    let by_name =
        said(bench.command().env("LANG", "fr_FR.UTF-8").env("LIVEBOX_LANG", "en").args(["time", "shw"]))
            .await;
    assert!(by_name.err.starts_with("error:"), "{}", by_name.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_are_printed() {
    let bench = Bench::start().await;
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = bench.run(&format!("completions {shell}")).await;
        assert_eq!(said.code, 0, "{shell}: {}", said.err);
        assert!(said.out.contains("port-forward"), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_says_when_it_is_ready() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut command = tokio::process::Command::new(crate::harness::binary());
    command.args(["emulate", "--listen", "127.0.0.1:0", "--password", PASSWORD]);
    let mut child = command.stdout(std::process::Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next_line().await.unwrap().unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).unwrap().to_owned();
    let bench = Bench::start().await;
    let said = said(bench.command().env("LIVEBOX_HOST", url).args(["time", "show"])).await;
    assert_eq!(said.code, 0, "{}", said.err);
    let taken = Emulator::start("127.0.0.1:0", Options::default()).await.unwrap();
    let said = bench.run(&format!("emulate --listen {}", taken.addr())).await;
    assert_eq!(said.code, 1, "{}", said.err);
}
