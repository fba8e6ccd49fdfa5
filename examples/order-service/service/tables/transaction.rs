//! The tables inside one transaction.

use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension as _, Params, Row};

use super::TablesError;

pub(super) const CREATE: &str = "
CREATE TABLE IF NOT EXISTS Products (
    sku TEXT PRIMARY KEY,
    cents INTEGER NOT NULL CHECK (cents > 0),
    available INTEGER NOT NULL CHECK (available >= 0)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO Products (sku, cents, available) VALUES
    ('espresso-machine', 64900, 5), ('filter', 450, 100000), ('grinder', 12900, 50), ('mocha', 900, 100000);

-- What of the products is an order's.
CREATE TABLE IF NOT EXISTS Reservations (
    orderId TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (orderId, sku)
) STRICT, WITHOUT ROWID;

-- The ledger of the payment service.
CREATE TABLE IF NOT EXISTS Charges (
    number INTEGER PRIMARY KEY,
    idempotencyKey TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL,
    cents INTEGER NOT NULL,
    isRefunded INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE INDEX IF NOT EXISTS ChargesByReference ON Charges (reference);

-- The requests that it was too busy for.
CREATE TABLE IF NOT EXISTS BusySignals (
    idempotencyKey TEXT PRIMARY KEY,
    reference TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- For these it charges nothing any more.
CREATE TABLE IF NOT EXISTS ClosedReferences (reference TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- In place of AWS: the items of DynamoDB, and the messages of SQS, SNS and EventBridge by the attempts that sent them.
CREATE TABLE IF NOT EXISTS Items (
    tableName TEXT NOT NULL,
    key TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (tableName, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS Messages (
    attempt TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    destination TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- One row, written again and again to see whether there is room for others.
CREATE TABLE IF NOT EXISTS Room (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    bytes BLOB NOT NULL
) STRICT;
";

/// The tables, for a change that is inside a write transaction.
pub(crate) struct Transaction<'c>(pub(super) rusqlite::Transaction<'c>);

/// What a service of AWS was sent.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The attempt of the task that sent it.
    pub(crate) attempt: String,
    pub(crate) service: &'static str,
    pub(crate) destination: String,
    pub(crate) body: String,
}

impl Transaction<'_> {
    /// What a product costs.
    pub(crate) fn price(&self, sku: &str) -> Result<Option<u32>, TablesError> {
        self.first("SELECT cents FROM Products WHERE sku = ?1", [sku])
    }

    /// How many pieces of a product nobody has ordered.
    pub(crate) fn available(&self, sku: &str) -> Result<u32, TablesError> {
        let available = self.first("SELECT available FROM Products WHERE sku = ?1", [sku])?;
        Ok(available.unwrap_or_default())
    }

    pub(crate) fn has_reservations(&self, order_id: &str) -> Result<bool, TablesError> {
        let any: Option<u32> = self.first("SELECT 1 FROM Reservations WHERE orderId = ?1", [order_id])?;
        Ok(any.is_some())
    }

    /// Takes pieces of a product from what is available.
    pub(crate) fn reserve(&self, order_id: &str, sku: &str, quantity: u32) -> Result<(), TablesError> {
        self.execute(
            "UPDATE Products SET available = available - ?2 WHERE sku = ?1",
            (sku, quantity),
        )?;
        self.execute(
            "INSERT INTO Reservations (orderId, sku, quantity) VALUES (?1, ?2, ?3)",
            (order_id, sku, quantity),
        )
    }

    /// Gives back all that an order has reserved, if anything.
    pub(crate) fn release(&self, order_id: &str) -> Result<(), TablesError> {
        self.execute(
            "UPDATE Products SET available = available + quantity
             FROM Reservations r WHERE r.orderId = ?1 AND r.sku = Products.sku",
            [order_id],
        )?;
        self.execute("DELETE FROM Reservations WHERE orderId = ?1", [order_id])
    }

    /// The number of the charge of an idempotency key.
    pub(crate) fn charge(&self, idempotency_key: &str) -> Result<Option<i64>, TablesError> {
        self.first(
            "SELECT number FROM Charges WHERE idempotencyKey = ?1",
            [idempotency_key],
        )
    }

    pub(crate) fn put_charge(&self, idempotency_key: &str, reference: &str, cents: u32) -> Result<(), TablesError> {
        self.execute(
            "INSERT INTO Charges (idempotencyKey, reference, cents) VALUES (?1, ?2, ?3)",
            (idempotency_key, reference, cents),
        )
    }

    /// Gives back all charges of a reference, and lets there be no more.
    pub(crate) fn refund(&self, reference: &str) -> Result<(), TablesError> {
        self.execute("UPDATE Charges SET isRefunded = TRUE WHERE reference = ?1", [reference])?;
        self.execute(
            "INSERT OR IGNORE INTO ClosedReferences (reference) VALUES (?1)",
            [reference],
        )
    }

    pub(crate) fn is_closed(&self, reference: &str) -> Result<bool, TablesError> {
        let any: Option<u32> = self.first("SELECT 1 FROM ClosedReferences WHERE reference = ?1", [reference])?;
        Ok(any.is_some())
    }

    /// Notes that a request came at a busy time; returns how many of the reference did.
    pub(crate) fn note_busy(&self, idempotency_key: &str, reference: &str) -> Result<u32, TablesError> {
        self.execute(
            "INSERT OR IGNORE INTO BusySignals (idempotencyKey, reference) VALUES (?1, ?2)",
            (idempotency_key, reference),
        )?;
        let count = self.first("SELECT count(*) FROM BusySignals WHERE reference = ?1", [reference])?;
        Ok(count.unwrap_or_default())
    }

    /// Puts an item of `DynamoDB`.
    pub(crate) fn put_item(&self, table_name: &str, key: &str, item: &str) -> Result<(), TablesError> {
        self.execute(
            "INSERT OR REPLACE INTO Items (tableName, key, item) VALUES (?1, ?2, ?3)",
            (table_name, key, item),
        )
    }

    /// Sends a message, unless the attempt has sent it before.
    pub(crate) fn send(&self, message: &Message) -> Result<(), TablesError> {
        let Message {
            attempt,
            service,
            destination,
            body,
        } = message;
        self.execute(
            "INSERT OR IGNORE INTO Messages (attempt, service, destination, body) VALUES (?1, ?2, ?3, ?4)",
            (attempt, service, destination, body),
        )
    }

    /// Writes about as much as an order takes.
    pub(crate) fn try_to_write(&self) -> Result<(), TablesError> {
        self.execute(
            "INSERT OR REPLACE INTO Room (id, bytes) VALUES (0, randomblob(8192))",
            [],
        )
    }

    fn execute(&self, sql: &str, values: impl Params) -> Result<(), TablesError> {
        self.0.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The first column of the first row.
    fn first<T: FromSql>(&self, sql: &str, values: impl Params) -> Result<Option<T>, TablesError> {
        let read = |row: &Row<'_>| row.get(0);
        Ok(self.0.prepare_cached(sql)?.query_row(values, read).optional()?)
    }
}
