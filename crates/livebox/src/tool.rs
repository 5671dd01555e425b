//! What a tool is: one question or order about the box, declared once, offered everywhere.

use std::{future::Future, pin::Pin};

use clap::{ArgMatches, Args, Command};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Context, ToolError,
    lang::{Lang, Message},
    page::Page,
    say,
    schema::{self, SchemaObject},
};

/// What running a tool may do to the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Reads only.
    Read,
    /// Changes settings.
    Change,
    /// Interrupts service, or locks somebody out.
    Disrupt,
}

/// A group of tools: the first word of their commands.
#[derive(Debug)]
pub struct Group {
    /// Singular noun, as typed: `port-forward`.
    pub name: &'static str,
    /// What the group is about, in English.
    pub english: &'static str,
    /// The same in French.
    pub french: &'static str,
}

/// The French of a tool: its doc comments are the English.
#[derive(Debug)]
pub struct French {
    /// The tool's summary line.
    pub about: &'static str,
    /// Name and help of each argument.
    pub args: &'static [(&'static str, &'static str)],
}

/// What a tool answers, beside its JSON: a page of text for people and models, without repeating the JSON.
pub trait Show {
    /// The answer as text.
    fn show(&self, lang: Lang) -> Page;
}

/// One question or order. The implementing struct *is* the arguments: `clap` makes it a command, `schemars`
/// an input schema, `serde` reads it, and its doc comment is the description on every surface.
pub trait Tool: Args + Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// The typed answer.
    type Output: Serialize + JsonSchema + Show;
    /// First word of the command.
    const GROUP: &'static Group;
    /// Second word of the command, from the list in CONTRIBUTING.md.
    const VERB: &'static str;
    /// What it may do to the box. No default on purpose.
    const ACCESS: Access;
    /// Command-line words that work on the emulator's default box.
    const EXAMPLE: &'static str;
    /// The French of the doc comments.
    const FRENCH: French;
    /// Arguments that are secrets: never on the command line (asked at the terminal instead), and taken over
    /// MCP only where the owner set `accept_secrets`.
    const SECRETS: &'static [&'static str] = &[];
    /// Whether it reaches beyond the home network (the Internet).
    const OPEN_WORLD: bool = false;

    /// Runs it.
    fn run(self, cx: &Context) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// The answer of a tool, ready for every surface.
#[derive(Clone, Debug)]
pub struct Answer {
    /// For programs and models.
    pub json: Value,
    /// For people, and models whose client shows them text only.
    pub page: Page,
}

type Run<'a> = Pin<Box<dyn Future<Output = Result<Answer, ToolError>> + Send + 'a>>;

/// A [`Tool`] with its types erased: a row of the static registry.
#[derive(Debug)]
pub struct ToolDef {
    /// First word of the command.
    pub group: &'static Group,
    /// Second word.
    pub verb: &'static str,
    /// What it may do to the box.
    pub access: Access,
    /// Command-line words that work on the emulator.
    pub example: &'static str,
    /// The French of its help.
    pub french: &'static French,
    /// Arguments that are secrets.
    pub secrets: &'static [&'static str],
    /// Whether it reaches beyond the home network.
    pub open_world: bool,
    /// Its command, with English help.
    pub command: fn() -> Command,
    /// Schema of its arguments, slimmed.
    pub input_schema: fn() -> SchemaObject,
    /// Schema of its answer, slimmed.
    pub output_schema: fn() -> SchemaObject,
    /// Command-line arguments as JSON arguments.
    pub to_json: fn(&ArgMatches) -> Result<Value, ToolError>,
    /// Reads the arguments and runs; only [`crate::invoke()`] may call it.
    pub(crate) run: for<'a> fn(&'a Context, Value) -> Run<'a>,
}

impl ToolDef {
    /// Erases a tool's types.
    pub(crate) const fn of<T: Tool>() -> Self {
        Self {
            group: T::GROUP,
            verb: T::VERB,
            access: T::ACCESS,
            example: T::EXAMPLE,
            french: &T::FRENCH,
            secrets: T::SECRETS,
            open_world: T::OPEN_WORLD,
            command: || T::augment_args(Command::new(T::VERB)),
            input_schema: || schema::slim::<T>(true),
            output_schema: || schema::slim::<T::Output>(false),
            to_json: |matches| {
                let args = T::from_arg_matches(matches)
                    .map_err(|error| ToolError::Arguments(Message::unpack(&error.to_string())))?;
                serde_json::to_value(args)
                    .map_err(|error| ToolError::Arguments(Message::unpack(&error.to_string())))
            },
            run: |cx, args| {
                Box::pin(async move {
                    let output = read_args::<T>(args)?.run(cx).await?;
                    let json = serde_json::to_value(&output).map_err(|error| {
                        ToolError::Failed(say!(
                            "answer not writable: {error}",
                            "réponse impossible à écrire : {error}"
                        ))
                    })?;
                    Ok(Answer { json, page: output.show(cx.lang()) })
                })
            },
        }
    }

    /// The tool's name over MCP: `port_forward_add`.
    pub fn name(&self) -> String {
        format!("{}_{}", self.group.name, self.verb).replace('-', "_")
    }

    /// The tool's command: `port-forward add`.
    pub fn words(&self) -> String {
        format!("{} {}", self.group.name, self.verb)
    }

    /// The whole English doc comment.
    pub fn description(&self) -> String {
        let command = (self.command)();
        let text = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string);
        text.unwrap_or_default()
    }

    /// Its summary line in that language.
    pub fn summary(&self, lang: Lang) -> String {
        match lang {
            Lang::Fr => self.french.about.to_owned(),
            Lang::En => (self.command)().get_about().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// Arguments from JSON, with errors that name the argument and never repeat a secret.
fn read_args<T: Tool>(args: Value) -> Result<T, ToolError> {
    let args = if args.is_null() { Value::Object(serde_json::Map::new()) } else { args };
    if let Value::Object(given) = &args {
        let known = schema::argument_names(&schema::slim::<T>(true));
        if let Some(unknown) = given.keys().find(|name| !known.contains(*name)) {
            return Err(ToolError::Arguments(unknown_argument(unknown, known.iter().map(String::as_str))));
        }
    }
    serde_path_to_error::deserialize(args).map_err(|error| {
        let path = error.path().to_string();
        let problem = Message::unpack(&error.inner().to_string());
        let problem =
            if T::SECRETS.contains(&path.as_str()) { say!("not usable", "inutilisable") } else { problem };
        let (english, french) = (problem.text(Lang::En), problem.text(Lang::Fr));
        ToolError::Arguments(if path == "." {
            say!("Wrong arguments: {english}.", "Arguments incorrects : {french}.")
        } else {
            say!("Wrong argument `{path}`: {english}.", "Argument « {path} » incorrect : {french}.")
        })
    })
}

/// The refusal of an argument that the tool does not have.
pub(crate) fn unknown_argument<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Message {
    let unknown = crate::text::Untrusted::clean(unknown);
    let unknown = unknown.shown();
    let known: Vec<&str> = known.collect();
    if known.is_empty() {
        return say!(
            "Unknown argument `{unknown}`: this tool takes none.",
            "Argument inconnu « {unknown} » : cet outil n'en prend aucun."
        );
    }
    let known = known.join(", ");
    say!("Unknown argument `{unknown}`. Known: {known}.", "Argument inconnu « {unknown} ». Connus : {known}.")
}
