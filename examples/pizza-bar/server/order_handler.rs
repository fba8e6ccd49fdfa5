//! The target of the rule on the order bus: keeps the Orders table, and tells the customers.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asl_engine::websocket::Connections;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::messages;
use super::order::{DELIVERED, INTERRUPTED, Order, OrderDetails};
use super::tables::{Running, Tables, TablesError, Transaction};

pub(crate) struct OrderHandler {
    tables: Tables,
    connections: Connections,
    /// The tokens of orders whose first status has not come yet: the tables have only their hashes.
    new_tokens: Mutex<HashMap<String, String>>,
    is_closing: watch::Sender<bool>,
}

/// The detail of an `OrderStatusChangedEvent`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderStatusChanged {
    connection_id: String,
    status: String,
    order_details: OrderDetails,
}

/// What a status did, and who is to hear of it.
struct Change {
    order: Order,
    is_new: bool,
    followers: Vec<String>,
}

impl OrderHandler {
    pub(crate) fn new(tables: Tables, connections: Connections) -> Self {
        Self {
            tables,
            connections,
            new_tokens: Mutex::default(),
            is_closing: watch::Sender::new(false),
        }
    }

    /// Keeps the token of an order that is about to begin, for the customer who is told of it with its first status.
    pub(crate) fn remember_token(&self, order_id: String, token: String) {
        self.new_tokens().insert(order_id, token);
    }

    /// Waits for the database no more.
    pub(crate) fn close(&self) {
        self.is_closing.send_replace(true);
    }

    /// Handles the detail of one event; answers what a Lambda function would.
    ///
    /// An event that comes again, as after a restart, changes nothing. While the disk is full, this waits for room.
    pub(crate) async fn handle(&self, detail: Map<String, Value>) -> Result<Value, TablesError> {
        let event = match serde_json::from_value::<OrderStatusChanged>(Value::Object(detail)) {
            Ok(event) => event,
            Err(error) => return Ok(invalid_order(&error.to_string())),
        };
        let connection_id = event.connection_id.clone();
        let time = now();
        let Some(change) = self.change_status(&event, time).await? else {
            return Ok(invalid_order(&format!(
                "nobody ordered on the connection {connection_id}"
            )));
        };
        let mut told = vec![messages::changed_event(&change.order.status)];
        if change.is_new
            && let Some(token) = self.new_tokens().remove(&change.order.order_id)
        {
            told.insert(0, messages::order(&change.order, Some(&token)));
        }
        self.tell(&change.followers, &told).await;
        Ok(json!({ "statusCode": 200, "body": change.order }))
    }

