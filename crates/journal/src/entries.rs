//! Entries: two records of each change, and questions about them.

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::ToSql;
use rusqlite::{OptionalExtension, Transaction, named_params, params};

use crate::Journal;
use crate::approvals::forget_approvals;
use crate::error::{Error, Fault};
use crate::guards::pending_guard_ids;
use crate::model::{Draft, Entry, Filter, Finish, Listing, Outcome, Undo};
use crate::row::{self, to_json};

/// In the error of a change of which nobody can find out what became of it, such as a raw call: it stays unknown.
pub const UNREADABLE: &str = "unreadable";

/// Of what still has to be found out.
const UNSETTLED: &str =
    "outcome IN ('pending', 'unknown') AND coalesce(error ->> 'kind', '') <> 'unreadable'";

/// Of what took effect.
const IN_FORCE: &str = "outcome IN ('applied', 'differs')";

impl Journal {
    /// Writes down what is about to be sent, and returns its number when that is on the disk.
    pub fn begin(&self, draft: &Draft) -> Result<i64, Error> {
        self.write(|transaction| {
            let depth = match draft.undoes {
                None => 0,
                Some(undone) => 1 + undo_depth(transaction, undone)?,
            };
            transaction.execute(
                "INSERT INTO entry (at, box_serial, tool, args, what, subject, before, wanted, calls,
                        plan_hash, undo, undoable, client, consent, undoes, undo_depth, outcome,
                        guard_limits, guard_until, guard_state)
                     VALUES (:at, :box_serial, :tool, :args, :what, :subject, :before, :wanted, :calls,
                        :plan_hash, :undo, :undoable, :client, :consent, :undoes, :undo_depth, 'pending',
                        :guard_limits, :guard_until, :guard_state)",
                named_params! {
                    ":at": draft.at.as_microsecond(),
                    ":box_serial": draft.box_serial,
                    ":tool": draft.tool,
                    ":args": to_json(&draft.args),
                    ":what": to_json(&draft.what),
                    ":subject": to_json(&draft.subject),
                    ":before": to_json(&draft.before),
                    ":wanted": to_json(&draft.wanted),
                    ":calls": to_json(&draft.calls),
                    ":plan_hash": draft.plan_hash,
                    ":undo": to_json(&draft.undo),
                    ":undoable": matches!(draft.undo, Undo::Call { .. }),
                    ":client": to_json(&draft.client),
                    ":consent": draft.consent,
                    ":undoes": draft.undoes,
                    ":undo_depth": depth,
                    ":guard_limits": draft.guard.as_ref().map(|guard| to_json(&guard.limits)),
                    ":guard_until": draft.guard.as_ref().map(|guard| guard.until.as_microsecond()),
                    ":guard_state": draft.guard.as_ref().map(|_| "pending"),
                },
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Writes down how a change went; it is on the disk when this returns.
    ///
    /// Only what is pending or unknown can be settled, and what is known is not unlearnt. A guard is not
    /// ended by it: see [`Journal::end_guard`].
    pub fn finish(&self, id: i64, end: &Finish) -> Result<(), Error> {
        self.write(|transaction| {
            let outcome = transaction
                .query_row("SELECT outcome FROM entry WHERE id = ?1", [id], |row| row.get::<_, Outcome>(0))
                .optional()?
                .ok_or(Error::NoSuchEntry { id })?;
            if !outcome.is_unsettled() {
                return Err(Error::Settled { id, outcome }.into());
            }
            transaction.execute(
                "UPDATE entry SET outcome = :outcome, ended_at = :at, after = :after, differs = :differs,
                        error = :error WHERE id = :id",
                named_params! {
                    ":id": id,
                    ":outcome": end.outcome.word(),
                    ":at": end.at.as_microsecond(),
                    ":after": to_json(&end.after),
                    ":differs": to_json(&end.differs),
                    ":error": end.error.as_ref().map(to_json),
                },
            )?;
            if end.outcome.took_effect() { settle_undone(transaction, id) } else { Ok(()) }
        })
    }

    /// One entry.
    pub fn entry(&self, id: i64) -> Result<Option<Entry>, Error> {
        self.read(|transaction| {
            Ok(row::entries(transaction, "SELECT * FROM entry WHERE id = :id", &[(":id", &id)])?.pop())
        })
    }

    /// The entries that fit a filter, newest first.
    pub fn list(&self, filter: &Filter) -> Result<Listing, Error> {
        const FITS: &str = "(:box IS NULL OR box_serial = :box)
            AND (:tool IS NULL OR tool = :tool OR substr(tool, 1, length(:tool) + 1) = :tool || '_')
            AND (:since IS NULL OR at >= :since)
            AND (:outcome IS NULL OR outcome = :outcome)
            AND (:search IS NULL
                OR instr(lower(what ->> 'english'), lower(:search)) > 0
                OR instr(lower(what ->> 'french'), lower(:search)) > 0
                OR instr(lower(client ->> 'name'), lower(:search)) > 0
                OR EXISTS (SELECT 1 FROM json_tree(args) WHERE instr(lower(atom), lower(:search)) > 0)
                OR EXISTS (SELECT 1 FROM json_tree(subject) WHERE instr(lower(atom), lower(:search)) > 0))";
        let since = filter.since.map(Timestamp::as_microsecond);
        let outcome = filter.outcome.map(Outcome::word);
        let fits: [(&str, &dyn ToSql); 5] = [
            (":box", &filter.box_serial),
            (":tool", &filter.tool),
            (":since", &since),
            (":outcome", &outcome),
            (":search", &filter.search),
        ];
        let page: [(&str, &dyn ToSql); 2] = [(":before", &filter.before), (":limit", &filter.limit)];
        let fits_page: Vec<_> = fits.into_iter().chain(page).collect();
        self.read(|transaction| {
            let count = format!("SELECT count(*) FROM entry WHERE {FITS}");
            let total: i64 = transaction.query_row(&count, &fits[..], |row| row.get(0))?;
            let page = format!(
                "SELECT * FROM entry WHERE {FITS} AND (:before IS NULL OR id < :before)
                 ORDER BY id DESC LIMIT :limit"
            );
            let entries = row::entries(transaction, &page, &fits_page)?;
            Ok(Listing { entries, total: total.unsigned_abs() })
        })
    }

    /// The newest change that can be taken back: in force, with an inverse, and not an undo itself.
    ///
    /// A change whose undo was undone is in force again, and counts by the time it was first made.
    pub fn last_undoable(&self, box_serial: Option<&str>) -> Result<Option<Entry>, Error> {
        self.newest(&format!("undo_depth = 0 AND undoable AND {IN_FORCE}"), box_serial)
    }

    /// The newest change that is in force, or of which that is not known, and not an undo itself, whether it can be taken
    /// back or not.
    pub fn last_change(&self, box_serial: Option<&str>) -> Result<Option<Entry>, Error> {
        self.newest("undo_depth = 0 AND outcome IN ('applied', 'differs', 'pending', 'unknown')", box_serial)
    }

    /// The newest undo that can be taken back, for "redo": in force, with an inverse, and not a redo itself.
    pub fn last_undo(&self, box_serial: Option<&str>) -> Result<Option<Entry>, Error> {
        self.newest(&format!("undo_depth = 1 AND undoable AND {IN_FORCE}"), box_serial)
    }

    /// What a crash or a lost answer left open, oldest first, without what nobody can find out.
    pub fn unsettled(&self) -> Result<Vec<Entry>, Error> {
        let sql = format!("SELECT * FROM entry WHERE {UNSETTLED} ORDER BY id");
        self.read(|transaction| row::entries(transaction, &sql, &[]))
    }

    /// Forgets settled entries older than so many days, and those beyond so many; says how many went.
    ///
    /// Whatever the limits, it keeps what is pending or unknown, what such an entry takes back, and what a
    /// guard watches. Old approvals and seals go as well.
    pub fn prune(&self, keep_days: u32, keep_entries: u32, now: Timestamp) -> Result<u64, Error> {
        let age = SignedDuration::from_hours(24 * i64::from(keep_days));
        let oldest = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let (gone, guarded) = self.write(|transaction| {
            let gone = transaction.execute(
                &format!(
                    "DELETE FROM entry
                         WHERE (at < ?1 OR id NOT IN (SELECT id FROM entry ORDER BY id DESC LIMIT ?2))
                           AND NOT ({UNSETTLED})
                           AND guard_state IS NOT 'pending'
                           AND id NOT IN (SELECT undoes FROM entry WHERE undoes IS NOT NULL AND {UNSETTLED})"
                ),
                params![oldest.as_microsecond(), keep_entries],
            )?;
            forget_approvals(transaction, now)?;
            transaction.execute("DELETE FROM seal WHERE forget_after < ?1", [now.as_microsecond()])?;
            let guarded = pending_guard_ids(transaction)?;
            Ok((gone, guarded))
        })?;
        self.remove_stale_guard_locks(&guarded);
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    }

    fn newest(&self, what: &str, box_serial: Option<&str>) -> Result<Option<Entry>, Error> {
        let sql = format!(
            "SELECT * FROM entry WHERE {what} AND undone_by IS NULL
                AND (:box IS NULL OR box_serial = :box)
             ORDER BY id DESC LIMIT 1"
        );
        self.read(|transaction| Ok(row::entries(transaction, &sql, &[(":box", &box_serial)])?.pop()))
    }
}

fn undo_depth(transaction: &Transaction<'_>, id: i64) -> Result<i64, Fault> {
    let depth = transaction
        .query_row("SELECT undo_depth FROM entry WHERE id = ?1", [id], |row| row.get(0))
        .optional()?;
    Ok(depth.ok_or(Error::NoSuchEntry { id })?)
}

/// An entry came into force: what it takes back is no longer, what that took back is again, and so on.
fn settle_undone(transaction: &Transaction<'_>, id: i64) -> Result<(), Fault> {
    let (mut current, mut in_force) = (id, true);
    loop {
        let undone: Option<i64> = transaction
            .query_row("SELECT undoes FROM entry WHERE id = ?1", [current], |row| row.get(0))
            .optional()?
            .flatten();
        // An entry takes back an older one, so that this ends.
        let Some(undone) = undone.filter(|undone| *undone < current) else { return Ok(()) };
        let sql = if in_force {
            "UPDATE entry SET undone_by = ?2 WHERE id = ?1"
        } else {
            "UPDATE entry SET undone_by = NULL WHERE id = ?1 AND undone_by = ?2"
        };
        if transaction.execute(sql, [undone, current])? == 0 {
            return Ok(());
        }
        (current, in_force) = (undone, !in_force);
    }
}
