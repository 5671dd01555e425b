//! What can go wrong between us and the box. Each variant says what a person can do about it; the wording
//! for people, in their language, is built by the surfaces from these facts.

use std::{fmt, time::Duration};

use crate::{Call, StoreError};

/// Service and method of a call, for messages: `NMC.Wifi:get`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallName {
    /// Service path with dots.
    pub service: String,
    /// Method name.
    pub method: String,
}

impl fmt::Display for CallName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.method)
    }
}

/// One entry of the box's `errors` list (protocol section 1.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxError {
    /// The box's code, 0 where it gave none.
    pub code: i64,
    /// The box's description, cleaned of control characters and cut.
    pub description: String,
    /// What the box blames: an object, a method, an argument, or free text; cleaned and cut.
    pub info: String,
}

impl fmt::Display for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (error {}", self.description, self.code)?;
        if !self.info.is_empty() {
            write!(f, ", {}", self.info)?;
        }
        f.write_str(")")
    }
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The name does not resolve.
    UnknownName,
    /// Nothing listens on that port.
    Refused,
    /// No connection within the time limit, or no route.
    NoConnection,
    /// The secure connection could not be set up (certificate, protocol).
    Tls,
    /// The connection was closed before a complete answer came: rebooting, or the `Host` name is not one
    /// that the box accepts.
    Closed,
    /// Connected, but no answer within the call's time limit.
    Timeout,
}

/// What a host that is no Livebox with this protocol seems to be (protocol section 1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impostor {
    /// Orange Spain's boxes: REST under `/API`.
    OrangeSpain,
    /// The old Livebox Pro (v3, v4): `cgi/json-req`.
    OldPro,
    /// A web server answering with a page.
    WebPage,
    /// A web server that has no `/ws`.
    NotFound,
    /// Anything else.
    Other,
}

/// What can go wrong between us and the box.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The box's address cannot be used as given.
    #[error("the box's address is not usable: {0}")]
    BadAddress(String),
    /// A local file that the connection needs cannot be used (password file, CA file).
    #[error("{0}")]
    LocalFile(String),
    /// Nobody answers at that address, and nobody has for the last five minutes.
    #[error("no answer from {host}: {reason:?}")]
    Unreachable {
        /// Host and port tried.
        host: String,
        /// Why, as far as we know.
        reason: NoAnswer,
    },
    /// Somebody answers, but does not speak our protocol.
    #[error("{host} is not a Livebox that speaks sysbus: {seems:?}")]
    NotALivebox {
        /// Host and port tried.
        host: String,
        /// What it seems to be.
        seems: Impostor,
    },
    /// No password was configured.
    #[error("no password set")]
    NoPassword,
    /// What keeps the password could not give it.
    #[error("{0}")]
    PasswordStore(StoreError),
    /// The box refused the password. It is not tried again.
    #[error("the box refused the password")]
    PasswordRefused {
        /// The refusal is remembered from an earlier attempt: this time nothing was sent.
        remembered: bool,
    },
    /// Too many refused logins: the box answers no login until the time is over.
    #[error("login locked for {} s", wait.as_secs())]
    LockedOut {
        /// Time left.
        wait: Duration,
    },
    /// The login was accepted, but the box still treats us as anonymous.
    #[error("logged in, but the session is not effective")]
    SessionNotEffective,
    /// The session ended just before a call that is sent only once. The box has not carried it out; a new session is
    /// open.
    #[error("{call}: not carried out, the session had ended")]
    SessionEnded {
        /// The call.
        call: CallName,
    },
    /// The object or method does not exist on this box: 196618 and nothing else (protocol section 1.8). Where other
    /// entries stand beside it, a method that exists failed, and that is [`Error::Refused`].
    #[error("{call}: absent on this box")]
    Absent {
        /// The call.
        call: CallName,
    },
    /// The firmware denies the call to the administrator: 13 and nothing else, in a session whose self test is good.
    /// Without a session: it is denied to anybody.
    #[error("{call}: denied by this firmware")]
    Denied {
        /// The call.
        call: CallName,
    },
    /// The box refused the call and said why.
    #[error("{call}: refused by the box: {}", list(errors))]
    Refused {
        /// The call.
        call: CallName,
        /// What the box said, without its "Success" fillers; never empty.
        errors: Vec<BoxError>,
    },
    /// The box is busy or rebooting: HTTP 5xx, a web page instead of an answer, a connection closed or refused
    /// although it answered before (refused: within the last five minutes).
    #[error("{call}: the box is busy or rebooting")]
    Busy {
        /// The call.
        call: CallName,
    },
    /// The call was sent and no answer came.
    #[error("{call}: no answer: {reason:?}")]
    NoAnswer {
        /// The call.
        call: CallName,
        /// Why.
        reason: NoAnswer,
    },
    /// The answer is not what this call answers.
    #[error("{call}: answer not understood at `{path}`: {problem}")]
    NotUnderstood {
        /// The call.
        call: CallName,
        /// JSON path in the answer, `.` for the whole.
        path: String,
        /// What is wrong, without any value of the answer.
        problem: String,
    },
}

impl Error {
    /// For an answer that decodes, but whose decisive value is not what was expected there: better no answer than
    /// one without it.
    pub fn odd<C: Call>(call: &C, path: &str) -> Self {
        Self::NotUnderstood {
            call: CallName { service: call.service().into_owned(), method: C::METHOD.to_owned() },
            path: path.to_owned(),
            problem: "another value than expected".to_owned(),
        }
    }

    /// Whether the box has no such object or method.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// Whether the capability cannot be used on this box: absent, or denied by its firmware.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Absent { .. } | Self::Denied { .. })
    }

    /// Whether the answer was no whole JSON text, whatever it would have said.
    pub fn is_malformed(&self) -> bool {
        matches!(self, Self::NotUnderstood { path, .. } if path == ".")
    }

    /// The box's own error codes, when it refused the call.
    pub fn codes(&self) -> impl Iterator<Item = i64> {
        let errors = if let Self::Refused { errors, .. } = self { errors.as_slice() } else { &[] };
        errors.iter().map(|error| error.code)
    }
}

fn list(errors: &[BoxError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
