//! The target of the rule on the order bus: keeps the Orders table, and tells the customers.

use asl_engine::websocket::{Connections, PostToConnectionError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
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
        if let Some(token) = &change.token {
            let message = messages::order(&change.order, Some(token));
            self.post(&change.followers, &message).await?;
        }
        let message = messages::changed_event(&change.order.status);
        self.post(&change.followers, &message).await?;
        Ok(json!({ "statusCode": 200, "body": change.order }))
    }

    /// The execution that made a connection's order is no more.
    pub(crate) async fn interrupt(&self, connection_id: String) -> Result<(), TablesError> {
        let change = self
            .tables
            .change_orders(move |transaction| interrupt(transaction, &connection_id))
            .await?;
        if let Some(change) = change {
            self.post(&change.followers, &messages::order(&change.order, None))
                .await?;
        }
        Ok(())
    }

    async fn post(&self, connections: &[String], message: &str) -> Result<(), TablesError> {
        for connection_id in connections {
            match self.connections.post_to_connection(connection_id, message).await {
                Ok(()) => {}
                Err(PostToConnectionError::Gone) => {
                    let connection_id = connection_id.clone();
                    self.tables
                        .change_sessions(move |transaction| transaction.remove_session(&connection_id))
                        .await?;
                }
                Err(error) => tracing::warn!(connection_id, %error, "a customer could not be told"),
            }
        }
        Ok(())
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

fn interrupt(transaction: &Transaction, connection_id: &str) -> Result<Option<Change>, TablesError> {
    let running = transaction.running(connection_id)?;
    transaction.remove_running(connection_id)?;
    let Some(order_id) = running.and_then(|running| running.order_id) else {
        return Ok(None);
    };
    let Some(mut order) = transaction.order(&order_id)? else {
        return Ok(None);
    };
    INTERRUPTED.clone_into(&mut order.status);
    transaction.put_order(&order)?;
    Ok(Some(Change {
        followers: transaction.followers(&order_id)?,
        order,
        token: None,
    }))
}

fn invalid_order(err: &str) -> Value {
    json!({ "statusCode": 404, "body": { "message": "invalid order", "err": err } })
}

/// 122 bits of the system's randomness.
#[expect(clippy::disallowed_methods, reason = "a server draws its own ids and tokens")]
fn random() -> String {
    Uuid::new_v4().to_string()
}
