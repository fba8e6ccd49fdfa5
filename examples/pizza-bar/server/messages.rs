//! What clients are told.

use asl_engine::websocket::{Connections, PostToConnectionError};
use serde_json::{Value, json};

use super::order::{Order, OrderDetails};

/// A status, as the bar has always sent it: the event is JSON text inside the message.
pub(crate) fn changed_event(status: &str) -> String {
    let event = json!({ "name": "STATUS_CHANGED_EVENT", "status": status });
    json!({ "type": "CHANGED_EVENT", "message": event.to_string() }).to_string()
}

/// An order, to the one who has its token.
pub(crate) fn order(order: &Order, token: Option<&str>) -> String {
    let OrderDetails {
        name,
        pizza,
        size,
        quantity,
        notes,
    } = &order.details;
    let mut shown = json!({
        "orderId": order.order_id,
        "status": order.status,
        "name": name,
        "pizza": pizza,
        "size": size,
        "quantity": quantity,
    });
    if let Some(shown) = shown.as_object_mut() {
        shown.extend(
            notes
                .iter()
                .map(|notes| ("notes".to_owned(), Value::from(notes.as_str()))),
        );
        shown.extend(token.map(|token| ("token".to_owned(), Value::from(token))));
    }
    json!({ "type": "ORDER", "order": shown }).to_string()
}

/// A request that was refused.
pub(crate) fn error(message: &str) -> String {
    json!({ "type": "ERROR", "message": message }).to_string()
}

/// There is no such order, or the token is another's: whoever asked may forget it. No other message says so.
pub(crate) fn no_such_order(order_id: &str) -> String {
    let message = "there is no such order, or it has another token";
    json!({ "type": "ERROR", "code": "NO_SUCH_ORDER", "orderId": order_id, "message": message }).to_string()
}

/// Sends messages to a client, in this order; false if it is gone.
///
/// A client whose queue is full is disconnected: it would miss a message and never know. When it comes back, it asks for
/// its order, and gets what it missed.
pub(crate) async fn post(connections: &Connections, connection_id: &str, messages: &[String]) -> bool {
    for message in messages {
        match connections.post_to_connection(connection_id, message.as_str()).await {
            Ok(()) => {}
            Err(PostToConnectionError::Gone) => return false,
            Err(error) => {
                tracing::warn!(connection_id, %error, "a client is disconnected");
                return connections.delete_connection(connection_id).is_ok();
            }
        }
    }
    true
}
