//! Protocol sections 1.2 to 1.9: logins, cookies, refusals, expiry.

use std::time::Duration;

use emulator::Options;
use serde_json::json;

use crate::wire::{LOGIN_HEAD, Session, anonymous, livebox, login_body, send};

#[tokio::test]
async fn a_login_answers_at_top_level_in_every_dialect() {
    let livebox = livebox(Options::default()).await;
    for label in [
        "application/x-sah-ws-4-call+json",
        "application/x-sah-ws-1-call+json; charset=UTF-8",
        "application/json",
    ] {
        let head =
            format!("POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: {label}\r\nAuthorization: X-Sah-Login");
        let answer = send(livebox.addr(), &head, &login_body("Livebox6")).await.unwrap();
        assert_eq!(answer.status(), 200);
        let body = answer.json();
        assert_eq!(body["status"], 0);
        assert_eq!(body["data"]["groups"], "http,admin");
        let bare = label.split(';').next().unwrap();
        assert_eq!(answer.headers("Content-Type"), [format!("{bare}; charset=UTF-8")]);
        let cookies = answer.headers("Set-Cookie");
        assert!(cookies[0].starts_with("475ec806/sessid=; expires="), "{cookies:?}");
        let value = cookies[1].strip_prefix("475ec806/sessid=").unwrap();
        assert_eq!(value.split(';').next().unwrap().len(), 24);
        assert!(value.ends_with("; path=/; SameSite=Strict; HttpOnly"));
    }
}

