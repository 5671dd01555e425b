//! `livebox-mcp`: one binary that shows and manages an Orange Livebox, for people and for their assistants.
//!
//! This crate is the only one that prints, exits, reads the environment or installs a logger. It holds no
//! knowledge of the router: every tool comes from the registry of the `livebox` crate.

mod approve;
mod ask;
mod books;
mod cli;
mod config;
mod demo;
mod emulate;
mod lines;
mod logging;
mod login;
mod mcp;
mod owner;
mod run;
mod terminal;
mod watching;
mod wifi_key;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    match run::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => ExitCode::from(code),
    }
}
