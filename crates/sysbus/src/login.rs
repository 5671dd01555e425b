//! Logs in: once, carefully, and never again with a password that was refused (protocol sections 1.2 to 1.4).

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use tracing::{debug, info};
use zeroize::Zeroizing;

use crate::{
    CallName, Error, Impostor, Password, Secret,
    cookie::Cookie,
    envelope::{Entry, Envelope, Opened, Verdict, open, verdict},
    line::{Fault, Line, Purpose},
    memory::LONGEST_LOCK,
    repair::Malformed,
    transport::{Reply, Request},
};

/// Time limit of a login.
const LIMIT: Duration = Duration::from_secs(10);
/// Time limit of each question to a host that is no box of ours.
const PROBE_LIMIT: Duration = Duration::from_secs(4);
/// Lock-out assumed where the box does not say how long: twice the one that is known.
const UNKNOWN_LOCK: Duration = Duration::from_secs(30);
/// A password file is not read further.
const LONGEST_PASSWORD: u64 = 4096;

const CONTEXT: HeaderName = HeaderName::from_static("x-context");

/// A password that the box refused to this process.
pub(crate) struct RefusedHere {
    password: Secret,
    /// Whether the refusal was also written down, so that a login elsewhere can lift it.
    written: bool,
}

/// The login, in the order of members that the oldest firmware insists on.
#[derive(Serialize)]
struct CreateContext<'a> {
    service: &'static str,
    method: &'static str,
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters<'a> {
    application_name: &'static str,
    username: &'a str,
    password: &'a str,
}

/// How the box takes a login.
enum Taken {
    Accepted { context: Secret, cookie: Option<Cookie> },
    Refused,
    Locked(Duration),
}

/// The name under which the login appears in errors and logs.
pub(crate) fn name() -> CallName {
    CallName { service: "sah.Device.Information".to_owned(), method: "createContext".to_owned() }
}

impl Line {
    /// Logs in and makes sure that the session works. `replacing`: with this password, which takes the place of the
    /// configured one unless the box refuses it; a person has just set it, so no earlier refusal stands against it.
    pub(crate) async fn login(&mut self, replacing: Option<Secret>) -> Result<(), Error> {
        self.check_lock()?;
        let replaces = replacing.is_some();
        let password = match replacing {
            Some(password) => password,
            None => self.current_password().await?,
        };
        if !replaces {
            self.check_refusal(&password)?;
        }
        let before = self.open.take();
        let taken = self.create_context(&password).await;
        match &taken {
            Ok(Taken::Refused) => {
                info!("the box refused the password");
                let written =
                    self.memory.as_ref().is_some_and(|memory| memory.refuse(&self.config.user, &password));
                self.refused = Some(RefusedHere { password, written });
                // A wrong new password does not end the session of the old one.
                self.open = before.filter(|_| replaces);
                return Err(Error::PasswordRefused { remembered: false });
            }
            _ if replaces => self.password = Some(password),
            _ => {}
        }
        match taken? {
            Taken::Accepted { context, cookie } => self.accepted(&context, cookie.as_ref()).await,
            Taken::Locked(wait) => {
                info!(seconds = wait.as_secs(), "the box is locked for logins");
                self.locked = Instant::now().checked_add(wait);
                if let Some(memory) = &self.memory {
                    memory.lock(wait);
                }
                Err(Error::LockedOut { wait })
            }
            Taken::Refused => Err(Error::PasswordRefused { remembered: false }),
        }
    }

    /// Takes over the new session, if it is one.
    async fn accepted(&mut self, context: &Secret, cookie: Option<&Cookie>) -> Result<(), Error> {
        self.refused = None;
        self.locked = None;
        if let Some(memory) = &self.memory {
            memory.clear();
        }
        let build = cookie.map(|cookie| cookie.build().to_owned());
        if std::mem::take(&mut self.was_away) || build != self.build {
            self.unavailable.clear();
        }
        self.build = build;
        self.open = Some(session_headers(context, cookie)?);
        match self.self_test().await {
            Ok(true) => {
                debug!("logged in");
                Ok(())
            }
            Ok(false) => {
                self.open = None;
                Err(Error::SessionNotEffective)
            }
            Err(error) => {
                self.open = None;
                Err(error)
            }
        }
    }

