//! What may go wrong with kept secrets, in words that say what to do next.

use vault::{Error, KeychainError};

use crate::{lang::Message, say};

/// An error of the vault in words.
pub(crate) fn explain(error: &Error) -> Message {
    match error {
        Error::Io { path, problem } => {
            let path = path.display();
            say!(
                "{path} cannot be used: {problem}. Check that the disk is not full and that you may write there; LIVEBOX_MCP_STATE names another folder.",
                "{path} est inutilisable : {problem}. Vérifiez que le disque n'est pas plein et que vous pouvez y écrire ; LIVEBOX_MCP_STATE désigne un autre dossier."
            )
        }
        Error::Damaged { path } => {
            let path = path.display();
            say!(
                "{path} is damaged: the secret it held cannot be read any more. Delete the file, and give the secret again (`livebox-mcp login` for the box's password).",
                "{path} est abîmé : le secret qu'il contenait n'est plus lisible. Supprimez ce fichier, puis redonnez le secret (`livebox-mcp login` pour le mot de passe de la box)."
            )
        }
        Error::Foreign { path, owner } => {
            let path = path.display();
            say!(
                "{path} belongs to another user (number {owner}), so it is not believed. Was a command run with sudo? Give it back with `sudo chown`, or delete it.",
                "{path} appartient à un autre utilisateur (numéro {owner}) : son contenu n'est pas pris en compte. Une commande a-t-elle été lancée avec sudo ? Rendez-le avec `sudo chown`, ou supprimez-le."
            )
        }
        Error::Exposed { path, mode } => {
            let path = path.display();
            say!(
                "{path} may be read by other users of this computer (mode {mode:o}). Run `chmod 600` on it; if you share the computer, also change the secret it held.",
                "{path} est lisible par d'autres utilisateurs de cet ordinateur (mode {mode:o}). Appliquez-lui `chmod 600` ; si vous partagez l'ordinateur, changez aussi le secret qu'il contenait."
            )
        }
        Error::Keychain(problem) => keychain(problem),
        Error::NoRandom => {
            say!("The system gives no random numbers.", "Le système ne fournit pas de nombres aléatoires.")
        }
        Error::Length(length) => say!(
            "A Wi-Fi key has 8 to 63 characters, not {length}.",
            "Une clé Wi-Fi a 8 à 63 caractères, pas {length}."
        ),
    }
}

fn keychain(problem: &KeychainError) -> Message {
    match problem {
        KeychainError::Absent => say!(
            "That secret is in the system's keychain, which cannot be reached from here (no desktop session, or keychain = false). Run this in your desktop session, or give the secret again (`livebox-mcp login` for the box's password).",
            "Ce secret est dans le trousseau du système, inaccessible d'ici (pas de session de bureau, ou keychain = false). Lancez ceci dans votre session de bureau, ou redonnez le secret (`livebox-mcp login` pour le mot de passe de la box)."
        ),
        KeychainError::TimedOut(limit) => {
            let seconds = limit.as_secs();
            say!(
                "The system's keychain did not answer within {seconds} s: it may be waiting for you to unlock it. Unlock it, then try again.",
                "Le trousseau du système n'a pas répondu en {seconds} s : il attend peut-être que vous le déverrouilliez. Déverrouillez-le, puis réessayez."
            )
        }
        KeychainError::Lacks => say!(
            "The system's keychain does not give that secret: it is locked, or the livebox-mcp entry was removed. Unlock it and try again, or give the secret again (`livebox-mcp login` for the box's password).",
            "Le trousseau du système ne donne pas ce secret : il est verrouillé, ou l'entrée livebox-mcp a été supprimée. Déverrouillez-le et réessayez, ou redonnez le secret (`livebox-mcp login` pour le mot de passe de la box)."
        ),
        KeychainError::Refused(reason) => {
            say!("The system's keychain refused: {reason}.", "Le trousseau du système a refusé : {reason}.")
        }
    }
}
