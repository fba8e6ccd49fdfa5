//! `$default`: takes an order, and starts the state machine with `{connectionId, data}`.

use std::sync::Arc;

use asl_engine::execution::Program;
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::websocket::{Connections, ProxyEvent, ProxyResponse, RequestContext, RouteError};
use asl_engine::{Interpreter, Outcome};
use serde_json::{Value, json};

use super::messages;
use super::order::OrderDetails;
use super::order_handler::OrderHandler;
use super::tables::{Running, Tables, TablesError};

/// How many pizzas are made at once.
const OVENS: usize = 10_000;

pub(crate) struct Default {
    pub(crate) tables: Tables,
    pub(crate) connections: Connections,
    pub(crate) interpreter: Arc<Interpreter>,
    pub(crate) program: Arc<Program>,
    pub(crate) order_handler: Arc<OrderHandler>,
}

impl Default {
    pub(crate) async fn handle(&self, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
        let details = match parse(event.body.as_deref().unwrap_or_default()) {
            Ok(details) => details,
            Err(message) => return self.refuse(&event.request_context, &message).await,
        };
        if self.interpreter.running() >= OVENS {
            let message = "every oven is taken: please try again in half a minute";
            return self.refuse(&event.request_context, message).await;
        }
        if !self.take_turn(&event.request_context).await? {
            let message = "one order at a time: the next one once this is delivered";
            return self.refuse(&event.request_context, message).await;
        }
        let connection_id = event.request_context.connection_id;
        let input = json!({ "connectionId": connection_id, "data": details });
        let request = StartRequest::default().state_machine_name("PizzaBar");
        let execution = match self.interpreter.start_with(Arc::clone(&self.program), input, request) {
            Ok(execution) => execution,
            Err(error) => {
                tracing::error!(%error, "no execution was started");
                self.order_handler.interrupt(connection_id).await?;
                return Ok(ProxyResponse::status(500));
            }
        };
        tokio::spawn(watch(execution, Arc::clone(&self.order_handler), connection_id));
        Ok(ProxyResponse::ok())
    }

    /// Notes that an execution runs for the connection; false if one runs already, or it follows an order that does.
    async fn take_turn(&self, context: &RequestContext) -> Result<bool, TablesError> {
        let connection_id = context.connection_id.clone();
        let running = Running {
            domain_name: context.domain_name.clone(),
            stage: context.stage.clone(),
            order_id: None,
        };
        self.tables
            .change_sessions(move |transaction| {
                if transaction.running(&connection_id)?.is_some() {
                    return Ok(false);
                }
                if let Some(mut session) = transaction.session(&connection_id)? {
                    let order = match &session.order_id {
                        Some(order_id) => transaction.order(order_id)?,
                        None => None,
                    };
                    if order.is_some_and(|order| !order.is_finished()) {
                        return Ok(false);
                    }
                    transaction.unfollow(&mut session)?;
                    transaction.put_session(&session)?;
                }
                transaction.put_running(&connection_id, &running)?;
                Ok(true)
            })
            .await
    }

    async fn refuse(&self, context: &RequestContext, message: &str) -> Result<ProxyResponse, RouteError> {
        // A client that is gone needs no answer.
        messages::post(&self.connections, &context.connection_id, &[messages::error(message)]).await;
        Ok(ProxyResponse::status(400))
    }
}

/// Interrupts the order of an execution that ends otherwise than with its last event. One that succeeds has only put that
/// event: what if it is not delivered, is a matter of the bus.
async fn watch(execution: ExecutionHandle, order_handler: Arc<OrderHandler>, connection_id: String) {
    let outcome = execution.outcome().await;
    if matches!(outcome, Outcome::Succeeded { .. }) {
        return;
    }
    tracing::info!(execution = execution.arn(), ?outcome, "an order is interrupted");
    order_handler.insist_on_interrupting(connection_id).await;
}

/// The order in `{"action":"order","order":{…}}`.
fn parse(body: &str) -> Result<OrderDetails, String> {
    let message: Value = serde_json::from_str(body).map_err(|_| "the message is not JSON")?;
    match message.get("action").and_then(Value::as_str) {
        Some("order") => OrderDetails::parse(message.get("order").ok_or("`order` is missing")?),
        Some(_) => Err("`action` must be `order` or `getOrder`".to_owned()),
        None => Err(r#"a message is an object such as {"action":"order","order":{…}}"#.to_owned()),
    }
}
