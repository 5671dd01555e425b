//! The session against boxes of literal bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy knows only functions marked as tests, and the helpers are none"
)]

mod access;
mod calls;
mod login;
mod moves;
mod reads;
mod recordings;
mod scripted;
mod secrets;
mod tls;
mod writes;
