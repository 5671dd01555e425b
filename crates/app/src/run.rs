//! From words to work: reads the command line, runs what it names, turns failures into exit codes.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
    sync::Arc,
};

use clap::ArgMatches;
use livebox::{Caller, Context, Lang, Progress, ToolDef, ToolError, say};
use serde_json::Value;

use crate::{cli, cli::global_id, config, config::Settings, demo, emulate, logging, mcp, terminal};

/// Runs the command line; the error is the exit code, the person has been told.
pub(crate) fn run(args: impl Iterator<Item = OsString>) -> Result<(), u8> {
    let args: Vec<OsString> = args.collect();
    let lang = config::language(&args);
    let matches = match cli::command(lang).try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(error) => return cli::usage::report(&error, lang),
    };
    logging::install(matches.get_count(&global_id("verbose")));
    let as_json = matches.get_flag(&global_id("json"));
    dispatch(&matches, lang).map_err(|error| terminal::fail(&error, lang, as_json))
}

fn dispatch(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    match matches.subcommand() {
        None if io::stdin().is_terminal() => {
            terminal::print(&cli::next_steps(lang));
            Ok(())
        }
        None | Some(("mcp", _)) => serve_stdio(matches, lang),
        Some(("demo", _)) => block_on(demo::run(lang)),
        Some(("emulate", matches)) => block_on(emulate::run(matches, lang)),
        Some(("completions", matches)) => {
            cli::completions(matches, lang);
            Ok(())
        }
        Some((group, matches)) => {
            let Some((def, matches)) = cli::find(group, matches) else {
                return Err(ToolError::Arguments(say!(
                    "Unknown command {group}.",
                    "Commande inconnue {group}."
                )));
            };
            run_tool(def, matches, lang)
        }
    }
}

/// One thread is enough: the box takes one request at a time.
fn block_on<T>(work: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        ToolError::Failed(say!(
            "The computer gave no event loop: {error}.",
            "L'ordinateur n'a pas fourni de boucle d'événements : {error}."
        ))
    })?;
    let outcome = runtime.block_on(work);
    // Whoever still reads stdin on a helper thread must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

fn serve_stdio(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    let settings = Settings::read(matches, lang)?;
    block_on(mcp::serve_stdio(&settings))
}

fn run_tool(def: &'static ToolDef, matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    let settings = Settings::read(matches, lang)?;
    let cx = settings.context(false)?;
    let mut args = (def.to_json)(matches)?;
    // Permission first: nobody should type a secret for nothing.
    livebox::invoke::permit(cx.policy(), def, Caller::CommandLine)?;
    if let Value::Object(args) = &mut args {
        terminal::ask_secrets(def, settings.lang, args)?;
    }
    let cx = with_progress(cx, settings.lang);
    let answer = block_on(async {
        tokio::select! {
            answer = livebox::invoke(&cx, def, Caller::CommandLine, args) => answer,
            _ = tokio::signal::ctrl_c() => Err(ToolError::Failed(say!("Interrupted.", "Interrompu."))),
        }
    })?;
    terminal::show(&answer, matches.get_flag(&global_id("json")));
    Ok(())
}

/// Progress for a person who is watching.
fn with_progress(cx: Context, lang: Lang) -> Context {
    if !io::stderr().is_terminal() {
        return cx;
    }
    cx.with_progress(Some(Arc::new(move |progress: Progress| {
        terminal::tell(&format!("… {}", progress.message.text(lang)));
    })))
}
