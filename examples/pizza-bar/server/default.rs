//! `$default`: takes an order, and starts the state machine with `{connectionId, data}`.

use std::sync::Arc;
use std::time::Duration;

use asl_engine::websocket::{Connections, ProxyEvent, ProxyResponse, RequestContext, RouteError};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::get_order::{follow, hash};
use super::kitchen::Kitchen;
use super::messages;
use super::order::{OrderDetails, Session};
use super::order_handler::OrderHandler;
use super::tables::{Running, Tables, TablesError, Transaction};
use super::watchers::Watchers;

pub(crate) struct Default {
    pub(crate) tables: Tables,
    pub(crate) connections: Connections,
    pub(crate) kitchen: Kitchen,
    pub(crate) order_handler: Arc<OrderHandler>,
    pub(crate) watchers: Arc<Watchers>,
}

/// What came of an order's wish to be next.
enum Turn {
    Taken,
    /// An order of the same client token is known.
    Known {
        order_id: String,
    },
    /// An execution runs for the connection, or it follows an order that is not finished.
    NotYet,
}

impl Default {
    pub(crate) async fn handle(&self, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
        let context = &event.request_context;
        let (details, client_token) = match parse(event.body.as_deref().unwrap_or_default()) {
            Ok(order) => order,
            Err(message) => return self.refuse(context, 400, &message).await,
        };
        if !self.kitchen.has_room() {
            let message = "every oven is taken: please try again in half a minute";
            return self.refuse(context, 400, message).await;
        }
        let (order_id, token) = (random(), client_token.unwrap_or_else(random));
        match self.take_turn(context, &order_id, &token).await {
            Ok(Turn::Taken) => {}
            Ok(Turn::Known { order_id }) => return self.tell_again(context, order_id, token).await,
            Ok(Turn::NotYet) => {
                let message = "one order at a time: the next one once this is delivered";
                return self.refuse(context, 400, message).await;
            }
            Err(error) if error.may_pass() => {
                tracing::warn!(%error, "an order is refused");
                return self.refuse(context, 503, messages::NO_ROOM).await;
            }
            Err(error) => return Err(error.into()),
        }
        self.start(context, order_id, token, details).await
    }

    async fn start(
        &self,
        context: &RequestContext,
        order_id: String,
        token: String,
        details: OrderDetails,
    ) -> Result<ProxyResponse, RouteError> {
        let connection_id = context.connection_id.clone();
        self.order_handler.remember_token(order_id.clone(), token);
        let input = json!({ "connectionId": connection_id, "data": details });
        match self.kitchen.start(order_id, input).await {
            Ok(pizza) => {
                self.watchers.watch(pizza, connection_id);
                Ok(ProxyResponse::ok())
            }
            Err(error) => {
                tracing::error!(%error, "no execution was started");
                self.watchers.withdraw(connection_id);
                let message = "the kitchen could not take your order: please try again in a minute";
                self.refuse(context, 503, message).await
            }
        }
    }

    /// Notes that an execution is about to run for the connection, unless it has to wait.
    async fn take_turn(&self, context: &RequestContext, order_id: &str, token: &str) -> Result<Turn, TablesError> {
        let mut session = Session::of(context);
        let token_hash = hash(token);
        let running = Running {
            domain_name: context.domain_name.clone(),
            stage: context.stage.clone(),
            order_id: order_id.to_owned(),
        };
        self.tables
            .change(move |transaction| {
                if let Some(order_id) = transaction.order_of_token(&token_hash)? {
                    return Ok(Turn::Known { order_id });
                }
                let connection_id = session.connection_id.clone();
                if transaction.running(&connection_id)?.is_some() || follows_unfinished(transaction, &connection_id)? {
                    return Ok(Turn::NotYet);
                }
                session.order_id = None;
                transaction.put_session(&session)?;
                transaction.put_token_hash(&running.order_id, &token_hash)?;
                transaction.put_running(&connection_id, &running)?;
                Ok(Turn::Taken)
            })
            .await
    }

    /// Tells of an order that came before, as when its answer was lost with the connection: an order of the same client
    /// token is the same order.
    async fn tell_again(
        &self,
        context: &RequestContext,
        order_id: String,
        token: String,
    ) -> Result<ProxyResponse, RouteError> {
        const TRIES: usize = 50;
        const PAUSE: Duration = Duration::from_millis(100);

        for _ in 0..TRIES {
            let (session, order_id, token) = (Session::of(context), order_id.clone(), token.clone());
            let followed = self.tables.change(move |transaction| {
                // It has an execution, and comes to be with its first event.
                if transaction.order(&order_id)?.is_none() && transaction.is_running(&order_id)? {
                    return Ok(None);
                }
                follow(transaction, session, &order_id, &token).map(Some)
            });
            let (status, message) = match followed.await {
                Ok(None) => {
                    sleep(PAUSE).await;
                    continue;
                }
                Ok(Some(Ok(order))) => (200, order),
                Ok(Some(Err(error))) => (404, error),
                Err(error) if error.may_pass() => (503, messages::error(messages::NO_ROOM)),
                Err(error) => return Err(error.into()),
            };
            messages::post(&self.connections, &context.connection_id, &[message]).await;
            return Ok(ProxyResponse::status(status));
        }
        self.refuse(context, 503, messages::NO_ROOM).await
    }

    async fn refuse(&self, context: &RequestContext, status: u16, message: &str) -> Result<ProxyResponse, RouteError> {
        // A client that is gone needs no answer.
        messages::post(&self.connections, &context.connection_id, &[messages::error(message)]).await;
        Ok(ProxyResponse::status(status))
    }
}

fn follows_unfinished(transaction: &dyn Transaction, connection_id: &str) -> Result<bool, TablesError> {
    let session = transaction.session(connection_id)?;
    let Some(order_id) = session.and_then(|session| session.order_id) else {
        return Ok(false);
    };
    let order = transaction.order(&order_id)?;
    Ok(order.is_some_and(|order| !order.is_finished()))
}

/// The order in `{"action":"order","order":{…},"clientToken":"…"}`, and the client's token if it has one.
fn parse(body: &str) -> Result<(OrderDetails, Option<String>), String> {
    let message: Value = serde_json::from_str(body).map_err(|_| "the message is not JSON")?;
    match message.get("action").and_then(Value::as_str) {
        Some("order") => {
            let details = OrderDetails::parse(message.get("order").ok_or("`order` is missing")?)?;
            Ok((details, client_token(&message)?))
        }
        Some(_) => Err("`action` must be `order` or `getOrder`".to_owned()),
        None => Err(r#"a message is an object such as {"action":"order","order":{…}}"#.to_owned()),
    }
}

/// Whoever has the token sees the order, so that a word that others may think of is none.
fn client_token(message: &Value) -> Result<Option<String>, String> {
    let Some(token) = message.get("clientToken") else {
        return Ok(None);
    };
    let token = token.as_str().and_then(|token| Uuid::try_parse(token).ok());
    let token = token.ok_or("`clientToken` must be a UUID that is new for each order")?;
    Ok(Some(token.to_string()))
}

/// 122 bits of the system's randomness.
#[expect(clippy::disallowed_methods, reason = "a server draws its own ids and tokens")]
fn random() -> String {
    Uuid::new_v4().to_string()
}
