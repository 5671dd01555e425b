//! What a tool is: one question or order about the box, declared once, offered everywhere.

use std::{future::Future, pin::Pin};

use clap::{ArgMatches, Args, Command};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    Caller, Changed, Context, Outcome, ToolError,
    lang::{Lang, Message},
    page::Page,
    plan::{Draft, Prepared, Stage},
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
    /// Who may see and use it.
    const AUDIENCE: Audience = Audience::Everyone;
}

/// Who may see and use a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// People and models.
    Everyone,
    /// People at a terminal only: never listed over MCP, refused there.
    Terminal,
    /// Nobody directly: a way back that undo takes where no other tool goes, or the part of another tool that only people
    /// use.
    Undo,
}

/// A tool that asks the box something.
pub trait Read: Tool {
    /// Runs it.
    fn run(self, cx: &Context) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// A tool that changes the box. It decides what to do, tells, and does it when the pipeline of [`crate::invoke()`]
/// says so: whether it is permitted, consented to, recorded and watched is none of its business.
pub trait Change: Tool<Output = Changed<Self::State>> {
    /// The state that it changes, as the box reports it: what is shown, recorded, and compared before an undo.
    type State: Serialize + JsonSchema + Show + Clone + Send + 'static;
    /// Which part of the box that is (an id, a MAC; nothing where there is only one), to find it again later.
    type Subject: Serialize + DeserializeOwned + Send;
    /// Fields of the state that move by themselves: they make no difference between two states.
    const VOLATILE: &'static [&'static str] = &[];
    /// Whether the box shows what became of it. False for what no box tells, such as its password.
    const READABLE: bool = true;
    /// Whether its way back sets just the fields that it changed: what others did to the rest is then no obstacle.
    const BY_FIELD: bool = false;

    /// Reads the present state, checks that the change is possible, and plans it. Sends nothing.
    fn prepare(self, cx: &Context) -> impl Future<Output = Result<Prepared<Self::State>, ToolError>> + Send;

    /// Reads the present state of a subject; `None`: there is none.
    fn observe(
        cx: &Context,
        subject: Self::Subject,
    ) -> impl Future<Output = Result<Option<Self::State>, ToolError>> + Send;
}

/// The answer of a tool, ready for every surface.
#[derive(Clone, Debug)]
pub struct Answer {
    /// For programs and models.
    pub json: Value,
    /// For people, and models whose client shows them text only.
    pub page: Page,
}

/// A future of something that may fail.
pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, ToolError>> + Send + 'a>>;

/// What a tool does, its types erased.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Asks.
    Read(for<'a> fn(&'a Context, Value) -> Doing<'a, Answer>),
    /// Changes.
    Change(ChangeWork),
    /// Takes an earlier change back: borrows the work of the tool that its record names.
    Undo,
}

/// A [`Change`] with its types erased.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangeWork {
    pub(crate) prepare: for<'a> fn(&'a Context, Value) -> Doing<'a, Ready>,
    pub(crate) observe: for<'a> fn(&'a Context, Value) -> Doing<'a, Value>,
    pub(crate) volatile: &'static [&'static str],
    pub(crate) readable: bool,
    pub(crate) by_field: bool,
}

/// A [`Prepared`](crate::Prepared) with its types erased.
pub(crate) enum Ready {
    /// Nothing has to be sent.
    Already(Answer),
    /// What shall be done, and how.
    Planned(Box<Draft>, Carry),
}

/// Carries out a plan.
pub(crate) type Carry = Box<dyn FnOnce(Context) -> Doing<'static, Ended> + Send>;

/// How a change ended.
pub(crate) struct Ended {
    pub(crate) answer: Answer,
    pub(crate) outcome: Outcome,
    pub(crate) after: Value,
    pub(crate) differs: Vec<String>,
}

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
    /// Who may see and use it.
    pub audience: Audience,
    /// What it does; only [`crate::invoke()`] may call it.
    pub(crate) work: Work,
    /// For some arguments that a person gives at a terminal, another tool does the work.
    pub(crate) at_terminal: Option<AtTerminal>,
}

