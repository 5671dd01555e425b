//! The owner's policy: from config.toml and the command line that started us, read again when the file changes.

use std::{
    fs::Metadata,
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

/// What tells whether the file is still the same: when it was written, how long it is, when its rights changed.
type Stamp = Option<(SystemTime, u64, (i64, i64))>;

fn stamp(path: Option<&Path>) -> Stamp {
    let known = path?.metadata().ok()?;
    Some((known.modified().ok()?, known.len(), touched(&known)))
}

#[cfg(unix)]
fn touched(known: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (known.ctime(), known.ctime_nsec())
}

#[cfg(not(unix))]
fn touched(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// Refuses a file that is not the owner's word: one that everybody on this computer may write, or that is somebody
/// else's. Where a system knows no such thing, every file passes.
pub(crate) fn check_word(path: &Path, known: &Metadata) -> Result<(), ToolError> {
    if let Some(folder) = open_folder(path) {
        let folder = folder.display();
        return Err(ToolError::Arguments(say!(
            "Everybody on this computer can replace the configuration file in {folder}, so it is not taken for its owner's word. To mend it: chmod o-w '{folder}'",
            "Tout le monde sur cet ordinateur peut remplacer le fichier de configuration dans {folder} : il ne vaut pas comme parole de son propriétaire. Pour corriger : chmod o-w '{folder}'"
        )));
    }
    match foreign(known) {
        Some(Foreign::Open) => {
            let path = path.display();
            Err(ToolError::Arguments(say!(
                "The configuration file {path} can be changed by everybody on this computer, so it is not taken for its owner's word. To mend it: chmod o-w '{path}'",
                "Le fichier de configuration {path} est modifiable par tout le monde sur cet ordinateur : il ne vaut pas comme parole de son propriétaire. Pour corriger : chmod o-w '{path}'"
            )))
        }
        Some(Foreign::Others { owner }) => {
            let path = path.display();
            Err(ToolError::Arguments(say!(
                "The configuration file {path} belongs to another user of this computer (number {owner}), so it is not taken for yours. To mend it: sudo chown \"$USER\" '{path}'",
                "Le fichier de configuration {path} appartient à un autre utilisateur de cet ordinateur (numéro {owner}) : il ne vaut pas comme le vôtre. Pour corriger : sudo chown \"$USER\" '{path}'"
            )))
        }
        None => Ok(()),
    }
}

/// The folder of the file, or of what it links to, in which everybody may put another one in its place.
#[cfg(unix)]
fn open_folder(path: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let real = path.canonicalize().ok();
    let folders = [Some(path), real.as_deref()].into_iter().flatten().filter_map(Path::parent);
    // In a sticky folder only its owner, and a file's, may replace the file.
    let is_open = |folder: &&Path| folder.metadata().is_ok_and(|known| known.mode() & 0o1002 == 0o002);
    folders.into_iter().find(is_open).map(Path::to_owned)
}

#[cfg(not(unix))]
fn open_folder(_: &Path) -> Option<PathBuf> {
    None
}

/// Why a file is not the owner's word.
#[derive(Debug, PartialEq, Eq)]
enum Foreign {
    Open,
    Others { owner: u32 },
}

#[cfg(unix)]
fn foreign(known: &Metadata) -> Option<Foreign> {
    use std::os::unix::fs::MetadataExt as _;
    judge(known.mode(), known.uid(), nix::unistd::geteuid().as_raw())
}

#[cfg(not(unix))]
fn foreign(_: &Metadata) -> Option<Foreign> {
    None
}

/// By the file's rights and owner, and who we are. Root's files are those of whoever runs the computer.
#[cfg(unix)]
fn judge(mode: u32, owner: u32, me: u32) -> Option<Foreign> {
    if owner != me && owner != 0 {
        return Some(Foreign::Others { owner });
    }
    (mode & 0o002 != 0).then_some(Foreign::Open)
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

#[cfg(all(test, unix))]
mod tests {
    use super::{Foreign, judge};

    #[test]
    fn only_the_owners_word_counts() {
        for (mode, owner) in [(0o600, 1000), (0o644, 1000), (0o664, 1000), (0o644, 0), (0o400, 0)] {
            assert_eq!(judge(mode, owner, 1000), None, "{mode:o} of {owner}");
        }
        assert_eq!(judge(0o666, 1000, 1000), Some(Foreign::Open));
        assert_eq!(judge(0o602, 0, 1000), Some(Foreign::Open));
        assert_eq!(judge(0o600, 1001, 1000), Some(Foreign::Others { owner: 1001 }));
        assert_eq!(
            judge(0o644, 1001, 0),
            Some(Foreign::Others { owner: 1001 }),
            "root reads others' files, too"
        );
    }
}
