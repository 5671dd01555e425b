//! Sessions: who may call, how a login is refused, how a session dies (protocol sections 1.2 to 1.9).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::clock::after;
use crate::random::Seed;

/// Part of the web server's cookie names, the same for all boxes of one firmware.
pub(crate) const COOKIE_PREFIX: &str = "475ec806";

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Contexts and cookies remembered; a demo may run for days.
const KEPT: usize = 20_000;

/// How strict the box is about passwords and idle sessions.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Seconds without a call after which a session is forgotten.
    pub idle: i64,
    /// Refused passwords in a row before the box stops listening for a while.
    pub retries: u32,
    /// Length of the first lock-out in seconds; each further one is twice as long.
    pub first_wait: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { idle: 600, retries: 5, first_wait: 15 }
    }
}

/// What an HTTP request says about its caller.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Contexts named by `X-Context` and `Authorization: X-Sah`.
    pub contexts: Vec<String>,
    /// Value of the `<prefix>/sessid` cookie.
    pub cookie: Option<String>,
    /// Background polling, which does not keep a session alive.
    pub idle: bool,
}

/// Outcome of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A session.
    Granted {
        /// For `X-Context`.
        context: String,
        /// For the cookie.
        cookie: String,
    },
    /// Wrong name or password.
    Refused,
    /// Too many refusals; nothing is checked for so many seconds.
    Locked(i64),
}

#[derive(Debug)]
struct Session {
    cookie: String,
    last_used: Timestamp,
}

/// All sessions of the box, and its memory of refused passwords.
#[derive(Debug, Default)]
pub struct Sessions {
    open: BTreeMap<String, Session>,
    granted: u64,
    /// Contexts and cookies given so far, of closed sessions too.
    secrets: Vec<String>,
    refusals: u32,
    lockouts: u32,
    locked_until: Option<Timestamp>,
}

impl Sessions {
    /// Checks a password. The count of refusals belongs to the box, not to a client.
    pub fn login(&mut self, seed: Seed, policy: Policy, now: Timestamp, accepted: bool) -> Login {
        if let Some(left) = self.locked_for(now) {
            return Login::Locked(left);
        }
        if !accepted {
            self.refusals += 1;
            if self.refusals >= policy.retries {
                let wait = policy.first_wait << self.lockouts.min(16);
                self.lockouts += 1;
                self.locked_until = Some(after(now, wait));
                return Login::Locked(wait);
            }
            return Login::Refused;
        }
        (self.refusals, self.lockouts, self.locked_until) = (0, 0, None);
        self.granted += 1;
        let label = format!("session{}/{}", self.granted, now.as_nanosecond());
        let context = seed.text(&format!("{label}/context"), 64, BASE64);
        let cookie = seed.text(&format!("{label}/cookie"), 24, BASE64);
        if self.secrets.len() < KEPT {
            self.secrets.extend([context.clone(), cookie.clone()]);
        }
        self.open.insert(context.clone(), Session { cookie: cookie.clone(), last_used: now });
        Login::Granted { context, cookie }
    }

    /// Seconds for which logins are not even looked at.
    pub fn locked_for(&self, now: Timestamp) -> Option<i64> {
        let left = self.locked_until?.as_second() - now.as_second();
        (left > 0).then_some(left)
    }

    /// Locks logins for a while, as after many refusals.
    pub fn lock(&mut self, until: Timestamp) {
        self.locked_until = Some(until);
    }

    /// Whether the caller is the admin; a call keeps the session alive. Without the cookie the caller is anonymous,
    /// whatever the headers say.
    pub fn admit(&mut self, policy: Policy, now: Timestamp, credentials: &Credentials) -> bool {
        self.open.retain(|_, session| now.as_second() - session.last_used.as_second() <= policy.idle);
        let Some(cookie) = &credentials.cookie else { return false };
        let session = credentials.contexts.iter().find_map(|context| {
            self.open.get(context).filter(|session| session.cookie == *cookie).map(|_| context.clone())
        });
        match session.and_then(|context| self.open.get_mut(&context)) {
            Some(session) => {
                if !credentials.idle {
                    session.last_used = now;
                }
                true
            }
            None => false,
        }
    }

    /// Closes a session; false when there is none like it.
    pub fn logout(&mut self, credentials: &Credentials) -> bool {
        let Some(cookie) = &credentials.cookie else { return false };
        let before = self.open.len();
        self.open.retain(|context, session| {
            !(credentials.contexts.contains(context) && session.cookie == *cookie)
        });
        self.open.len() < before
    }

    /// Forgets every session, as a reboot does.
    pub fn clear(&mut self) {
        self.open.clear();
    }

    /// Contexts and cookies given so far, those of closed sessions included.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Number of sessions that are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether no session is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}
