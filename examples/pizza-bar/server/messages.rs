//! What clients are told.

use asl_engine::websocket::{Connections, PostToConnectionError};
use serde_json::{Map, Value, json};

use super::order::{Order, OrderDetails};

/// A status, as the bar has always sent it: the event is JSON text inside the message.
pub(crate) fn changed_event(status: &str) -> String {
    let event = json!({ "name": "STATUS_CHANGED_EVENT", "status": status });
    json!({ "type": "CHANGED_EVENT", "message": event.to_string() }).to_string()
}

/// An order, to the one who has its token.
pub(crate) fn order(order: &Order, token: Option<&str>) -> String {
    json!({ "type": "ORDER", "order": shown(order, token) }).to_string()
}

/// An order to a customer who comes back, with the times of the statuses that it has had.
pub(crate) fn known_order(order: &Order, token: &str, statuses: &[(String, String)]) -> String {
    let mut shown = shown(order, Some(token));
    let times = statuses
        .iter()
        .map(|(status, time)| (status.clone(), Value::from(time.as_str())));
    shown.insert("times".to_owned(), Value::Object(times.collect()));
    json!({ "type": "ORDER", "order": shown }).to_string()
}

fn shown(order: &Order, token: Option<&str>) -> Map<String, Value> {
    let OrderDetails {
        name,
        pizza,
        size,
        quantity,
        notes,
    } = &order.details;
    let shown = [
        ("orderId", json!(order.order_id)),
        ("status", json!(order.status)),
        ("name", json!(name)),
        ("pizza", json!(pizza)),
        ("size", json!(size)),
        ("quantity", json!(quantity)),
    ];
    let notes = notes.as_ref().map(|notes| ("notes", json!(notes)));
    let token = token.map(|token| ("token", json!(token)));
    let shown = shown.into_iter().chain(notes).chain(token);
    shown.map(|(field, value)| (field.to_owned(), value)).collect()
}

/// Nothing can be written, and so nothing is promised.
pub(crate) const NO_ROOM: &str = "the kitchen has no room to write down anything: please try again in a minute";

/// The database cannot be written now, and what waits for it goes on by itself.
pub(crate) fn delayed() -> String {
    let message = "the kitchen has no room to write anything down: your order waits, and goes on by itself";
    json!({ "type": "DELAYED", "message": message }).to_string()
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