    /// Stops while the box would not listen.
    fn check_lock(&mut self) -> Result<(), Error> {
        let here = self.locked.map(|until| until.saturating_duration_since(Instant::now()));
        let written = self.memory.as_ref().and_then(crate::memory::Memory::locked);
        match here.max(written) {
            Some(wait) if !wait.is_zero() => Err(Error::LockedOut { wait }),
            _ => {
                self.locked = None;
                Ok(())
            }
        }
    }

    /// Stops where the box refused this password before.
    fn check_refusal(&self, password: &Secret) -> Result<(), Error> {
        let known = |memory: &crate::memory::Memory| memory.refused(&self.config.user, password);
        let written = self.memory.as_ref().is_some_and(known);
        let here = self.refused.as_ref().filter(|here| here.password == *password);
        let stands = match here {
            // Never twice in one process, whatever the configuration says, unless a login elsewhere has shown
            // meanwhile that things have changed.
            Some(here) => !here.written || written,
            None => written && self.config.honour_refusal,
        };
        if stands { Err(Error::PasswordRefused { remembered: true }) } else { Ok(()) }
    }

    /// The password to log in with.
    async fn current_password(&self) -> Result<Secret, Error> {
        let password = match (&self.password, &self.config.password) {
            (Some(password), _) | (None, Password::Given(password)) => password.clone(),
            (None, Password::File(file)) => {
                let file = file.clone();
                // The file may be a pipe whose writer takes its time.
                let reading = tokio::task::spawn_blocking(move || first_line(&file));
                reading.await.unwrap_or_else(|_| Err(crate::line::stopped(name())))?
            }
            (None, Password::Kept(fetch)) => {
                let fetch = fetch.clone();
                // A keychain may wait for its owner.
                let fetching = tokio::task::spawn_blocking(move || fetch.password());
                fetching.await.unwrap_or_else(|_| Err(crate::line::stopped(name())))?
            }
            (None, Password::None) => return Err(Error::NoPassword),
        };
        if password.expose().is_empty() { Err(Error::NoPassword) } else { Ok(password) }
    }

    /// Sends the login, once.
    async fn create_context(&mut self, password: &Secret) -> Result<Taken, Error> {
        let call = name();
        let login = CreateContext {
            service: "sah.Device.Information",
            method: "createContext",
            parameters: Parameters {
                application_name: "so_sdkut",
                username: &self.config.user,
                password: password.expose(),
            },
        };
        let body = serde_json::to_vec(&login)
            .map(Zeroizing::new)
            .map_err(|_| not_understood(".", "the login cannot be written as JSON"))?;
        let request = || {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-sah-ws-4-call+json"));
            headers.insert(AUTHORIZATION, HeaderValue::from_static("X-Sah-Login"));
            Request {
                method: Method::POST,
                path: "/ws".to_owned(),
                headers,
                body: body.to_vec(),
                limit: LIMIT,
            }
        };
        let reply =
            self.send(&call, request, Purpose::Once).await.map_err(|fault| fault.into_error(&call))?;
        if reply.status >= 500 {
            return Err(Error::Busy { call });
        }
        let refusing = matches!(reply.status, 401 | 403);
        let opened = open(&reply.body);
        if reply.status >= 400 && !refusing || opened.is_err() && (reply.html || !self.is_familiar()) {
            return Err(self.stranger(&call, &reply).await);
        }
        let taken = match opened {
            Ok(Opened::Good(envelope)) => accept(&envelope, reply.cookie, refusing),
            Ok(Opened::Errors(entries)) => refuse(entries, refusing),
            Err(Malformed(problem)) => Err(not_understood(".", &problem)),
        };
        if taken.is_ok() {
            self.hear();
        }
        taken
    }

    /// The error for an answer that is not of our protocol. A host that spoke it a moment ago is busy starting; of
    /// any other we ask what it might be (protocol section 1.11). Nothing secret is sent along.
    pub(crate) async fn stranger(&mut self, call: &CallName, reply: &Reply) -> Error {
        if self.is_familiar() {
            self.was_away = true;
            return Error::Busy { call: call.clone() };
        }
        let seems = if self.serves("/API/Capabilities").await {
            Impostor::OrangeSpain
        } else if self.serves("/cgi/json-req").await {
            Impostor::OldPro
        } else if reply.status == 404 {
            Impostor::NotFound
        } else if reply.html {
            Impostor::WebPage
        } else {
            Impostor::Other
        };
        let host = self.host();
        self.not_here();
        Error::NotALivebox { host, seems }
    }

