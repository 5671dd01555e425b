//! `login` and `logout`: the box's password, asked from the person, tested once, kept safely.

use std::io::{self, IsTerminal as _};

use clap::{Arg, ArgAction, ArgMatches, Command};
use livebox::{Lang, Message, ToolError, say};
use serde_json::json;
use sysbus::{Password, Secret, Session};
use vault::{Forgotten, Place, Vault};

use crate::{
    cli::global_id,
    config::{self, Settings},
    run::block_on,
    terminal,
};

/// Their commands.
pub(crate) fn commands(lang: Lang) -> [Command; 2] {
    let forget = Arg::new("forget").long("forget").action(ArgAction::SetTrue).help(lang.pick(
        "Forget the password instead, as logout does",
        "Oublier plutôt le mot de passe, comme le fait logout",
    ));
    let login = Command::new("login")
        .about(lang.pick(
            "Ask for the box's password, test it once and keep it safely",
            "Demander le mot de passe de la box, l'essayer une fois et le garder en sûreté",
        ))
        .after_help(lang.pick(
            "It is kept in the system's keychain, or where there is none, encrypted in a file that only you can read. \
             A password that the box refuses is not kept. A script gives it on the first line of standard input.",
            "Il est gardé dans le trousseau du système ou, à défaut, chiffré dans un fichier que vous seul pouvez lire. \
             Un mot de passe que la box refuse n'est pas gardé. Un script le donne sur la première ligne de l'entrée standard.",
        ))
        .arg(forget);
    let logout = Command::new("logout").about(
        lang.pick("Forget the box's password that login kept", "Oublier le mot de passe gardé par login"),
    );
    [login, logout]
}

/// Runs `login`.
pub(crate) fn login(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    if matches.get_flag("forget") {
        return logout(matches, lang);
    }
    let settings = Settings::read(matches, lang)?;
    let vault = vault(&settings)?;
    let interactive = io::stdin().is_terminal();
    let asked = interactive && matches.get_one::<String>(&global_id("host")).is_none();
    let host = if asked { ask_host(&settings, lang)? } else { settings.host().to_owned() };
    let endpoint = settings.endpoint(&host)?;
    let (authority, user) = (endpoint.authority(), settings.user());
    let label = say!("Password of {user} on {authority}", "Mot de passe du compte {user} sur {authority}");
    let label = label.text(lang);
    let password = Secret::new(if interactive { terminal::hidden(label) } else { terminal::piped(label) }?);
    if password.expose().is_empty() {
        return Err(ToolError::Arguments(say!(
            "No password was given; nothing was tried.",
            "Aucun mot de passe n'a été donné ; rien n'a été essayé."
        )));
    }
    // A person's own attempt, so that an earlier refusal does not stand against it: one login, never repeated.
    let session = Session::new(settings.connection(endpoint, Password::Given(password.clone()), false));
    block_on(async { Ok(session.login().await?) })?;
    let place = vault.store_box_password(&authority, user, &password)?;
    let folder = vault.folder().display();
    let kept = match place {
        Place::Keychain => say!(
            "The box at {authority} accepted the password of {user}. It is kept in the system's keychain.",
            "La box {authority} a accepté le mot de passe du compte {user}. Il est gardé dans le trousseau du système."
        ),
        Place::File => say!(
            "The box at {authority} accepted the password of {user}. The system's keychain is not available here: it is kept encrypted in {folder}, which only you can read.",
            "La box {authority} a accepté le mot de passe du compte {user}. Le trousseau du système n'est pas disponible ici : il est gardé chiffré dans {folder}, que vous seul pouvez lire."
        ),
    };
    let json = json!({ "host": authority, "user": user, "kept": place });
    tell(matches, lang, &kept, &json);
    if settings.has_own_password() {
        terminal::tell(lang.pick(
            "Note: a password is also set by --password-file, LIVEBOX_PASSWORD, LIVEBOX_PASSWORD_FILE or password_file, and comes first.",
            "Remarque : un mot de passe est aussi donné par --password-file, LIVEBOX_PASSWORD, LIVEBOX_PASSWORD_FILE ou password_file, et passe en premier.",
        ));
    }
    if host != settings.host() {
        tell_host(&host, lang);
    }
    Ok(())
}

/// Runs `logout`.
pub(crate) fn logout(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    let settings = Settings::read(matches, lang)?;
    let authority = settings.endpoint(settings.host())?.authority();
    let user = settings.user();
    let forgotten = vault(&settings)?.forget_box_password(&authority, user)?;
    let (message, word) = match forgotten {
        Forgotten::Gone => (
            say!(
                "The password of {user} on {authority} is forgotten.",
                "Le mot de passe du compte {user} sur {authority} est oublié."
            ),
            "gone",
        ),
        Forgotten::Nothing => (
            say!(
                "No password of {user} on {authority} was kept.",
                "Aucun mot de passe du compte {user} sur {authority} n'était gardé."
            ),
            "nothing",
        ),
        Forgotten::Unconfirmed => (
            say!(
                "The password of {user} on {authority} is no longer used, but the system's keychain did not confirm that it deleted it: look there for an entry named livebox-mcp.",
                "Le mot de passe du compte {user} sur {authority} ne sert plus, mais le trousseau du système n'a pas confirmé sa suppression : cherchez-y une entrée nommée livebox-mcp."
            ),
            "unconfirmed",
        ),
    };
    tell(matches, lang, &message, &json!({ "host": authority, "user": user, "forgotten": word }));
    Ok(())
}

fn tell(matches: &ArgMatches, lang: Lang, message: &Message, json: &serde_json::Value) {
    if matches.get_flag(&global_id("json")) {
        terminal::print(&format!("{json:#}"));
    } else {
        terminal::print(message.text(lang));
    }
}

fn vault(settings: &Settings) -> Result<&Vault, ToolError> {
    settings.vault.as_ref().ok_or_else(|| {
        ToolError::Failed(say!(
            "This system names no folder for what programs keep: set LIVEBOX_MCP_STATE to one.",
            "Ce système n'indique aucun dossier pour ce que gardent les programmes : donnez-en un dans LIVEBOX_MCP_STATE."
        ))
    })
}

fn ask_host(settings: &Settings, lang: Lang) -> Result<String, ToolError> {
    let usual = settings.host();
    let typed =
        terminal::line(say!("Address of the box [{usual}]", "Adresse de la box [{usual}]").text(lang))?;
    let typed = typed.trim();
    Ok(if typed.is_empty() { usual } else { typed }.to_owned())
}

/// A box at another address than the settings say is only found again where they name it.
fn tell_host(host: &str, lang: Lang) {
    let file = config::file_path().map(|path| path.display().to_string()).unwrap_or_default();
    let message = say!(
        "To use this box from now on, write this line in {file} (or set LIVEBOX_HOST):\n  host = \"{host}\"",
        "Pour utiliser désormais cette box, écrivez cette ligne dans {file} (ou définissez LIVEBOX_HOST) :\n  host = \"{host}\""
    );
    terminal::tell(message.text(lang));
}
