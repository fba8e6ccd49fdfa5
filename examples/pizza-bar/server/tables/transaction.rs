//! The tables inside one transaction.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Running, TablesError};
use crate::server::order::{DELIVERED, INTERRUPTED, Order, Session};

/// The tables, for a change that is inside a write transaction.
pub(crate) struct Transaction(pub(super) Connection);

/// Items under their id.
#[derive(Debug, Clone, Copy)]
enum Table {
    Sessions,
    Orders,
    RunningByConnection,
}

/// What the kitchen's clock showed at a time, and how fast it goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KitchenTime {
    pub(crate) wall: DateTime<Utc>,
    pub(crate) kitchen: DateTime<Utc>,
    pub(crate) speed: f64,
}

impl Transaction {
    pub(crate) fn session(&self, connection_id: &str) -> Result<Option<Session>, TablesError> {
        self.read(Table::Sessions, connection_id)
    }

    pub(crate) fn put_session(&self, session: &Session) -> Result<(), TablesError> {
        self.write(Table::Sessions, &session.connection_id, session)
    }

    pub(crate) fn remove_session(&self, connection_id: &str) -> Result<(), TablesError> {
        self.remove(Table::Sessions, connection_id)
    }

    /// The connections that get an order's statuses.
    pub(crate) fn followers(&self, order_id: &str) -> Result<Vec<String>, TablesError> {
        self.all(
            "SELECT id FROM Sessions WHERE orderId = ?1 ORDER BY id",
            [order_id],
            text,
        )
    }

    /// The connections that wait for an order.
    pub(crate) fn followers_of_unfinished(&self) -> Result<Vec<String>, TablesError> {
        let sql = "SELECT s.id FROM Sessions s JOIN Orders o ON o.id = s.orderId WHERE o.status NOT IN (?1, ?2)
                   UNION SELECT s.id FROM Sessions s JOIN RunningByConnection r ON r.id = s.id";
        self.all(sql, [DELIVERED, INTERRUPTED], text)
    }

    /// Writes about as much as a status takes, if there is an order to write for.
    pub(crate) fn try_room(&self) -> Result<(), TablesError> {
        let sql = "INSERT OR REPLACE INTO Room (id, bytes)
                   SELECT 0, randomblob(8192) WHERE EXISTS (SELECT 1 FROM RunningByConnection)";
        self.execute(sql, [])?;
        Ok(())
    }

    /// All orders.
    pub(crate) fn orders(&self) -> Result<Vec<Order>, TablesError> {
        let items = self.all("SELECT item FROM Orders ORDER BY id", [], text)?;
        items.iter().map(|item| Ok(serde_json::from_str(item)?)).collect()
    }

    pub(crate) fn order(&self, order_id: &str) -> Result<Option<Order>, TablesError> {
        self.read(Table::Orders, order_id)
    }

    pub(crate) fn put_order(&self, order: &Order) -> Result<(), TablesError> {
        self.put_row_of_order(&order.order_id, order)
    }

    /// Writes the row of an order, whatever it holds.
    pub(crate) fn put_row_of_order(&self, order_id: &str, row: &impl Serialize) -> Result<(), TablesError> {
        self.write(Table::Orders, order_id, row)
    }

