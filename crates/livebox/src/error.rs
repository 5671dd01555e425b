//! Why a tool gave no answer, in words that say what to do next.

use sysbus::{Error as BoxFault, Impostor, NoAnswer, within_quotes};

use crate::{
    lang::{Lang, Message},
    say,
};

/// Why a tool gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ToolError {
    /// An argument that can be right on no box: malformed, out of range, unknown.
    #[error("{}", .0.text(Lang::En))]
    Arguments(Message),
    /// The box's state rules it out: nothing of that name, an ambiguous name, an address in use.
    #[error("{}", .0.text(Lang::En))]
    Conflict(Message),
    /// Not permitted by the owner's settings.
    #[error("{}", .0.text(Lang::En))]
    NotPermitted(Message),
    /// Nobody agreed to it; nothing was sent.
    #[error("{}", .0.text(Lang::En))]
    NotConsented(Message),
    /// The box is no longer as it was when this was decided; nothing was sent.
    #[error("{}", .0.text(Lang::En))]
    Drift(Message),
    /// This box cannot do it; the message names an alternative where one exists.
    #[error("{}", .0.text(Lang::En))]
    Unavailable(Message),
    /// It was tried and did not work.
    #[error("{}", .0.text(Lang::En))]
    Failed(Message),
    /// A change was sent and we cannot tell whether it took effect.
    #[error("{}", .0.text(Lang::En))]
    Unknown(Message),
    /// Something between us and the box.
    #[error(transparent)]
    Box(#[from] BoxFault),
    /// Something about kept secrets.
    #[error(transparent)]
    Kept(#[from] vault::Error),
}

impl ToolError {
    /// Short stable word for the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Arguments(_) => "arguments",
            Self::Conflict(_) => "conflict",
            Self::NotPermitted(_) => "not_permitted",
            Self::NotConsented(_) => "not_consented",
            Self::Drift(_) => "drift",
            Self::Unavailable(_) => "unavailable",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "outcome_unknown",
            Self::Kept(_) => "secret_store",
            Self::Box(fault) => match fault {
                BoxFault::PasswordStore(_) => "secret_store",
                BoxFault::BadAddress(_) => "bad_address",
                BoxFault::LocalFile(_) => "local_file",
                BoxFault::Unreachable { .. } => "unreachable",
                BoxFault::NotALivebox { .. } => "not_a_livebox",
                BoxFault::NoPassword => "no_password",
                BoxFault::PasswordRefused { .. } => "password_refused",
                BoxFault::LockedOut { .. } => "locked_out",
                BoxFault::SessionNotEffective => "session_not_effective",
                BoxFault::SessionEnded { .. } => "session_ended",
                BoxFault::Absent { .. } => "absent",
                BoxFault::Denied { .. } => "denied",
                BoxFault::Refused { .. } => "refused",
                BoxFault::Busy { .. } => "busy",
                BoxFault::NoAnswer { .. } => "no_answer",
                BoxFault::NotUnderstood { .. } => "not_understood",
            },
        }
    }

    /// Exit code of the command line (design section 2).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments(_) => 2,
            Self::NotPermitted(_) | Self::NotConsented(_) | Self::Drift(_) => 6,
            Self::Unavailable(_) => 5,
            Self::Conflict(_) | Self::Failed(_) | Self::Unknown(_) | Self::Kept(_) => 1,
            Self::Box(fault) => match fault {
                BoxFault::BadAddress(_) | BoxFault::LocalFile(_) => 2,
                BoxFault::Unreachable { .. }
                | BoxFault::NotALivebox { .. }
                | BoxFault::Busy { .. }
                | BoxFault::SessionEnded { .. }
                | BoxFault::NoAnswer { .. } => 3,
                BoxFault::NoPassword
                | BoxFault::PasswordStore(_)
                | BoxFault::PasswordRefused { .. }
                | BoxFault::LockedOut { .. }
                | BoxFault::SessionNotEffective => 4,
                BoxFault::Absent { .. } | BoxFault::Denied { .. } => 5,
                BoxFault::Refused { .. } | BoxFault::NotUnderstood { .. } => 1,
            },
        }
    }

    /// For a change that this box does not offer to programs: most of it can still be done on its own page.
    pub(crate) fn not_from_here(fault: &BoxFault, host: &str) -> Self {
        let message = explain(fault);
        let (english, french) = (message.text(Lang::En), message.text(Lang::Fr));
        Self::Unavailable(say!(
            "{english} The box's own page, http://{host}, may offer it.",
            "{french} La page de la box, http://{host}, le propose peut-être."
        ))
    }

    /// What happened and what to do next, for people and models.
    pub fn message(&self) -> Message {
        match self {
            Self::Arguments(message)
            | Self::Conflict(message)
            | Self::NotPermitted(message)
            | Self::NotConsented(message)
            | Self::Drift(message)
            | Self::Unavailable(message)
            | Self::Failed(message)
            | Self::Unknown(message) => message.clone(),
            Self::Box(fault) => explain(fault),
            Self::Kept(error) => crate::kept::explain(error),
        }
    }
}

