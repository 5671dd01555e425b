//! Nothing secret is ever shown: not in logs, not in errors, not in what prints for debugging.

use std::{
    io,
    sync::{Arc, Mutex},
};

use sysbus::{Secret, Session};
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt as _};

use crate::{
    calls::{Get, Level, Quick, Set},
    scripted::{Act, CONTEXT, COOKIE, PASSWORD, Scripted},
};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn password_context_and_cookie_are_shown_nowhere() {
    // For the whole process, since the session's tasks run on their own. Other tests log into it as well, and have
    // nothing to show either.
    let log = Captured::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish()
        .init();
    let server = Scripted::new(|seen, before| match (seen.name().as_str(), before) {
        // The box answers what it should not: each secret, where an error could quote it.
        ("Firewall:getLevel", 0) => Act::json(format!(r#"{{"status":"1{CONTEXT}"}}"#)),
        ("NMC.Wifi:set", 0) => Act::json(format!(r#"{{"status":["1{COOKIE}"]}}"#)),
        ("Broken:get", _) => Act::json(format!(r#"{{"status":1{CONTEXT}"#)),
        ("S:quick", _) => Act::Hang,
        ("Odd:get", _) => Act::Bytes(format!("HTTP/1.1 1{CONTEXT}\r\n\r\n").into_bytes()),
        _ => Act::Usual,
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = server.config();
    config.state = Some(folder.path().to_owned());
    config.honour_refusal = false;
    let session = Session::new(config.clone());
    let mut shown = vec![format!("{config:?}")];
    shown.push(format!("{:?}", session.read(&Get("A")).await));
    shown.push(format!("{session:?}"));
    shown.push(format!("{:?}", session.read(&Level).await));
    shown.push(format!("{:?}", session.write(&Set { value: 1 }).await));
    for service in ["Broken", "Odd"] {
        let error = session.read(&Get(service)).await.unwrap_err();
        shown.push(format!("{error} {error:?}"));
    }
    shown.push(format!("{:?}", session.read(&Quick).await));
    server.expire();
    shown.push(format!("{:?}", session.read(&Get("B")).await));
    server.change_password("other");
    shown.push(format!("{:?}", session.login_with(Secret::new(PASSWORD)).await));
    server.expire();
    shown.push(format!("{:?}", session.read(&Get("C")).await));
    for file in std::fs::read_dir(folder.path()).unwrap() {
        shown.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    server.stop().await;
    shown.push(format!("{:?}", session.read(&Get("D")).await));
    shown.push(String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned());
    assert!(shown.last().unwrap().contains("HTTPService:getCurrentUser"), "nothing was captured");
    for text in shown {
        for secret in ["hunter2", "contextcanary", CONTEXT, COOKIE] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
