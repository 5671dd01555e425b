//! The owner's settings: flags over environment over file.

use std::{
    env,
    ffi::OsString,
    io::Read as _,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::ArgMatches;
use etcetera::{AppStrategy as _, AppStrategyArgs};
use livebox::{Context, Decision, Lang, Message, PolicySource, Retention, ToolError, Watch, say};
use serde::Deserialize;
use sysbus::{Endpoint, Fetch, Password, Secret, Session, StoreError, Trust};
use url::Url;
use vault::Vault;

use crate::{
    cli::global_id,
    owner::{self, Given},
};

/// The usual address of a Livebox on its own network.
const USUAL_HOST: &str = "192.168.1.1";

/// `config.toml`, every key optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the keys of the file")]
pub(crate) struct File {
    host: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    lang: Option<String>,
    pub(crate) read_only: bool,
    pub(crate) accept_secrets: bool,
    /// `ask`, the default, or `client`.
    pub(crate) consent: Option<String>,
    policy: toml::Table,
    /// Other limits for guards than each change's own.
    guard: Option<Watch>,
    /// How long changes stay in the journal.
    journal_days: Option<i64>,
    /// How many changes stay in it.
    journal_entries: Option<i64>,
    ca_file: Option<PathBuf>,
    insecure: bool,
    speed_url: Option<String>,
    keychain: Option<bool>,
}

impl File {
    /// The decisions of `[policy]`: `change = "ask"`, `wifi = "deny"`, `wifi.disrupt = "deny"`.
    pub(crate) fn rules(&self) -> Vec<(String, Result<Decision, Message>)> {
        fn decision(value: &toml::Value) -> Result<Decision, Message> {
            value.as_str().unwrap_or_default().parse()
        }
        let mut rules = Vec::new();
        for (name, value) in &self.policy {
            match value {
                toml::Value::Table(levels) => rules
                    .extend(levels.iter().map(|(level, value)| (format!("{name}.{level}"), decision(value)))),
                value => rules.push((name.clone(), decision(value))),
            }
        }
        rules
    }
}

/// The settings in force.
pub(crate) struct Settings {
    host: String,
    user: String,
    /// Given in the settings; else what `login` has stored counts.
    password: Option<Password>,
    trust: Trust,
    speed_url: Option<String>,
    state: Option<PathBuf>,
    /// Where secrets are kept; `None` where this computer has no place for them.
    pub(crate) vault: Option<Vault>,
    /// Language of the text for people.
    pub(crate) lang: Lang,
    policy_source: PolicySource,
    watch: Option<Watch>,
    retention: Retention,
}

/// Language, before any other setting is read, since errors need it: `--lang`, `LIVEBOX_LANG`, `config.toml`, then
/// the locale.
pub(crate) fn language(args: &[OsString]) -> Lang {
    let mut flag = None;
    for (index, word) in args.iter().enumerate() {
        let word = word.to_string_lossy();
        if let Some(value) = word.strip_prefix("--lang=") {
            flag = Some(value.to_owned());
        } else if word == "--lang" {
            flag = args.get(index + 1).map(|value| value.to_string_lossy().into_owned());
        }
    }
    let known = |tag: Option<String>| tag.as_deref().and_then(Lang::from_tag);
    known(flag)
        .or_else(|| known(variable("LIVEBOX_LANG")))
        // A file that is not usable is reported where the settings are read.
        .or_else(|| known(read_file().ok()?.lang))
        // The first of these that is set decides, as POSIX says; C and POSIX mean no preference.
        .or_else(|| known(["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| variable(name))))
        .unwrap_or_default()
}

/// Makes the password of the environment known as a secret before the first word leaves: it may have been typed in
/// the wrong place as well. (That of a file is read when it is needed.)
pub(crate) fn know_password() {
    variable("LIVEBOX_PASSWORD").map(Secret::new);
}

/// An environment variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

pub(crate) fn is_on(name: &str) -> Option<bool> {
    variable(name).map(|value| !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off"))
}

impl Settings {
    /// Reads the settings. Touches no network and writes nothing.
    pub(crate) fn read(matches: &ArgMatches, lang: Lang) -> Result<Self, ToolError> {
        let text = |name: &str| matches.get_one::<String>(&global_id(name)).cloned();
        let path = |name: &str| matches.get_one::<PathBuf>(&global_id(name)).cloned();
        let is_set = |name: &str| matches.get_flag(&global_id(name));
        let file = read_file()?;
        let given = Given::read(matches)?;
        // Read at each call: here only so that a mistake in it is told at once.
        given.over(&file)?;
        let password = match (path("password-file"), variable("LIVEBOX_PASSWORD")) {
            (Some(file), _) => Some(Password::File(file)),
            (None, Some(password)) => Some(Password::Given(Secret::new(password))),
            (None, None) => variable("LIVEBOX_PASSWORD_FILE")
                .map(PathBuf::from)
                .or(file.password_file)
                .map(Password::File),
        };
        let state = folder("LIVEBOX_MCP_STATE", Folder::State);
        let keychain = is_on("LIVEBOX_MCP_KEYCHAIN").or(file.keychain).unwrap_or(true);
        let open = if keychain { Vault::open } else { Vault::without_keychain };
        let vault = state.as_ref().map(|state| open(state.join("vault")));
        let trust = match path("ca-file").or(file.ca_file) {
            _ if is_set("insecure") || file.insecure => Trust::Anyone,
            Some(file) => Trust::CaFile(file),
            None => Trust::System,
        };
        let usual = Retention::default();
        Ok(Self {
            host: text("host")
                .or_else(|| variable("LIVEBOX_HOST"))
                .or(file.host)
                .unwrap_or_else(|| USUAL_HOST.to_owned()),
            user: text("user")
                .or_else(|| variable("LIVEBOX_USER"))
                .or(file.user)
                .unwrap_or_else(|| "admin".to_owned()),
            password,
            trust,
            speed_url: variable("LIVEBOX_SPEED_URL").or(file.speed_url),
            state,
            vault,
            lang,
            policy_source: owner::source(given, file_path()),
            watch: file.guard.map(within_a_day).transpose()?,
            retention: Retention {
                days: kept("journal_days", file.journal_days, usual.days)?,
                entries: kept("journal_entries", file.journal_entries, usual.entries)?,
            },
        })
    }

    /// Folder of what is remembered from one run to the next.
    pub(crate) fn state(&self) -> Option<&Path> {
        self.state.as_deref()
    }

    /// The context that these settings describe. A server does not repeat a password that the box refused
    /// before it was started; a command typed by a person makes its one attempt.
    pub(crate) fn context(&self, is_server: bool) -> Result<Context, ToolError> {
        let endpoint = self.endpoint(&self.host)?;
        let password = self.password.clone().unwrap_or_else(|| self.kept_password(&endpoint.authority()));
        let session = Session::new(self.connection(endpoint, password, is_server));
        let cx = Context::new(session)
            .with_lang(self.lang)
            .with_policy_source(PolicySource::clone(&self.policy_source))
            .with_state(self.state.clone())
            .with_vault(self.vault.clone())
            .with_watch(self.watch)
            .with_retention(self.retention);
        Ok(match self.speed_url.as_deref().map(Url::parse) {
            None => cx,
            Some(Ok(url)) => cx.with_speed_url(Some(url)),
            Some(Err(error)) => cx.with_unusable_speed_url(say!(
                "LIVEBOX_SPEED_URL (speed_url in the configuration) is not a URL: {error}.",
                "LIVEBOX_SPEED_URL (speed_url dans la configuration) n'est pas une URL : {error}."
            )),
        })
    }
}

impl Settings {
    /// The box at that address, reached as these settings say.
    pub(crate) fn endpoint(&self, host: &str) -> Result<Endpoint, ToolError> {
        Ok(Endpoint::parse(host, self.trust.clone())?)
    }

    /// How to talk to a box as these settings say.
    pub(crate) fn connection(
        &self,
        endpoint: Endpoint,
        password: Password,
        honour_refusal: bool,
    ) -> sysbus::Config {
        let (user, state) = (self.user.clone(), self.state.clone());
        sysbus::Config { endpoint, user, password, state, honour_refusal }
    }

    /// What `login` has stored for that box, looked up when a session logs in and not before.
    fn kept_password(&self, host: &str) -> Password {
        let Some(vault) = self.vault.clone() else { return Password::None };
        let (host, user) = (host.to_owned(), self.user.clone());
        Password::Kept(Fetch::new(move || {
            vault.box_password(&host, &user).map_err(|error| -> StoreError { Arc::new(error) })
        }))
    }

    /// The box's address.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The account on it.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Whether the password comes from flags, environment or file, whatever `login` has stored.
    pub(crate) fn has_own_password(&self) -> bool {
        self.password.is_some()
    }
}

#[derive(Clone, Copy)]
enum Folder {
    Configuration,
    State,
}

/// The folder named by the variable, else the platform's.
fn folder(name: &str, kind: Folder) -> Option<PathBuf> {
    if let Some(folder) = variable(name) {
        return Some(PathBuf::from(folder));
    }
    let strategy = etcetera::choose_app_strategy(AppStrategyArgs {
        top_level_domain: "fr".to_owned(),
        author: "livebox-mcp".to_owned(),
        app_name: "livebox-mcp".to_owned(),
    })
    .ok()?;
    Some(match kind {
        Folder::Configuration => strategy.config_dir(),
        Folder::State => strategy.state_dir().unwrap_or_else(|| strategy.data_dir()),
    })
}

/// Where `config.toml` is looked for.
pub(crate) fn file_path() -> Option<PathBuf> {
    folder("LIVEBOX_MCP_CONFIG", Folder::Configuration).map(|folder| folder.join("config.toml"))
}

pub(crate) fn read_file() -> Result<File, ToolError> {
    let Some(path) = file_path() else { return Ok(File::default()) };
    let mut text = String::new();
    let read = std::fs::metadata(&path).and_then(|known| {
        if !known.is_file() {
            // A pipe would keep us waiting for its writer.
            return Err(std::io::Error::other("no regular file"));
        }
        let mut file = std::fs::File::open(&path)?;
        let known = file.metadata()?;
        file.read_to_string(&mut text).map(|_| known)
    });
    match read.map(|known| owner::check_word(&path, &known)) {
        Ok(Err(foreign)) => Err(foreign),
        Ok(Ok(())) => toml::from_str(&text).map_err(|error| {
            // The line's number only: the line may hold what its owner keeps to themselves.
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            // Nor does anybody have to read the value that is wrong, only what belongs there.
            let problem = error.message();
            let is_value = problem.starts_with("invalid type") || problem.starts_with("invalid value");
            match problem.rsplit_once(", ") {
                Some((_, wanted)) if is_value => unusable(&path, &wrong_value(line, wanted)),
                _ => unusable(&path, &say!("{line}: {problem}", "{line} : {problem}")),
            }
        }),
        // A link to a file that went away is no sign that its owner permits more.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            Ok(File::default())
        }
        Err(error) => Err(unusable(&path, &say!("{error}", "{error}"))),
    }
}

/// How much of the journal is kept.
fn kept(key: &str, value: Option<i64>, usual: NonZeroU32) -> Result<NonZeroU32, ToolError> {
    let Some(value) = value else { return Ok(usual) };
    u32::try_from(value).ok().and_then(NonZeroU32::new).ok_or_else(|| out_of_range(key, u32::MAX.into()))
}

/// Limits that somebody could mean.
fn within_a_day(watch: Watch) -> Result<Watch, ToolError> {
    const DAY_S: u64 = 24 * 60 * 60;
    let Watch { box_s, internet_s, settle_s } = watch;
    for (key, seconds) in [("box_s", box_s), ("internet_s", internet_s), ("settle_s", settle_s)] {
        if !(1..=DAY_S).contains(&seconds) {
            return Err(out_of_range(&format!("guard.{key}"), DAY_S));
        }
    }
    Ok(watch)
}

fn out_of_range(key: &str, most: u64) -> ToolError {
    ToolError::Arguments(say!(
        "config.toml, `{key}`: write a whole number from 1 to {most}.",
        "config.toml, « {key} » : écrivez un nombre entier de 1 à {most}."
    ))
}

/// A value of another type than the key takes, without the value.
fn wrong_value(line: usize, wanted: &str) -> Message {
    let french = match wanted {
        "expected a boolean" => "true ou false attendu",
        "expected a string" => "texte entre guillemets attendu",
        other => other,
    };
    say!("{line}: {wanted}", "{line} : {french}")
}

fn unusable(path: &Path, problem: &Message) -> ToolError {
    let path = path.display();
    let (english, french) = (problem.text(Lang::En), problem.text(Lang::Fr));
    let message: Message = say!(
        "The configuration file is not usable: {path}: {english}. The README lists its keys; the password is none of them (password_file is).",
        "Le fichier de configuration est inutilisable : {path} : {french}. Le README donne ses clés ; le mot de passe n'en est pas une (password_file, si)."
    );
    ToolError::Arguments(message)
}