/// Which arguments another tool takes over, and which tool that is.
pub(crate) type AtTerminal = (fn(&Value) -> bool, &'static ToolDef);

impl ToolDef {
    /// Erases the types of a tool that asks.
    pub(crate) const fn read<T: Read>() -> Self {
        const { assert!(matches!(T::ACCESS, Access::Read), "what changes the box has a plan") };
        Self::of::<T>(Work::Read(|cx, args| {
            Box::pin(async move {
                let output = read_args::<T>(args)?.run(cx).await?;
                answer(&output, cx.lang())
            })
        }))
    }

    /// Erases the types of a tool that changes.
    pub(crate) const fn change<T: Change>() -> Self {
        const { assert!(!matches!(T::ACCESS, Access::Read), "a change declares that it is one") };
        Self::of::<T>(Work::Change(ChangeWork {
            prepare: |cx, args| {
                Box::pin(async move {
                    let lang = cx.lang();
                    Ok(match read_args::<T>(args)?.prepare(cx).await?.0 {
                        Stage::Already(changed) => Ready::Already(answer(&*changed, lang)?),
                        Stage::Planned(draft, apply) => Ready::Planned(
                            draft,
                            Box::new(move |cx| Box::pin(async move { ended(&apply(cx).await?, lang) })),
                        ),
                    })
                })
            },
            observe: |cx, subject| {
                Box::pin(async move {
                    let subject = serde_json::from_value(subject).map_err(|error| unreadable(&error))?;
                    let state = T::observe(cx, subject).await?;
                    serde_json::to_value(state).map_err(|error| unwritable(&error))
                })
            },
            volatile: T::VOLATILE,
            readable: T::READABLE,
            by_field: T::BY_FIELD,
        }))
    }

    /// A tool of that declaration and work.
    pub(crate) const fn of<T: Tool>(work: Work) -> Self {
        Self {
            group: T::GROUP,
            verb: T::VERB,
            access: T::ACCESS,
            example: T::EXAMPLE,
            french: &T::FRENCH,
            secrets: T::SECRETS,
            open_world: T::OPEN_WORLD,
            audience: T::AUDIENCE,
            command: || T::augment_args(Command::new(T::VERB)),
            input_schema: || schema::slim::<T>(true),
            output_schema: || schema::slim::<T::Output>(false),
            to_json: |matches| {
                let args = T::from_arg_matches(matches)
                    .map_err(|error| ToolError::Arguments(Message::unpack(&error.to_string())))?;
                serde_json::to_value(args)
                    .map_err(|error| ToolError::Arguments(Message::unpack(&error.to_string())))
            },
            work,
            at_terminal: None,
        }
    }

    /// A tool that reads, whose command also changes something: with arguments of which `is_change` says so, the work is
    /// that of `other`, with all that its changes are asked. Over MCP it only ever reads.
    pub(crate) const fn or_at_terminal(
        mut self,
        is_change: fn(&Value) -> bool,
        other: &'static Self,
    ) -> Self {
        self.at_terminal = Some((is_change, other));
        self
    }

    /// The tool that does the work for these arguments.
    pub(crate) fn doing(&self, caller: Caller, args: &Value) -> &Self {
        match self.at_terminal {
            Some((is_change, other)) if caller == Caller::CommandLine && is_change(args) => other,
            _ => self,
        }
    }

    /// Whether its command may change the box by way of a plan.
    pub fn may_change(&self) -> bool {
        self.is_change() || self.at_terminal.is_some()
    }

    /// Whether it can only be used with a secret as an argument.
    pub fn needs_secrets(&self) -> bool {
        if self.secrets.is_empty() {
            return false;
        }
        let schema = (self.input_schema)();
        let required = schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| {
            names.iter().filter_map(Value::as_str).any(|name| self.secrets.contains(&name))
        })
    }

    /// Whether it changes the box by way of a plan.
    pub fn is_change(&self) -> bool {
        matches!(self.work, Work::Change(_) | Work::Undo)
    }

    /// The tool's name over MCP: `port_forward_add`.
    pub fn name(&self) -> String {
        joined(self.group, self.verb)
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

/// The name over MCP of a declared tool.
pub(crate) fn name<T: Tool>() -> String {
    joined(T::GROUP, T::VERB)
}

fn joined(group: &Group, verb: &str) -> String {
    format!("{}_{verb}", group.name).replace('-', "_")
}

pub(crate) fn answer<T: Serialize + Show>(output: &T, lang: Lang) -> Result<Answer, ToolError> {
    let json = serde_json::to_value(output).map_err(|error| unwritable(&error))?;
    Ok(Answer { json, page: output.show(lang) })
}

pub(crate) fn ended<S: Serialize + Show>(changed: &Changed<S>, lang: Lang) -> Result<Ended, ToolError> {
    let answer = answer(changed, lang)?;
    let after = answer.json.get("after").cloned().unwrap_or_default();
    let (outcome, differs) = (changed.outcome(), changed.differing().to_vec());
    Ok(Ended { answer, outcome, after, differs })
}

fn unwritable(error: &serde_json::Error) -> ToolError {
    ToolError::Failed(say!("answer not writable: {error}", "réponse impossible à écrire : {error}"))
}

fn unreadable(error: &serde_json::Error) -> ToolError {
    ToolError::Failed(say!(
        "The record of the change is not readable: {error}.",
        "L'enregistrement du changement est illisible : {error}."
    ))
}

/// Arguments from JSON, with errors that name the argument and never repeat a secret.
pub(crate) fn read_args<T: Tool>(args: Value) -> Result<T, ToolError> {
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
        let [english, french] = [Lang::En, Lang::Fr].map(|lang| brief(problem.text(lang)));
        let problem = Message::new(english, french);
        let problem =
            if T::SECRETS.contains(&path.as_str()) { say!("not usable", "inutilisable") } else { problem };
        let (english, french) = (problem.text(Lang::En), problem.text(Lang::Fr));
        let path = sysbus::within_quotes(&path);
        ToolError::Arguments(if path == "." {
            say!("Wrong arguments: {english}.", "Arguments incorrects : {french}.")
        } else {
            say!("Wrong argument `{path}`: {english}.", "Argument « {path} » incorrect : {french}.")
        })
    })
}

