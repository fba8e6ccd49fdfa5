//! The target of the rule on the order bus: keeps the Orders table, and tells the customers.

use std::time::Duration;

use asl_engine::websocket::Connections;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::get_order::hash;
use super::messages;
use super::order::{DELIVERED, INTERRUPTED, Order, OrderDetails};
use super::tables::{Tables, TablesError, Transaction};

pub(crate) struct OrderHandler {
    pub(crate) tables: Tables,
    pub(crate) connections: Connections,
}

/// The detail of an `OrderStatusChangedEvent`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderStatusChanged {
    connection_id: String,
    status: String,
    order_details: OrderDetails,
}

/// What a status did, and who is to hear of it.
struct Change {
    order: Order,
    /// The token of an order that is new.
    token: Option<String>,
    followers: Vec<String>,
}

impl OrderHandler {
    /// Handles the detail of one event; answers what a Lambda function would.
    pub(crate) async fn handle(&self, detail: Map<String, Value>) -> Result<Value, TablesError> {
        let event = match serde_json::from_value::<OrderStatusChanged>(Value::Object(detail)) {
            Ok(event) => event,
            Err(error) => return Ok(invalid_order(&error.to_string())),
        };
        let connection_id = event.connection_id.clone();
        let change = self
            .tables
            .change_orders(move |transaction| change_status(transaction, event))
            .await?;
        let Some(change) = change else {
            return Ok(invalid_order(&format!(
                "nobody ordered on the connection {connection_id}"
            )));
        };
        let mut told = vec![messages::changed_event(&change.order.status)];
        if let Some(token) = &change.token {
            told.insert(0, messages::order(&change.order, Some(token)));
        }
        self.tell(&change.followers, &told).await;
        Ok(json!({ "statusCode": 200, "body": change.order }))
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

    /// The execution that made a connection's order is no more.
    pub(crate) async fn interrupt(&self, connection_id: String) -> Result<(), TablesError> {
        let of = connection_id.clone();
        let interrupted = self
            .tables
            .change_orders(move |transaction| interrupt(transaction, &of))
            .await?;
        match interrupted {
            Interrupted::Nothing => {}
            Interrupted::BeforeItsFirstStatus => {
                let message = messages::error("the kitchen could not take your order: please order again");
                self.tell(&[connection_id], &[message]).await;
            }
            Interrupted::Order { message, followers } => self.tell(&followers, &[message]).await,
        }
        Ok(())
    }

    /// The same, as often as it takes: nobody else would do it before the bar closes.
    pub(crate) async fn insist_on_interrupting(&self, connection_id: String) {
        const FIRST_WAIT: Duration = Duration::from_secs(1);
        const LONGEST_WAIT: Duration = Duration::from_mins(1);

        let mut wait = FIRST_WAIT;
        loop {
            match self.interrupt(connection_id.clone()).await {
                // A server that closes marks its orders itself.
                Ok(()) | Err(TablesError::Closed) => return,
                Err(error) => tracing::error!(%error, "an order could not be marked as interrupted"),
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
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
                .change_sessions(move |transaction| transaction.remove_session(&gone))
                .await;
            if let Err(error) = removed {
                tracing::warn!(connection_id, %error, "a session outlives its connection");
            }
        }))
        .await;
    }
}

/// Writes a status to the order; `None` if nobody ordered on that connection.
fn change_status(transaction: &Transaction, event: OrderStatusChanged) -> Result<Option<Change>, TablesError> {
    // The customer may have left: then it is not the session that knows of the order, but what runs for it.
    let Some(mut running) = transaction.running(&event.connection_id)? else {
        return Ok(None);
    };
    let known = match &running.order_id {
        Some(order_id) => transaction.order(order_id)?,
        None => None,
    };
    let (order, token) = if let Some(order) = known {
        let order = Order {
            details: event.order_details,
            status: event.status,
            ..order
        };
        (order, None)
    } else {
        let order_id = random();
        let token = random();
        transaction.put_token_hash(&order_id, &hash(&token))?;
        running.order_id = Some(order_id.clone());
        transaction.put_running(&event.connection_id, &running)?;
        if let Some(mut session) = transaction.session(&event.connection_id)? {
            transaction.unfollow(&mut session)?;
            session.order_id = Some(order_id.clone());
            transaction.put_session(&session)?;
        }
        let order = Order {
            details: event.order_details,
            connection_id: event.connection_id,
            order_id,
            domain_name: running.domain_name,
            stage: running.stage,
            status: event.status,
        };
        (order, Some(token))
    };
    transaction.put_order(&order)?;
    if order.status == DELIVERED {
        transaction.remove_running(&order.connection_id)?;
    }
    let followers = transaction.followers(&order.order_id)?;
    Ok(Some(Change {
        order,
        token,
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

fn interrupt(transaction: &Transaction, connection_id: &str) -> Result<Interrupted, TablesError> {
    let Some(running) = transaction.running(connection_id)? else {
        return Ok(Interrupted::Nothing);
    };
    transaction.remove_running(connection_id)?;
    let Some(order_id) = running.order_id else {
        return Ok(Interrupted::BeforeItsFirstStatus);
    };
    let Some(mut order) = transaction.order(&order_id)? else {
        return Ok(Interrupted::Nothing);
    };
    INTERRUPTED.clone_into(&mut order.status);
    transaction.put_order(&order)?;
    Ok(Interrupted::Order {
        message: messages::order(&order, None),
        followers: transaction.followers(&order_id)?,
    })
}

fn invalid_order(err: &str) -> Value {
    json!({ "statusCode": 404, "body": { "message": "invalid order", "err": err } })
}

/// 122 bits of the system's randomness.
#[expect(clippy::disallowed_methods, reason = "a server draws its own ids and tokens")]
fn random() -> String {
    Uuid::new_v4().to_string()
}
