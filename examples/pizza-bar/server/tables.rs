//! The Sessions and Orders tables in one redb file, with the indexes that `DynamoDB` would keep for them.

use std::path::Path;
use std::sync::Arc;

use redb::{
    Database, DatabaseError, Durability, MultimapTableDefinition, ReadableTable as _, TableDefinition, WriteTransaction,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::folder::{self, FolderError};
use super::order::{INTERRUPTED, Order, Session};

/// Rows are JSON under their id.
type Rows = TableDefinition<'static, &'static str, &'static str>;

const SESSIONS: Rows = TableDefinition::new("Sessions");
const ORDERS: Rows = TableDefinition::new("Orders");
/// The hash of each order's token.
const TOKENS: Rows = TableDefinition::new("OrderTokens");
/// What runs for the connection that ordered, whether it is still open or not.
const RUNNING: Rows = TableDefinition::new("RunningByConnection");
/// The connections whose sessions have an order.
const FOLLOWERS: MultimapTableDefinition<'static, &str, &str> = MultimapTableDefinition::new("SessionsByOrder");

/// The tables, until they are closed; a clone is cheap. Every change is one transaction.
#[derive(Clone)]
pub(crate) struct Tables {
    /// redb lets writers wait for each other by blocking their threads; here they wait without one.
    database: Arc<Mutex<Option<Database>>>,
}

/// An execution at work for a connection. It has no order until its first event has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    pub(crate) domain_name: String,
    pub(crate) stage: String,
    pub(crate) order_id: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TablesError {
    #[error("the tables in `{0}` are in use: does another pizza bar run? Give this one its own with --data")]
    InUse(String),
    #[error("the database: {0}")]
    Database(#[from] redb::Error),
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
    /// Opens the tables in a folder, which is made if need be. No execution outlives its process: whatever was not
    /// delivered then is interrupted, and no connection is open.
    pub(crate) fn open(folder: &Path) -> Result<Self, TablesError> {
        folder::open(folder)?;
        let path = folder.join("pizza-bar.redb");
        folder::make_file(&path).map_err(|error| TablesError::File {
            file: path.display().to_string(),
            error,
        })?;
        let database = Database::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => TablesError::InUse(folder.display().to_string()),
            error => TablesError::Database(error.into()),
        })?;
        commit(&database, Durability::Immediate, |transaction| {
            transaction.forget_connections()?;
            transaction.interrupt_orders()
        })?;
        Ok(Self {
            database: Arc::new(Mutex::new(Some(database))),
        })
    }

    /// Marks whatever was not delivered as interrupted, and lets go of the file.
    pub(crate) async fn close(&self) -> Result<(), TablesError> {
        self.change_orders(Transaction::interrupt_orders).await?;
        self.database.lock().await.take();
        Ok(())
    }

    /// Changes what outlives the server.
    pub(crate) async fn change_orders<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction) -> Result<T, TablesError> + Send + 'static,
    ) -> Result<T, TablesError> {
        self.change(Durability::Immediate, change).await
    }

    /// Changes what means nothing without the server, and so need not reach the disk.
    pub(crate) async fn change_sessions<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction) -> Result<T, TablesError> + Send + 'static,
    ) -> Result<T, TablesError> {
        self.change(Durability::None, change).await
    }

    async fn change<T: Send + 'static>(
        &self,
        durability: Durability,
        change: impl FnOnce(&Transaction) -> Result<T, TablesError> + Send + 'static,
    ) -> Result<T, TablesError> {
        let database = Arc::clone(&self.database).lock_owned().await;
        let work = move || commit(database.as_ref().ok_or(TablesError::Closed)?, durability, change);
        // A task that was cancelled, as at the end of the process, has closed them too.
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(TablesError::Closed))
    }
}

fn commit<T>(
    database: &Database,
    durability: Durability,
    change: impl FnOnce(&Transaction) -> Result<T, TablesError>,
) -> Result<T, TablesError> {
    let mut transaction = database.begin_write().map_err(redb::Error::from)?;
    transaction.set_durability(durability).map_err(redb::Error::from)?;
    let transaction = Transaction(transaction);
    // An error drops the transaction, which undoes it.
    let result = change(&transaction)?;
    transaction.0.commit().map_err(redb::Error::from)?;
    Ok(result)
}

/// The tables inside one write transaction.
pub(crate) struct Transaction(WriteTransaction);

impl Transaction {
    pub(crate) fn session(&self, connection_id: &str) -> Result<Option<Session>, TablesError> {
        self.read(SESSIONS, connection_id)
    }

    /// Writes a session; the one before it must not follow another order: see [`Self::unfollow`].
    pub(crate) fn put_session(&self, session: &Session) -> Result<(), TablesError> {
        if let Some(order_id) = &session.order_id {
            let mut followers = self.0.open_multimap_table(FOLLOWERS).map_err(redb::Error::from)?;
            let connection_id = session.connection_id.as_str();
            followers
                .insert(order_id.as_str(), connection_id)
                .map_err(redb::Error::from)?;
        }
        self.write(SESSIONS, &session.connection_id, session)
    }

