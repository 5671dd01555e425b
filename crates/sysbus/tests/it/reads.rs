//! Reads: shared, cached, repeated where that is safe, and precise about what went wrong.

use std::sync::Arc;

use sysbus::{Config, Error, Impostor, NoAnswer, Session};
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    calls::{Get, Level, Quick},
    scripted::{Act, LOGIN, Scripted, config, http},
};

/// A box that does this with `S:get`.
async fn on_read(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Scripted {
    Scripted::new(move |seen, before| if seen.name() == "S:get" { act(before) } else { Act::Usual }).await
}

#[tokio::test]
async fn identical_reads_share_one_request_and_a_short_cache() {
    let server = Scripted::usual().await;
    let session = server.session();
    let call = Get("A");
    let (a, b) = futures_util::future::join(session.read(&call), session.read(&call)).await;
    assert_eq!((a.unwrap(), b.unwrap()), ("A:get".into(), "A:get".into()));
    session.read(&Get("A")).await.unwrap();
    session.clone().read(&Get("B")).await.unwrap();
    assert_eq!((server.count("A:get"), server.count("B:get")), (1, 1));
}

#[tokio::test]
async fn dropping_one_caller_leaves_the_others_their_answer() {
    let gate = Arc::new(Notify::new());
    let gated = Arc::clone(&gate);
    let server = on_read(move |_| Act::Gate(Arc::clone(&gated))).await;
    let session = server.session();
    let call = Get("S");
    let mut first = Box::pin(session.read(&call));
    let mut second = Box::pin(session.read(&call));
    tokio::select! {
        biased;
        _ = &mut first => panic!(),
        _ = &mut second => panic!(),
        () = server.arrived(3) => {}
    }
    drop(first);
    gate.notify_one();
    assert_eq!(second.await.unwrap(), "S:get");
    assert_eq!(server.count("S:get"), 1);
}

#[tokio::test]
async fn dropping_all_callers_gives_the_request_up() {
    let server = on_read(|before| if before == 0 { Act::Hang } else { Act::Usual }).await;
    let session = server.session();
    let call = Get("S");
    let mut read = Box::pin(session.read(&call));
    tokio::select! {
        _ = &mut read => panic!(),
        () = server.arrived(3) => {}
    }
    drop(read);
    // The line is free: nobody waits for the answer that never comes.
    session.read(&Get("A")).await.unwrap();
    assert_eq!(session.read(&call).await.unwrap(), "S:get");
}

#[tokio::test]
async fn a_caller_that_stops_waiting_does_not_hold_the_line() {
    let server = Scripted::usual().await;
    let session = server.session();
    let call = Get("S");
    let mut asleep = Box::pin(session.read(&call));
    tokio::select! {
        biased;
        _ = &mut asleep => panic!(),
        () = tokio::task::yield_now() => {}
    }
    session.read(&Get("A")).await.unwrap();
    assert_eq!(asleep.await.unwrap(), "S:get");
}

#[tokio::test]
async fn one_request_is_under_way_at_a_time() {
    let gate = Arc::new(Notify::new());
    let gated = Arc::clone(&gate);
    let server = on_read(move |_| Act::Gate(Arc::clone(&gated))).await;
    let session = server.session();
    let read = |service| {
        let session = session.clone();
        tokio::spawn(async move { session.read(&Get(service)).await })
    };
    let first = read("S");
    server.arrived(3).await;
    let second = read("A");
    tokio::task::yield_now().await;
    assert_eq!(server.requests().len(), 3);
    gate.notify_one();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_kept_connection_that_the_box_closed_costs_one_retry() {
    let server = Scripted::new(|seen, before| match (seen.name().as_str(), before) {
        ("S:get", 0) => Act::Close,
        _ => Act::Usual,
    })
    .await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    session.read(&Get("S")).await.unwrap();
    assert_eq!((server.count("S:get"), server.logins()), (2, 1));

    let server = on_read(|_| Act::Close).await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    assert!(matches!(session.read(&Get("S")).await, Err(Error::Busy { .. })));
    assert_eq!(server.count("S:get"), 2);
}

#[tokio::test]
async fn odd_bodies_of_real_boxes_open() {
    let large = format!(r#"{{"status":"{}"}}"#, "x".repeat(2 << 20));
    for (body, expected) in [
        (br#"{"result":{"status":"a"}}"#.to_vec(), "\"a\""),
        (b"\xef\xbb\xbf {\"status\":\"a\"}\r\n".to_vec(), "\"a\""),
        (br#"{"status":[,]}"#.to_vec(), "[]"),
        (br#"{"status":"a"}null"#.to_vec(), "\"a\""),
        (br#"{"status":"a"}{"status":"b"}"#.to_vec(), "\"a\""),
        (b"{\"status\":\"\xff\"}".to_vec(), "\"\u{fffd}\""),
        (br#"{"status":null,"data":{"a":1}}"#.to_vec(), r#"{"a":1}"#),
        (br#"{"status":false}"#.to_vec(), "false"),
        (large.clone().into_bytes(), &large[10..large.len() - 1]),
    ] {
        let server = on_read(move |_| Act::Body(body.clone())).await;
        let actual = server.session().read(&Get("S")).await.unwrap().to_string();
        assert!(actual == expected, "{}", &actual[..actual.len().min(80)]);
    }
}

#[tokio::test]
async fn answers_come_in_chunks_too() {
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"status\"\r\n5\r\n:\"a\"}\r\n0\r\n\r\n";
    let until_closed = b"HTTP/1.0 200 OK\r\n\r\n{\"status\":\"a\"}";
    for bytes in [chunked.to_vec(), until_closed.to_vec()] {
        let server = on_read(move |_| Act::Bytes(bytes.clone())).await;
        assert_eq!(server.session().read(&Get("S")).await.unwrap(), "a");
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    let cut = http(200, "application/json", "", br#"{"status":"ok"}"#);
    let cut = cut[..cut.len() - 4].to_vec();
    let huge = format!(r#"{{"status":"{}"}}"#, "x".repeat(17 << 20));
    for (act, expected) in [
        (Act::json(r#"{"status":{"a":"#), "S:get: answer not understood at `.`: it ends in the middle"),
        (Act::json(""), "S:get: answer not understood at `.`: it is empty"),
        (Act::json("{'a'}"), "S:get: answer not understood at `.`: it is not JSON (line 1, column 2)"),
        (Act::json(r#"{"a":1}"#), "S:get: answer not understood at `.`: it has neither `status`"),
        (Act::json(huge), "S:get: answer not understood at `.`: it is larger than any known answer"),
        (Act::Bytes(cut), "S:get: the box is busy or rebooting"),
        (Act::Answer(500, "text/html", String::new()), "S:get: the box is busy or rebooting"),
        // A box that just spoke to us is no impostor because of one page.
        (Act::Answer(200, "text/html", "<html/>".to_owned()), "S:get: the box is busy or rebooting"),
        (Act::Answer(404, "text/plain", "Not Found".to_owned()), "S:get: the box is busy or rebooting"),
    ] {
        let server = on_read(move |_| act.clone()).await;
        let error = server.session().read(&Get("S")).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(server.count("S:get"), 1, "{expected}");
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_says_where() {
    let server = Scripted::new(|seen, _| match seen.name().as_str() {
        "Firewall:getLevel" => Act::json(r#"{"status":"hunter2"}"#),
        _ => Act::Usual,
    })
    .await;
    let error = server.session().read(&Level).await.unwrap_err().to_string();
    assert_eq!(error, "Firewall:getLevel: answer not understood at `status`: a text, expected u8");
}

#[tokio::test]
async fn a_call_has_its_own_time_limit() {
    let server = Scripted::new(|seen, _| if seen.name() == "S:quick" { Act::Hang } else { Act::Usual }).await;
    let session = server.session();
    let outcome = session.read(&Quick).await;
    assert!(matches!(outcome, Err(Error::NoAnswer { reason: NoAnswer::Timeout, .. })), "{outcome:?}");
    session.read(&Get("A")).await.unwrap();
    assert_eq!(server.count("S:quick"), 1);
}

#[tokio::test]
async fn descriptions_go_by_path() {
    let server = Scripted::new(|seen, _| match seen.path.as_str() {
        "/sysbus/Denied?_restDepth=1" => {
            Act::json(r#","errors":[{"error":13,"description":"Permission denied","info":"Denied"}]"#)
        }
        "/sysbus/None?_restDepth=1" => {
            Act::json(r#"{"error":196618,"description":"Object or parameter not found","info":"None"}"#)
        }
        "/sysbus/*?_restDepth=1" => Act::Answer(400, "text/html", "<html>Bad Request</html>".to_owned()),
        "/sysbus/Glued?_restDepth=1" => Act::json(r#"{"a":1}{"a":2}"#),
        _ => Act::Usual,
    })
    .await;
    let session = server.session();
    let lan = session.describe("NeMo.Intf.lan", 2).await.unwrap();
    assert_eq!(lan["objectInfo"]["name"], "/sysbus/NeMo/Intf/lan?_restDepth=2");
    let seen = server.requests().pop().unwrap();
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("GET", ""));
    assert!(seen.headers.contains_key("cookie") && seen.headers.contains_key("x-context"));
    assert!(matches!(session.describe("Denied", 1).await, Err(Error::Denied { .. })));
    assert!(session.describe("None", 1).await.unwrap_err().is_absent());
    assert!(session.describe("*", 1).await.unwrap_err().is_absent());
    assert_eq!(session.describe("Glued", 1).await.unwrap(), serde_json::json!([{"a": 1}, {"a": 2}]));
    // That a description is denied says nothing of the calls.
    session.read(&Get("Denied")).await.unwrap();
}

#[tokio::test]
async fn nobody_there() {
    let unreachable = |outcome: Result<serde_json::Value, Error>| match outcome {
        Err(Error::Unreachable { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    let address = Scripted::usual().await.stop().await;
    let session = Session::new(config(&address.to_string()));
    assert_eq!(unreachable(session.read(&Get("A")).await), NoAnswer::Refused);
    // A label this long cannot be asked for: no name server hears of it.
    let session = Session::new(config(&format!("{}.example", "a".repeat(64))));
    assert_eq!(unreachable(session.read(&Get("A")).await), NoAnswer::UnknownName);
    let server = Scripted::new(|_, _| Act::Close).await;
    assert_eq!(unreachable(server.session().read(&Get("A")).await), NoAnswer::Closed);
    assert_eq!(server.names(), [LOGIN]);
    let server = Scripted::new(|_, _| Act::Hang).await;
    assert_eq!(unreachable(server.session().read_anonymous(&Quick).await), NoAnswer::Timeout);
}

#[tokio::test]
async fn a_box_that_was_there_is_rebooting() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    let address = server.stop().await;
    assert!(matches!(session.read(&Get("B")).await, Err(Error::Busy { .. })));
    // It comes back, and knows no session any more.
    let server = Scripted::on(TcpListener::bind(address).await.unwrap(), |_, _| Act::Usual);
    session.read(&Get("B")).await.unwrap();
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser", "B:get"]);
}

type Script = Box<dyn Fn(&str) -> Act + Send + Sync>;

#[tokio::test]
async fn hosts_that_are_no_livebox_are_named() {
    let page = || Act::Answer(200, "text/html; charset=utf-8", "<html>welcome</html>".to_owned());
    let missing = || Act::Answer(404, "text/plain", "Not Found".to_owned());
    let json = || Act::Answer(200, "application/json", r#"{"version":"1.0"}"#.to_owned());
    let cases: [(Script, Impostor); 6] = [
        (Box::new(move |_| page()), Impostor::WebPage),
        (Box::new(move |_| missing()), Impostor::NotFound),
        (Box::new(move |_| json()), Impostor::OrangeSpain),
        (
            Box::new(move |path| match path {
                "/API/Capabilities" => Act::Answer(401, "application/json", "{}".to_owned()),
                _ => page(),
            }),
            Impostor::OrangeSpain,
        ),
        (Box::new(move |path| if path == "/cgi/json-req" { json() } else { missing() }), Impostor::OldPro),
        (Box::new(move |path| if path == "/ws" { json() } else { missing() }), Impostor::Other),
    ];
    for (act, expected) in cases {
        let server = Scripted::new(move |seen, _| act(&seen.path)).await;
        let session = server.session();
        let outcome = session.read(&Get("A")).await;
        assert!(
            matches!(&outcome, Err(Error::NotALivebox { seems, .. }) if *seems == expected),
            "{outcome:?}"
        );
        assert!(server.requests().len() <= 3);
        for probe in &server.requests()[1..] {
            assert!(!probe.headers.contains_key("authorization") && probe.body.is_empty());
        }
        let outcome = session.read_anonymous(&Get("DeviceInfo")).await;
        assert!(matches!(outcome, Err(Error::NotALivebox { .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = Scripted::new(|seen, _| match seen.path.as_str() {
        "/ws" => {
            Act::Bytes(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_vec())
        }
        _ => Act::Answer(404, "text/plain", String::new()),
    })
    .await;
    assert!(matches!(server.session().read(&Get("A")).await, Err(Error::NotALivebox { .. })));
    assert_eq!(server.count("/elsewhere"), 0);
}

#[tokio::test]
async fn addresses_of_every_kind_connect() {
    let server = Scripted::usual().await;
    let by_name = config(&format!("localhost:{}", server.address.port()));
    Session::new(by_name).read(&Get("A")).await.unwrap();
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let server = Scripted::on(listener, |_, _| Act::Usual);
    let session = Session::new(Config { ..server.config() });
    session.read(&Get("A")).await.unwrap();
    assert_eq!(session.host(), server.address.to_string());
    assert_eq!(server.requests()[0].headers["host"], server.address.to_string());
}

#[test]
fn a_session_is_free_until_it_is_used() {
    // No runtime, no network, no file: none of them is needed.
    let mut config = config("192.0.2.1");
    config.state = Some("/nonexistent/folder".into());
    config.password = sysbus::Password::File("/nonexistent/file".into());
    let session = Session::new(config);
    assert_eq!(session.host(), "192.0.2.1");
}
