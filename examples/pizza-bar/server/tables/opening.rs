//! Opening the file: nothing is written to one that is damaged, in use, or no database of a pizza bar.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use asl_engine::store::{SqliteStore, StoreError, StoreErrorKind};
use rusqlite::{Connection, OpenFlags};

use super::sqlite::SqliteTransaction;
use super::{TablesError, commit};
use crate::server::folder;

pub(crate) const FILE: &str = "pizza-bar.db";

/// Items are JSON under their id, as `DynamoDB` keeps them; what is looked for by something else has an index.
const CREATE: &str = "
-- The open connections.
CREATE TABLE IF NOT EXISTS Sessions (
    id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    orderId TEXT AS (item ->> '$.orderId')
) STRICT;
CREATE INDEX IF NOT EXISTS SessionsByOrder ON Sessions (orderId, id);

CREATE TABLE IF NOT EXISTS Orders (
    id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    status TEXT AS (item ->> '$.status')
) STRICT;
CREATE INDEX IF NOT EXISTS OrdersByStatus ON Orders (status);

-- When an order had which status.
CREATE TABLE IF NOT EXISTS OrderStatuses (
    orderId TEXT NOT NULL,
    status TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (orderId, status)
) STRICT, WITHOUT ROWID;

-- The hash of each order's token.
CREATE TABLE IF NOT EXISTS OrderTokens (
    orderId TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- What runs for the connection that ordered, whether it is still open or not.
CREATE TABLE IF NOT EXISTS RunningByConnection (
    id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    orderId TEXT AS (item ->> '$.orderId')
) STRICT;
CREATE INDEX IF NOT EXISTS RunningByOrder ON RunningByConnection (orderId);

-- One row: what the kitchen's clock showed at a time, in microseconds since 1970, and how fast it goes.
CREATE TABLE IF NOT EXISTS KitchenClock (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    wall INTEGER NOT NULL,
    kitchen INTEGER NOT NULL,
    speed REAL NOT NULL
) STRICT;

-- One row, written again and again to see whether there is room for others.
CREATE TABLE IF NOT EXISTS Room (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    bytes BLOB NOT NULL
) STRICT;

DELETE FROM Sessions;
";

/// The connection to the tables, and the store that owns the file.
pub(super) fn open(folder: &Path) -> Result<(SqliteTransaction, SqliteStore), TablesError> {
    folder::open(folder)?;
    let path = folder.join(FILE);
    let in_file = |error| TablesError::File {
        file: path.display().to_string(),
        error,
    };
    folder::make_file(&path).map_err(in_file)?;
    if fs::metadata(&path).map_err(in_file)?.len() > 0 {
        // All of it, and before anything is written: a damaged file is left as it is.
        let whole = SqliteStore::open_read_only(&path).and_then(|store| store.check());
        whole.map_err(|error| refused(folder, error))?;
    }
    let store = SqliteStore::open(&path).map_err(|error| refused(folder, error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_handler(Some(wait_for_the_store))?;
    // Changes come to the disk with the store's: see `Tables::change`.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.set_prepared_statement_cache_capacity(64);
    let tables = SqliteTransaction(connection);
    commit(&tables, |transaction| {
        tables.0.execute_batch(CREATE)?;
        // SQLite has looked at the file, but not into the items.
        transaction.orders()?;
        transaction.all_running()?;
        Ok(())
    })?;
    Ok((tables, store))
}

/// Lets the store's writer finish, whose commits follow each other without a pause while many orders are made. SQLite's own
/// `busy_timeout` would look less and less often, and miss its turns.
fn wait_for_the_store(tries: i32) -> bool {
    const PAUSE: Duration = Duration::from_millis(1);
    const TRIES: i32 = 5_000;

    thread::sleep(PAUSE);
    tries < TRIES
}

fn refused(folder: &Path, error: StoreError) -> TablesError {
    match error.kind() {
        StoreErrorKind::InUse => TablesError::InUse(folder.display().to_string()),
        StoreErrorKind::Damaged => TablesError::Damaged {
            file: folder.join(FILE).display().to_string(),
            // SQLite says more than one thing, each on a line of its own.
            reason: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
        },
        _ => TablesError::Store(error),
    }
}
