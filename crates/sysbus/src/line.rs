//! The one line to a box: its connections and its session. Whoever holds it talks to the box, all others wait, so
//! that one request is under way at a time (protocol section 1.9).

use std::{sync::Arc, time::Duration};

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::{sync::OwnedMutexGuard, time::Instant};
use tracing::debug;

use crate::{
    CallName, Config, Error, NoAnswer, Secret,
    ask::{Ask, plain},
    envelope::{Opened, Verdict, open, open_description, verdict},
    login::RefusedHere,
    memory::Memory,
    places::Places,
    share::Answered,
    transport::{Failure, Lane, Reply, Request, Transport},
    unavailable::Unavailable,
};

/// A box that answered this recently and does not now is taken to be rebooting; later, to be gone.
const REBOOT: Duration = Duration::from_secs(300);
/// A session that worked this recently is not tested before a write.
const FRESH: Duration = Duration::from_secs(5);
/// Time limit of the self test.
const SELF_TEST_LIMIT: Duration = Duration::from_secs(10);

/// What a request is for: decides its connection, whether it may be repeated, and what its loss means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// May be repeated.
    Read,
    /// Sent once: changes the box, or counts as an attempt to log in.
    Once,
}

/// Why there is no good answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Nothing was sent.
    NotSent(Error),
    /// It was sent; what became of it is not known.
    Lost(Error),
    /// "Permission denied": not executed. The session may be over, or the firmware denies the call.
    Permission,
    /// The box said so.
    Said(Error),
}

impl Fault {
    /// The error, where it does not matter whether anything was sent.
    pub(crate) fn into_error(self, call: &CallName) -> Error {
        match self {
            Self::NotSent(error) | Self::Lost(error) | Self::Said(error) => error,
            Self::Permission => Error::Denied { call: call.clone() },
        }
    }
}

/// The line to one box.
pub(crate) struct Line {
    pub(crate) config: Arc<Config>,
    /// Where the box is; shared with the session.
    places: Arc<Places>,
    transport: Option<Arc<Transport>>,
    /// Headers of the open session: cookie, context and authorisation, all three (protocol section 1.5).
    pub(crate) open: Option<HeaderMap>,
    /// Replaces the configured password after it was changed.
    pub(crate) password: Option<Secret>,
    /// The password that the box refused to this process.
    pub(crate) refused: Option<RefusedHere>,
    /// End of a lock-out.
    pub(crate) locked: Option<Instant>,
    pub(crate) memory: Option<Memory>,
    /// Build id of the web server at the last login: a new one means new firmware.
    pub(crate) build: Option<String>,
    /// The box was away since the last login, so its firmware may be another.
    pub(crate) was_away: bool,
    pub(crate) unavailable: Unavailable,
    /// When the box last answered in its protocol.
    heard: Option<Instant>,
    /// Whether the kept connection has carried an answer, so that the box may have closed it since.
    used: bool,
}

impl Line {
    /// Prepares the line; touches neither network nor files.
    pub(crate) fn new(config: Arc<Config>, places: Arc<Places>) -> Self {
        let memory = config.state.as_deref().map(|folder| Memory::new(folder, &config.endpoint.authority()));
        Self {
            config,
            places,
            transport: None,
            open: None,
            password: None,
            refused: None,
            locked: None,
            memory,
            build: None,
            was_away: false,
            unavailable: Unavailable::default(),
            heard: None,
            used: false,
        }
    }

    /// Notes that the box answered in its protocol.
    pub(crate) fn hear(&mut self) {
        self.heard = Some(Instant::now());
    }

    /// Whether the box answered in its protocol a short while ago.
    pub(crate) fn is_familiar(&self) -> bool {
        self.heard.is_some_and(|heard| heard.elapsed() < REBOOT)
    }

    /// Whether the session can hardly have ended since the box answered last.
    fn was_heard_just_now(&self) -> bool {
        self.heard.is_some_and(|heard| heard.elapsed() < FRESH)
    }

    /// The connections to the place in use, prepared when first needed.
    fn transport(&mut self) -> Result<Arc<Transport>, Error> {
        let place = self.places.current();
        if let Some(transport) = self.transport.as_ref().filter(|transport| *transport.endpoint() == place) {
            return Ok(Arc::clone(transport));
        }
        let transport = Arc::new(Transport::new(&place)?);
        self.used = false;
        self.transport = Some(Arc::clone(&transport));
        Ok(transport)
    }

