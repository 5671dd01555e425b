//! What users of the journal can see, with real files and real processes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy knows only functions marked as tests, and the helpers are none"
)]

mod approvals;
mod common;
mod damage;
mod entries;
mod guards;
mod private;
mod processes;
mod prune;
