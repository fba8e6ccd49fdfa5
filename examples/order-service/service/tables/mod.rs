//! The shop's tables, in one file with the executions: a copy of it holds both as they were at one time.

mod transaction;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use asl_engine::store::{SqliteStore, StoreError, StoreErrorKind};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tokio::sync::Mutex;

pub(crate) use transaction::{Message, Transaction};

/// The tables, until they are closed; a clone is cheap. Every change is one transaction.
#[derive(Clone)]
pub(crate) struct Tables {
    /// SQLite lets writers wait for each other by blocking their threads; here they wait without one.
    connection: Arc<Mutex<Option<Connection>>>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TablesError {
    #[error("`{0}` is in use: does another order service run? Give this one a file of its own with --data")]
    InUse(String),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("`{0}` is no UTF-8: choose another name for the copy")]
    Path(String),
    #[error("the tables are closed")]
    Closed,
}

impl Tables {
    /// Opens the tables in a file, which is made if need be, and the store of executions in the same file.
    pub(crate) fn open(file: &Path) -> Result<(Self, SqliteStore), TablesError> {
        let store = SqliteStore::open(file).map_err(|error| match error.kind() {
            StoreErrorKind::InUse => TablesError::InUse(file.display().to_string()),
            _ => TablesError::Store(error),
        })?;
        let mut connection = connect(file)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(transaction::CREATE)?;
        transaction.commit()?;
        let connection = Arc::new(Mutex::new(Some(connection)));
        Ok((Self { connection }, store))
    }

    /// Makes a change, all of it or nothing.
    ///
    /// It outlives the process when this returns, and a power failure with the next commit of the store: both write to one
    /// journal. A task whose change is lost was not answered either, and is given to its handler again.
    pub(crate) async fn change<T, E>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<TablesError> + Send + 'static,
    {
        let mut connection = Arc::clone(&self.connection).lock_owned().await;
        let work = move || {
            let connection = connection.as_mut().ok_or(TablesError::Closed)?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
            let transaction = Transaction(transaction.map_err(TablesError::Database)?);
            let changed = change(&transaction)?;
            transaction.0.commit().map_err(TablesError::Database)?;
            Ok(changed)
        };
        // It is cancelled with the runtime, at the end of the process.
        let changed = tokio::task::spawn_blocking(work).await;
        changed.unwrap_or_else(|_| Err(TablesError::Closed.into()))
    }

    /// Whether the file can be written to: there is room on the disk, and nobody holds it.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is for one lifetime alone"
    )]
    pub(crate) async fn check(&self) -> Result<(), TablesError> {
        self.change(|transaction| transaction.try_to_write()).await
    }

    /// Lets go of the file.
    pub(crate) async fn close(&self) {
        self.connection.lock().await.take();
    }
}

/// Copies a file that a service may be writing to, executions and tables as they are at one time.
pub(crate) fn back_up(file: &Path, to: &Path) -> Result<(), TablesError> {
    let path = to.to_str().ok_or_else(|| TablesError::Path(to.display().to_string()))?;
    // SQLite writes over no file.
    connect(file)?.execute("VACUUM INTO ?1", [path])?;
    // A copy that cannot be read is found out now, not on the day that it is needed.
    SqliteStore::open_read_only(to)?.check()?;
    Ok(())
}

fn connect(file: &Path) -> Result<Connection, TablesError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.busy_handler(Some(wait_for_the_store))?;
    // Changes come to the disk with the store's: see `Tables::change`.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Lets the store's writer finish, whose commits follow each other without a pause while many orders come. SQLite's own
/// `busy_timeout` would look less and less often, and miss its turns.
fn wait_for_the_store(tries: i32) -> bool {
    const PAUSE: Duration = Duration::from_millis(1);
    const TRIES: i32 = 5_000;

    thread::sleep(PAUSE);
    tries < TRIES
}
