//! What can go wrong with kept secrets. Each variant says what its owner can do; surfaces put it into their
//! language from these facts. None holds a secret.

use std::{io, path::PathBuf, time::Duration};

/// What can go wrong with kept secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written: its disk is full or read-only, or its rights forbid it.
    #[error("{}: {problem}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
    /// A file is not as this program wrote it: cut, edited, or sealed with another key. What it held is lost; it may
    /// be deleted.
    #[error("{} is damaged: what it held cannot be read any more; delete it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder belongs to another user (written under `sudo`, say), so nothing it says is believed. Its
    /// ownership has to be given back (`chown`), or it has to be deleted.
    #[error("{} belongs to user {owner}, not to you: give it back with chown, or delete it", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// Number of the user who owns it.
        owner: u32,
    },
    /// Other users of the computer may read the file: its secret may be known. Its rights have to be taken back
    /// (`chmod 600`), and on a shared computer the secret changed.
    #[error("{} may be read by other users (mode {mode:o}): chmod 600, and change what it held", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What is asked for is in the keychain (itself, or the key that seals it), and the keychain does not give it.
    #[error("the keychain holds it and does not give it: {0}")]
    Keychain(#[from] KeychainError),
    /// The system gave no random numbers.
    #[error("the system gives no random numbers")]
    NoRandom,
    /// A length that no Wi-Fi key has.
    #[error("a Wi-Fi key has 8 to 63 characters, not {0}")]
    Length(usize),
}

/// Why a keychain did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// This computer has none, or none that this session can reach, or its owner switched its use off.
    #[error("there is no keychain here")]
    Absent,
    /// It did not answer in time: it may be waiting for its owner to unlock it.
    #[error("no answer within {} s; it may be waiting to be unlocked", .0.as_secs())]
    TimedOut(Duration),
    /// It answers, and does not have it: it is locked, or the entry was removed.
    #[error("it is locked, or the entry was removed from it")]
    Lacks,
    /// It refused, in the system's own words.
    #[error("{0}")]
    Refused(String),
}

/// An error about a path.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    move |error| Error::Io { path, problem: error.to_string() }
}
