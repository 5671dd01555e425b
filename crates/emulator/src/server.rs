//! HTTP in front of the router: paths, sessions, faults.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::call::{BoxError, Object, Reply};
use crate::envelope::{Asked, Dialect, authorization, credentials};
use crate::fault::{Faults, Kind, other_types};
use crate::hostile::on_the_wire;
use crate::options::Options;
use crate::requests::{Log, is_write};
use crate::router::{Caller, Router};
use crate::session::{COOKIE_PREFIX, Credentials, Login};
use crate::{control, impostor, polling};

/// The login, as logs and faults name it.
pub(crate) const LOGIN: &str = "sah.Device.Information:createContext";

/// Largest request body read.
const BODY_LIMIT: usize = 1 << 20;

/// An answer.
pub(crate) type Answered = Response<Full<Bytes>>;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the box closed the connection")]
pub(crate) struct Closed;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) router: Mutex<Router>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) options: Options,
    /// Rung after each call: events may be waiting for someone.
    pub(crate) news: Notify,
}

impl Shared {
    /// The router, for as long as the guard lives. Never held across an await.
    pub(crate) fn router(&self) -> MutexGuard<'_, Router> {
        self.router.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until `shutdown` is done; open connections are then cut.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, shutdown: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely; trying again at once would spin.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        if shared.router().is_deaf() && !shared.options.control {
            continue;
        }
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            let served = hyper::server::conn::http1::Builder::new()
                .title_case_headers(true)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "connection ended");
            }
        });
    }
}

/// Carries out a request; a hostile household has bytes in its answers for which a string has no room.
async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Answered, Closed> {
    let hostile = shared.options.hostile;
    let mut answer = answer(shared, request).await?;
    if hostile {
        let body = answer.body().clone().collect().await?.to_bytes();
        *answer.body_mut() = Full::from(on_the_wire(&body));
    }
    Ok(answer)
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Answered, Closed> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    if shared.options.control && path.starts_with(control::PREFIX) {
        let (parts, body) = request.into_parts();
        let body = read(body).await?;
        return Ok(control::answer(&shared, &parts.method, &path, &body));
    }
    shared.log.http();
    if shared.router().is_deaf() || !host_is_known(&shared, request.headers()) {
        return Err(Closed);
    }
    if let Some(kind) = shared.options.impostor {
        return Ok(impostor::answer(kind, &path));
    }
    let (parts, body) = request.into_parts();
    let body = read(body).await?;
    let headers = &parts.headers;
    let sysbus = path.strip_prefix("/sysbus").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (&parts.method, path.as_str(), sysbus) {
        (&Method::POST, "/ws", _) => {
            let dialect = Dialect::of(headers);
            if dialect.events {
                return polling::answer(&shared, &dialect, &credentials(headers), &body).await;
            }
            let Some(asked) = Asked::parse(&body) else { return Ok(not_a_call(&dialect, &body)) };
            let scheme = authorization(headers).map(|(scheme, _)| scheme);
            call(&shared, &dialect, asked, &credentials(headers), scheme).await
        }
        (&Method::POST, "/authenticate", _) => {
            let value = |name| query_value(&query, name).unwrap_or_default();
            let user = (value("username"), value("password"));
            Ok(login(&shared, &Dialect::of(headers), &user.0, &user.1, Era::Early))
        }
        (&Method::POST, "/logout", _) => {
            shared.router().sessions.logout(&credentials(headers));
            Ok(json_answer(StatusCode::OK, &Dialect::of(headers), &json!({"status": 0})))
        }
        (&Method::POST, _, Some(rest)) => {
            let Some((object, method)) = rest.trim_matches('/').rsplit_once(':') else {
                return Ok(page(StatusCode::BAD_REQUEST, "<h1>400 Bad Request</h1>"));
            };
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let object = percent_decoded(object).replace('/', ".");
            let asked = Asked {
                service: object.strip_prefix("sysbus.").unwrap_or(&object).to_owned(),
                method: method.to_owned(),
                args: crate::envelope::arguments(body.get("parameters")),
            };
            let scheme = authorization(headers).map(|(scheme, _)| scheme);
            call(&shared, &Dialect::json(), asked, &credentials(headers), scheme).await
        }
        (&Method::GET, _, Some(rest)) => {
            let depth = query_value(&query, "_restDepth").and_then(|depth| depth.parse().ok()).unwrap_or(0);
            introspect(&shared, &percent_decoded(rest), depth, &credentials(headers)).await
        }
        (&Method::GET, "/", _) => Ok(home()),
        _ => Ok(page(StatusCode::NOT_FOUND, "<title>404</title><h1>404 Not Found</h1>")),
    }
}

