//! Logging in.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sysbus::{Error, Fetch, Password, Secret, Session, Written};
use tokio::sync::Notify;

use crate::{
    calls::{Get, Set},
    scripted::{Act, CONTEXT, COOKIE, LOGIN, PASSWORD, Scripted, WS_4},
};

#[tokio::test]
async fn the_first_call_logs_in_and_tests_the_session() {
    let server = Scripted::usual().await;
    let session = server.session();
    assert!(server.requests().is_empty());
    assert_eq!(session.read(&Get("NMC")).await.unwrap(), "NMC:get");
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser", "NMC:get"]);
    assert_eq!(session.read(&Get("NMC.Wifi")).await.unwrap(), "NMC.Wifi:get");
    let Written::Answered(reply) = session.write(&Set { value: 1 }).await.unwrap() else { panic!() };
    assert_eq!(reply, "NMC.Wifi:set");
    assert_eq!(server.logins(), 1);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn the_bytes_of_login_and_call() {
    let server = Scripted::usual().await;
    server.session().read(&Get("NMC")).await.unwrap();
    let requests = server.requests();
    let login = &requests[0];
    assert_eq!((login.method.as_str(), login.path.as_str()), ("POST", "/ws"));
    assert_eq!(login.headers["content-type"], "application/x-sah-ws-4-call+json");
    assert_eq!(login.headers["authorization"], "X-Sah-Login");
    assert_eq!(login.headers["host"], server.address.to_string());
    assert!(!login.headers.contains_key("cookie") && !login.headers.contains_key("x-context"));
    assert!(!login.headers.contains_key("accept-encoding"));
    assert_eq!(
        login.body,
        r#"{"service":"sah.Device.Information","method":"createContext","parameters":{"applicationName":"so_sdkut","username":"admin","password":"hunter2\"\\é"}}"#
    );
    let call = &requests[2];
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/ws"));
    assert_eq!(call.headers["content-type"], "application/x-sah-ws-4-call+json");
    assert_eq!(call.headers["cookie"], format!("475ec806/sessid=1{COOKIE}"));
    assert_eq!(call.headers["x-context"], format!("1{CONTEXT}"));
    assert_eq!(call.headers["authorization"], format!("X-Sah 1{CONTEXT}"));
    assert_eq!(call.body, r#"{"service":"NMC","method":"get","parameters":{}}"#);
}

#[tokio::test]
async fn a_refused_password_is_not_tried_again() {
    let server = Scripted::usual().await;
    server.change_password("other");
    let session = server.session();
    for remembered in [false, true, true] {
        match session.read(&Get("NMC")).await {
            Err(Error::PasswordRefused { remembered: actual }) => assert_eq!(actual, remembered),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.names(), [LOGIN]);
}

#[tokio::test]
async fn every_form_of_refusal() {
    let forbidden = r#"{"status":null,"errors":[{"error":13,"description":"Permission denied","info":"sah.Device.Information"}]}"#;
    for (status, body) in [
        (401, r#"{"status":1,"data":{}}"#),
        (200, r#"{"status":1,"data":{}}"#),
        (401, r#"{"status":0,"data":{}}"#),
        (200, forbidden),
        (401, r#"{"status":1,"data":{},"errors":[{"description":"wrong"}]}"#),
    ] {
        let server = Scripted::new(move |_, _| Act::Answer(status, WS_4, body.to_owned())).await;
        let session = server.session();
        for _ in 0..2 {
            let outcome = session.read(&Get("NMC")).await;
            assert!(matches!(outcome, Err(Error::PasswordRefused { .. })), "{body}: {outcome:?}");
        }
        assert_eq!(server.names(), [LOGIN], "{body}");
    }
}

#[tokio::test]
async fn a_login_that_is_neither_accepted_nor_refused_says_so() {
    for (status, body, expected) in [
        (200, r#"{"status":0,"data":{}}"#, "answer not understood at `data.contextID`: it is missing"),
        (503, "", "the box is busy or rebooting"),
        (
            200,
            r#"{"status":null,"errors":[{"error":196640,"description":"odd","info":""}]}"#,
            "refused by the box: odd",
        ),
        (200, r#"{"status":0,"data":{"contextID":"a\nb"}}"#, "no header may hold"),
    ] {
        let server = Scripted::new(move |_, _| Act::Answer(status, WS_4, body.to_owned())).await;
        let error = server.session().read(&Get("NMC")).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn concurrent_calls_log_in_once() {
    let server = Scripted::usual().await;
    let session = server.session();
    let reads = ["A", "B", "C", "D", "E", "F"].map(|service| {
        let session = session.clone();
        async move { session.read(&Get(service)).await }
    });
    for outcome in futures_util::future::join_all(reads).await {
        outcome.unwrap();
    }
    assert_eq!(server.logins(), 1);
    assert_eq!(server.requests().len(), 8);
}

#[tokio::test]
async fn a_lock_out_is_honoured_by_this_session_and_the_next() {
    let locked = r#"{"status":1,"data":{},"errors":[{"description":"too many failed login attempts, wait 15s","waittime":15}]}"#;
    let server = Scripted::new(move |_, _| Act::Answer(401, WS_4, locked.to_owned())).await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = server.config();
    config.state = Some(folder.path().join("state"));
    config.honour_refusal = false;
    let (first, second) = (Session::new(config.clone()), Session::new(config));
    assert!(!folder.path().join("state").exists());
    for session in [&first, &first, &second] {
        match session.read(&Get("NMC")).await {
            Err(Error::LockedOut { wait }) => assert!(wait <= Duration::from_secs(16), "{wait:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.names(), [LOGIN]);
}

#[tokio::test]
async fn a_refusal_outlives_the_process_until_a_login_succeeds() {
    let server = Scripted::usual().await;
    server.change_password("other");
    let folder = tempfile::tempdir().unwrap();
    let mut config = server.config();
    config.state = Some(folder.path().to_owned());
    let refused = |outcome| match outcome {
        Err(Error::PasswordRefused { remembered }) => remembered,
        other => panic!("{other:?}"),
    };
    let daemon = Session::new(config.clone());
    assert!(!refused(daemon.read(&Get("NMC")).await));
    // The same program, started again.
    assert!(refused(Session::new(config.clone()).read(&Get("NMC")).await));
    assert_eq!(server.logins(), 1);
    // A command typed by a person makes its one attempt.
    let mut typed = config.clone();
    typed.honour_refusal = false;
    let command = Session::new(typed.clone());
    assert!(!refused(command.read(&Get("NMC")).await));
    assert!(refused(command.read(&Get("NMC")).await));
    assert_eq!(server.logins(), 2);
    // Another password was never refused.
    let mut corrected = config.clone();
    corrected.password = Password::Given(Secret::new("third"));
    assert!(!refused(Session::new(corrected).read(&Get("NMC")).await));
    assert_eq!(server.logins(), 3);
    // The box takes the first password after all: whoever learns it lifts the refusal for all.
    server.change_password(PASSWORD);
    assert!(refused(daemon.read(&Get("NMC")).await));
    Session::new(typed).read(&Get("NMC")).await.unwrap();
    daemon.read(&Get("NMC")).await.unwrap();
    Session::new(config).read(&Get("NMC")).await.unwrap();
    assert_eq!(server.logins(), 6);
}

#[tokio::test]
async fn without_a_state_folder_a_refusal_still_stands_in_the_process() {
    let server = Scripted::usual().await;
    server.change_password("other");
    let mut config = server.config();
    config.honour_refusal = false;
    // A folder that cannot be made is as good as none.
    let file = tempfile::NamedTempFile::new().unwrap();
    config.state = Some(file.path().join("state"));
    let session = Session::new(config);
    for _ in 0..3 {
        session.read(&Get("NMC")).await.unwrap_err();
    }
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn failures_that_are_no_refusal_are_not_remembered() {
    let server = Scripted::new(|seen, before| match (seen.name().as_str(), before) {
        (LOGIN, 0) => Act::Close,
        (LOGIN, 1) => Act::Answer(503, "text/html", String::new()),
        _ => Act::Usual,
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = server.config();
    config.state = Some(folder.path().to_owned());
    let session = Session::new(config);
    session.read(&Get("NMC")).await.unwrap_err();
    session.read(&Get("NMC")).await.unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    session.read(&Get("NMC")).await.unwrap();
    assert_eq!(server.logins(), 3);
}

#[tokio::test]
async fn a_login_runs_to_its_end_so_that_a_refusal_is_never_missed() {
    let gate = Arc::new(Notify::new());
    let gated = Arc::clone(&gate);
    let server = Scripted::new(move |_, _| Act::Gate(Arc::clone(&gated))).await;
    server.change_password("other");
    let session = server.session();
    let call = Get("NMC");
    let mut read = Box::pin(session.read(&call));
    tokio::select! {
        _ = &mut read => panic!(),
        () = server.arrived(1) => {}
    }
    drop(read);
    gate.notify_one();
    assert!(matches!(session.read(&call).await, Err(Error::PasswordRefused { remembered: true })));
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn the_password_file_is_read_at_each_login() {
    let server = Scripted::usual().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let mut config = server.config();
    config.password = Password::File(file.clone());
    let session = Session::new(config);
    let error = session.read(&Get("NMC")).await.unwrap_err();
    assert!(matches!(&error, Error::LocalFile(text) if text.contains("password")), "{error:?}");
    std::fs::write(&file, "\n").unwrap();
    assert!(matches!(session.read(&Get("NMC")).await, Err(Error::NoPassword)));
    std::fs::write(&file, "wrong\r\n").unwrap();
    assert!(matches!(session.read(&Get("NMC")).await, Err(Error::PasswordRefused { .. })));
    std::fs::write(&file, format!("{PASSWORD}\r\nsecond line\n")).unwrap();
    session.read(&Get("NMC")).await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_kept_password_is_fetched_for_a_login_and_not_before() {
    let server = Scripted::usual().await;
    let kept = Arc::new(Mutex::new(Err("the keychain is locked".to_owned())));
    let asked = Arc::new(AtomicUsize::new(0));
    let mut config = server.config();
    config.password = Password::Kept(Fetch::new({
        let (kept, asked) = (Arc::clone(&kept), Arc::clone(&asked));
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            kept.lock()
                .unwrap()
                .clone()
                .map_err(|text| Box::<dyn std::error::Error + Send + Sync>::from(text).into())
        }
    }));
    let session = Session::new(config);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let error = session.read(&Get("NMC")).await.unwrap_err();
    assert!(
        matches!(&error, Error::PasswordStore(cause) if cause.to_string().contains("locked")),
        "{error:?}"
    );
    *kept.lock().unwrap() = Ok(None);
    assert!(matches!(session.read(&Get("NMC")).await, Err(Error::NoPassword)));
    assert_eq!(server.logins(), 0);
    *kept.lock().unwrap() = Ok(Some(Secret::new(PASSWORD)));
    session.read(&Get("NMC")).await.unwrap();
    session.read(&Get("NMC.Wifi")).await.unwrap();
    assert_eq!((server.logins(), asked.load(Ordering::Relaxed)), (1, 3));
}

#[tokio::test]
async fn without_a_password_nothing_is_sent() {
    let server = Scripted::usual().await;
    let mut config = server.config();
    for password in [Password::None, Password::Given(Secret::new(""))] {
        config.password = password;
        assert!(matches!(Session::new(config.clone()).read(&Get("NMC")).await, Err(Error::NoPassword)));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_session_that_the_box_takes_for_nobody_is_none() {
    let no_cookie = r#"{"status":0,"data":{"contextID":"c","groups":"http,admin"}}"#;
    let server = Scripted::new(move |seen, _| match seen.name().as_str() {
        LOGIN => Act::json(no_cookie),
        _ => Act::Usual,
    })
    .await;
    assert!(matches!(server.session().read(&Get("NMC")).await, Err(Error::SessionNotEffective)));
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser"]);
}

#[tokio::test]
async fn the_time_is_the_second_self_test() {
    let absent = |info: &'static str| move || Act::error(196_618, "Object or parameter not found", info);
    let (no_user, no_time) = (absent("HTTPService"), absent("Time"));
    let server = Scripted::new(move |seen, _| match seen.name().as_str() {
        "HTTPService:getCurrentUser" => no_user(),
        _ => Act::Usual,
    })
    .await;
    server.session().read(&Get("NMC")).await.unwrap();
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser", "Time:getTime", "NMC:get"]);

    // A box with neither says nothing against the session.
    let server = Scripted::new(move |seen, _| match seen.name().as_str() {
        "HTTPService:getCurrentUser" => no_user(),
        "Time:getTime" => no_time(),
        _ => Act::Usual,
    })
    .await;
    server.session().read(&Get("NMC")).await.unwrap();

    let server = Scripted::new(move |seen, _| match seen.name().as_str() {
        "HTTPService:getCurrentUser" | "Time:getTime" => Act::denied(),
        _ => Act::Usual,
    })
    .await;
    assert!(matches!(server.session().read(&Get("NMC")).await, Err(Error::SessionNotEffective)));
}

#[tokio::test]
async fn a_new_password_is_proven_and_kept() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("NMC")).await.unwrap();
    // Refused: the earlier session and password stay.
    let wrong = session.login_with(Secret::new("wrong")).await;
    assert!(matches!(wrong, Err(Error::PasswordRefused { remembered: false })));
    session.read(&Get("A")).await.unwrap();
    assert_eq!(server.logins(), 2);
    server.expire();
    session.read(&Get("B")).await.unwrap();
    assert_eq!(server.logins(), 3);
    // Changed: the new one is used from now on, although it was refused before.
    server.change_password("wrong");
    session.login_with(Secret::new("wrong")).await.unwrap();
    server.expire();
    session.read(&Get("C")).await.unwrap();
    assert_eq!(server.logins(), 5);
}

#[tokio::test]
async fn logging_in_is_possible_without_a_call() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.login().await.unwrap();
    session.login().await.unwrap();
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser"]);
}

#[tokio::test]
async fn anybody_may_ask_what_the_box_is() {
    let server = Scripted::usual().await;
    let mut config = server.config();
    config.password = Password::None;
    let session = Session::new(config);
    let info = session.read_anonymous(&Get("DeviceInfo")).await.unwrap();
    assert_eq!(info["ProductClass"], "Livebox 6");
    assert!(session.read_anonymous(&Get("NMC")).await.unwrap_err().is_unavailable());
    assert_eq!(server.names(), ["DeviceInfo:get", "NMC:get"]);
    assert!(!server.requests()[0].headers.contains_key("cookie"));
}
