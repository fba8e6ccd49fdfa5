//! What a change asks for, as rows.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Rows, Table};
use crate::server::order::{Order, Session};
use crate::server::tables::{KitchenTime, Running, TablesError, Transaction};

// What the ids of rows in the table of orders begin with.
const ORDER: &str = "order#";
const STATUSES: &str = "statuses#";
const TOKEN: &str = "token#";
const ORDER_OF_TOKEN: &str = "orderOfToken#";
const RUNNING: &str = "running#";
const RUNNING_ORDER: &str = "runningOrder#";
const CLOCK: &str = "clock";

/// What the kitchen's clock showed, in microseconds since 1970.
#[derive(Serialize, Deserialize)]
struct ClockRow {
    wall: i64,
    kitchen: i64,
    speed: f64,
}

impl Transaction for Rows<'_> {
    fn session(&self, connection_id: &str) -> Result<Option<Session>, TablesError> {
        self.get(Table::Sessions, connection_id)
    }

    fn put_session(&self, session: &Session) -> Result<(), TablesError> {
        self.put(Table::Sessions, &session.connection_id, session)
    }

    fn remove_session(&self, connection_id: &str) -> Result<(), TablesError> {
        self.remove(Table::Sessions, connection_id)
    }

    fn followers(&self, order_id: &str) -> Result<Vec<String>, TablesError> {
        let sessions = self.all(Table::Sessions, "")?.into_iter();
        let follow = |session: &Session| session.order_id.as_deref() == Some(order_id);
        Ok(sessions
            .filter(|(_, session)| follow(session))
            .map(|(id, _)| id)
            .collect())
    }

    fn followers_of_unfinished(&self) -> Result<Vec<String>, TablesError> {
        let orders = self.orders()?;
        let running = self.all_running()?;
        let sessions = self.all(Table::Sessions, "")?.into_iter();
        let waits = |id: &str, session: &Session| {
            let unfinished = |order: &Order| Some(&order.order_id) == session.order_id.as_ref() && !order.is_finished();
            orders.iter().any(unfinished) || running.iter().any(|(connection_id, _)| connection_id == id)
        };
        Ok(sessions
            .filter(|(id, session)| waits(id, session))
            .map(|(id, _)| id)
            .collect())
    }

    fn try_room(&self) -> Result<(), TablesError> {
        // There is always room; whether AWS answers is seen by a read.
        self.get::<ClockRow>(Table::Orders, CLOCK)?;
        Ok(())
    }

    fn orders(&self) -> Result<Vec<Order>, TablesError> {
        Ok(self
            .all(Table::Orders, ORDER)?
            .into_iter()
            .map(|(_, order)| order)
            .collect())
    }

    fn order(&self, order_id: &str) -> Result<Option<Order>, TablesError> {
        self.get(Table::Orders, &format!("{ORDER}{order_id}"))
    }

    fn put_row_of_order(&self, order_id: &str, row: &Value) -> Result<(), TablesError> {
        self.put(Table::Orders, &format!("{ORDER}{order_id}"), row)
    }

    fn statuses(&self, order_id: &str) -> Result<Vec<(String, String)>, TablesError> {
        Ok(self
            .get(Table::Orders, &format!("{STATUSES}{order_id}"))?
            .unwrap_or_default())
    }

    fn note_status(&self, order_id: &str, status: &str, time: DateTime<Utc>) -> Result<bool, TablesError> {
        let mut statuses = self.statuses(order_id)?;
        if statuses.iter().any(|(known, _)| known == status) {
            return Ok(false);
        }
        statuses.push((status.to_owned(), time.to_rfc3339_opts(SecondsFormat::Millis, true)));
        self.put(Table::Orders, &format!("{STATUSES}{order_id}"), &statuses)?;
        Ok(true)
    }

    fn token_hash(&self, order_id: &str) -> Result<Option<String>, TablesError> {
        self.get(Table::Orders, &format!("{TOKEN}{order_id}"))
    }

    fn order_of_token(&self, hash: &str) -> Result<Option<String>, TablesError> {
        self.get(Table::Orders, &format!("{ORDER_OF_TOKEN}{hash}"))
    }

    fn put_token_hash(&self, order_id: &str, hash: &str) -> Result<(), TablesError> {
        self.put(Table::Orders, &format!("{TOKEN}{order_id}"), &hash)?;
        self.put(Table::Orders, &format!("{ORDER_OF_TOKEN}{hash}"), &order_id)
    }

    fn remove_token(&self, order_id: &str) -> Result<(), TablesError> {
        if let Some(hash) = self.token_hash(order_id)? {
            self.remove(Table::Orders, &format!("{ORDER_OF_TOKEN}{hash}"))?;
        }
        self.remove(Table::Orders, &format!("{TOKEN}{order_id}"))
    }

    fn running(&self, connection_id: &str) -> Result<Option<Running>, TablesError> {
        self.get(Table::Orders, &format!("{RUNNING}{connection_id}"))
    }

    fn all_running(&self) -> Result<Vec<(String, String)>, TablesError> {
        let running = self.all(Table::Orders, RUNNING)?.into_iter();
        Ok(running
            .map(|(id, running): (_, Running)| (id, running.order_id))
            .collect())
    }

    fn is_running(&self, order_id: &str) -> Result<bool, TablesError> {
        let connection_id: Option<String> = self.get(Table::Orders, &format!("{RUNNING_ORDER}{order_id}"))?;
        Ok(connection_id.is_some())
    }

    fn put_running(&self, connection_id: &str, running: &Running) -> Result<(), TablesError> {
        self.remove_running(connection_id)?;
        self.put(Table::Orders, &format!("{RUNNING}{connection_id}"), running)?;
        let of_order = format!("{RUNNING_ORDER}{}", running.order_id);
        self.put(Table::Orders, &of_order, &connection_id)
    }

    fn remove_running(&self, connection_id: &str) -> Result<(), TablesError> {
        if let Some(running) = self.running(connection_id)? {
            self.remove(Table::Orders, &format!("{RUNNING_ORDER}{}", running.order_id))?;
        }
        self.remove(Table::Orders, &format!("{RUNNING}{connection_id}"))
    }

    fn kitchen_time(&self) -> Result<Option<KitchenTime>, TablesError> {
        let row: Option<ClockRow> = self.get(Table::Orders, CLOCK)?;
        Ok(row.and_then(|row| {
            Some(KitchenTime {
                wall: DateTime::from_timestamp_micros(row.wall)?,
                kitchen: DateTime::from_timestamp_micros(row.kitchen)?,
                speed: row.speed,
            })
        }))
    }

    fn put_kitchen_time(&self, time: &KitchenTime) -> Result<(), TablesError> {
        let row = ClockRow {
            wall: time.wall.timestamp_micros(),
            kitchen: time.kitchen.timestamp_micros(),
            speed: time.speed,
        };
        self.put(Table::Orders, CLOCK, &row)
    }
}
