//! From words to work: reads the command line, runs what it names, turns failures into exit codes.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
    sync::{Arc, atomic::Ordering},
};

use clap::ArgMatches;
use journal::GuardState;
use livebox::{Answer, Caller, Client, Context, Lang, Order, Progress, ToolDef, ToolError, say};
use serde_json::{Value, json};

use crate::{
    approve,
    ask::Asked,
    cli,
    cli::{changes::Flags, global_id},
    config,
    config::Settings,
    demo, emulate, logging, login, mcp, terminal,
    watching::{self, Told},
    wifi_key, words,
};

/// Exit code of what was done.
const DONE: u8 = 0;
/// Exit code of what failed, or of what a change left otherwise than asked.
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
    match dispatch(&matches, lang).and_then(|code| terminal::all_written().map(|()| code)) {
        Ok(DONE) => Ok(()),
        Ok(code) => Err(code),
        Err(error) => Err(terminal::fail(&error, lang, as_json)),
    }
}

/// Runs one command; returns its exit code when everything about it has been told.
fn dispatch(matches: &ArgMatches, lang: Lang) -> Result<u8, ToolError> {
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
        Some(("approve", matches)) => approve::run(matches, lang)?,
        Some(("undo", matches)) => {
            return run_tool("journal_undo", Given::Undo(cli::changes::entry(matches)), matches, lang);
        }
        Some(("redo", matches)) => {
            return run_tool("journal_undo", Given::Redo(cli::changes::entry(matches)), matches, lang);
        }
        Some(("journal", matches)) if matches.subcommand().is_none() => {
            return run_tool("journal_list", Given::Nothing, matches, lang);
        }
        Some((group, matches)) => {
            let Some((def, matches)) = cli::find(group, matches) else {
                return Err(ToolError::Arguments(say!(
                    "Unknown command {group}.",
                    "Commande inconnue {group}."
                )));
            };
            return run_tool(&def.name(), Given::Words, matches, lang);
        }
    }
    Ok(DONE)
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

/// Where the arguments of a tool come from.
#[derive(Clone, Copy)]
enum Given {
    /// The words of its own command.
    Words,
    /// There are none.
    Nothing,
    /// The entry to undo; the last change by default.
    Undo(Option<i64>),
    /// The change to do again; the last that was undone by default.
    Redo(Option<i64>),
}

fn run_tool(tool: &str, given: Given, matches: &ArgMatches, lang: Lang) -> Result<u8, ToolError> {
    let def = livebox::find(tool)
        .ok_or_else(|| ToolError::Arguments(say!("Unknown command {tool}.", "Commande inconnue {tool}.")))?;
    let settings = Settings::read(matches, lang)?;
    let flags = Flags::read(matches);
    let told = Arc::new(Told::default());
    let cx = settings.context(false)?.with_notices(Some(told.sink(settings.lang)));
    let cx = if flags.force { cx.forced() } else { cx };
    let mut args = match given {
        Given::Words => (def.to_json)(matches)?,
        _ => json!({}),
    };
    // Permission first: nobody should type a secret for nothing.
    livebox::invoke::permit(&cx.policy()?, def, Caller::CommandLine)?;
    if let Value::Object(args) = &mut args {
        terminal::ask_secrets(def, cli::makes_secret(matches), settings.lang, args)?;
    }
    let consent = Asked::of(flags.yes.filter(|_| !flags.force), settings.lang);
    let order =
        Order { caller: Caller::CommandLine, client: client(), consent: &consent, plan_only: flags.dry_run };
    let (cx, sent) = with_progress(cx, settings.lang).watched();
    let work = async {
        if let Given::Undo(entry) | Given::Redo(entry) = given {
            let is_redo = matches!(given, Given::Redo(_));
            args = json!({ "entry": if is_redo { Some(livebox::entry_to_redo(&cx, entry).await?) } else { entry } });
        }
        livebox::invoke(&cx, def, &order, args).await
    };
    block_on(async {
        let outcome = tokio::select! {
            outcome = work => outcome,
            _ = tokio::signal::ctrl_c() => {
                if io::stderr().is_terminal() {
                    // Behind the ^C that the terminal shows.
                    terminal::tell("");
                }
                return Err(interrupted(def, sent.load(Ordering::Relaxed)));
            }
        };
        conclude(&cx, &settings, &told, outcome, matches.get_flag(&global_id("json"))).await
    })
}

fn client() -> Client {
    Client {
        name: "livebox-mcp".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        transport: "terminal".to_owned(),
    }
}

/// Tells what came of a command, stays while changes are under guard, and returns the exit code.
async fn conclude(
    cx: &Context,
    settings: &Settings,
    told: &Told,
    outcome: Result<Answer, ToolError>,
    as_json: bool,
) -> Result<u8, ToolError> {
    let mut answer = match outcome {
        Ok(answer) => answer,
        Err(error) => {
            let code = terminal::fail(&error, settings.lang, as_json);
            watching::see_through(cx, settings, told, None).await?;
            return Ok(code);
        }
    };
    let guarded = answer.json.get("guard").is_some_and(Value::is_object);
    let own = answer.json.get("entry").and_then(Value::as_i64).filter(|_| guarded);
    // A program reads one answer, which tells how the guard ended as well.
    let told_later = as_json && own.is_some();
    if !told_later {
        terminal::show(&answer, as_json);
    }
    let ending = watching::see_through(cx, settings, told, own).await?;
    if told_later {
        if let (Some(state), Some(Value::Object(guard))) = (ending.own, answer.json.get_mut("guard")) {
            guard.insert("state".to_owned(), state.word().into());
        }
        terminal::show(&answer, as_json);
    }
    // The box answered, but not as asked: a script must not take that for done.
    let differs = answer.json.get("outcome").is_some_and(|outcome| outcome == "differs");
    let taken_back =
        matches!(ending.own, Some(GuardState::Reverted | GuardState::Failed | GuardState::Pending));
    Ok(if differs || taken_back || ending.left { FAILED } else { DONE })
}

fn interrupted(def: &ToolDef, sent: bool) -> ToolError {
    if sent {
        ToolError::Unknown(say!(
            "Interrupted after the change was sent: its outcome is unknown. `livebox-mcp journal` reads it back and tells.",
            "Interrompu après l'envoi du changement : son issue est inconnue. « livebox-mcp journal » la relit et la dit."
        ))
    } else if def.is_change() {
        ToolError::NotConsented(say!(
            "Interrupted; nothing was changed.",
            "Interrompu ; rien n'a été modifié."
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
