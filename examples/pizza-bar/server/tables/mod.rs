//! The tables in SQLite, with the indexes that `DynamoDB` would keep for them, in one file with the executions.
//!
//! The file is a store of executions; the bar's own tables stand beside the store's, and are written by a connection of
//! their own.

mod opening;
mod sqlite;
mod transaction;

use std::path::Path;
use std::sync::Arc;

use asl_engine::store::{SqliteStore, StoreError};
use rusqlite::{ErrorCode, TransactionBehavior};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::folder::FolderError;
use sqlite::SqliteTransaction;
pub(crate) use transaction::{KitchenTime, Transaction};

/// The tables, until they are closed; a clone is cheap. Every change is one transaction.
#[derive(Clone)]
pub(crate) struct Tables {
    /// SQLite lets writers wait for each other by blocking their threads; here they wait without one.
    connection: Arc<Mutex<Option<SqliteTransaction>>>,
}

/// An execution at work for a connection. Its name is the order's id; the order is there once its first event has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    pub(crate) domain_name: String,
    pub(crate) stage: String,
    pub(crate) order_id: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TablesError {
    #[error("the tables in `{0}` are in use: does another pizza bar run? Give this one its own with --data")]
    InUse(String),
    #[error("`{file}` is damaged, and left as it is: move it away, or choose another folder with --data ({reason})")]
    Damaged { file: String, reason: String },
    #[error(transparent)]
    Store(StoreError),
    #[error("the database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("a row of the tables cannot be read: {0}")]
    Row(#[from] serde_json::Error),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the file of the tables, `{file}`: {error}")]
    File { file: String, error: std::io::Error },
    #[error("the tables are closed")]
    Closed,
}

impl Tables {
    /// Opens the tables in a folder, which is made if need be, and the store of executions in the same file. No connection is
    /// open then.
    pub(crate) fn open(folder: &Path) -> Result<(Self, SqliteStore), TablesError> {
        let (connection, store) = opening::open(folder)?;
        let tables = Self {
            connection: Arc::new(Mutex::new(Some(connection))),
        };
        Ok((tables, store))
    }

    /// Lets go of the file.
    pub(crate) async fn close(&self) {
        self.connection.lock().await.take();
    }

    /// Makes a change, all of it or nothing.
    ///
    /// It outlives the process when this returns, and a power failure with the next commit of the store: both write to one
    /// journal. Before an execution goes on, it writes that; so if a change is lost, the Task that led to it is not answered,
    /// and makes it again.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&dyn Transaction) -> Result<T, TablesError> + Send + 'static,
    ) -> Result<T, TablesError> {
        let connection = Arc::clone(&self.connection).lock_owned().await;
        let work = move || commit(connection.as_ref().ok_or(TablesError::Closed)?, change);
        // A task that was cancelled, as at the end of the process, has closed them too.
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(TablesError::Closed))
    }
}

impl TablesError {
    /// Whether the same may succeed later without anybody's help but room on the disk.
    pub(crate) fn may_pass(&self) -> bool {
        use ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed, OutOfMemory,
            PermissionDenied, ReadOnly, SystemIoFailure,
        };

        let Self::Database(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(
                CannotOpen
                    | DatabaseBusy
                    | DatabaseLocked
                    | DiskFull
                    | FileLockingProtocolFailed
                    | OutOfMemory
                    | PermissionDenied
                    | ReadOnly
                    | SystemIoFailure
            )
        )
    }
}

fn commit<T>(
    tables: &SqliteTransaction,
    change: impl FnOnce(&dyn Transaction) -> Result<T, TablesError>,
) -> Result<T, TablesError> {
    // The connection has one user at a time, and so no other transaction. An error drops this one, which undoes it.
    let transaction = rusqlite::Transaction::new_unchecked(&tables.0, TransactionBehavior::Immediate)?;
    let result = change(tables)?;
    transaction.commit()?;
    Ok(result)
}
