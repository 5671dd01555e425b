//! What users of the journal can see, with real files and real processes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

mod approvals;
mod common;
mod entries;
