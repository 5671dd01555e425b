//! Every fault, as a client meets it.

use std::time::{Duration, Instant};

use emulator::{FAULTS, Fault, Impostor, Options};
use serde_json::json;

use crate::wire::{Answer, LOGIN_HEAD, Session, livebox, login_body, send};

const TIME: &str = r#"{"service":"Time","method":"getTime","parameters":{}}"#;

type Check<'a> = &'a dyn Fn(&Answer) -> bool;

async fn ask(session: &Session) -> Option<Answer> {
    let head = format!(
        "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}",
        session.headers()
    );
    send(session.address, &head, TIME).await
}

#[test]
fn faults_are_read_as_they_are_written() {
    for text in [
        "slow=500@NMC.Wifi:get*3",
        "hang",
        "drop-before@*:set",
        "drop-after*1",
        "503",
        "truncated",
        "glued",
        "trailing-null@events:wait",
        "not-json",
        "huge",
        "wrong-types",
        "html",
        "expired*1",
        "lock-out=60",
        "reboot=90@NMC:reboot",
        "denied@Firewall:*",
        "absent",
        r#"foreign=UserInterface:setLanguage{"currentLanguage":"en*2@x"}@Time:getTime*1"#,
        "link-cut=20",
        "firewall-cut=30*1",
        "internet-cut@NMC.Wifi:set",
    ] {
        assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
    }
    let value = |kind: &str| match kind {
        "slow" => "=5",
        "foreign" => "=NMC:get",
        _ => "",
    };
    for kind in FAULTS {
        assert!(format!("{kind}{}", value(kind)).parse::<Fault>().is_ok(), "{kind}");
        assert!(
            include_str!("../../README.md").contains(&format!("| `{kind}")),
            "{kind} is not in the README"
        );
    }
    for text in ["", "slow", "slow=x", "hang@NMC", "melt", "foreign=x"] {
        assert!(text.parse::<Fault>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn spoilt_answers_look_as_promised_and_stop_after_their_count() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let good = ask(&session).await.unwrap().body;
    let cases: [(&str, Check<'_>); 9] = [
        ("truncated", &|a| good.starts_with(&a.body) && a.body.len() < good.len()),
        ("glued", &|a| a.body.starts_with(&good) && a.body.contains("}{")),
        ("trailing-null", &|a| a.body == format!("{good}null")),
        ("not-json", &|a| !a.body.contains('{') && a.head.contains("ws-4-call+json")),
        ("huge", &|a| a.body.len() > 2_000_000),
        ("wrong-types", &|a| a.json()["status"] == "yes"),
        ("html", &|a| a.head.contains("Content-Type: text/html") && a.status() == 200),
        ("503", &|a| a.status() == 503),
        ("denied", &|a| {
            a.json()["errors"][0] == json!({"error": 13, "description": "Permission denied", "info": "Time"})
        }),
    ];
    for (fault, is_as_promised) in cases {
        livebox.faults().add(format!("{fault}@Time:getTime*1").parse().unwrap());
        let answer = ask(&session).await.unwrap();
        assert!(
            is_as_promised(&answer),
            "{fault}: {} {}",
            answer.head,
            &answer.body[..answer.body.len().min(300)]
        );
        assert_eq!(ask(&session).await.unwrap().body, good, "after {fault}");
    }
}

#[tokio::test]
async fn a_connection_is_dropped_before_or_after_the_call() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let set = async |language: &str| {
        let head = format!("POST /ws HTTP/1.1\r\nHost: x\r\n{}", session.headers());
        let body = json!({"service": "UserInterface", "method": "setLanguage", "parameters": {"currentLanguage": language}});
        send(session.address, &head, &body.to_string()).await
    };
    livebox.faults().add("drop-before@UserInterface:setLanguage*1".parse().unwrap());
    assert!(set("en").await.is_none());
    assert_eq!(livebox.with_state(|router| router.state.interface.language.clone()), "fr");
    livebox.faults().add("drop-after@UserInterface:setLanguage*1".parse().unwrap());
    assert!(set("en").await.is_none());
    assert_eq!(livebox.with_state(|router| router.state.interface.language.clone()), "en");
}

#[tokio::test]
async fn slow_is_late_and_hang_is_for_ever() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    livebox.faults().add("slow=300@Time:getTime*1".parse().unwrap());
    let start = Instant::now();
    assert!(ask(&session).await.is_some());
    assert!(start.elapsed() >= Duration::from_millis(300));
    livebox.faults().add("hang@Time:getTime*1".parse().unwrap());
    assert!(tokio::time::timeout(Duration::from_millis(200), ask(&session)).await.is_err());
    // Also frees the reader of the hanging connection.
    livebox.shutdown().await;
}

#[tokio::test]
async fn an_expired_session_needs_a_new_login_and_a_locked_box_refuses_it() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    livebox.faults().add("expired@Time:getTime*1".parse().unwrap());
    assert_eq!(ask(&session).await.unwrap().json()["errors"][0]["error"], 13);
    livebox.faults().add("lock-out=40*1".parse().unwrap());
    let answer = send(livebox.addr(), LOGIN_HEAD, &login_body("Livebox6")).await.unwrap();
    assert_eq!((answer.status(), answer.json()["errors"][0]["waittime"].clone()), (401, json!(40)));
    livebox.clock().advance(Duration::from_secs(41));
    Session::open(livebox.addr()).await;
}