    /// Sends one request and notes how it went.
    pub(crate) async fn send(
        &mut self,
        call: &CallName,
        request: impl Fn() -> Request,
        purpose: Purpose,
    ) -> Result<Reply, Fault> {
        let transport = self.transport().map_err(Fault::NotSent)?;
        let started = Instant::now();
        let outcome = match purpose {
            Purpose::Once => transport.send(request(), Lane::Fresh).await,
            Purpose::Read => {
                let first = transport.send(request(), Lane::Kept).await;
                let was_used = std::mem::replace(&mut self.used, first.is_ok());
                match first {
                    // The box closed the connection just when we used it again: that says nothing of the call.
                    Err(Failure::Lost { reason: NoAnswer::Closed, begun: false }) if was_used => {
                        let second = transport.send(request(), Lane::Kept).await;
                        self.used = second.is_ok();
                        second
                    }
                    first => first,
                }
            }
        };
        let milliseconds = started.elapsed().as_millis();
        match outcome {
            Ok(reply) => {
                debug!(%call, status = reply.status, milliseconds, "answered");
                Ok(reply)
            }
            Err(failure) => {
                debug!(%call, ?failure, milliseconds, "no answer");
                Err(self.failed(call, failure, purpose))
            }
        }
    }

    /// Host and port of the place in use.
    pub(crate) fn host(&self) -> String {
        self.places.shown().authority()
    }

    /// Nothing answers as a box does where we called: the next call goes to the other place, if there is one.
    pub(crate) fn not_here(&self) {
        if let Some(transport) = &self.transport {
            self.places.not_at(transport.endpoint());
        }
    }

    /// What a failed request means, by what we know of the box.
    fn failed(&mut self, call: &CallName, failure: Failure, purpose: Purpose) -> Fault {
        let host = self.host();
        let call = call.clone();
        match failure {
            Failure::Unusable(error) => Fault::NotSent(error),
            Failure::NoConnection(reason) => {
                // A box that is away forgets its sessions (protocol section 1.9).
                self.was_away = true;
                self.open = None;
                self.not_here();
                let rebooting =
                    self.is_familiar() && matches!(reason, NoAnswer::Refused | NoAnswer::NoConnection);
                Fault::NotSent(if rebooting {
                    Error::Busy { call }
                } else {
                    Error::Unreachable { host, reason }
                })
            }
            Failure::Lost { reason, .. } => {
                self.was_away = true;
                Fault::Lost(match (self.heard, purpose, reason) {
                    (None, ..) => Error::Unreachable { host, reason },
                    (Some(_), Purpose::Read, NoAnswer::Closed) => Error::Busy { call },
                    _ => Error::NoAnswer { call, reason },
                })
            }
            Failure::TooLarge => Fault::Lost(Error::NotUnderstood {
                call,
                path: ".".to_owned(),
                problem: "it is larger than any known answer".to_owned(),
            }),
        }
    }

    /// Asks once. `signed`: with the open session, else as anybody.
    pub(crate) async fn ask(&mut self, ask: &Ask, purpose: Purpose, signed: bool) -> Result<Answered, Fault> {
        let headers = match &self.open {
            Some(headers) if signed => headers.clone(),
            None if signed => return Err(Fault::Permission),
            _ => HeaderMap::new(),
        };
        let reply = self.send(&ask.name, || ask.request(headers.clone()), purpose).await?;
        let call = &ask.name;
        if reply.status >= 500 {
            self.was_away = true;
            return Err(Fault::Lost(Error::Busy { call: call.clone() }));
        }
        // Whoever let us log in is a box, even if it said nothing for hours.
        let is_box = signed || self.is_familiar();
        if matches!(reply.status, 401 | 403) && is_box {
            return Err(Fault::Permission);
        }
        let opened = if ask.is_description() { open_description(&reply.body) } else { open(&reply.body) };
        match opened {
            Ok(Opened::Good(envelope)) if reply.status < 400 => {
                self.hear();
                Ok(Answered { envelope: Arc::new(envelope), size: reply.body.len() })
            }
            Ok(Opened::Errors(entries)) if reply.status < 400 || is_box => {
                self.hear();
                let verdict = verdict(call, entries);
                if matches!(verdict, Verdict::Permission) {
                    return Err(Fault::Permission);
                }
                self.unavailable.learn(call, &verdict);
                Err(Fault::Said(verdict.into_error(call)))
            }
            // Some boxes have a page, not an error, for objects that they do not describe (protocol section 1.6).
            _ if ask.is_description() && is_box && (reply.html || reply.status >= 400) => {
                Err(Fault::Said(Error::Absent { call: call.clone() }))
            }
            Err(malformed) if reply.status < 400 && !reply.html && is_box => {
                let (call, path) = (call.clone(), ".".to_owned());
                Err(Fault::Lost(Error::NotUnderstood { call, path, problem: malformed.0 }))
            }
            _ => Err(Fault::Lost(self.stranger(call, &reply).await)),
        }
    }