async fn read(body: Incoming) -> Result<Bytes, Closed> {
    Ok(Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Closed)?.to_bytes())
}

/// A call in any of its forms.
async fn call(
    shared: &Shared,
    dialect: &Dialect,
    asked: Asked,
    credentials: &Credentials,
    scheme: Option<&str>,
) -> Result<Answered, Closed> {
    let name = asked.name();
    let is_login = name == LOGIN && scheme == Some("X-Sah-Login");
    if !is_login {
        shared.log.call(&name);
    }
    let faults = shared.faults.take(&name);
    before(shared, &faults).await?;
    if faults.contains(&Kind::Unavailable) {
        return Ok(page(StatusCode::SERVICE_UNAVAILABLE, "<h1>503 Service Unavailable</h1>"));
    }
    let settings = faults.contains(&Kind::InternetCut).then(|| shared.router().settings());
    let mut done = false;
    let mut answer = if is_login {
        let text = |name| asked.args.get(name).and_then(Value::as_str).unwrap_or_default();
        login(shared, dialect, text("username"), text("password"), Era::Present)
    } else if name == "sah.Device.Information:releaseContext" && scheme == Some("X-Sah-Logout") {
        logout(shared, dialect, credentials)
    } else {
        let outcome = if faults.contains(&Kind::Denied) {
            Err(vec![BoxError::denied(&asked.service)])
        } else if faults.contains(&Kind::Absent) {
            Err(vec![BoxError::not_found(&asked.service)])
        } else {
            run(shared, &asked, credentials).await?
        };
        done = carried_out(&outcome);
        json_answer(StatusCode::OK, dialect, &dialect.wrap(outcome))
    };
    after(shared, &faults, done, settings.filter(|_| done))?;
    spoil(&mut answer, &faults).await;
    Ok(answer)
}

async fn run(
    shared: &Shared,
    asked: &Asked,
    credentials: &Credentials,
) -> Result<Result<Reply, Vec<BoxError>>, Closed> {
    let (outcome, effects) = {
        let mut router = shared.router();
        let (policy, now) = (router.policy, router.now());
        let admitted = router.sessions.admit(policy, now, credentials);
        let caller = if admitted { Caller::Admin } else { Caller::Anonymous };
        let outcome = router.call(caller, &asked.service, &asked.method, &asked.args);
        (outcome, std::mem::take(&mut router.effects))
    };
    if is_write(&asked.method) && carried_out(&outcome) {
        shared.log.change(&asked.name());
    }
    shared.news.notify_waiters();
    if !effects.delay.is_zero() {
        tokio::time::sleep(effects.delay).await;
    }
    if effects.drop_connection { Err(Closed) } else { Ok(outcome) }
}

/// Whether a call did what it was asked to; some refuse by saying `false`.
fn carried_out(outcome: &Result<Reply, Vec<BoxError>>) -> bool {
    outcome.as_ref().is_ok_and(|reply| reply.status != Value::Bool(false))
}

/// Firmware that a login talks to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    /// `POST /authenticate`, with less in its answer.
    Early,
    /// `POST /ws`.
    Present,
}

