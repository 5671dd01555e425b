//! From words to work: reads the command line, runs what it names, turns failures into exit codes.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
    sync::{Arc, atomic::Ordering},
};

use clap::ArgMatches;
use livebox::{Caller, Client, Context, Lang, Nobody, Order, Progress, ToolDef, ToolError, say};
use serde_json::Value;

use crate::{
    cli, cli::global_id, config, config::Settings, demo, emulate, logging, login, mcp, terminal, wifi_key,
    words,
};

/// Exit code of what a change left otherwise than asked.
const FAILED: u8 = 1;

/// Runs the command line; the error is the exit code, the person has been told.
pub(crate) fn run(args: impl Iterator<Item = OsString>) -> Result<(), u8> {
    let args: Vec<OsString> = args.collect();
    let lang = config::language(&args);
    logging::tell_panics(lang);
    sysbus::spare_words(words::is_ours);
    config::know_password();
    let matches = match cli::command(lang).try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(error) => return cli::usage::report(&error, lang),
    };
    logging::install(matches.get_count(&global_id("verbose")));
    let as_json = matches.get_flag(&global_id("json"));
    match dispatch(&matches, lang).and_then(|ended| terminal::all_written().map(|()| ended)) {
        Ok(Ended::Well) => Ok(()),
        Ok(Ended::Otherwise) => Err(FAILED),
        Err(error) => Err(terminal::fail(&error, lang, as_json)),
    }
}

/// How a command ended that told its result.
enum Ended {
    Well,
    /// The box took a change, but reports something else than what was asked.
    Otherwise,
}

fn dispatch(matches: &ArgMatches, lang: Lang) -> Result<Ended, ToolError> {
    match matches.subcommand() {
        None if io::stdin().is_terminal() => {
            terminal::print(&cli::next_steps(lang));
        }
        None | Some(("mcp", _)) => serve_stdio(matches, lang)?,
        Some(("demo", _)) => block_on(demo::run(lang))?,
        Some(("emulate", matches)) => block_on(emulate::run(matches, lang))?,
        Some(("login", matches)) => login::login(matches, lang)?,
        Some(("logout", matches)) => login::logout(matches, lang)?,
        Some(("completions", matches)) => cli::completions(matches, lang),
        Some(("wifi-key", matches)) if matches.subcommand_name() == Some("show") => {
            matches.subcommand().map_or(Ok(()), |(_, matches)| wifi_key::show(matches, lang))?;
        }
        Some((group, matches)) => {
            let Some((def, matches)) = cli::find(group, matches) else {
                return Err(ToolError::Arguments(say!(
                    "Unknown command {group}.",
                    "Commande inconnue {group}."
                )));
            };
            return run_tool(def, matches, lang);
        }
    }
    Ok(Ended::Well)
}

/// One thread is enough: the box takes one request at a time.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
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
    let matches = matches.clone();
    block_on(mcp::serve_stdio(move || Settings::read(&matches, lang)?.context(true), lang))
}

fn run_tool(def: &'static ToolDef, matches: &ArgMatches, lang: Lang) -> Result<Ended, ToolError> {
    let settings = Settings::read(matches, lang)?;
    let cx = settings.context(false)?;
    let mut args = (def.to_json)(matches)?;
    // Permission first: nobody should type a secret for nothing.
    livebox::invoke::permit(&cx.policy()?, def, Caller::CommandLine)?;
    if let Value::Object(args) = &mut args {
        terminal::ask_secrets(def, cli::makes_secret(matches), settings.lang, args)?;
    }
    let client = Client {
        name: "livebox-mcp".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        transport: "terminal".to_owned(),
    };
    let order = Order { caller: Caller::CommandLine, client, consent: &Nobody, plan_only: false };
    let (cx, sent) = with_progress(cx, settings.lang).watched();
    let answer = block_on(async {
        tokio::select! {
            answer = livebox::invoke(&cx, def, &order, args) => answer,
            _ = tokio::signal::ctrl_c() => Err(interrupted(sent.load(Ordering::Relaxed))),
        }
    })?;
    terminal::show(&answer, matches.get_flag(&global_id("json")));
    // The box answered, but not as asked: a script must not take that for done.
    let differs = answer.json.get("outcome").is_some_and(|outcome| outcome == "differs");
    Ok(if differs { Ended::Otherwise } else { Ended::Well })
}

fn interrupted(sent: bool) -> ToolError {
    if sent {
        ToolError::Unknown(say!(
            "Interrupted after the change was sent: its outcome is unknown. Look at the present state before sending it again.",
            "Interrompu après l'envoi du changement : son résultat est inconnu. Regardez l'état actuel avant de le renvoyer."
        ))
    } else {
        ToolError::Failed(say!("Interrupted; nothing was changed.", "Interrompu ; rien n'a été modifié."))
    }
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
