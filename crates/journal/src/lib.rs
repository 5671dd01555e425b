//! Remembers what was changed, who allowed it and how to take it back, in one `SQLite` file.
//!
//! The journal knows no router and no tool: it keeps texts, times and JSON. A change is written down twice,
//! each time on the disk before the call returns: [`Journal::begin`] before anything is sent, and
//! [`Journal::finish`] when its outcome is known. What lies between two records after a crash shows as
//! [`Outcome::Pending`] and is found by [`Journal::unsettled`].
//!
//! ```no_run
//! # fn demo(draft: &journal::Draft, end: &journal::Finish) -> Result<(), journal::Error> {
//! let journal = journal::Journal::open(std::path::Path::new("/home/me/.local/state/livebox-mcp"))?;
//! if let Some(_one_at_a_time) = journal.try_lock_changes()? {
//!     let id = journal.begin(draft)?; // on the disk
//!     // … send, read back …
//!     journal.finish(id, end)?; // on the disk
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Beside the entries it keeps what several processes must agree on: approvals that a person gives at a
//! terminal, seals that were used, guards that watch a change, and locks that the system releases when their
//! holder dies. Every method is safe to call from several threads and processes at once. Files belong to
//! their owner alone (0600, folders created here 0700), whatever the umask says.

mod approvals;
mod entries;
mod error;
mod guards;
mod locks;
mod model;
mod private;
mod row;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

pub use crate::approvals::{ENDED_KEPT, OPEN_MAX, OPEN_MAX_OF_CLIENT};
pub use crate::entries::UNREADABLE;
pub use crate::error::Error;
use crate::error::Fault;
pub use crate::locks::Lock;
pub use crate::model::{
    Approval, ApprovalDraft, ApprovalState, Client, Draft, Entry, Failure, Filter, Finish, Guard, GuardDraft,
    GuardState, Listing, Outcome, Text, Undo,
};

/// Name of the file within the journal's folder; `SQLite` adds `-wal` and `-shm` beside it.
pub const FILE: &str = "journal.db";

/// The durable record of changes of one user, shared by all their processes.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: PathBuf,
    connection: Mutex<Connection>,
}

impl Journal {
    /// Opens the journal of a folder, and creates folder and file where they are missing.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        private::create_folder(folder)?;
        let _opening = opening();
        let file = folder.join(FILE);
        private::create_file(&file)?;
        Self::connect(folder, file)
    }

    /// Opens the journal of a folder if there is one; creates nothing where there is none.
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, Error> {
        let _opening = opening();
        let file = folder.join(FILE);
        match file.try_exists() {
            Ok(true) => {
                private::create_file(&file)?;
                Self::connect(folder, file).map(Some)
            }
            Ok(false) => Ok(None),
            Err(source) => Err(Error::Folder { path: file, source }),
        }
    }

    fn connect(folder: &Path, file: PathBuf) -> Result<Self, Error> {
        let connection = schema::connect(folder, &file)?;
        Ok(Self { folder: folder.to_owned(), file, connection: Mutex::new(connection) })
    }

    /// Where the journal is kept.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Marks a nonce as used: true for exactly one caller among all processes, false for every other.
    ///
    /// It is remembered until `forget_after`, from when whoever sealed it must refuse it for its age.
    pub fn use_once(&self, nonce: &str, forget_after: Timestamp, now: Timestamp) -> Result<bool, Error> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM seal WHERE forget_after < ?1", [now.as_microsecond()])?;
            let won = transaction.execute(
                "INSERT OR IGNORE INTO seal (nonce, forget_after) VALUES (?1, ?2)",
                params![nonce, forget_after.as_microsecond()],
            )?;
            Ok(won == 1)
        })
    }

    /// Runs statements in a transaction that holds the write lock from its start, so that what is read in it
    /// is still true when it is written.
    fn write<T>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, Error> {
        self.transact(TransactionBehavior::Immediate, run)
    }

    /// Runs questions that see one state of the file.
    fn read<T>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, Error> {
        self.transact(TransactionBehavior::Deferred, run)
    }

    fn transact<T>(
        &self,
        behavior: TransactionBehavior,
        run: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        // A panic of another thread left no half transaction behind: dropping one rolls it back.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transact = || {
            let transaction = connection.transaction_with_behavior(behavior)?;
            let value = run(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        transact().map_err(|fault: Fault| fault.at(&self.file))
    }
}

/// One thread at a time creates or opens a file. The locks of `SQLite` on Unix belong to a process, and
/// closing the descriptor of a file that was just created would release those of another thread.
fn opening() -> MutexGuard<'static, ()> {
    static OPENING: Mutex<()> = Mutex::new(());
    OPENING.lock().unwrap_or_else(PoisonError::into_inner)
}
