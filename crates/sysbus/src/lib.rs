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
pub use secret::Secret;
pub use session::{Config, Password, Session};