/// A login. Its answer has no `result`, whatever the dialect.
fn login(shared: &Shared, dialect: &Dialect, user: &str, password: &str, era: Era) -> Answered {
    shared.log.login();
    let mut router = shared.router();
    let accepted = user == "admin" && password == router.state.users.admin_password;
    let (seed, policy, now) = (router.state.seed, router.policy, router.now());
    let outcome = router.sessions.login(seed, policy, now, accepted);
    drop(router);
    match outcome {
        Login::Granted { context, cookie } => {
            let data = match era {
                Era::Early => json!({"contextID": context}),
                Era::Present => json!({"contextID": context, "username": "admin", "groups": "http,admin"}),
            };
            let mut answer = json_answer(StatusCode::OK, dialect, &json!({"status": 0, "data": data}));
            set_cookie(&mut answer, "sessid=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/");
            set_cookie(&mut answer, &format!("sessid={cookie}; path=/; SameSite=Strict; HttpOnly"));
            answer
        }
        Login::Refused => json_answer(StatusCode::UNAUTHORIZED, dialect, &json!({"status": 1, "data": {}})),
        Login::Locked(seconds) => {
            let description = format!("too many failed login attempts, wait {seconds}s");
            let errors = json!([{"description": description, "waittime": seconds}]);
            json_answer(
                StatusCode::UNAUTHORIZED,
                dialect,
                &json!({"status": 1, "data": {}, "errors": errors}),
            )
        }
    }
}

fn logout(shared: &Shared, dialect: &Dialect, credentials: &Credentials) -> Answered {
    if shared.router().sessions.logout(credentials) {
        return json_answer(StatusCode::OK, dialect, &json!({"status": 0, "data": {}}));
    }
    let refused = Err(vec![BoxError::denied("sah.Device.Information")]);
    json_answer(StatusCode::OK, dialect, &dialect.wrap(refused))
}

async fn introspect(
    shared: &Shared,
    path: &str,
    depth: i64,
    credentials: &Credentials,
) -> Result<Answered, Closed> {
    let path = path.trim_matches('/');
    let name = format!("{}:GET", path.replace('/', "."));
    shared.log.call(&name);
    let faults = shared.faults.take(&name);
    before(shared, &faults).await?;
    if faults.contains(&Kind::Unavailable) {
        return Ok(page(StatusCode::SERVICE_UNAVAILABLE, "<h1>503 Service Unavailable</h1>"));
    }
    let description = if faults.contains(&Kind::Denied) {
        json!({"errors": [BoxError::denied(path).to_json()]})
    } else if faults.contains(&Kind::Absent) {
        BoxError::not_found(path).to_json()
    } else {
        let mut router = shared.router();
        let (policy, now) = (router.policy, router.now());
        let admitted = router.sessions.admit(policy, now, credentials);
        let caller = if admitted { Caller::Admin } else { Caller::Anonymous };
        router.introspect(caller, path, depth)
    };
    after(shared, &faults, false, None)?;
    let text =
        if shared.options.malformed { disfigured(path, &description) } else { description.to_string() };
    let mut answer = respond(StatusCode::OK, &Dialect::json().content_type, text);
    spoil(&mut answer, &faults).await;
    Ok(answer)
}

/// The defects that real boxes put into descriptions (protocol section 2).
fn disfigured(path: &str, description: &Value) -> String {
    match description {
        Value::Array(_) => r#"{"status":[,]}"#.to_owned(),
        Value::Object(map) if map.contains_key("errors") && path.starts_with("NeMo/") => {
            format!(",\"errors\":{}", map.get("errors").unwrap_or(&Value::Null))
        }
        Value::Object(map) => {
            let parts =
                ["children", "instances"].iter().filter_map(|name| map.get(*name)?.as_array()).flatten();
            std::iter::once(description).chain(parts).map(Value::to_string).collect()
        }
        _ => description.to_string(),
    }
}

