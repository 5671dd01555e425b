//! Talking with the person at the terminal.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use livebox::{Answer, Lang, ToolDef, ToolError, say};
use serde_json::{Map, Value, json};

/// Whether a part of the output could not be written, on a full disk say.
static INCOMPLETE: AtomicBool = AtomicBool::new(false);

/// Writes an answer on stdout, without secrets and without what moves the cursor. A reader that went away
/// (`| head`) is not an error.
pub(crate) fn print(text: &str) {
    print_as_it_is(&sysbus::outgoing(text));
}

/// Writes on stdout what must not be touched: a program's text, or the secret that a person at this terminal has
/// just asked to see.
pub(crate) fn print_as_it_is(text: &str) {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        INCOMPLETE.store(true, Ordering::Relaxed);
    }
}

/// An error if not all that was printed could be written.
pub(crate) fn all_written() -> Result<(), ToolError> {
    if !INCOMPLETE.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(ToolError::Failed(say!(
        "The output could not be written completely.",
        "La sortie n'a pas pu être écrite en entier."
    )))
}

/// Writes for the person, on stderr, without secrets and without what moves the cursor.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", sysbus::outgoing(text));
}

/// Asks the person on stderr and waits for the line that they type; `None` when there is none. The terminal stays in
/// its usual mode, so that an interruption leaves it in order.
pub(crate) async fn answer(question: String) -> Option<String> {
    let asked = tokio::task::spawn_blocking(move || {
        let mut err = io::stderr().lock();
        write!(err, "{}", sysbus::outgoing(&question)).and_then(|()| err.flush()).ok()?;
        drop(err);
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).ok()?;
        if !line.ends_with('\n') {
            // The end of input leaves the cursor behind the question.
            tell("");
        }
        (read > 0).then_some(line)
    });
    asked.await.ok().flatten()
}

/// Shows a tool's answer: the page, or the JSON.
pub(crate) fn show(answer: &Answer, as_json: bool) {
    if as_json {
        print(&format!("{:#}", answer.json));
    } else {
        print(&answer.page.aligned());
    }
}

/// Tells why there is no answer; returns the exit code.
pub(crate) fn fail(error: &ToolError, lang: Lang, as_json: bool) -> u8 {
    let message = error.message();
    let message = message.text(lang);
    if as_json {
        tell(&json!({ "error": { "kind": error.kind(), "message": message } }).to_string());
    } else {
        tell(&format!("{}{message}", lang.pick("error: ", "erreur : ")));
    }
    error.exit_code()
}

/// Asks for the secrets of a tool without echo; a script gives them on stdin, one a line. They never pass
/// on the command line, where every process of the computer could read them.
///
/// A secret that shall be made instead of given is not asked.
pub(crate) fn ask_secrets(
    def: &ToolDef,
    made: bool,
    lang: Lang,
    args: &mut Map<String, Value>,
) -> Result<(), ToolError> {
    if made || !def.needs_secrets() && args.contains_key("length") {
        return Ok(());
    }
    let interactive = io::stdin().is_terminal();
    for &name in def.secrets {
        let label = label(def, name, lang);
        let secret = if interactive { hidden(&label)? } else { piped(&label)? };
        // A new secret typed blind is asked twice: a slip would lock its owner out.
        if interactive && name != "current" {
            let again = hidden(&format!("{label} {}", lang.pick("(again)", "(encore)")))?;
            if again != secret {
                return Err(ToolError::Arguments(say!(
                    "The two entries differ; nothing was changed.",
                    "Les deux saisies diffèrent ; rien n'a été modifié."
                )));
            }
        }
        args.insert(name.to_owned(), Value::String(secret));
    }
    Ok(())
}

fn label(def: &ToolDef, name: &str, lang: Lang) -> String {
    let french = def.french.args.iter().find(|(arg, _)| *arg == name).map(|(_, help)| (*help).to_owned());
    let schema = (def.input_schema)();
    let english = schema.get("properties").and_then(|all| all.get(name)?.get("description")?.as_str());
    let english = english.unwrap_or(name).to_owned();
    lang.pick(english.clone(), french.unwrap_or(english)).trim_end_matches('.').to_owned()
}

/// Asks a person for a secret, without echo.
pub(crate) fn hidden(label: &str) -> Result<String, ToolError> {
    rpassword::prompt_password(format!("{label}: ")).map_err(|error| {
        ToolError::Failed(say!(
            "Nothing could be read from the terminal: {error}.",
            "Lecture impossible au terminal : {error}."
        ))
    })
}

/// Asks a person at the terminal for a line.
pub(crate) fn line(label: &str) -> Result<String, ToolError> {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{label}: ").and_then(|()| err.flush());
    piped(label)
}

/// The next line of standard input.
pub(crate) fn piped(label: &str) -> Result<String, ToolError> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(read) if read > 0 => Ok(line.trim_end_matches(['\n', '\r']).to_owned()),
        _ => Err(ToolError::Arguments(say!(
            "Missing on standard input: {label}. Run this in a terminal, or give each secret on its own line.",
            "Absent de l'entrée standard : {label}. Lancez ceci dans un terminal, ou donnez chaque secret sur sa ligne."
        ))),
    }
}
