//! Speaks the Livebox's local protocol ("sysbus"): log in, keep the session, send a call, open the envelope.
//!
//! This crate knows how a box is talked to and nothing of what it can do: capabilities live in `livebox`.
//! A capability declares a [`Call`] (service, method, parameters, where the answer stands, how long it may
//! take) and hands it to a [`Session`], which does the rest.

mod ask;
mod call;
mod cookie;
mod decode;
mod endpoint;
mod envelope;
mod error;
mod line;
mod login;
mod memory;
mod places;
mod redact;
mod repair;
pub mod scalar;
mod secret;
mod session;
mod share;
mod text;
mod tls;
mod transport;
mod unavailable;

pub use call::{Answer, Call, Ignored, Kind, Written};
pub use endpoint::{Endpoint, Trust};
pub use error::{BoxError, CallName, Error, Impostor, NoAnswer};
pub use redact::{may_leave, outgoing, outgoing_json, redact, redact_json, spare_words};
pub use secret::Secret;
pub use session::{Config, Fetch, Password, Session, StoreError};
pub use text::{plain, visible, within_quotes};

/// Entry points for fuzzing, where no test can reach the parsers otherwise.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    /// Opens a body as the answer to a call and as a description. What was repaired has to be good.
    pub fn envelope(body: &[u8]) {
        let _ = crate::envelope::open(body);
        if let Ok(value) = crate::repair::parse(body) {
            let again = crate::repair::parse(value.to_string().as_bytes());
            assert!(again.is_ok(), "a repaired body is no good body");
        }
        let _ = crate::envelope::open_description(body);
    }

    /// Looks for the session cookie in lines.
    pub fn set_cookie(lines: &[u8]) {
        if let Some(cookie) = crate::cookie::Cookie::find(lines.split(|byte| *byte == b'\n')) {
            assert!(cookie.pair().starts_with(cookie.build()), "the build id is the name's start");
            assert!(!format!("{cookie:?}").contains(cookie.pair().as_str()), "a cookie shows itself");
        }
    }
}
