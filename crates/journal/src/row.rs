//! From a row to what it means. Whatever is in the file, reading it is at worst an error.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use rusqlite::{Row, ToSql, Transaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Fault;
use crate::model::{Approval, ApprovalState, Entry, Guard, GuardState, Outcome};

/// JSON in a text column.
struct Json<T>(T);

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_slice(value.as_bytes()?).map(Self).map_err(FromSqlError::other)
    }
}

/// Microseconds since 1970 in an integer column.
struct Time(Timestamp);

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_microsecond(value.as_i64()?).map(Self).map_err(FromSqlError::other)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the word \"{0}\" is not known")]
struct UnknownWord(String);

macro_rules! from_word {
    ($($name:ty),+) => {$(
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let word = value.as_str()?;
                Self::from_word(word).ok_or_else(|| FromSqlError::other(UnknownWord(word.to_owned())))
            }
        }
    )+};
}

from_word!(Outcome, GuardState, ApprovalState);

fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get::<_, Json<T>>(column).map(|json| json.0)
}

fn maybe_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    Ok(row.get::<_, Option<Json<T>>>(column)?.map(|json| json.0))
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get::<_, Time>(column).map(|time| time.0)
}

fn maybe_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Time>>(column)?.map(|time| time.0))
}

/// JSON for a text column. What we store always has a JSON form; a type that had none would be read back as
/// an error.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The entries that a question finds; it asks for every column.
pub(crate) fn entries(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
) -> Result<Vec<Entry>, Fault> {
    read(transaction, sql, parameters, "entry", entry)
}

/// As [`entries`], for approvals.
pub(crate) fn approvals(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
) -> Result<Vec<Approval>, Fault> {
    read(transaction, sql, parameters, "approval", approval)
}

fn read<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
    kind: &str,
    decode: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Fault> {
    let mut statement = transaction.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.push(decode(row).map_err(|error| Fault::Row(name(kind, row), error))?);
    }
    Ok(read)
}

fn name(kind: &str, row: &Row<'_>) -> String {
    match row.get::<_, Value>("id") {
        Ok(Value::Integer(id)) => format!("{kind} {id}"),
        Ok(Value::Text(id)) => format!("{kind} {id}"),
        _ => kind.to_owned(),
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        at: time(row, "at")?,
        box_serial: row.get("box_serial")?,
        tool: row.get("tool")?,
        args: json(row, "args")?,
        what: json(row, "what")?,
        subject: json(row, "subject")?,
        before: json(row, "before")?,
        wanted: json(row, "wanted")?,
        calls: json(row, "calls")?,
        plan_hash: row.get("plan_hash")?,
        undo: json(row, "undo")?,
        client: json(row, "client")?,
        consent: row.get("consent")?,
        undoes: row.get("undoes")?,
        outcome: row.get("outcome")?,
        ended_at: maybe_time(row, "ended_at")?,
        after: maybe_json(row, "after")?.unwrap_or_default(),
        differs: maybe_json(row, "differs")?.unwrap_or_default(),
        error: maybe_json(row, "error")?,
        undone_by: row.get("undone_by")?,
        guard: guard(row)?,
    })
}

fn guard(row: &Row<'_>) -> rusqlite::Result<Option<Guard>> {
    let Some(state) = row.get("guard_state")? else { return Ok(None) };
    Ok(Some(Guard {
        limits: json(row, "guard_limits")?,
        until: time(row, "guard_until")?,
        state,
        ended_at: maybe_time(row, "guard_ended_at")?,
        note: maybe_json(row, "guard_note")?,
    }))
}

fn approval(row: &Row<'_>) -> rusqlite::Result<Approval> {
    Ok(Approval {
        id: row.get("id")?,
        at: time(row, "at")?,
        expires_at: time(row, "expires_at")?,
        plan_hash: row.get("plan_hash")?,
        tool: row.get("tool")?,
        args: json(row, "args")?,
        plan: json(row, "plan")?,
        client: json(row, "client")?,
        state: row.get("state")?,
        answered_at: maybe_time(row, "answered_at")?,
        used_at: maybe_time(row, "used_at")?,
    })
}
