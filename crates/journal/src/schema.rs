//! The tables, and how a file of an earlier version becomes one of this version.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Error, Fault};
use crate::private;

/// Steps from one version to the next; appended, never edited. Times are microseconds since 1970, composite
/// values JSON. `undone_by` is kept, not derived: it must outlive the entry that it names.
const STEPS: &[&str] = &[
    "
    CREATE TABLE entry (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        at          INTEGER NOT NULL,
        box_serial  TEXT,
        tool        TEXT NOT NULL,
        args        TEXT NOT NULL,
        what        TEXT NOT NULL,
        subject     TEXT NOT NULL,
        before      TEXT NOT NULL,
        wanted      TEXT NOT NULL,
        calls       TEXT NOT NULL,
        plan_hash   TEXT NOT NULL,
        undo        TEXT NOT NULL,
        undoable    INTEGER NOT NULL,
        client      TEXT NOT NULL,
        consent     TEXT NOT NULL,
        undoes      INTEGER,
        undo_depth  INTEGER NOT NULL,
        outcome     TEXT NOT NULL,
        ended_at    INTEGER,
        after       TEXT,
        differs     TEXT,
        error       TEXT,
        undone_by   INTEGER,
        guard_limits   TEXT,
        guard_until    INTEGER,
        guard_state    TEXT,
        guard_ended_at INTEGER,
        guard_note     TEXT
    ) STRICT;
    CREATE INDEX entry_unsettled ON entry (id) WHERE outcome IN ('pending', 'unknown');
    CREATE INDEX entry_guarded ON entry (id) WHERE guard_state = 'pending';
    CREATE TABLE approval (
        id          TEXT PRIMARY KEY,
        at          INTEGER NOT NULL,
        expires_at  INTEGER NOT NULL,
        plan_hash   TEXT NOT NULL,
        tool        TEXT NOT NULL,
        args        TEXT NOT NULL,
        plan        TEXT NOT NULL,
        client      TEXT NOT NULL,
        state       TEXT NOT NULL,
        answered_at INTEGER,
        used_at     INTEGER
    ) STRICT;
    CREATE TABLE seal (
        nonce        TEXT PRIMARY KEY,
        forget_after INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "ALTER TABLE approval ADD COLUMN effect TEXT NOT NULL DEFAULT '';",
];

/// "LBJ1": tells our files from any other `SQLite` file.
const APPLICATION: i64 = 0x4c42_4a31;

/// How long a process waits for another one; a transaction here takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens an existing file, an empty one included, and brings it to this version.
pub(crate) fn connect(folder: &Path, file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || {
        let mut connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // FULL: a record is on the disk when its transaction returns. What is pruned is overwritten.
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
        let found = version(&connection.transaction()?, file)?;
        if found < known() {
            // One process at a time creates or migrates: SQLite may refuse, without waiting, to enter WAL
            // mode while another connection does.
            let lock = private::open_file(&folder.join("open.lock"))?;
            lock.lock().map_err(|error| Error::from_io(file, error))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            migrate(&mut connection, file)?;
        }
        Ok(connection)
    };
    connect().map_err(|fault: Fault| fault.at(file))
}

fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// The format of the file, 0 when it is empty; in a transaction, since it is known by several signs.
fn version(connection: &Transaction<'_>, file: &Path) -> Result<i64, Fault> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let found = pragma("user_version")?;
    let application = pragma("application_id")?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if found == 0 && application == 0 && tables == 0 {
        return Ok(0);
    }
    let path = file.to_owned();
    if application != APPLICATION || found < 1 {
        return Err(Error::Corrupt { path, what: "another program wrote it".to_owned() }.into());
    }
    if found > known() {
        return Err(Error::Newer { path, found, known: known() }.into());
    }
    Ok(found)
}

fn migrate(connection: &mut Connection, file: &Path) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version(&transaction, file)?).unwrap_or_default();
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", known())?;
    transaction.commit()?;
    Ok(())
}
