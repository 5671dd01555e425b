//! HTTP by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use emulator::{Emulator, Handle, Options, Time};
use serde_json::{Value, json};

/// An emulator whose clock stands at a Saturday noon.
pub(crate) async fn livebox(options: Options) -> Handle {
    let time = Time::Manual("2026-03-14T10:40:28Z".parse().unwrap());
    Emulator::start("127.0.0.1:0", Options { time, ..options }).await.unwrap()
}

/// An answer, cut at the blank line.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().filter_map(|line| line.strip_prefix(prefix.as_str())).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }
}

/// Sends bytes on a fresh connection and reads to its end. An empty answer is `None`.
pub(crate) async fn send(address: SocketAddr, head: &str, body: &str) -> Option<Answer> {
    let text = String::from_utf8(exchange(address, head, body).await?).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Answer { head: head.to_owned(), body: body.to_owned() })
}

/// The same, with the answer as it comes.
pub(crate) async fn exchange(address: SocketAddr, head: &str, body: &str) -> Option<Vec<u8>> {
    let request = format!("{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    })
    .await
    .unwrap()
}

/// Headers of a session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) address: SocketAddr,
    pub(crate) context: String,
    pub(crate) cookie: String,
}

pub(crate) const LOGIN_HEAD: &str = "POST /ws HTTP/1.1\r\nHost: livebox\r\n\
     Content-Type: application/x-sah-ws-4-call+json\r\nAuthorization: X-Sah-Login";

pub(crate) fn login_body(password: &str) -> String {
    format!(
        r#"{{"service":"sah.Device.Information","method":"createContext","parameters":{{"applicationName":"so_sdkut","username":"admin","password":"{password}"}}}}"#
    )
}

impl Session {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let answer = send(address, LOGIN_HEAD, &login_body("Livebox6")).await.unwrap();
        let context = answer.json()["data"]["contextID"].as_str().unwrap().to_owned();
        let cookie = answer.headers("Set-Cookie").last().unwrap().split(';').next().unwrap().to_owned();
        Self { address, context, cookie }
    }

    pub(crate) fn headers(&self) -> String {
        format!(
            "Cookie: {}\r\nX-Context: {}\r\nAuthorization: X-Sah {}",
            self.cookie, self.context, self.context
        )
    }

    /// A call in ws-4, its body as JSON.
    pub(crate) async fn call(&self, service: &str, method: &str, parameters: Value) -> Value {
        let head = format!(
            "POST /ws HTTP/1.1\r\nHost: livebox\r\nContent-Type: application/x-sah-ws-4-call+json\r\n{}",
            self.headers()
        );
        let body = json!({"service": service, "method": method, "parameters": parameters}).to_string();
        send(self.address, &head, &body).await.expect("an answer").json()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.address, &format!("GET {path} HTTP/1.1\r\nHost: livebox\r\n{}", self.headers()), "")
            .await
            .unwrap()
    }
}

/// A call without any session.
pub(crate) async fn anonymous(address: SocketAddr, service: &str, method: &str) -> Value {
    let head = "POST /ws HTTP/1.1\r\nHost: livebox\r\nContent-Type: application/x-sah-ws-4-call+json";
    let body = json!({"service": service, "method": method, "parameters": {}}).to_string();
    send(address, head, &body).await.unwrap().json()
}
