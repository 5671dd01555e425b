//! Guards: what watches a change that may cut the caller off.

use jiff::Timestamp;
use rusqlite::{Transaction, named_params};

use crate::Journal;
use crate::error::{Error, Fault};
use crate::model::{Entry, Guard, GuardState, Text};
use crate::row::{self, to_json};

impl Guard {
    /// Whether it still watches.
    pub fn is_pending(&self) -> bool {
        self.state == GuardState::Pending
    }
}

impl Journal {
    /// The entries that a guard still watches, oldest first. A restarted process takes them up again.
    pub fn guards_pending(&self) -> Result<Vec<Entry>, Error> {
        let sql = "SELECT * FROM entry WHERE guard_state = 'pending' ORDER BY id";
        self.read(|transaction| row::entries(transaction, sql, &[]))
    }

    /// Moves the time by which a pending guard must have passed, as when sending took its time.
    pub fn postpone_guard(&self, id: i64, until: Timestamp) -> Result<bool, Error> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE entry SET guard_until = ?2 WHERE id = ?1 AND guard_state = 'pending'",
                [id, until.as_microsecond()],
            )?;
            Ok(changed == 1)
        })
    }

    /// A person keeps a change before its guard ends. False when no guard watches it.
    pub fn keep_guard(&self, id: i64, at: Timestamp) -> Result<bool, Error> {
        self.end_guard(id, GuardState::Kept, at, None)
    }

    /// Ends a guard, for exactly one caller among all processes. False when it had ended, or never was.
    pub fn end_guard(
        &self,
        id: i64,
        state: GuardState,
        at: Timestamp,
        note: Option<&Text>,
    ) -> Result<bool, Error> {
        let ended = self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE entry SET guard_state = :state, guard_ended_at = :at, guard_note = :note
                     WHERE id = :id AND guard_state = 'pending'",
                named_params! {
                    ":id": id,
                    ":state": state.word(),
                    ":at": at.as_microsecond(),
                    ":note": note.map(to_json),
                },
            )?;
            Ok(changed == 1)
        })?;
        if ended && state != GuardState::Pending {
            self.remove_guard_lock(id);
        }
        Ok(ended)
    }
}

pub(crate) fn pending_guard_ids(transaction: &Transaction<'_>) -> Result<Vec<i64>, Fault> {
    let mut statement = transaction.prepare("SELECT id FROM entry WHERE guard_state = 'pending'")?;
    let ids = statement.query_map([], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}