    /// Writes a status to the order, as soon as the database can; `None` if nobody ordered on that connection.
    async fn change_status(
        &self,
        event: &OrderStatusChanged,
        time: DateTime<Utc>,
    ) -> Result<Option<Change>, TablesError> {
        const FIRST_WAIT: Duration = Duration::from_millis(100);
        const LONGEST_WAIT: Duration = Duration::from_secs(2);

        let mut closing = self.is_closing.subscribe();
        let mut wait = FIRST_WAIT;
        loop {
            let event = event.clone();
            let change = move |transaction: &dyn Transaction| change_status(transaction, event, time);
            match self.tables.change(change).await {
                Err(error) if error.may_pass() => tracing::warn!(%error, "a status waits for the database"),
                done => return done,
            }
            if timeout(wait, closing.wait_for(|closing| *closing)).await.is_ok() {
                return Err(TablesError::Closed);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// An event could not be delivered.
    ///
    /// Any status but the last is made up for by the next one. After the last nothing comes, and its execution has
    /// succeeded: the order would be on its way for ever, and keep its connection from ordering.
    pub(crate) async fn lost(&self, detail: Map<String, Value>) {
        match serde_json::from_value::<OrderStatusChanged>(Value::Object(detail)) {
            Ok(event) if event.status == DELIVERED => self.insist_on_interrupting(event.connection_id).await,
            Ok(event) => tracing::warn!(event.status, "a status was lost"),
            Err(error) => tracing::error!(%error, "an event is none of ours"),
        }
    }

    /// The execution that made a connection's order is no more: its customers are told as soon as that is written.
    pub(crate) async fn insist_on_interrupting(&self, connection_id: String) {
        match self.interrupt(&connection_id).await {
            Interrupted::Nothing => {}
            Interrupted::BeforeItsFirstStatus => {
                let message = messages::error("the kitchen could not take your order: please order again");
                self.tell(&[connection_id], &[message]).await;
            }
            Interrupted::Order { message, followers } => self.tell(&followers, &[message]).await,
        }
    }

    /// No execution was started for a connection, whose customer knows.
    pub(crate) async fn withdraw(&self, connection_id: String) {
        self.interrupt(&connection_id).await;
    }

    /// Tries as often as it takes: nobody else would do it before the bar opens again.
    async fn interrupt(&self, connection_id: &str) -> Interrupted {
        const FIRST_WAIT: Duration = Duration::from_secs(1);
        const LONGEST_WAIT: Duration = Duration::from_mins(1);

        let mut wait = FIRST_WAIT;
        loop {
            let of = connection_id.to_owned();
            let interrupting = self.tables.change(move |transaction| interrupt(transaction, &of));
            match interrupting.await {
                Ok((order_id, interrupted)) => {
                    self.new_tokens().remove(&order_id);
                    return interrupted;
                }
                // A bar that opens marks what was left.
                Err(TablesError::Closed) => return Interrupted::Nothing,
                Err(error) => tracing::error!(%error, "an order could not be marked as interrupted"),
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn new_tokens(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.new_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells followers, each for itself: a slow one makes no other wait. The order goes on whatever becomes of them.
    async fn tell(&self, followers: &[String], messages: &[String]) {
        join_all(followers.iter().map(|connection_id| async move {
            if messages::post(&self.connections, connection_id, messages).await {
                return;
            }
            let gone = connection_id.clone();
            let removed = self
                .tables
                .change(move |transaction| transaction.remove_session(&gone))
                .await;
            if let Err(error) = removed {
                tracing::warn!(connection_id, %error, "a session outlives its connection");
            }
        }))
        .await;
    }
}

/// Writes a status to the order; `None` if nobody ordered on that connection.
fn change_status(
    transaction: &dyn Transaction,
    event: OrderStatusChanged,
    time: DateTime<Utc>,
) -> Result<Option<Change>, TablesError> {
    // The customer may have left: then it is not the session that knows of the order, but what runs for it.
    let Some(running) = transaction.running(&event.connection_id)? else {
        return Ok(None);
    };
    let known = transaction.order(&running.order_id)?;
    let is_new = known.is_none();
    let is_news = transaction.note_status(&running.order_id, &event.status, time)?;
    if let Some(order) = known.as_ref().filter(|_| !is_news) {
        return Ok(Some(Change {
            order: order.clone(),
            is_new,
            followers: Vec::new(),
        }));
    }
    let order = match known {
        Some(order) => Order {
            details: event.order_details,
            status: event.status,
            ..order
        },
        None => Order {
            details: event.order_details,
            connection_id: event.connection_id,
            order_id: running.order_id,
            domain_name: running.domain_name,
            stage: running.stage,
            status: event.status,
        },
    };
    if is_new && let Some(mut session) = transaction.session(&order.connection_id)? {
        session.order_id = Some(order.order_id.clone());
        transaction.put_session(&session)?;
    }
    transaction.put_order(&order)?;
    if order.status == DELIVERED {
        transaction.remove_running(&order.connection_id)?;
    }
    let followers = transaction.followers(&order.order_id)?;
    Ok(Some(Change {
        order,
        is_new,
        followers,
    }))
}

/// What there was to interrupt.
enum Interrupted {
    Nothing,
    /// An execution that came to no order yet.
    BeforeItsFirstStatus,
    Order {
        message: String,
        followers: Vec<String>,
    },
}

/// The id of the order, and what became of it.
fn interrupt(transaction: &dyn Transaction, connection_id: &str) -> Result<(String, Interrupted), TablesError> {
    let Some(Running { order_id, .. }) = transaction.running(connection_id)? else {
        return Ok((String::new(), Interrupted::Nothing));
    };
    transaction.remove_running(connection_id)?;
    let Some(mut order) = transaction.order(&order_id)? else {
        transaction.remove_token(&order_id)?;
        return Ok((order_id, Interrupted::BeforeItsFirstStatus));
    };
    INTERRUPTED.clone_into(&mut order.status);
    transaction.put_order(&order)?;
    let interrupted = Interrupted::Order {
        message: messages::order(&order, None),
        followers: transaction.followers(&order_id)?,
    };
    Ok((order_id, interrupted))
}

fn invalid_order(err: &str) -> Value {
    json!({ "statusCode": 404, "body": { "message": "invalid order", "err": err } })
}

#[expect(clippy::disallowed_methods, reason = "when a status came is what the page shows")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