/// Faults that strike before the call is carried out.
pub(crate) async fn before(shared: &Shared, faults: &[Kind]) -> Result<(), Closed> {
    for fault in faults {
        match fault {
            Kind::Slow(by) => tokio::time::sleep(*by).await,
            Kind::Hang => std::future::pending().await,
            Kind::DropBefore => return Err(Closed),
            Kind::Expired => shared.router().sessions.clear(),
            Kind::LockOut(seconds) => {
                let mut router = shared.router();
                let until = crate::clock::after(router.now(), *seconds);
                router.sessions.lock(until);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Faults that strike between the call and its answer. Some need that the call was carried out (`done`), and the settings
/// from before it.
fn after(shared: &Shared, faults: &[Kind], done: bool, mut settings: Option<Value>) -> Result<(), Closed> {
    let mut closed = false;
    for fault in faults {
        let mut router = shared.router();
        match fault {
            Kind::DropAfter => closed = true,
            Kind::Reboot(seconds) => router.restart("fault", *seconds),
            Kind::LinkCut(seconds) if done => {
                router.go_deaf(*seconds);
                closed = true;
            }
            Kind::FirewallCut(seconds) if done => closed |= router.cut_by_firewall(*seconds),
            Kind::InternetCut => {
                if let Some(before) = settings.take() {
                    router.cut_internet(before);
                }
            }
            Kind::Foreign(change) => {
                let outcome = router.call(Caller::Admin, &change.service, &change.method, &change.parameters);
                if let Err(errors) = outcome {
                    tracing::warn!(?errors, ?change, "the foreign change was refused");
                }
            }
            _ => continue,
        }
        drop(router);
        shared.news.notify_waiters();
    }
    if closed { Err(Closed) } else { Ok(()) }
}

/// Faults of the answer itself.
pub(crate) async fn spoil(answer: &mut Answered, faults: &[Kind]) {
    for fault in faults {
        let Ok(collected) = answer.body().clone().collect().await;
        let text = String::from_utf8_lossy(&collected.to_bytes()).into_owned();
        let spoilt = match fault {
            Kind::Truncated => {
                let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                text.get(..half).unwrap_or_default().to_owned()
            }
            Kind::Glued => format!("{text}{{\"status\":null}}"),
            Kind::TrailingNull => format!("{text}null"),
            Kind::NotJson => "Segmentation fault".to_owned(),
            Kind::Huge => padded(&text),
            Kind::WrongTypes => other_types(serde_json::from_str(&text).unwrap_or_default()).to_string(),
            Kind::Html => {
                *answer = page(StatusCode::OK, "<title>Livebox</title>");
                continue;
            }
            _ => continue,
        };
        *answer.body_mut() = Full::from(spoilt);
    }
}

/// The same answer with two megabytes of a member that no client knows.
fn padded(text: &str) -> String {
    let mut answer: Object = serde_json::from_str(text).unwrap_or_default();
    answer.insert("padding".to_owned(), "x".repeat(2 << 20).into());
    Value::Object(answer).to_string()
}

/// What the box says to a body that is no call.
fn not_a_call(dialect: &Dialect, body: &[u8]) -> Answered {
    if serde_json::from_slice::<Object>(body).is_err() {
        return page(StatusCode::BAD_REQUEST, "<h1>400 Bad Request</h1>");
    }
    json_answer(StatusCode::OK, dialect, &dialect.wrap(Err(vec![BoxError::not_found("")])))
}

/// The web page: enough for clients that fetch it before they log in, and for a person who looks.
fn home() -> Answered {
    let mut answer = page(
        StatusCode::OK,
        "<title>Livebox</title><h1>Livebox</h1><p>Livebox 6 émulée. Its API answers at <code>POST /ws</code>.</p>",
    );
    set_cookie(&mut answer, "accept-language=fr-FR,fr; path=/; SameSite=Strict");
    set_cookie(&mut answer, "sessid=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/");
    answer
}

fn set_cookie(answer: &mut Answered, rest: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("{COOKIE_PREFIX}/{rest}")) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}

/// A web page.
pub(crate) fn page(status: StatusCode, inner: &str) -> Answered {
    respond(status, "text/html", format!("<!DOCTYPE html><html><meta charset=\"utf-8\">{inner}</html>"))
}

/// JSON in a dialect.
pub(crate) fn json_answer(status: StatusCode, dialect: &Dialect, body: &Value) -> Answered {
    respond(status, &dialect.content_type, body.to_string())
}

/// An answer.
pub(crate) fn respond(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Answered {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    if let Ok(label) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, label);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

fn host_is_known(shared: &Shared, headers: &http::HeaderMap) -> bool {
    const NAMES: &[&str] = &[
        "lan",
        "lan.home",
        "livebox",
        "livebox.home",
        "installation",
        "installation.home",
        "liveboxipv4",
        "liveboxipv4.home",
        "liveboxipv6",
        "liveboxipv6.home",
        "HGW.local",
        "LIVEBOX.local",
    ];
    let filtered = shared.options.host_filter || shared.options.follow_address && shared.router().has_moved();
    if !filtered {
        return true;
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
        || name == shared.router().state.lan.address.to_string()
}

fn query_value(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| percent_decoded(value))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped =
            tail.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl From<Infallible> for Closed {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