/// A box fault in words.
fn explain(fault: &BoxFault) -> Message {
    match fault {
        BoxFault::BadAddress(problem) => {
            let french = in_french(problem);
            say!(
                "The box's address is not usable: {problem}. Give a name, an IP address, host:port or an http(s) URL in LIVEBOX_HOST or --host.",
                "L'adresse de la Livebox n'est pas utilisable : {french}. Donnez un nom, une adresse IP, hôte:port ou une URL http(s) dans LIVEBOX_HOST ou --host."
            )
        }
        BoxFault::LocalFile(problem) => {
            let french = in_french(problem);
            say!(
                "Something on this computer is not usable: {problem}. Check the path, and that you may read it.",
                "Quelque chose n'est pas utilisable sur cet ordinateur : {french}. Vérifiez le chemin et que vous pouvez le lire."
            )
        }
        BoxFault::Unreachable { host, reason } => unreachable_box(host, *reason),
        BoxFault::NotALivebox { host, seems } => impostor(host, *seems),
        BoxFault::NoPassword => say!(
            "No password yet for this box, or its file is empty. Run `livebox-mcp login` in a terminal: it asks for the box's admin password (by default the first 8 characters of the Wi-Fi key on its label), tests it and keeps it safely. Or put it in LIVEBOX_PASSWORD, or its file's path in LIVEBOX_PASSWORD_FILE.",
            "Pas encore de mot de passe pour cette box, ou son fichier est vide. Lancez `livebox-mcp login` dans un terminal : le mot de passe administrateur de la box y est demandé (par défaut les 8 premiers caractères de la clé Wi-Fi de l'étiquette), essayé et gardé en sûreté. Sinon, mettez-le dans LIVEBOX_PASSWORD, ou le chemin de son fichier dans LIVEBOX_PASSWORD_FILE."
        ),
        BoxFault::PasswordStore(cause) => match cause.downcast_ref::<vault::Error>() {
            Some(error) => crate::kept::explain(error),
            None => say!(
                "The box's password could not be looked up: {cause}.",
                "Le mot de passe de la box n'a pas pu être retrouvé : {cause}."
            ),
        },
        BoxFault::PasswordRefused { remembered: false } => say!(
            "The box refused the password; it was tried once and will not be tried again. It is the password of the box's web page, by default the first 8 characters of the Wi-Fi key on the label: give the right one with `livebox-mcp login`, or in LIVEBOX_PASSWORD or the password file where you use these.",
            "La box a refusé le mot de passe ; il a été essayé une fois et ne le sera plus. C'est le mot de passe de la page web de la box, par défaut les 8 premiers caractères de la clé Wi-Fi de l'étiquette : donnez le bon avec `livebox-mcp login`, ou dans LIVEBOX_PASSWORD ou le fichier du mot de passe si vous vous en servez."
        ),
        BoxFault::PasswordRefused { remembered: true } => say!(
            "The box refused this same password earlier, so it was not tried again (repeated refusals lock the box). Give the right one with `livebox-mcp login` (or in LIVEBOX_PASSWORD); if this one is right now, run `livebox-mcp box show` once in a terminal.",
            "La box a déjà refusé ce même mot de passe : il n'a pas été réessayé (des refus répétés verrouillent la box). Donnez le bon avec `livebox-mcp login` (ou dans LIVEBOX_PASSWORD) ; si celui-ci est bon désormais, lancez une fois `livebox-mcp box show` dans un terminal."
        ),
        BoxFault::LockedOut { wait } => {
            let seconds = wait.as_secs().max(1);
            say!(
                "Too many wrong passwords: the box accepts no login for another {seconds} s. Wait, then check the password before trying again.",
                "Trop de mots de passe faux : la box refuse toute connexion pendant encore {seconds} s. Attendez, puis vérifiez le mot de passe avant de réessayer."
            )
        }
        BoxFault::SessionNotEffective => say!(
            "The box accepted the login but still treats us as a visitor: something between us and the box drops its cookie. Connect to the box directly, without a proxy.",
            "La box a accepté la connexion mais nous traite toujours en visiteur : un intermédiaire supprime son cookie. Connectez-vous directement à la box, sans proxy."
        ),
        BoxFault::Absent { call } => say!(
            "This box does not have that ({call} is absent here).",
            "Cette box n'a pas cette fonction ({call} est absent ici)."
        ),
        BoxFault::Denied { call } => say!(
            "This box's firmware denies that to its administrator ({call}).",
            "Le logiciel de cette box refuse cela à son administrateur ({call})."
        ),
        BoxFault::Refused { call, errors } => {
            let said = errors.iter().map(quoted).collect::<Vec<_>>().join("; ");
            say!("The box refused {call}: {said}.", "La box a refusé {call} : {said}.")
        }
        BoxFault::SessionEnded { call } => say!(
            "The session on the box had just ended: {call} was not carried out. Make the same call again.",
            "La session sur la box venait de se terminer : {call} n'a pas été exécuté. Refaites le même appel."
        ),
        BoxFault::Busy { call } => say!(
            "The box is busy or rebooting ({call}). Try again in a minute or two.",
            "La box est occupée ou redémarre ({call}). Réessayez dans une minute ou deux."
        ),
        BoxFault::NoAnswer { call, reason: NoAnswer::Timeout } => say!(
            "The box did not answer {call} in time. It may be overloaded or rebooting: try again in a minute.",
            "La box n'a pas répondu à temps à {call}. Elle est peut-être surchargée ou redémarre : réessayez dans une minute."
        ),
        BoxFault::NoAnswer { call, .. } => say!(
            "The connection to the box was lost during {call}. It may be rebooting: try again in a minute or two.",
            "La connexion à la box a été perdue pendant {call}. Elle redémarre peut-être : réessayez dans une minute ou deux."
        ),
        BoxFault::NotUnderstood { call, path, problem } => {
            let (path, french) = (within_quotes(path), in_french(problem));
            say!(
                "The box's answer to {call} was not understood at `{path}`: {problem}. Please report it with the box's model and firmware (`livebox-mcp box show`).",
                "La réponse de la box à {call} n'a pas été comprise à « {path} » : {french}. Merci de le signaler avec le modèle et le logiciel de la box (`livebox-mcp box show`)."
            )
        }
    }
}

