//! The tables inside one transaction of SQLite.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::transaction::{KitchenTime, Transaction};
use super::{Running, TablesError};
use crate::server::order::{DELIVERED, INTERRUPTED, Order, Session};

/// The tables, for a change that is inside a write transaction.
pub(super) struct SqliteTransaction(pub(super) Connection);

/// Items under their id.
#[derive(Debug, Clone, Copy)]
enum Table {
    Sessions,
    Orders,
    RunningByConnection,
}

impl Transaction for SqliteTransaction {
    fn session(&self, connection_id: &str) -> Result<Option<Session>, TablesError> {
        self.read(Table::Sessions, connection_id)
    }

    fn put_session(&self, session: &Session) -> Result<(), TablesError> {
        self.write(Table::Sessions, &session.connection_id, session)
    }

    fn remove_session(&self, connection_id: &str) -> Result<(), TablesError> {
        self.remove(Table::Sessions, connection_id)
    }

    fn followers(&self, order_id: &str) -> Result<Vec<String>, TablesError> {
        self.all(
            "SELECT id FROM Sessions WHERE orderId = ?1 ORDER BY id",
            [order_id],
            text,
        )
    }

    fn followers_of_unfinished(&self) -> Result<Vec<String>, TablesError> {
        let sql = "SELECT s.id FROM Sessions s JOIN Orders o ON o.id = s.orderId WHERE o.status NOT IN (?1, ?2)
                   UNION SELECT s.id FROM Sessions s JOIN RunningByConnection r ON r.id = s.id";
        self.all(sql, [DELIVERED, INTERRUPTED], text)
    }

    fn try_room(&self) -> Result<(), TablesError> {
        let sql = "INSERT OR REPLACE INTO Room (id, bytes)
                   SELECT 0, randomblob(8192) WHERE EXISTS (SELECT 1 FROM RunningByConnection)";
        self.execute(sql, [])?;
        Ok(())
    }

    fn orders(&self) -> Result<Vec<Order>, TablesError> {
        let items = self.all("SELECT item FROM Orders ORDER BY id", [], text)?;
        items.iter().map(|item| Ok(serde_json::from_str(item)?)).collect()
    }

    fn order(&self, order_id: &str) -> Result<Option<Order>, TablesError> {
        self.read(Table::Orders, order_id)
    }

    fn put_row_of_order(&self, order_id: &str, row: &Value) -> Result<(), TablesError> {
        self.write(Table::Orders, order_id, row)
    }

    fn statuses(&self, order_id: &str) -> Result<Vec<(String, String)>, TablesError> {
        let sql = "SELECT status, time FROM OrderStatuses WHERE orderId = ?1 ORDER BY time";
        self.all(sql, [order_id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn note_status(&self, order_id: &str, status: &str, time: DateTime<Utc>) -> Result<bool, TablesError> {
        let sql = "INSERT INTO OrderStatuses (orderId, status, time) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Ok(self.execute(sql, [order_id, status, &time])? > 0)
    }

    fn token_hash(&self, order_id: &str) -> Result<Option<String>, TablesError> {
        self.first("SELECT hash FROM OrderTokens WHERE orderId = ?1", [order_id], text)
    }

    fn order_of_token(&self, hash: &str) -> Result<Option<String>, TablesError> {
        self.first("SELECT orderId FROM OrderTokens WHERE hash = ?1", [hash], text)
    }

    fn put_token_hash(&self, order_id: &str, hash: &str) -> Result<(), TablesError> {
        self.execute(
            "INSERT INTO OrderTokens (orderId, hash) VALUES (?1, ?2)",
            [order_id, hash],
        )?;
        Ok(())
    }

    fn remove_token(&self, order_id: &str) -> Result<(), TablesError> {
        self.execute("DELETE FROM OrderTokens WHERE orderId = ?1", [order_id])?;
        Ok(())
    }

    fn running(&self, connection_id: &str) -> Result<Option<Running>, TablesError> {
        self.read(Table::RunningByConnection, connection_id)
    }

    fn all_running(&self) -> Result<Vec<(String, String)>, TablesError> {
        let sql = "SELECT id, orderId FROM RunningByConnection ORDER BY id";
        self.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn is_running(&self, order_id: &str) -> Result<bool, TablesError> {
        let sql = "SELECT id FROM RunningByConnection WHERE orderId = ?1";
        Ok(self.first(sql, [order_id], text)?.is_some())
    }

    fn put_running(&self, connection_id: &str, running: &Running) -> Result<(), TablesError> {
        self.write(Table::RunningByConnection, connection_id, running)
    }

    fn remove_running(&self, connection_id: &str) -> Result<(), TablesError> {
        self.remove(Table::RunningByConnection, connection_id)
    }

    fn kitchen_time(&self) -> Result<Option<KitchenTime>, TablesError> {
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

    fn put_kitchen_time(&self, time: &KitchenTime) -> Result<(), TablesError> {
        let sql = "INSERT OR REPLACE INTO KitchenClock (id, wall, kitchen, speed) VALUES (0, ?1, ?2, ?3)";
        let micros = (
            time.wall.timestamp_micros(),
            time.kitchen.timestamp_micros(),
            time.speed,
        );
        self.execute(sql, micros)?;
        Ok(())
    }
}

impl SqliteTransaction {
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
