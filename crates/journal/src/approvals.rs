//! Approvals: what a person at a terminal is asked on behalf of a client that cannot ask.

use jiff::Timestamp;
use rusqlite::{Transaction, named_params, params};

use crate::Journal;
use crate::error::{Error, Fault};
use crate::model::{Approval, ApprovalDraft};
use crate::row::{self, to_json};

/// So many plans may wait at a time. A person does not read more, and a model must not fill the disk.
pub const OPEN_MAX: u32 = 20;

/// So many of one client may wait at a time: it must not keep others from asking.
pub const OPEN_MAX_OF_CLIENT: u32 = 10;

/// So many that are over stay readable, for "it was denied" or "it expired" instead of "unknown".
pub const ENDED_KEPT: u32 = 100;

/// No character that can be taken for another, and no vowel, so that no word comes about.
const ALPHABET: &[u8] = b"34679CDFGHJKMNPQRTWXY";
const ID_LENGTH: u32 = 5;

impl Journal {
    /// Asks for an approval; one that the same client has open for the same plan is returned instead of a second one.
    pub fn request_approval(&self, draft: &ApprovalDraft) -> Result<Approval, Error> {
        let now = draft.at.as_microsecond();
        self.write(|transaction| {
            let same = row::approvals(
                transaction,
                "SELECT * FROM approval WHERE state = 'open' AND expires_at > :now AND plan_hash = :plan_hash
                    AND client ->> 'name' = :client",
                &[(":now", &now), (":plan_hash", &draft.plan_hash), (":client", &draft.client.name)],
            )?;
            if let Some(same) = same.into_iter().next() {
                return Ok(same);
            }
            forget_approvals(transaction, draft.at)?;
            let (open, own): (u32, u32) = transaction.query_row(
                "SELECT count(*), count(*) FILTER (WHERE client ->> 'name' = ?2) FROM approval
                     WHERE state IN ('open', 'approved') AND expires_at > ?1",
                params![now, draft.client.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if open >= OPEN_MAX || own >= OPEN_MAX_OF_CLIENT {
                return Err(Error::TooManyApprovals { open: if own >= OPEN_MAX_OF_CLIENT { own } else { open } }.into());
            }
            let id = free_id(transaction)?;
            let expires_at = draft.at.checked_add(draft.valid_for).unwrap_or(Timestamp::MAX);
            transaction.execute(
                "INSERT INTO approval (id, at, expires_at, plan_hash, effect, tool, args, plan, client, state)
                     VALUES (:id, :at, :expires_at, :plan_hash, :effect, :tool, :args, :plan, :client, 'open')",
                named_params! {
                    ":id": id,
                    ":at": now,
                    ":expires_at": expires_at.as_microsecond(),
                    ":plan_hash": draft.plan_hash,
                    ":effect": draft.effect,
                    ":tool": draft.tool,
                    ":args": to_json(&draft.args),
                    ":plan": to_json(&draft.plan),
                    ":client": to_json(&draft.client),
                },
            )?;
            let written = by_id(transaction, &id)?;
            written.ok_or_else(|| rusqlite::Error::QueryReturnedNoRows.into())
        })
    }

    /// One approval, whatever its state; its id as a person types it, in any case, with spaces around.
    pub fn approval(&self, id: &str) -> Result<Option<Approval>, Error> {
        self.read(|transaction| by_id(transaction, &as_stored(id)))
    }

    /// Those that still wait for an answer, oldest first.
    pub fn approvals_open(&self, now: Timestamp) -> Result<Vec<Approval>, Error> {
        self.read(|transaction| {
            row::approvals(
                transaction,
                "SELECT * FROM approval WHERE state = 'open' AND expires_at > :now ORDER BY at, id",
                &[(":now", &now.as_microsecond())],
            )
        })
    }

    /// Records a person's answer. False when there is nothing to answer: unknown, answered, expired.
    pub fn answer_approval(&self, id: &str, approved: bool, now: Timestamp) -> Result<bool, Error> {
        self.write(|transaction| {
            let changed = transaction.execute(
                "UPDATE approval SET state = ?2, answered_at = ?3
                     WHERE id = ?1 AND state = 'open' AND expires_at > ?3",
                params![as_stored(id), if approved { "approved" } else { "denied" }, now.as_microsecond()],
            )?;
            Ok(changed == 1)
        })
    }

    /// The last refusal of a plan of that effect, for as long as a yes would have counted: it is not asked again
    /// meanwhile, in whatever words.
    pub fn denied_approval(&self, effect: &str, now: Timestamp) -> Result<Option<Approval>, Error> {
        self.read(|transaction| {
            let mut denied = row::approvals(
                transaction,
                "SELECT * FROM approval WHERE effect = :effect AND state = 'denied' AND expires_at > :now
                     ORDER BY at DESC, id LIMIT 1",
                &[(":effect", &effect), (":now", &now.as_microsecond())],
            )?;
            Ok(denied.pop())
        })
    }

    /// Uses an approval up: it is returned to exactly one caller among all processes, once, and only to the client that
    /// asked for it.
    pub fn consume_approval(
        &self,
        plan_hash: &str,
        client: &str,
        now: Timestamp,
    ) -> Result<Option<Approval>, Error> {
        self.write(|transaction| {
            let mut used = row::approvals(
                transaction,
                "UPDATE approval SET state = 'used', used_at = :now
                 WHERE id = (SELECT id FROM approval
                    WHERE plan_hash = :plan_hash AND client ->> 'name' = :client
                        AND state = 'approved' AND expires_at > :now
                    ORDER BY at, id LIMIT 1)
                 RETURNING *",
                &[(":plan_hash", &plan_hash), (":client", &client), (":now", &now.as_microsecond())],
            )?;
            Ok(used.pop())
        })
    }
}

/// Keeps the newest of those that are over.
pub(crate) fn forget_approvals(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), Fault> {
    transaction.execute(
        "DELETE FROM approval WHERE id IN (
            SELECT id FROM approval WHERE state IN ('denied', 'used') OR expires_at <= ?1
            ORDER BY at DESC, id LIMIT -1 OFFSET ?2)",
        params![now.as_microsecond(), ENDED_KEPT],
    )?;
    Ok(())
}

fn by_id(transaction: &Transaction<'_>, id: &str) -> Result<Option<Approval>, Fault> {
    Ok(row::approvals(transaction, "SELECT * FROM approval WHERE id = :id", &[(":id", &id)])?.pop())
}

/// A random id that no approval has. It is a name, not a secret: `SQLite`'s generator is good enough.
fn free_id(transaction: &Transaction<'_>) -> Result<String, Fault> {
    loop {
        let dice: Vec<u8> = transaction.query_row("SELECT randomblob(?1)", [ID_LENGTH], |row| row.get(0))?;
        let id: String = dice
            .into_iter()
            .filter_map(|die| ALPHABET.get(usize::from(die) % ALPHABET.len()))
            .map(|letter| char::from(*letter))
            .collect();
        if by_id(transaction, &id)?.is_none() {
            return Ok(id);
        }
    }
}

fn as_stored(id: &str) -> String {
    id.trim().to_ascii_uppercase()
}
