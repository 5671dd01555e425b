//! Writes: sent once, whatever happens.

use std::sync::Arc;

use sysbus::{Error, Written};
use tokio::sync::Notify;

use crate::{
    calls::{Get, Set},
    scripted::{Act, LOGIN, Scripted, WS_4, http},
};

const SET: &str = "NMC.Wifi:set";

/// A box that does this with the write.
async fn on_write(act: impl Fn() -> Act + Send + Sync + 'static) -> Scripted {
    Scripted::new(move |seen, _| if seen.name() == SET { act() } else { Act::Usual }).await
}

#[tokio::test]
async fn a_write_has_a_connection_of_its_own() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    session.write(&Set { value: 1 }).await.unwrap();
    session.write(&Set { value: 1 }).await.unwrap();
    session.read(&Get("B")).await.unwrap();
    let connections: Vec<_> =
        server.requests().iter().map(|seen| (seen.name(), seen.connection)).skip(1).collect();
    let of = |name: &str| connections.iter().filter(|(n, _)| n == name).map(|(_, c)| *c).collect::<Vec<_>>();
    assert_eq!(of("A:get"), of("B:get"));
    let writes = of(SET);
    assert!(writes[0] != writes[1] && !writes.contains(&of("A:get")[0]));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_repeated_and_not_an_error() {
    let page = || Act::Answer(200, "text/html", "<html>restarting</html>".to_owned());
    let cut = http(200, WS_4, "", br#"{"status":"ok"}"#);
    let cut = cut[..cut.len() - 4].to_vec();
    for (act, expected) in [
        (Act::Close, "no answer: Closed"),
        (Act::Bytes(cut), "no answer: Closed"),
        (Act::Bytes(b"garbage\r\n\r\n".to_vec()), "no answer: Closed"),
        (Act::json(r#"{"status":"#), "answer not understood at `.`: it ends in the middle"),
        (Act::json(""), "answer not understood at `.`: it is empty"),
        (Act::json(r#"{"status":[1]}"#), "answer not understood at `status`: a list, expected a string"),
        (Act::Answer(503, "text/html", String::new()), "busy or rebooting"),
        (page(), "busy or rebooting"),
        (Act::Hang, "no answer: Timeout"),
    ] {
        let server = on_write(move || act.clone()).await;
        let session = server.session();
        match session.write(&Set { value: 1 }).await {
            Ok(Written::Lost(error)) => assert!(error.to_string().contains(expected), "{error}"),
            other => panic!("{expected}: {other:?}"),
        }
        assert_eq!(server.count(SET), 1, "{expected}");
        // The next call finds its way.
        session.read(&Get("A")).await.unwrap();
    }
}

#[tokio::test]
async fn a_write_that_cannot_be_sent_is_an_error() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    server.stop().await;
    assert!(matches!(session.write(&Set { value: 1 }).await, Err(Error::Busy { .. })));
}

#[tokio::test]
async fn a_write_that_is_dropped_before_its_turn_is_never_sent() {
    let gate = Arc::new(Notify::new());
    let gated = Arc::clone(&gate);
    let server =
        Scripted::new(
            move |seen, _| if seen.name() == "A:get" { Act::Gate(Arc::clone(&gated)) } else { Act::Usual },
        )
        .await;
    let session = server.session();
    let reader = tokio::spawn({
        let session = session.clone();
        async move { session.read(&Get("A")).await }
    });
    server.arrived(3).await;
    let mut write = Box::pin(session.write(&Set { value: 1 }));
    tokio::select! {
        biased;
        _ = &mut write => panic!(),
        () = tokio::task::yield_now() => {}
    }
    drop(write);
    gate.notify_one();
    reader.await.unwrap().unwrap();
    session.read(&Get("B")).await.unwrap();
    assert_eq!(server.count(SET), 0);
}

#[tokio::test]
async fn a_write_that_is_dropped_after_it_was_sent_runs_to_its_end_once() {
    let gate = Arc::new(Notify::new());
    let gated = Arc::clone(&gate);
    let server = on_write(move || Act::Gate(Arc::clone(&gated))).await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    let mut write = Box::pin(session.write(&Set { value: 1 }));
    tokio::select! {
        _ = &mut write => panic!(),
        () = server.arrived(4) => {}
    }
    drop(write);
    // The line is still taken: the read comes after the write's end.
    let read = tokio::spawn({
        let session = session.clone();
        async move { session.read(&Get("A")).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(server.requests().len(), 4);
    gate.notify_one();
    read.await.unwrap().unwrap();
    assert_eq!(server.names()[2..], ["A:get", SET, "A:get"]);
}

#[tokio::test]
async fn a_write_empties_the_cache() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.read(&Get("A")).await.unwrap();
    session.read(&Get("A")).await.unwrap();
    assert_eq!(server.count("A:get"), 1);
    session.write(&Set { value: 1 }).await.unwrap();
    session.read(&Get("A")).await.unwrap();
    session.forget_reads();
    session.read(&Get("A")).await.unwrap();
    assert_eq!(server.count("A:get"), 3);
}

#[tokio::test]
async fn a_write_logs_in_first() {
    let server = Scripted::usual().await;
    let session = server.session();
    session.write(&Set { value: 7 }).await.unwrap();
    assert_eq!(server.names(), [LOGIN, "HTTPService:getCurrentUser", SET]);
    assert_eq!(
        server.requests()[2].body,
        r#"{"service":"NMC.Wifi","method":"set","parameters":{"value":7}}"#
    );
    server.change_password("other");
    server.expire();
    assert!(matches!(session.write(&Set { value: 7 }).await, Err(Error::PasswordRefused { .. })));
}

#[tokio::test]
async fn a_call_of_run_time_names_reads_and_writes() {
    let server = Scripted::usual().await;
    let session = server.session();
    let limit = std::time::Duration::from_secs(5);
    let parameters = serde_json::json!({"a": 1});
    let read = session.read_raw("S", "m", &parameters, limit).await.unwrap();
    assert_eq!(read, serde_json::json!({"status": "S:m", "data": null}));
    let Written::Answered(written) = session.write_raw("S", "w", &parameters, limit).await.unwrap() else {
        panic!()
    };
    assert_eq!(written["status"], "S:w");
    assert_eq!(server.requests()[3].body, r#"{"service":"S","method":"w","parameters":{"a":1}}"#);
}
