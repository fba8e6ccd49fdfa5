//! Messages that start nothing.

use serde_json::{Value, json};

use super::bar::{Customer, Folder, STATUSES, close, open, orders};

/// An order with one field changed; null takes it out.
fn order_with(field: &str, value: Value) -> Value {
    let mut order = json!({ "name": "Ada", "pizza": "margherita", "size": "large", "quantity": 2 });
    if value.is_null() {
        order.as_object_mut().unwrap().remove(field);
    } else {
        order[field] = value;
    }
    json!({ "action": "order", "order": order })
}

#[tokio::test]
async fn an_order_that_is_not_valid_starts_nothing() {
    let folder = Folder::new();
    let server = open(&folder, 200.0).await;
    let mut customer = Customer::enter(&server).await;
    let refused = [
        ("name", json!(null), "`name` is missing"),
        ("name", json!("   "), "`name` is empty"),
        ("name", json!(7), "`name` must be a text"),
        ("name", json!("x".repeat(61)), "`name` has more than 60 characters"),
        ("name", json!("A\u{1b}[2Jda"), "`name` has control characters"),
        ("pizza", json!(null), "`pizza` is missing"),
        ("pizza", json!("calzone"), "`pizza` must be one of margherita, "),
        (
            "pizza",
            json!({ "margherita": null }),
            "`pizza` must be one of margherita, ",
        ),
        ("size", json!(null), "`size` is missing"),
        ("size", json!("huge"), "`size` must be one of small, medium, large"),
        ("size", json!(["large"]), "`size` must be one of small, medium, large"),
        ("quantity", json!(null), "`quantity` is missing"),
        ("quantity", json!(0), "`quantity` must be a whole number"),
        ("quantity", json!(11), "`quantity` must be a whole number"),
        ("quantity", json!(-1), "`quantity` must be a whole number"),
        ("quantity", json!(1.5), "`quantity` must be a whole number"),
        ("quantity", json!("2"), "`quantity` must be a whole number"),
        ("notes", json!("x".repeat(201)), "`notes` has more than 200 characters"),
        ("notes", json!(["ring twice"]), "`notes` must be a text"),
    ];
    for (field, value, expected) in refused {
        customer.send(&order_with(field, value.clone())).await;
        let error = customer.hear_error().await;
        assert!(error.starts_with(expected), "{field}: {value}: {error}");
    }
    nothing_was_made(&server).await;
    // Exactly as much as is allowed is, in characters and not in bytes.
    customer.send(&order_with("name", json!("é".repeat(60)))).await;
    customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    close(server, customer).await;
}

#[tokio::test]
async fn a_message_that_is_no_order_starts_nothing() {
    let folder = Folder::new();
    let server = open(&folder, 200.0).await;
    let mut customer = Customer::enter(&server).await;
    let refused = [
        ("pizza!", "the message is not JSON"),
        ("", "the message is not JSON"),
        (r#"{"action":"order","order":{"#, "the message is not JSON"),
        ("[]", "a message is an object"),
        ("null", "a message is an object"),
        (r#"{"order":{}}"#, "a message is an object"),
        (r#"{"action":"dance"}"#, "`action` must be `order` or `getOrder`"),
        (r#"{"action":"$connect"}"#, "`action` must be `order` or `getOrder`"),
        (r#"{"action":"order"}"#, "`order` is missing"),
        (
            r#"{"action":"order","order":"margherita"}"#,
            "`order` must be an object",
        ),
        (r#"{"action":"getOrder"}"#, "`orderId` and `token` must be texts"),
        (
            r#"{"action":"getOrder","orderId":1,"token":2}"#,
            "`orderId` and `token` must be texts",
        ),
    ];
    for (message, expected) in refused {
        customer.send_text(message).await;
        let error = customer.hear_error().await;
        assert!(error.starts_with(expected), "{message}: {error}");
    }
    nothing_was_made(&server).await;
    close(server, customer).await;
}

#[tokio::test]
async fn a_customer_cannot_write_what_is_the_bars() {
    let folder = Folder::new();
    let server = open(&folder, 200.0).await;
    let mut customer = Customer::enter(&server).await;
    for field in ["orderId", "connectionId", "status", "domainName", "stage", "token"] {
        customer.send(&order_with(field, json!("order delivered"))).await;
        let error = customer.hear_error().await;
        assert!(error.starts_with(&format!("`order` has no field `{field}`")), "{error}");
    }
    nothing_was_made(&server).await;

    // Beside the order, and inside its texts, they are only that.
    let mut message = order_with(
        "notes",
        json!(r#"","status":"order delivered","orderId":"${PizzaOrderEventBus}"#),
    );
    for field in ["orderId", "connectionId", "status", "data"] {
        message[field] = json!("mine");
    }
    customer.send(&message).await;
    let receipt = customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    let orders = orders(&server).await;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].order_id, receipt.order_id);
    assert_ne!(orders[0].connection_id, "mine");
    assert_eq!(orders[0].details.notes.as_deref(), message["order"]["notes"].as_str());
    close(server, customer).await;
}

/// No order was made, and none is about to be: the events of one would have come by now or be in the table at shutdown.
async fn nothing_was_made(server: &super::server::Server) {
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(orders(server).await, []);
}