/// What the box says of a refusal; whom it blames may have a name that somebody made up.
fn quoted(error: &sysbus::BoxError) -> String {
    let sysbus::BoxError { code, description, info } = error;
    let info = if info.is_empty() { String::new() } else { format!(", \"{}\"", within_quotes(info)) };
    format!("{description} (error {code}{info})")
}

/// What `sysbus` says is wrong, which it says in English, as far as its words are known.
fn in_french(problem: &str) -> String {
    const WORDS: [(&str, &str); 32] = [
        ("another value than expected", "une autre valeur que prévu"),
        ("another value", "une autre valeur"),
        ("the value is not accepted", "la valeur n'est pas admise"),
        ("a boolean, ", "un booléen, "),
        ("an integer, ", "un nombre entier, "),
        ("a fraction, ", "un nombre à virgule, "),
        ("a text, ", "un texte, "),
        ("an object, ", "un objet, "),
        ("a list, ", "une liste, "),
        (", expected ", ", attendu : "),
        ("it is empty", "elle est vide"),
        ("it must not hold a user name or a password", "elle ne doit contenir ni nom ni mot de passe"),
        ("it holds a character that no address holds", "elle contient un caractère interdit"),
        (
            "IPv6 zones (%eth0) are not supported; use an address without zone",
            "une zone IPv6 (%eth0) n'est pas admise",
        ),
        ("a host, host:port or http(s) URL is expected", "un nom, hôte:port ou une URL est attendu"),
        ("only http and https are supported", "seuls http et https sont admis"),
        ("nothing may follow the host and port", "rien ne doit suivre le nom et le port"),
        ("the port must be between 1 and 65535", "le port va de 1 à 65535"),
        ("invalid port number", "le port va de 1 à 65535"),
        ("invalid IPv4 address", "adresse IPv4 incorrecte"),
        ("invalid IPv6 address", "adresse IPv6 incorrecte"),
        ("empty host", "le nom est vide"),
        ("password file", "fichier du mot de passe"),
        ("certificate file", "fichier de certificats"),
        ("it is not UTF-8 text", "ce n'est pas du texte UTF-8"),
        ("No such file or directory", "fichier introuvable"),
        ("Permission denied", "lecture non permise"),
        ("Is a directory", "c'est un dossier"),
        ("it holds no certificate", "aucun certificat n'y est"),
        ("I/O error: ", ""),
        ("it ends in the middle", "elle est coupée"),
        ("it is not JSON", "ce n'est pas du JSON"),
    ];
    // What was expected comes last.
    const EXPECTED: [(&str, &str); 5] = [
        (": a text", ": un texte"),
        (": a whole number", ": un nombre entier"),
        (": a truth value", ": vrai ou faux"),
        (": an object", ": un objet"),
        (": a list", ": une liste"),
    ];
    let swap = |text: String, (english, french): &(&str, &str)| text.replace(english, french);
    EXPECTED.iter().fold(WORDS.iter().fold(problem.to_owned(), swap), swap)
}