    /// Whether the box takes us for the user we logged in as (protocol section 1.9).
    pub(crate) async fn self_test(&mut self) -> Result<bool, Error> {
        match self.current_user().await? {
            Some(known) => Ok(known),
            None => self.can_read_time().await,
        }
    }

    /// Asks the box who we are; `None` where it does not say.
    async fn current_user(&mut self) -> Result<Option<bool>, Error> {
        let ask = plain("HTTPService", "getCurrentUser", SELF_TEST_LIMIT)?;
        match self.ask(&ask, Purpose::Read, true).await {
            Ok(answered) => {
                let user = answered.envelope.data.get("currentUser").and_then(Value::as_str);
                Ok(match user {
                    Some("anonymous") => Some(false),
                    Some(user) if user.eq_ignore_ascii_case(&self.config.user) => Some(true),
                    _ => None,
                })
            }
            // An answer in pieces says nothing of the session either.
            Err(Fault::Permission | Fault::Said(_) | Fault::Lost(Error::NotUnderstood { .. })) => Ok(None),
            Err(Fault::NotSent(error) | Fault::Lost(error)) => Err(error),
        }
    }

    /// Asks for what anonymous callers may not read.
    async fn can_read_time(&mut self) -> Result<bool, Error> {
        let ask = plain("Time", "getTime", SELF_TEST_LIMIT)?;
        match self.ask(&ask, Purpose::Read, true).await {
            Ok(answered) => Ok(!matches!(answered.envelope.status, Value::Null | Value::Bool(false))),
            Err(Fault::Permission) => Ok(false),
            // Neither test tells here. Nothing speaks against the session, and the next call will tell.
            Err(Fault::Said(_) | Fault::Lost(Error::NotUnderstood { .. })) => Ok(true),
            Err(Fault::NotSent(error) | Fault::Lost(error)) => Err(error),
        }
    }

    /// Remembers that the firmware denies a call.
    fn denied(&mut self, call: &CallName) -> Fault {
        self.unavailable.learn(call, &Verdict::Permission);
        Fault::Said(Error::Denied { call: call.clone() })
    }
}

/// Asks, with a session that works: logs in if there is none, and once more if the box has forgotten it.
///
/// A request that must be sent only once is sent only once in that case, too: the session is tested beforehand where it
/// may be old, and when it ends all the same, the box has executed nothing and the caller is told so.
pub(crate) async fn converse(
    mut line: OwnedMutexGuard<Line>,
    ask: &Ask,
    purpose: Purpose,
) -> Result<Answered, Fault> {
    line.unavailable.check(&ask.name).map_err(Fault::NotSent)?;
    let is_doubtful = purpose == Purpose::Once && !line.was_heard_just_now();
    if line.open.is_none() || (is_doubtful && !line.self_test().await.map_err(Fault::NotSent)?) {
        line = log_in(line, None).await.map_err(Fault::NotSent)?;
    }
    match line.ask(ask, purpose, true).await {
        Err(Fault::Permission) => {}
        outcome => return outcome,
    }
    // Either the session is over, or the firmware denies the call to everybody: only a self test can tell, even
    // right after a login, since a box that restarts meanwhile forgets it.
    if line.self_test().await.map_err(Fault::NotSent)? {
        return Err(line.denied(&ask.name));
    }
    line = log_in(line, None).await.map_err(Fault::NotSent)?;
    if purpose == Purpose::Once {
        return Err(Fault::Said(Error::SessionEnded { call: ask.name.clone() }));
    }
    match line.ask(ask, purpose, true).await {
        Err(Fault::Permission) => Err(line.denied(&ask.name)),
        outcome => outcome,
    }
}

/// Logs in, to the end even if the caller goes away: a refusal that nobody hears would be repeated, and a few of
/// them lock the box.
pub(crate) async fn log_in(
    mut line: OwnedMutexGuard<Line>,
    replacing: Option<Secret>,
) -> Result<OwnedMutexGuard<Line>, Error> {
    let task = tokio::spawn(async move {
        let outcome = line.login(replacing).await;
        outcome.map(|()| line)
    });
    task.await.unwrap_or_else(|_| Err(stopped(crate::login::name())))
}

/// The task that carried the call was stopped: the program is ending.
pub(crate) fn stopped(call: CallName) -> Error {
    Error::NoAnswer { call, reason: NoAnswer::Closed }
}
