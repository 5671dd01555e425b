//! Usage errors in the reader's language: clap writes English only, so its facts are put in our words.

use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};
use livebox::{Lang, Message, say};

use crate::terminal;

/// Exit code of a usage error.
const USAGE: u8 = 2;

/// Reports what clap found: help and version on stdout, errors on stderr with exit code 2.
pub(crate) fn report(error: &Error, lang: Lang) -> Result<(), u8> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            terminal::print(error.to_string().trim_end());
            Ok(())
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            terminal::tell(error.to_string().trim_end());
            Err(USAGE)
        }
        _ => {
            let message = explain(error);
            let hint =
                lang.pick("Try the same command with --help.", "Essayez la même commande avec --help.");
            terminal::tell(&format!("{}{}\n{hint}", lang.pick("error: ", "erreur : "), message.text(lang)));
            Err(USAGE)
        }
    }
}

fn explain(error: &Error) -> Message {
    let context = |kind| error.get(kind).map(plain).unwrap_or_default();
    let arg = context(ContextKind::InvalidArg);
    let value = livebox::Untrusted::clean(&context(ContextKind::InvalidValue));
    let value = value.in_quotes();
    let valid = context(ContextKind::ValidValue);
    let similar =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg].into_iter().find_map(|kind| {
            let text = context(kind);
            (!text.is_empty()).then_some(text)
        });
    let (hint_en, hint_fr) = match similar {
        Some(text) => (format!(" Did you mean {text}?"), format!(" Vouliez-vous dire {text} ?")),
        None => (String::new(), String::new()),
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = livebox::Untrusted::quotable(&context(ContextKind::InvalidSubcommand));
            say!("there is no command `{word}`.{hint_en}", "il n'y a pas de commande « {word} ».{hint_fr}")
        }
        ErrorKind::UnknownArgument => {
            say!("unexpected argument {arg}.{hint_en}", "argument inattendu {arg}.{hint_fr}")
        }
        ErrorKind::MissingRequiredArgument => say!("missing: {arg}.", "il manque : {arg}."),
        ErrorKind::MissingSubcommand => say!("a command is missing.", "il manque une commande."),
        ErrorKind::ValueValidation => {
            let source = std::error::Error::source(error);
            if source.is_some_and(<dyn std::error::Error>::is::<std::num::ParseIntError>) {
                return say!(
                    "wrong value for {arg}: not a whole number, or one out of range.",
                    "valeur incorrecte pour {arg} : pas un nombre entier, ou un nombre hors limites."
                );
            }
            // Our own value types explain themselves in both languages.
            let source = source.map(ToString::to_string).unwrap_or_default();
            let source = Message::unpack(&source);
            let (english, french) = (source.text(Lang::En), source.text(Lang::Fr));
            say!("wrong value for {arg}: {english}.", "valeur incorrecte pour {arg} : {french}.")
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            say!("{arg} needs a value.", "{arg} demande une valeur.")
        }
        ErrorKind::InvalidValue => say!(
            "`{value}` is not a value of {arg}; possible: {valid}.",
            "« {value} » n'est pas une valeur de {arg} ; possibles : {valid}."
        ),
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg);
            say!("{arg} cannot be used with {other}.", "{arg} ne peut pas aller avec {other}.")
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            say!("wrong number of values for {arg}.", "nombre de valeurs incorrect pour {arg}.")
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Message::new(first.clone(), first)
        }
    }
}

fn plain(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(list) => list.join(", "),
        other => other.to_string(),
    }
}
