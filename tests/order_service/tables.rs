//! The tables as another program sees them.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Params};
use serde_json::Value;

pub(crate) struct Tables(Connection);

impl Tables {
    pub(crate) fn open(file: &Path) -> Self {
        Self(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
    }

    /// How many cents an order's customer has paid, in how many charges; those given back do not count.
    pub(crate) fn charges(&self, order_id: &str) -> (u32, u32) {
        let sql = "SELECT coalesce(sum(cents), 0), count(*) FROM Charges WHERE reference = ?1 AND NOT isRefunded";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.0.query_row(sql, [order_id], read).unwrap()
    }

    pub(crate) fn number(&self, sql: &str, values: impl Params) -> u32 {
        self.0.query_row(sql, values, |row| row.get(0)).unwrap()
    }

    pub(crate) fn available(&self, sku: &str) -> u32 {
        self.number("SELECT available FROM Products WHERE sku = ?1", [sku])
    }

    /// What DynamoDB would have of an order.
    pub(crate) fn item(&self, order_id: &str) -> Value {
        let sql = "SELECT item FROM Items WHERE tableName = 'Orders' AND key = ?1";
        let item: String = self.0.query_row(sql, [order_id], |row| row.get(0)).unwrap();
        serde_json::from_str(&item).unwrap()
    }

    /// The bodies of the messages about an order that a service was sent.
    pub(crate) fn messages(&self, service: &str, order_id: &str) -> Vec<Value> {
        let sql = "SELECT body FROM Messages WHERE service = ?1 AND body LIKE '%\"' || ?2 || '\"%'";
        let mut statement = self.0.prepare(sql).unwrap();
        let bodies = statement
            .query_map([service, order_id], |row| row.get::<_, String>(0))
            .unwrap();
        bodies
            .map(|body| serde_json::from_str(&body.unwrap()).unwrap())
            .collect()
    }
}