    /// The statuses that an order has had, with their times, in their order.
    pub(crate) fn statuses(&self, order_id: &str) -> Result<Vec<(String, String)>, TablesError> {
        let sql = "SELECT status, time FROM OrderStatuses WHERE orderId = ?1 ORDER BY time";
        self.all(sql, [order_id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Notes when an order has a status; false if it had it before, and then the first time stands.
    pub(crate) fn note_status(&self, order_id: &str, status: &str, time: DateTime<Utc>) -> Result<bool, TablesError> {
        let sql = "INSERT INTO OrderStatuses (orderId, status, time) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Ok(self.execute(sql, [order_id, status, &time])? > 0)
    }

    pub(crate) fn token_hash(&self, order_id: &str) -> Result<Option<String>, TablesError> {
        self.first("SELECT hash FROM OrderTokens WHERE orderId = ?1", [order_id], text)
    }

    /// The order of a token.
    pub(crate) fn order_of_token(&self, hash: &str) -> Result<Option<String>, TablesError> {
        self.first("SELECT orderId FROM OrderTokens WHERE hash = ?1", [hash], text)
    }

    pub(crate) fn put_token_hash(&self, order_id: &str, hash: &str) -> Result<(), TablesError> {
        self.execute(
            "INSERT INTO OrderTokens (orderId, hash) VALUES (?1, ?2)",
            [order_id, hash],
        )?;
        Ok(())
    }

    pub(crate) fn remove_token(&self, order_id: &str) -> Result<(), TablesError> {
        self.execute("DELETE FROM OrderTokens WHERE orderId = ?1", [order_id])?;
        Ok(())
    }

    pub(crate) fn running(&self, connection_id: &str) -> Result<Option<Running>, TablesError> {
        self.read(Table::RunningByConnection, connection_id)
    }

    /// All that runs, by connection and order.
    pub(crate) fn all_running(&self) -> Result<Vec<(String, String)>, TablesError> {
        let sql = "SELECT id, orderId FROM RunningByConnection ORDER BY id";
        self.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Whether an execution makes an order.
    pub(crate) fn is_running(&self, order_id: &str) -> Result<bool, TablesError> {
        let sql = "SELECT id FROM RunningByConnection WHERE orderId = ?1";
        Ok(self.first(sql, [order_id], text)?.is_some())
    }

    pub(crate) fn put_running(&self, connection_id: &str, running: &Running) -> Result<(), TablesError> {
        self.write(Table::RunningByConnection, connection_id, running)
    }

    pub(crate) fn remove_running(&self, connection_id: &str) -> Result<(), TablesError> {
        self.remove(Table::RunningByConnection, connection_id)
    }

    /// Marks the orders as interrupted that are not finished and that no execution makes.
    pub(crate) fn interrupt_all_but(&self, made: &HashSet<String>) -> Result<(), TablesError> {
        let sql = "SELECT item FROM Orders WHERE status NOT IN (?1, ?2)";
        for item in self.all(sql, [DELIVERED, INTERRUPTED], text)? {
            let mut order: Order = serde_json::from_str(&item)?;
            if !made.contains(&order.order_id) {
                INTERRUPTED.clone_into(&mut order.status);
                self.put_order(&order)?;
            }
        }
        Ok(())
    }

    pub(crate) fn kitchen_time(&self) -> Result<Option<KitchenTime>, TablesError> {
        let row = self.first("SELECT wall, kitchen, speed FROM KitchenClock", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        Ok(row.and_then(|(wall, kitchen, speed)| {
            Some(KitchenTime {
                wall: DateTime::from_timestamp_micros(wall)?,
                kitchen: DateTime::from_timestamp_micros(kitchen)?,
                speed,
            })
        }))
    }

    pub(crate) fn put_kitchen_time(&self, time: &KitchenTime) -> Result<(), TablesError> {
        let sql = "INSERT OR REPLACE INTO KitchenClock (id, wall, kitchen, speed) VALUES (0, ?1, ?2, ?3)";
        let micros = (
            time.wall.timestamp_micros(),
            time.kitchen.timestamp_micros(),
            time.speed,
        );
        self.execute(sql, micros)?;
        Ok(())
    }

    fn read<T: DeserializeOwned>(&self, table: Table, id: &str) -> Result<Option<T>, TablesError> {
        let sql = match table {
            Table::Sessions => "SELECT item FROM Sessions WHERE id = ?1",
            Table::Orders => "SELECT item FROM Orders WHERE id = ?1",
            Table::RunningByConnection => "SELECT item FROM RunningByConnection WHERE id = ?1",
        };
        let item = self.first(sql, [id], text)?;
        Ok(item.map(|item| serde_json::from_str(&item)).transpose()?)
    }

    fn write<T: Serialize>(&self, table: Table, id: &str, item: &T) -> Result<(), TablesError> {
        let sql = match table {
            Table::Sessions => "INSERT OR REPLACE INTO Sessions (id, item) VALUES (?1, ?2)",
            Table::Orders => "INSERT OR REPLACE INTO Orders (id, item) VALUES (?1, ?2)",
            Table::RunningByConnection => "INSERT OR REPLACE INTO RunningByConnection (id, item) VALUES (?1, ?2)",
        };
        self.execute(sql, [id, &serde_json::to_string(item)?])?;
        Ok(())
    }

    fn remove(&self, table: Table, id: &str) -> Result<(), TablesError> {
        let sql = match table {
            Table::Sessions => "DELETE FROM Sessions WHERE id = ?1",
            Table::Orders => "DELETE FROM Orders WHERE id = ?1",
            Table::RunningByConnection => "DELETE FROM RunningByConnection WHERE id = ?1",
        };
        self.execute(sql, [id])?;
        Ok(())
    }

    fn execute(&self, sql: &str, values: impl Params) -> Result<usize, TablesError> {
        Ok(self.0.prepare_cached(sql)?.execute(values)?)
    }

    fn first<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, TablesError> {
        Ok(self.0.prepare_cached(sql)?.query_row(values, read).optional()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, TablesError> {
        let mut statement = self.0.prepare_cached(sql)?;
        Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
    }
}

fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}
