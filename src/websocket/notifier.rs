use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::connections::Connections;
use super::post_to_connection::PostToConnectionError;
use crate::TaskError;
use crate::handlers::{Handler, TaskContext};

/// A task handler that posts to connections: a state machine tells its clients how far it is.
///
/// The task's input is `{"connectionId": "…", "data": …}`. Data that is a text is posted as it is, other data as JSON; the
/// answer is `{}`. Fails with `ApiGatewayManagementApi.GoneException` when the connection is gone, and with
/// `…PayloadTooLargeException` and `…LimitExceededException` as [`PostToConnectionError`] says: names for Retry and Catch.
///
/// DIFFERENCE: Step Functions has no such integration; there a Lambda function stands between.
///
/// ```
/// use asl_engine::Interpreter;
/// use asl_engine::websocket::{Notifier, WebSocketApi};
///
/// let api = WebSocketApi::new();
/// let interpreter = Interpreter::new()
///     .handler("arn:aws:lambda:*:*:function:Notify", Notifier::new(api.connections()));
/// ```
#[derive(Debug, Clone)]
pub struct Notifier {
    connections: Connections,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    connection_id: String,
    data: Value,
}

impl Notifier {
    /// A handler that posts to the connections of an API.
    pub fn new(connections: Connections) -> Self {
        Self { connections }
    }
}

#[async_trait]
impl Handler for Notifier {
    async fn call(&self, input: Value, _context: TaskContext) -> Result<Value, TaskError> {
        let notification: Notification = serde_json::from_value(input).map_err(|error| {
            TaskError::new(
                "InvalidInput",
                format!("a notification has a `connectionId` and `data`: {error}"),
            )
        })?;
        let payload = match notification.data {
            Value::String(text) => text,
            data => data.to_string(),
        };
        self.connections
            .post_to_connection(&notification.connection_id, payload)
            .await
            .map_err(task_error)?;
        Ok(json!({}))
    }
}

fn task_error(error: PostToConnectionError) -> TaskError {
    let exception = match error {
        PostToConnectionError::Gone => "GoneException",
        PostToConnectionError::PayloadTooLarge { .. } => "PayloadTooLargeException",
        PostToConnectionError::LimitExceeded => "LimitExceededException",
    };
    TaskError::new(format!("ApiGatewayManagementApi.{exception}"), error.to_string())
}