#[tokio::test]
async fn a_reboot_closes_the_door_until_the_clock_has_passed_it() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let reply = session.call("NMC", "reboot", json!({"reason": "GUI_Reboot"})).await;
    assert_eq!(reply, json!({"status": null}));
    assert!(ask(&session).await.is_none());
    livebox.clock().advance(Duration::from_secs(91));
    assert_eq!(ask(&session).await.unwrap().json()["errors"][0]["error"], 13);
    let session = Session::open(livebox.addr()).await;
    assert_eq!(session.call("DeviceInfo", "get", json!({})).await["status"]["UpTime"], 1);
    assert_eq!(session.call("NMC", "getWANStatus", json!({})).await["data"]["WanState"], "down");
    livebox.clock().advance(Duration::from_secs(120));
    assert_eq!(session.call("NMC", "getWANStatus", json!({})).await["data"]["WanState"], "up");
    let boots = session.call("NMC.Reboot.Reboot", "get", json!({})).await;
    assert_eq!(boots["status"]["6"]["ShutdownReason"], "GUI_Reboot");
}

#[tokio::test]
async fn someone_else_changes_something_between_two_calls() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let change = r#"foreign=UserInterface:setLanguage{"currentLanguage":"en"}@UserInterface:getLanguage*1"#;
    livebox.faults().add(change.parse().unwrap());
    assert_eq!(session.call("UserInterface", "getLanguage", json!({})).await["status"], "fr");
    assert_eq!(session.call("UserInterface", "getLanguage", json!({})).await["status"], "en");
}

#[tokio::test]
async fn a_wifi_change_cuts_the_link_of_who_made_it() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    livebox.faults().add("link-cut=20".parse().unwrap());
    assert!(ask(&session).await.is_some());
    let head = format!("POST /ws HTTP/1.1\r\nHost: x\r\n{}", session.headers());
    let body = json!({"service": "NMC.Wifi", "method": "set", "parameters": {"Enable": true}}).to_string();
    assert!(send(session.address, &head, &body).await.is_none());
    assert!(ask(&session).await.is_none());
    livebox.clock().advance(Duration::from_secs(21));
    assert!(ask(&session).await.is_some());
}

#[tokio::test]
async fn the_control_path_is_closed_unless_asked_for() {
    let closed = livebox(Options::default()).await;
    let head = "GET /_emulator/state HTTP/1.1\r\nHost: x";
    assert_eq!(send(closed.addr(), head, "").await.unwrap().status(), 404);
    let livebox = livebox(Options { control: true, ..Options::default() }).await;
    let post = async |path: &str, body: &str| {
        send(livebox.addr(), &format!("POST /_emulator/{path} HTTP/1.1\r\nHost: x"), body).await.unwrap()
    };
    assert_eq!(post("fault", "503@Time:getTime*2\nhang@NMC:get").await.json()["faults"][1], "hang@NMC:get");
    assert_eq!(post("fault", "melt").await.status(), 400);
    assert_eq!(post("clock", r#"{"advance":3600}"#).await.json()["now"], "2026-03-14T11:40:28Z");
    let change =
        r#"{"service":"UserInterface","method":"setLanguage","parameters":{"currentLanguage":"en"}}"#;
    assert_eq!(post("change", change).await.json()["status"], true);
    let state = send(livebox.addr(), head, "").await.unwrap().json();
    assert_eq!(state["deaf"], false);
    let requests = send(livebox.addr(), "GET /_emulator/requests HTTP/1.1\r\nHost: x", "").await.unwrap();
    assert_eq!(requests.json()["http"], 0);
}

#[tokio::test]
async fn the_host_filter_closes_the_connection() {
    let livebox = livebox(Options { host_filter: true, ..Options::default() }).await;
    for (host, good) in [("livebox.home", true), ("192.168.1.1:80", true), ("tunnel.example:8080", false)] {
        let answer = send(livebox.addr(), &format!("GET / HTTP/1.1\r\nHost: {host}"), "").await;
        assert_eq!(answer.is_some(), good, "{host}");
    }
}

#[tokio::test]
async fn impostors_are_no_liveboxes() {
    for (impostor, status, label) in [
        (Impostor::Spain, 200, "text/html"),
        (Impostor::OldPro, 404, "text/plain"),
        (Impostor::WebPage, 200, "text/html"),
        (Impostor::NotFound, 404, "text/plain"),
    ] {
        let livebox = livebox(Options { impostor: Some(impostor), ..Options::default() }).await;
        let answer = send(livebox.addr(), LOGIN_HEAD, &login_body("Livebox6")).await.unwrap();
        assert_eq!((answer.status(), answer.headers("Content-Type")[0]), (status, label), "{impostor:?}");
    }
}

#[tokio::test]
async fn descriptions_have_the_defects_of_a_real_box_on_demand() {
    let livebox = livebox(Options { malformed: true, ..Options::default() }).await;
    let session = Session::open(livebox.addr()).await;
    assert_eq!(session.get("/sysbus/*").await.body, r#"{"status":[,]}"#);
    assert!(session.get("/sysbus/NeMo/Intf/bridge_ctr").await.body.starts_with(r#","errors":["#));
    assert!(session.get("/sysbus/NeMo/Intf/ETH0?_restDepth=1").await.body.contains("}{"));
}
