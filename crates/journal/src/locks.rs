//! Locks between the processes of one user. The system releases them when their holder dies.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::Error;
use crate::{Journal, private};

/// Holds a lock until it is dropped, or its process ends in whatever way.
#[derive(Debug)]
#[must_use]
pub struct Lock {
    _file: File,
}

impl Journal {
    /// Takes the right to change the box: one change at a time among all processes and threads of the user.
    ///
    /// `None` while another one has it.
    pub fn try_lock_changes(&self) -> Result<Option<Lock>, Error> {
        try_lock(&self.folder.join("changes.lock"))
    }

    /// Takes the duty to watch a guard. `None` while another process watches, or when the guard has ended.
    pub fn try_lock_guard(&self, id: i64) -> Result<Option<Lock>, Error> {
        let lock = try_lock(&self.guard_lock(id))?;
        // Its file is removed when the guard ends, so that two processes may hold locks of the same name, on
        // a file that is gone and on a new one; but then the guard has ended, and neither may watch.
        let pending = self.entry(id)?.and_then(|entry| entry.guard).is_some_and(|guard| guard.is_pending());
        if lock.is_some() && !pending {
            self.remove_guard_lock(id);
            return Ok(None);
        }
        Ok(lock)
    }

    /// Best effort: a file that stays is harmless, and the next pruning tries again.
    pub(crate) fn remove_guard_lock(&self, id: i64) {
        let _ = std::fs::remove_file(self.guard_lock(id));
    }

    /// Removes the lock files of guards that are over.
    pub(crate) fn remove_stale_guard_locks(&self, pending: &[i64]) {
        let Ok(files) = std::fs::read_dir(&self.folder) else { return };
        for file in files.flatten() {
            let name = file.file_name();
            let id = name
                .to_str()
                .and_then(|name| name.strip_prefix("guard-")?.strip_suffix(".lock")?.parse().ok());
            if let Some(id) = id.filter(|id| !pending.contains(id)) {
                self.remove_guard_lock(id);
            }
        }
    }

    fn guard_lock(&self, id: i64) -> std::path::PathBuf {
        self.folder.join(format!("guard-{id}.lock"))
    }
}

fn try_lock(path: &Path) -> Result<Option<Lock>, Error> {
    let file = private::open_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(Error::from_io(path, source)),
    }
}
