//! The tables inside one transaction, whichever database they are in.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Running, TablesError};
use crate::server::order::{INTERRUPTED, Order, Session};

/// What the kitchen's clock showed at a time, and how fast it goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KitchenTime {
    pub(crate) wall: DateTime<Utc>,
    pub(crate) kitchen: DateTime<Utc>,
    pub(crate) speed: f64,
}

/// The tables, for a change that happens as a whole or not at all.
pub(crate) trait Transaction {
    fn session(&self, connection_id: &str) -> Result<Option<Session>, TablesError>;

    fn put_session(&self, session: &Session) -> Result<(), TablesError>;

    fn remove_session(&self, connection_id: &str) -> Result<(), TablesError>;

    /// The connections that get an order's statuses.
    fn followers(&self, order_id: &str) -> Result<Vec<String>, TablesError>;

    /// The connections that wait for an order.
    fn followers_of_unfinished(&self) -> Result<Vec<String>, TablesError>;

    /// Writes about as much as a status takes, if there is an order to write for.
    fn try_room(&self) -> Result<(), TablesError>;

    /// All orders.
    fn orders(&self) -> Result<Vec<Order>, TablesError>;

    fn order(&self, order_id: &str) -> Result<Option<Order>, TablesError>;

    fn put_order(&self, order: &Order) -> Result<(), TablesError> {
        self.put_row_of_order(&order.order_id, &serde_json::to_value(order)?)
    }

    /// Writes the row of an order, whatever it holds.
    fn put_row_of_order(&self, order_id: &str, row: &Value) -> Result<(), TablesError>;

    /// The statuses that an order has had, with their times, in their order.
    fn statuses(&self, order_id: &str) -> Result<Vec<(String, String)>, TablesError>;

    /// Notes when an order has a status; false if it had it before, and then the first time stands.
    fn note_status(&self, order_id: &str, status: &str, time: DateTime<Utc>) -> Result<bool, TablesError>;

    fn token_hash(&self, order_id: &str) -> Result<Option<String>, TablesError>;

    /// The order of a token.
    fn order_of_token(&self, hash: &str) -> Result<Option<String>, TablesError>;

    fn put_token_hash(&self, order_id: &str, hash: &str) -> Result<(), TablesError>;

    fn remove_token(&self, order_id: &str) -> Result<(), TablesError>;

    fn running(&self, connection_id: &str) -> Result<Option<Running>, TablesError>;

    /// All that runs, by connection and order.
    fn all_running(&self) -> Result<Vec<(String, String)>, TablesError>;

    /// Whether an execution makes an order.
    fn is_running(&self, order_id: &str) -> Result<bool, TablesError>;

    fn put_running(&self, connection_id: &str, running: &Running) -> Result<(), TablesError>;

    fn remove_running(&self, connection_id: &str) -> Result<(), TablesError>;

    /// Marks the orders as interrupted that are not finished and that no execution makes.
    fn interrupt_all_but(&self, made: &HashSet<String>) -> Result<(), TablesError> {
        for mut order in self.orders()? {
            if !order.is_finished() && !made.contains(&order.order_id) {
                INTERRUPTED.clone_into(&mut order.status);
                self.put_order(&order)?;
            }
        }
        Ok(())
    }

    fn kitchen_time(&self) -> Result<Option<KitchenTime>, TablesError>;

    fn put_kitchen_time(&self, time: &KitchenTime) -> Result<(), TablesError>;
}
