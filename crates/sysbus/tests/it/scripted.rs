//! A box of literal bytes: a raw TCP server that answers as real boxes do unless a test says otherwise. It shares
//! nothing with the crate under test.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use sysbus::{Config, Endpoint, Password, Secret, Session, Trust};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::JoinHandle,
};

pub(crate) const PASSWORD: &str = "hunter2\"\\é";
pub(crate) const COOKIE: &str = "Tg1OUU6Q/QhKhY9Q1UpMki+=";
pub(crate) const CONTEXT: &str = "KvTx/9FZs+contextcanary==";
pub(crate) const WS_4: &str = "application/x-sah-ws-4-call+json; charset=UTF-8";

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// Which connection it came over, the first being 0.
    pub(crate) connection: usize,
}

impl Seen {
    /// `Service:method` of a call, else the path.
    pub(crate) fn name(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        match (body["service"].as_str(), body["method"].as_str()) {
            (Some(service), Some(method)) => format!("{service}:{method}"),
            _ => self.path.clone(),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What the box does with a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// What a real box would.
    Usual,
    /// HTTP 200 with this body in the dialect asked for.
    Body(Vec<u8>),
    /// Another answer: status, content type, body.
    Answer(u16, &'static str, String),
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Closes without an answer.
    Close,
    /// Never answers.
    Hang,
    /// Waits for the gate, then does the usual.
    Gate(Arc<Notify>),
}

impl Act {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::Body(body.into().into_bytes())
    }

    pub(crate) fn error(code: i64, description: &str, info: &str) -> Self {
        Self::json(format!(
            r#"{{"status":null,"errors":[{{"error":{code},"description":"{description}","info":"{info}"}}]}}"#
        ))
    }

    pub(crate) fn denied() -> Self {
        Self::error(13, "Permission denied", "x")
    }
}

type Script = dyn Fn(&Seen, usize) -> Act + Send + Sync;

struct State {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    arrived: watch::Sender<usize>,
    /// Number of the session that is good; earlier ones have expired.
    session: AtomicUsize,
    connections: AtomicUsize,
    password: Mutex<String>,
}

/// The box.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    server: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Scripted {
    /// A box that does the usual.
    pub(crate) async fn usual() -> Self {
        Self::new(|_, _| Act::Usual).await
    }

    /// A box that does as the script says, which gets each request and how many of that name came before.
    pub(crate) async fn new(script: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), script)
    }

    pub(crate) fn on(
        listener: TcpListener,
        script: impl Fn(&Seen, usize) -> Act + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(State {
            script: Box::new(script),
            seen: Mutex::default(),
            arrived: watch::Sender::new(0),
            session: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            password: Mutex::new(PASSWORD.to_owned()),
        });
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            // Dropped with the server, so that a box that is gone closes its connections.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(stream, Arc::clone(&shared), number));
            }
        });
        Self { address, state, server }
    }

    /// A session with it, with the right password.
    pub(crate) fn session(&self) -> Session {
        Session::new(self.config())
    }

    pub(crate) fn config(&self) -> Config {
        config(&self.address.to_string())
    }

    /// Names of all requests so far, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.requests().iter().map(Seen::name).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// How many requests of that name came.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|seen| *seen == name).count()
    }

    pub(crate) fn logins(&self) -> usize {
        self.count(LOGIN)
    }

    /// Waits until that many requests have arrived.
    pub(crate) async fn arrived(&self, count: usize) {
        self.state.arrived.subscribe().wait_for(|arrived| *arrived >= count).await.unwrap();
    }

    /// Ends all sessions.
    pub(crate) fn expire(&self) {
        self.state.session.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn change_password(&self, password: &str) {
        password.clone_into(&mut self.state.password.lock().unwrap());
    }

    /// Goes away: nothing listens any more, connections are closed.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.server.abort();
        let _ = (&mut self.server).await;
        self.address
    }
}

pub(crate) const LOGIN: &str = "sah.Device.Information:createContext";

pub(crate) fn config(address: &str) -> Config {
    Config {
        endpoint: Endpoint::parse(address, Trust::System).unwrap(),
        user: "admin".to_owned(),
        password: Password::Given(Secret::new(PASSWORD)),
        state: None,
        honour_refusal: true,
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, connection: usize) {
    let mut stream = BufReader::new(stream);
    while let Some(seen) = receive(&mut stream, connection).await {
        let before = {
            let mut all = state.seen.lock().unwrap();
            let before = all.iter().filter(|earlier| earlier.name() == seen.name()).count();
            all.push(seen.clone());
            before
        };
        state.arrived.send_modify(|arrived| *arrived += 1);
        let answer = match (state.script)(&seen, before) {
            Act::Usual => usual(&state, &seen),
            Act::Body(body) => http(200, WS_4, "", &body),
            Act::Answer(status, content_type, body) => http(status, content_type, "", body.as_bytes()),
            Act::Bytes(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Act::Close => return,
            Act::Hang => std::future::pending().await,
            Act::Gate(gate) => {
                gate.notified().await;
                usual(&state, &seen)
            }
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn receive(stream: &mut BufReader<TcpStream>, connection: usize) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let mut words = lines[0].split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let headers: HashMap<_, _> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { method, path, headers, body: String::from_utf8(body).unwrap(), connection })
}

fn usual(state: &State, seen: &Seen) -> Vec<u8> {
    let number = state.session.load(Ordering::SeqCst);
    let name = seen.name();
    if name == LOGIN {
        let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
        if body["parameters"]["password"] != state.password.lock().unwrap().as_str() {
            return http(401, WS_4, "", br#"{"status":1,"data":{}}"#);
        }
        let number = state.session.fetch_add(1, Ordering::SeqCst) + 1;
        let cookies = format!(
            "Set-Cookie: 475ec806/sessid=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/\r\n\
             Set-Cookie: 475ec806/accept-language=fr; path=/\r\n\
             Set-Cookie: 475ec806/sessid={number}{COOKIE}; path=/; SameSite=Strict; HttpOnly\r\n"
        );
        let body = format!(
            r#"{{"status":0,"data":{{"contextID":"{number}{CONTEXT}","username":"admin","groups":"http,admin"}}}}"#
        );
        return http(200, WS_4, &cookies, body.as_bytes());
    }
    let known = seen.header("cookie") == format!("475ec806/sessid={number}{COOKIE}")
        && seen.header("x-context") == format!("{number}{CONTEXT}")
        && seen.header("authorization") == format!("X-Sah {number}{CONTEXT}");
    let body = match name.as_str() {
        "HTTPService:getCurrentUser" => {
            let user = if known { "admin" } else { "anonymous" };
            format!(r#"{{"status":null,"data":{{"currentUser":"{user}"}}}}"#)
        }
        "DeviceInfo:get" => {
            r#"{"status":{"ProductClass":"Livebox 6","BaseMAC":"00:00:5E:00:53:01"}}"#.to_owned()
        }
        _ if !known => {
            r#"{"status":null,"errors":[{"error":13,"description":"Permission denied","info":"x"}]}"#
                .to_owned()
        }
        "Time:getTime" => {
            r#"{"status":true,"data":{"time":"Sat, 14 Mar 2026 10:40:28 GMT+0100"}}"#.to_owned()
        }
        _ if seen.method == "GET" => format!(r#"{{"objectInfo":{{"name":"{}"}}}}"#, seen.path),
        _ => format!(r#"{{"status":"{name}"}}"#),
    };
    http(200, WS_4, "", body.as_bytes())
}

/// One answer, with its length.
pub(crate) fn http(status: u16, content_type: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n{more}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
