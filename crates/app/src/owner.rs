//! The owner's policy: from config.toml and the command line that started us, read again when the file changes.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use clap::ArgMatches;
use livebox::{Asked, Decision, Lang, Message, Policy, PolicySource, ToolError, say};

use crate::{
    cli::global_id,
    config::{self, File},
};

/// What the command line and the environment add to the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    read_only: bool,
    accept_secrets: Option<bool>,
    rules: Vec<(String, Decision)>,
}

impl Given {
    pub(crate) fn read(matches: &ArgMatches) -> Result<Self, ToolError> {
        let rules = matches.get_many::<String>(&global_id("policy")).unwrap_or_default();
        Ok(Self {
            read_only: matches.get_flag(&global_id("read-only")),
            accept_secrets: config::is_on("LIVEBOX_MCP_ACCEPT_SECRETS"),
            rules: rules.map(|text| rule(text)).collect::<Result<_, _>>().map_err(ToolError::Arguments)?,
        })
    }

    /// The policy of that file and these additions.
    pub(crate) fn over(&self, file: &File) -> Result<Policy, ToolError> {
        let mut policy = Policy {
            read_only: self.read_only || file.read_only,
            accept_secrets: self.accept_secrets.unwrap_or(file.accept_secrets),
            asked: match file.consent.as_deref() {
                None | Some("ask") => Asked::Person,
                Some("client") => Asked::Client,
                Some(_) => {
                    return Err(unusable("consent", &say!("write ask or client", "écrivez ask ou client")));
                }
            },
            ..Policy::default()
        };
        for (name, value) in file.rules() {
            let decision = value.map_err(|problem| unusable(&name, &problem))?;
            policy.set(&name, decision).map_err(|problem| unusable(&name, &problem))?;
        }
        for (name, decision) in &self.rules {
            policy.set(name, *decision).map_err(|problem| {
                let (english, french) = (problem.text(Lang::En), problem.text(Lang::Fr));
                ToolError::Arguments(say!("--policy {name}: {english}.", "--policy {name} : {french}."))
            })?;
        }
        Ok(policy)
    }
}

/// `wifi.disrupt=deny`
fn rule(text: &str) -> Result<(String, Decision), Message> {
    let (name, decision) = text.split_once('=').ok_or_else(|| {
        say!(
            "--policy takes NAME=allow, NAME=ask or NAME=deny, as in wifi.disrupt=deny.",
            "--policy prend NOM=allow, NOM=ask ou NOM=deny, comme wifi.disrupt=deny."
        )
    })?;
    let decision = decision.trim().parse().map_err(|problem: Message| {
        let (english, french) = (problem.text(Lang::En), problem.text(Lang::Fr));
        say!("--policy {name}: {english}.", "--policy {name} : {french}.")
    })?;
    Ok((name.trim().to_owned(), decision))
}

fn unusable(name: &str, problem: &Message) -> ToolError {
    let (english, french) = (problem.text(Lang::En), problem.text(Lang::Fr));
    ToolError::Arguments(say!("config.toml, `{name}`: {english}.", "config.toml, « {name} » : {french}."))
}

/// When the file was last written, and how long it is.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(path: Option<&Path>) -> Stamp {
    let known = path?.metadata().ok()?;
    Some((known.modified().ok()?, known.len()))
}

/// The policy as of each call: a look at the file's date, and another reading if it changed. A file that became
/// unusable stops every call until it is mended: nobody knows what its owner permits.
pub(crate) fn source(given: Given, path: Option<PathBuf>) -> PolicySource {
    let known: Mutex<Option<(Stamp, Result<Policy, ToolError>)>> = Mutex::default();
    Arc::new(move || {
        let now = stamp(path.as_deref());
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((then, policy)) if *then == now => policy.clone(),
            _ => {
                let policy = config::read_file().and_then(|file| given.over(&file));
                *known = Some((now, policy.clone()));
                policy
            }
        }
    })
}