    /// Whether there is something other than a page at that path.
    async fn serves(&mut self, path: &str) -> bool {
        let request = || Request {
            method: Method::GET,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            limit: PROBE_LIMIT,
        };
        let call = CallName { service: path.to_owned(), method: "probe".to_owned() };
        match self.send(&call, request, Purpose::Once).await {
            Ok(reply) => !reply.html && matches!(reply.status, 200 | 400 | 401 | 403 | 405),
            Err(Fault::NotSent(_) | Fault::Lost(_) | Fault::Permission | Fault::Said(_)) => false,
        }
    }
}

/// A login answered without errors: a session, or a plain refusal, `{"status":1,"data":{}}`.
fn accept(envelope: &Envelope, cookie: Option<Cookie>, refusing: bool) -> Result<Taken, Error> {
    let context = envelope.data.get("contextID").and_then(Value::as_str).unwrap_or_default();
    if !context.is_empty() && !refusing {
        return Ok(Taken::Accepted { context: Secret::new(context), cookie });
    }
    match &envelope.status {
        _ if refusing => Ok(Taken::Refused),
        Value::Number(status) if status.as_i64() != Some(0) => Ok(Taken::Refused),
        Value::Bool(false) => Ok(Taken::Refused),
        _ => Err(not_understood("data.contextID", "it is missing")),
    }
}

/// A login answered with errors.
fn refuse(entries: Vec<Entry>, refusing: bool) -> Result<Taken, Error> {
    let wait = entries.iter().filter_map(|entry| entry.wait).max();
    let too_many = entries.iter().any(|entry| entry.error.description.contains("too many failed login"));
    if let Some(seconds) = wait.filter(|wait| *wait > 0) {
        return Ok(Taken::Locked(Duration::from_secs(seconds).min(LONGEST_LOCK)));
    }
    if too_many {
        return Ok(Taken::Locked(UNKNOWN_LOCK));
    }
    match verdict(&name(), entries) {
        // Recorded as the answer to a wrong password. It may also mean that the box did not take the call for a
        // login; to try again would not help in either case.
        Verdict::Permission => Ok(Taken::Refused),
        _ if refusing => Ok(Taken::Refused),
        verdict => Err(verdict.into_error(&name())),
    }
}

/// What each call of the session carries: without the cookie we would be anonymous, and one of the other two has to
/// accompany it; clients that send all three work everywhere (protocol section 1.5).
fn session_headers(context: &Secret, cookie: Option<&Cookie>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    let mut insert = |name: HeaderName, text: &str| {
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| not_understood("data.contextID", "it holds characters that no header may hold"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok::<_, Error>(())
    };
    insert(CONTEXT, context.expose())?;
    insert(AUTHORIZATION, &Zeroizing::new(format!("X-Sah {}", context.expose())))?;
    if let Some(cookie) = cookie {
        insert(COOKIE, &cookie.pair())?;
    }
    Ok(headers)
}

fn not_understood(path: &str, problem: &str) -> Error {
    Error::NotUnderstood { call: name(), path: path.to_owned(), problem: problem.to_owned() }
}

/// The first line of a password file, without its end. Blanks belong to the password.
fn first_line(file: &Path) -> Result<Secret, Error> {
    let fail = |what: &dyn std::fmt::Display| {
        let file: PathBuf = file.to_owned();
        Error::LocalFile(format!("password file {}: {what}", file.display()))
    };
    let reader = File::open(file).map_err(|error| fail(&error))?.take(LONGEST_PASSWORD);
    let mut line = Zeroizing::new(Vec::new());
    BufReader::new(reader).read_until(b'\n', &mut line).map_err(|error| fail(&error))?;
    let text = std::str::from_utf8(&line).map_err(|_| fail(&"it is not UTF-8 text"))?;
    Ok(Secret::new(text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n'])))
}