fn unreachable_box(host: &str, reason: NoAnswer) -> Message {
    match reason {
        NoAnswer::UnknownName => say!(
            "The name {host} is unknown on this network. Try LIVEBOX_HOST=192.168.1.1, the usual address of the box.",
            "Le nom {host} est inconnu sur ce réseau. Essayez LIVEBOX_HOST=192.168.1.1, l'adresse habituelle de la box."
        ),
        NoAnswer::Refused => say!(
            "Nothing answers at {host}: wrong address or port, or the box is starting. The usual address is 192.168.1.1 (LIVEBOX_HOST or --host).",
            "Rien ne répond à {host} : adresse ou port erroné, ou la box démarre. L'adresse habituelle est 192.168.1.1 (LIVEBOX_HOST ou --host)."
        ),
        NoAnswer::Tls => say!(
            "No secure connection to {host}: its certificate is not trusted (unknown authority, another name, expired) or it does not speak https. Give its authority with --ca-file, use http, or accept any certificate with --insecure.",
            "Pas de connexion sécurisée avec {host} : certificat non reconnu (autorité inconnue, autre nom, périmé) ou https absent. Donnez son autorité avec --ca-file, utilisez http, ou acceptez tout certificat avec --insecure."
        ),
        NoAnswer::Closed => say!(
            "{host} closed the connection without an answer: the box is rebooting, or refuses that name. Try its address, usually 192.168.1.1.",
            "{host} a fermé la connexion sans répondre : la box redémarre, ou refuse ce nom. Essayez son adresse, d'habitude 192.168.1.1."
        ),
        NoAnswer::Timeout => say!(
            "{host} takes the connection but does not answer: it is overloaded or starting, or is no Livebox. The usual address is 192.168.1.1 (LIVEBOX_HOST or --host).",
            "{host} accepte la connexion mais ne répond pas : surcharge, démarrage, ou ce n'est pas une Livebox. L'adresse habituelle est 192.168.1.1 (LIVEBOX_HOST ou --host)."
        ),
        NoAnswer::NoConnection => say!(
            "No answer from {host}. Are you connected to the box's network? The usual address is 192.168.1.1 (LIVEBOX_HOST or --host).",
            "Pas de réponse de {host}. Êtes-vous connecté au réseau de la box ? L'adresse habituelle est 192.168.1.1 (LIVEBOX_HOST ou --host)."
        ),
    }
}

fn impostor(host: &str, seems: Impostor) -> Message {
    match seems {
        Impostor::OrangeSpain => say!(
            "{host} seems to be an Orange Spain box, which speaks another protocol (REST under /API): livebox-mcp cannot manage it.",
            "{host} semble être une box d'Orange Espagne, qui parle un autre protocole (REST sous /API) : livebox-mcp ne peut pas la gérer."
        ),
        Impostor::OldPro => say!(
            "{host} seems to be an old Livebox Pro (v3 or v4), which speaks another protocol (cgi/json-req): livebox-mcp cannot manage it.",
            "{host} semble être une ancienne Livebox Pro (v3 ou v4), qui parle un autre protocole (cgi/json-req) : livebox-mcp ne peut pas la gérer."
        ),
        Impostor::WebPage => say!(
            "{host} answers with a web page: it is not a Livebox. Check LIVEBOX_HOST or --host; the usual address is 192.168.1.1.",
            "{host} répond par une page web : ce n'est pas une Livebox. Vérifiez LIVEBOX_HOST ou --host ; l'adresse habituelle est 192.168.1.1."
        ),
        Impostor::NotFound => say!(
            "{host} is a web server without the Livebox interface (/ws not found): it is not a Livebox. Check LIVEBOX_HOST or --host.",
            "{host} est un serveur web sans l'interface Livebox (/ws introuvable) : ce n'est pas une Livebox. Vérifiez LIVEBOX_HOST ou --host."
        ),
        Impostor::Other => say!(
            "{host} answers, but not like a Livebox. Check LIVEBOX_HOST or --host; the usual address is 192.168.1.1.",
            "{host} répond, mais pas comme une Livebox. Vérifiez LIVEBOX_HOST ou --host ; l'adresse habituelle est 192.168.1.1."
        ),
    }
}
