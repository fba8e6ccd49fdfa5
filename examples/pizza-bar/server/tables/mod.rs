//! The tables in SQLite, with the indexes that `DynamoDB` would keep for them, in one file with the executions; or in `DynamoDB`.
//!
//! The file is a store of executions; the bar's own tables stand beside the store's, and are written by a connection of
//! their own.

#[cfg(feature = "aws")]
mod dynamodb;
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
    database: Arc<Mutex<Option<Database>>>,
}

/// Where they are.
enum Database {
    Sqlite(SqliteTransaction),
    #[cfg(feature = "aws")]
    DynamoDb(dynamodb::DynamoDb),
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
    #[cfg(feature = "aws")]
    #[error("DynamoDB: {0}")]
    Aws(asl_engine::TaskError),
    #[cfg(feature = "aws")]
    #[error("the table `{name}` is not there and cannot be made, with the key `id`, a text (`S`): {error}")]
    NoTable { name: String, error: asl_engine::TaskError },
    #[cfg(feature = "aws")]
    #[error(
        "the table `{0}` is none of a pizza bar, which has the key `id` alone: choose other tables with --aws-tables"
    )]
    Key(String),
    #[cfg(feature = "aws")]
    #[error("an item of the tables cannot be read: {0}")]
    Item(String),
    #[error("the tables are closed")]
    Closed,
}

impl Tables {
    /// Opens the tables in a folder, which is made if need be, and the store of executions in the same file. No connection is
    /// open then.
    pub(crate) fn open(folder: &Path) -> Result<(Self, SqliteStore), TablesError> {
        let (connection, store) = opening::open(folder)?;
        Ok((Self::of(Database::Sqlite(connection)), store))
    }

    /// The same with the tables in `DynamoDB`, in those whose names begin so; the executions alone are in the folder.
    #[cfg(feature = "aws")]
    pub(crate) async fn open_aws(
        folder: &Path,
        services: asl_engine::handlers::aws::AwsServices,
        prefix: String,
    ) -> Result<(Self, SqliteStore), TablesError> {
        let (_, store) = opening::open(folder)?;
        let database = dynamodb::DynamoDb::open(services, prefix).await?;
        Ok((Self::of(Database::DynamoDb(database)), store))
    }

    fn of(database: Database) -> Self {
        Self {
            database: Arc::new(Mutex::new(Some(database))),
        }
    }

    /// Lets go of the file.
    pub(crate) async fn close(&self) {
        self.database.lock().await.take();
    }

    /// Makes a change, all of it or nothing.
    ///
    /// It outlives the process when this returns, and a power failure with the next commit of the store: both write to one
    /// journal. Before an execution goes on, it writes that; so if a change is lost, the Task that led to it is not answered,
    /// and makes it again. In `DynamoDB` it outlives both.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&dyn Transaction) -> Result<T, TablesError> + Send + 'static,
    ) -> Result<T, TablesError> {
        let database = Arc::clone(&self.database).lock_owned().await;
        let work = move || match database.as_ref().ok_or(TablesError::Closed)? {
            Database::Sqlite(connection) => commit(connection, change),
            #[cfg(feature = "aws")]
            Database::DynamoDb(database) => {
                let rows = database.begin();
                let result = change(&rows)?;
                rows.commit()?;
                Ok(result)
            }
        };
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

        #[cfg(feature = "aws")]
        if let Self::Aws(error) = self {
            return dynamodb::may_pass(error);
        }
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

#[cfg(feature = "aws")]
impl From<asl_engine::TaskError> for TablesError {
    fn from(error: asl_engine::TaskError) -> Self {
        Self::Aws(error)
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