    pub(crate) fn remove_session(&self, connection_id: &str) -> Result<(), TablesError> {
        if let Some(mut session) = self.session(connection_id)? {
            self.unfollow(&mut session)?;
        }
        self.remove(SESSIONS, connection_id)
    }

    /// Takes the order out of a session that is to be written again.
    pub(crate) fn unfollow(&self, session: &mut Session) -> Result<(), TablesError> {
        if let Some(order_id) = session.order_id.take() {
            let mut followers = self.0.open_multimap_table(FOLLOWERS).map_err(redb::Error::from)?;
            let connection_id = session.connection_id.as_str();
            followers
                .remove(order_id.as_str(), connection_id)
                .map_err(redb::Error::from)?;
        }
        Ok(())
    }

    /// The connections that get an order's statuses.
    pub(crate) fn followers(&self, order_id: &str) -> Result<Vec<String>, TablesError> {
        use redb::ReadableMultimapTable as _;

        let followers = self.0.open_multimap_table(FOLLOWERS).map_err(redb::Error::from)?;
        let mut connections = Vec::new();
        for connection in followers.get(order_id).map_err(redb::Error::from)? {
            connections.push(connection.map_err(redb::Error::from)?.value().to_owned());
        }
        Ok(connections)
    }

    /// All orders.
    pub(crate) fn orders(&self) -> Result<Vec<Order>, TablesError> {
        let table = self.0.open_table(ORDERS).map_err(redb::Error::from)?;
        let mut orders = Vec::new();
        for row in table.iter().map_err(redb::Error::from)? {
            let (_, row) = row.map_err(redb::Error::from)?;
            orders.push(serde_json::from_str(row.value())?);
        }
        Ok(orders)
    }

    pub(crate) fn order(&self, order_id: &str) -> Result<Option<Order>, TablesError> {
        self.read(ORDERS, order_id)
    }

    pub(crate) fn put_order(&self, order: &Order) -> Result<(), TablesError> {
        self.put_row_of_order(&order.order_id, order)
    }

    /// Writes the row of an order, whatever it holds.
    pub(crate) fn put_row_of_order(&self, order_id: &str, row: &impl Serialize) -> Result<(), TablesError> {
        self.write(ORDERS, order_id, row)
    }

    pub(crate) fn token_hash(&self, order_id: &str) -> Result<Option<String>, TablesError> {
        self.read(TOKENS, order_id)
    }

    pub(crate) fn put_token_hash(&self, order_id: &str, hash: &str) -> Result<(), TablesError> {
        self.write(TOKENS, order_id, &hash)
    }

    pub(crate) fn running(&self, connection_id: &str) -> Result<Option<Running>, TablesError> {
        self.read(RUNNING, connection_id)
    }

    pub(crate) fn put_running(&self, connection_id: &str, running: &Running) -> Result<(), TablesError> {
        self.write(RUNNING, connection_id, running)
    }

    pub(crate) fn remove_running(&self, connection_id: &str) -> Result<(), TablesError> {
        self.remove(RUNNING, connection_id)
    }

    fn forget_connections(&self) -> Result<(), TablesError> {
        for rows in [SESSIONS, RUNNING] {
            self.0.delete_table(rows).map_err(redb::Error::from)?;
            self.0.open_table(rows).map_err(redb::Error::from)?;
        }
        self.0.delete_multimap_table(FOLLOWERS).map_err(redb::Error::from)?;
        Ok(())
    }

    fn interrupt_orders(&self) -> Result<(), TablesError> {
        let unfinished = self.orders()?.into_iter().filter(|order| !order.is_finished());
        for mut order in unfinished {
            INTERRUPTED.clone_into(&mut order.status);
            self.put_order(&order)?;
        }
        Ok(())
    }

    fn read<T: DeserializeOwned>(&self, rows: Rows, id: &str) -> Result<Option<T>, TablesError> {
        let table = self.0.open_table(rows).map_err(redb::Error::from)?;
        let row = table.get(id).map_err(redb::Error::from)?;
        Ok(row.map(|row| serde_json::from_str(row.value())).transpose()?)
    }

    fn write<T: Serialize>(&self, rows: Rows, id: &str, row: &T) -> Result<(), TablesError> {
        let row = serde_json::to_string(row)?;
        let mut table = self.0.open_table(rows).map_err(redb::Error::from)?;
        table.insert(id, row.as_str()).map_err(redb::Error::from)?;
        Ok(())
    }

    fn remove(&self, rows: Rows, id: &str) -> Result<(), TablesError> {
        let mut table = self.0.open_table(rows).map_err(redb::Error::from)?;
        table.remove(id).map_err(redb::Error::from)?;
        Ok(())
    }
}
