//! What users see, through the built binary and the registry; the emulator is the box.

#![allow(
    clippy::expect_used,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test that cannot go on fails; its helpers are not an interface"
)]

mod binary;
mod budgets;
mod earlier;
mod examples;
mod guard_takes_back;
mod harness;
mod hostile;
mod login;
mod misuse;
mod registry;
mod replay;
#[cfg(unix)]
mod screen;
mod secrets;
mod snapshots;
mod stdio;
#[cfg(unix)]
mod terminal_approve;
#[cfg(unix)]
mod terminal_crash;
mod terminal_prompt;
#[cfg(unix)]
mod terminal_undo;
mod tidy;
mod trust;
mod trust_forms;
mod trust_guard;
mod trust_hostile;
mod trust_policy;
mod trust_random;
mod trust_rounds;
mod wifi_key;