/// serde repeats a text of the wrong type, which may be a secret in the wrong place, and spelt so that the redactor would
/// not know it: only that it was one is told.
fn without_value(text: &str) -> String {
    match (text.find("string \""), text.rfind("\", expected")) {
        (Some(start), Some(end)) if start + 8 <= end => {
            let (head, tail) = (text.get(..start + 6), text.get(end + 1..));
            format!("{}{}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

/// A message that quotes what was given, however much that was: its start, and its end, which says what is expected.
fn brief(text: &str) -> String {
    const START: usize = 80;
    const END: usize = 200;
    let text = without_value(&sysbus::plain(text, usize::MAX));
    let length = text.chars().count();
    if length <= START + END {
        return text;
    }
    text.chars().take(START).chain(['…']).chain(text.chars().skip(length - END)).collect()
}

/// The refusal of an argument that the tool does not have. Its name is repeated only where it is a known one misspelt:
/// anything else may be a secret in the wrong place.
pub(crate) fn unknown_argument<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Message {
    let known: Vec<&str> = known.collect();
    let misspelt = known.iter().any(|known| is_misspelling(unknown, known));
    let (english, french) = if misspelt {
        (format!("Unknown argument `{unknown}`"), format!("Argument inconnu « {unknown} »"))
    } else {
        ("There is an unknown argument".to_owned(), "Un argument est inconnu".to_owned())
    };
    if known.is_empty() {
        return say!("{english}: this tool takes none.", "{french} : cet outil n'en prend aucun.");
    }
    let known = known.join(", ");
    say!("{english}. Known: {known}.", "{french}. Connus : {known}.")
}

/// Whether a name is that other one with a slip or two: one in four characters, case and dashes apart.
fn is_misspelling(name: &str, known: &str) -> bool {
    const LONGEST: usize = 24;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() > LONGEST || !name.chars().all(is_name) {
        return false;
    }
    let plain = name.to_ascii_lowercase().replace('-', "_");
    strsim::damerau_levenshtein(&plain, known) <= known.len().div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_misspelt_name_is_repeated() {
        let told = |name: &str| {
            let known = ["host", "external_port", "limit"];
            let message = unknown_argument(name, known.into_iter());
            let (english, french) = (message.text(Lang::En).to_owned(), message.text(Lang::Fr).to_owned());
            assert!(
                english.contains("Known: host, external_port, limit") && french.contains("Connus : host")
            );
            assert_eq!(english.contains(name), french.contains(name), "{english} {french}");
            english.contains(name)
        };
        for misspelt in ["hosts", "Host", "externalport", "external-port", "extrenal_prot", "limits"] {
            assert!(told(misspelt), "{misspelt}");
        }
        for other in
            ["Cle-Secrete-42", "Pa55word", "host\u{1b}", "limit limit", "post-it", &"host".repeat(9), "hôte"]
        {
            assert!(!told(other), "{other}");
        }
        let none = unknown_argument("Pa55word", std::iter::empty());
        assert_eq!(none.text(Lang::En), "There is an unknown argument: this tool takes none.");
    }
}
