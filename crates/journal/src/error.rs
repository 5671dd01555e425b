//! What can go wrong, said so that a person can act on it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::model::{Outcome, Text};

/// Why the journal could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder or a file in it cannot be created or reached.
    #[error("{} cannot be created or opened: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be written to: read-only file, folder or disk.
    #[error("{} is not writable", path.display())]
    NotWritable {
        /// Which.
        path: PathBuf,
    },
    /// No room is left.
    #[error("the disk that holds {} is full", path.display())]
    DiskFull {
        /// Which file.
        path: PathBuf,
    },
    /// Another process kept it locked for too long.
    #[error("{} is kept locked by another program", path.display())]
    Busy {
        /// Which file.
        path: PathBuf,
    },
    /// A newer version of the program wrote the file; this one must not touch it.
    #[error("{} was written by a newer version (format {found}, this program knows {known})", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The file is damaged, or no journal.
    #[error("{} is damaged or not a journal: {what}", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// Where, and what is wrong.
        what: String,
    },
    /// Anything else that `SQLite` or the system reports.
    #[error("{} cannot be used: {what}", path.display())]
    Other {
        /// Which file.
        path: PathBuf,
        /// What it says.
        what: String,
    },
    /// There is no entry of this number, or no longer.
    #[error("the journal has no entry {id}")]
    NoSuchEntry {
        /// Which.
        id: i64,
    },
    /// The outcome of an entry is known already.
    #[error("entry {id} is already settled: {}", outcome.word())]
    Settled {
        /// Which.
        id: i64,
        /// As it stands.
        outcome: Outcome,
    },
    /// Too many plans wait for a person already.
    #[error("{open} plans already wait for an approval")]
    TooManyApprovals {
        /// How many.
        open: u32,
    },
}

impl Error {
    /// The same in both languages.
    pub fn text(&self) -> Text {
        let french = match self {
            Self::Folder { path, source } => {
                format!("{} ne peut être ni créé ni ouvert : {source}", path.display())
            }
            Self::NotWritable { path } => format!("il n’est pas possible d’écrire dans {}", path.display()),
            Self::DiskFull { path } => format!("le disque qui contient {} est plein", path.display()),
            Self::Busy { path } => format!("{} est verrouillé par un autre programme", path.display()),
            Self::Newer { path, found, known } => format!(
                "{} a été écrit par une version plus récente (format {found}, ce programme connaît {known})",
                path.display()
            ),
            Self::Corrupt { path, what } => {
                format!("{} est endommagé ou n’est pas un journal : {what}", path.display())
            }
            Self::Other { path, what } => format!("{} n’est pas utilisable : {what}", path.display()),
            Self::NoSuchEntry { id } => format!("le journal n’a pas d’entrée {id}"),
            Self::Settled { id, .. } => format!("l’issue de l’entrée {id} est déjà connue"),
            Self::TooManyApprovals { open } => format!("{open} plans attendent déjà une approbation"),
        };
        Text::new(self.to_string(), french)
    }

    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path },
            _ => Self::Folder { path, source },
        }
    }

    fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let what = error.to_string();
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt { path, what },
            // No room for the file of shared memory that goes with the write-ahead log.
            _ if extended_code(error) == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => Self::DiskFull { path },
            // From SQLite's own JSON functions, which a search uses.
            _ if what.starts_with("malformed JSON") => Self::Corrupt { path, what },
            _ => match error.sqlite_error_code() {
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                    Self::NotWritable { path }
                }
                Some(ErrorCode::DiskFull) => Self::DiskFull { path },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { path, what },
                _ => Self::Other { path, what: format!("{what} ({})", extended_code(error)) },
            },
        }
    }
}

/// The number by which `SQLite` says which of many input/output errors it was; 0 when it is none of them.
fn extended_code(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

/// An error on its way out, before the file's name is added.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Ours.
    Known(Error),
    /// Of `SQLite`.
    Sqlite(rusqlite::Error),
    /// A row that means nothing, and which one it is.
    Row(String, rusqlite::Error),
}

impl Fault {
    pub(crate) fn at(self, file: &Path) -> Error {
        match self {
            Self::Known(error) => error,
            Self::Sqlite(error) => Error::from_sqlite(file, &error),
            Self::Row(name, error) => {
                Error::Corrupt { path: file.to_owned(), what: format!("{name}: {error}") }
            }
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Known(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