#[tokio::test]
async fn spaced_json_logs_in_too() {
    let livebox = livebox(Options::default()).await;
    let body = serde_json::to_string_pretty(
        &serde_json::from_str::<serde_json::Value>(&login_body("Livebox6")).unwrap(),
    );
    assert_eq!(send(livebox.addr(), LOGIN_HEAD, &body.unwrap()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_cookie_is_indispensable_and_one_header_is_enough() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let (cookie, context) = (&session.cookie, &session.context);
    let granted = [
        format!("Cookie: {cookie}\r\nX-Context: {context}"),
        format!("Cookie: {cookie}\r\nAuthorization: X-Sah {context}"),
        format!("Cookie: a=b;{cookie};c=d\r\nX-Context: {context}"),
        format!("Cookie: 475ec806/accept-language=fr; {cookie}\r\nX-Context: {context}"),
    ];
    let refused = [
        format!("X-Context: {context}\r\nAuthorization: X-Sah {context}"),
        format!("Cookie: {cookie}"),
        format!("Cookie: {cookie}\r\nX-Context: other"),
        format!("Cookie: 475ec806/sessid=other\r\nX-Context: {context}"),
    ];
    for (headers, good) in granted.iter().map(|h| (h, true)).chain(refused.iter().map(|h| (h, false))) {
        let head = format!(
            "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{headers}"
        );
        let body = r#"{"service":"Time","method":"getTime","parameters":{}}"#;
        let answer = send(livebox.addr(), &head, body).await.unwrap();
        assert_eq!(answer.json()["status"] == json!(true), good, "{headers}: {}", answer.body);
    }
}

#[tokio::test]
async fn strangers_get_the_few_calls_and_error_13_for_all_others() {
    let livebox = livebox(Options::default()).await;
    for (service, method) in [
        ("DeviceInfo", "get"),
        ("sysbus.DeviceInfo", "get"),
        ("NMC", "getWANStatus"),
        ("NMC", "get"),
        ("UserInterface", "getLanguage"),
        ("UserInterface", "getState"),
        ("HTTPService", "getCurrentUser"),
    ] {
        let answer = anonymous(livebox.addr(), service, method).await;
        assert!(answer.get("errors").is_none(), "{service}:{method} {answer}");
    }
    for (service, method) in
        [("Time", "getTime"), ("NMC.Wifi", "get"), ("No.Such", "thing"), ("Process", "get")]
    {
        let answer = anonymous(livebox.addr(), service, method).await;
        let expected = json!([{"error": 13, "description": "Permission denied", "info": service}]);
        assert_eq!(answer, json!({"status": null, "errors": expected}));
    }
    let user = anonymous(livebox.addr(), "HTTPService", "getCurrentUser").await;
    assert_eq!(user["data"]["currentUser"], "anonymous");
}

#[tokio::test]
async fn a_login_without_its_header_is_an_ordinary_refused_call() {
    let livebox = livebox(Options::default()).await;
    let head = "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-sah-ws-4-call+json";
    let answer = send(livebox.addr(), head, &login_body("Livebox6")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json()["errors"][0]["info"], "sah.Device.Information");
}

#[tokio::test]
async fn refused_passwords_lock_the_box_twice_as_long_each_time() {
    let livebox = livebox(Options::default()).await;
    let attempt = async |password| send(livebox.addr(), LOGIN_HEAD, &login_body(password)).await.unwrap();
    for _ in 0..4 {
        let answer = attempt("wrong").await;
        assert_eq!((answer.status(), answer.json()), (401, json!({"status": 1, "data": {}})));
    }
    let locked = attempt("wrong").await;
    assert_eq!(locked.status(), 401);
    assert_eq!(
        locked.json()["errors"][0],
        json!({"description": "too many failed login attempts, wait 15s", "waittime": 15})
    );
    assert_eq!(attempt("Livebox6").await.status(), 401);
    livebox.clock().advance(Duration::from_secs(16));
    assert_eq!(attempt("wrong").await.json()["errors"][0]["waittime"], 30);
    livebox.clock().advance(Duration::from_secs(31));
    assert_eq!(attempt("Livebox6").await.status(), 200);
    assert_eq!(attempt("wrong").await.json()["errors"], json!(null));
    assert_eq!(livebox.requests().logins, 9);
}

#[tokio::test]
async fn an_idle_session_expires_with_error_13() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    livebox.clock().advance(Duration::from_secs(590));
    assert_eq!(session.call("Time", "getTime", json!({})).await["status"], true);
    livebox.clock().advance(Duration::from_secs(590));
    assert_eq!(session.call("Time", "getTime", json!({})).await["status"], true);
    livebox.clock().advance(Duration::from_secs(601));
    assert_eq!(session.call("Time", "getTime", json!({})).await["errors"][0]["error"], 13);
}

#[tokio::test]
async fn a_logout_needs_its_own_header_and_no_content_type() {
    let livebox = livebox(Options::default()).await;
    let session = Session::open(livebox.addr()).await;
    let body = r#"{"service":"sah.Device.Information","method":"releaseContext","parameters":{"applicationName":"so_sdkut"}}"#;
    let ordinary = session.call("sah.Device.Information", "releaseContext", json!({})).await;
    assert_eq!(ordinary["errors"][0]["error"], 13);
    let head = format!(
        "POST /ws HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nAuthorization: X-Sah-Logout {}",
        session.cookie, session.context
    );
    assert_eq!(send(livebox.addr(), &head, body).await.unwrap().json()["status"], 0);
    assert_eq!(session.call("Time", "getTime", json!({})).await["errors"][0]["error"], 13);
}

#[tokio::test]
async fn a_dozen_sessions_live_side_by_side() {
    let livebox = livebox(Options::default()).await;
    let mut sessions = Vec::new();
    for _ in 0..14 {
        sessions.push(Session::open(livebox.addr()).await);
    }
    for session in &sessions {
        assert_eq!(
            session.call("HTTPService", "getCurrentUser", json!({})).await["data"]["currentUser"],
            "admin"
        );
    }
}

#[tokio::test]
async fn the_login_of_older_firmware_works() {
    let livebox = livebox(Options::default()).await;
    let head = "POST /authenticate?username=admin&password=Livebox6 HTTP/1.1\r\nHost: x";
    let answer = send(livebox.addr(), head, "").await.unwrap();
    assert!(answer.json()["data"]["contextID"].is_string());
    assert_eq!(answer.headers("Set-Cookie").len(), 2);
}
