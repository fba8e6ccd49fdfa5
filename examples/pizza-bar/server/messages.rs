//! What clients are told.

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
