//! Orders that are delivered.

use futures_util::future::join_all;
use serde_json::json;

use super::bar::{Customer, Folder, STATUSES, close, open, orders};

#[tokio::test]
async fn an_order_takes_six_messages() {
    let folder = Folder::new();
    let server = open(&folder, 200.0).await;
    let mut customer = Customer::enter(&server).await;
    let order =
        json!({ "name": " Ada ", "pizza": "quattro-formaggi", "size": "small", "quantity": 3, "notes": "$.notes" });
    customer.send(&json!({ "action": "order", "order": order })).await;

    let told = customer.hear().await;
    let (order_id, token) = (told["order"]["orderId"].clone(), told["order"]["token"].clone());
    let expected = json!({
        "type": "ORDER",
        "order": {
            "orderId": order_id,
            "status": "order accepted",
            "name": "Ada",
            "pizza": "quattro-formaggi",
            "size": "small",
            "quantity": 3,
            "notes": "$.notes",
            "token": token,
        }
    });
    assert_eq!(told, expected);
    for status in STATUSES {
        let expected = format!(
            r#"{{"type":"CHANGED_EVENT","message":"{{\"name\":\"STATUS_CHANGED_EVENT\",\"status\":\"{status}\"}}"}}"#
        );
        assert_eq!(customer.hear_text().await, expected);
    }

    let orders = serde_json::to_value(orders(&server).await).unwrap();
    let host = server.address.to_string();
    let expected = json!([{
        "name": "Ada",
        "pizza": "quattro-formaggi",
        "size": "small",
        "quantity": 3,
        "notes": "$.notes",
        "connectionId": orders[0]["connectionId"],
        "orderId": order_id,
        "domainName": host,
        "stage": "local",
        "status": "order delivered",
    }]);
    assert_eq!(orders, expected);
    close(server, customer).await;
}

#[tokio::test]
async fn two_hundred_orders_at_once() {
    let folder = Folder::new();
    let server = open(&folder, 50.0).await;
    let customers = (0..200).map(|number| {
        let server = &server;
        async move {
            let mut customer = Customer::enter(server).await;
            customer.order(&format!("customer {number}")).await;
            let receipt = customer.hear_receipt().await;
            assert_eq!(customer.hear_statuses().await, STATUSES);
            (receipt.order_id, receipt.token)
        }
    });
    let mut receipts: Vec<_> = join_all(customers).await;
    receipts.sort_unstable();
    receipts.dedup_by(|a, b| a.0 == b.0 || a.1 == b.1);
    assert_eq!(receipts.len(), 200);
    let orders = orders(&server).await;
    assert_eq!(orders.len(), 200);
    assert!(orders.iter().all(|order| order.status == "order delivered"));
    server.shutdown().await;
}

#[tokio::test]
async fn one_order_at_a_time_and_a_new_one_after_it() {
    let folder = Folder::new();
    let server = open(&folder, 50.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    customer.order("Ada again").await;
    // Which of the two answers comes first is left open; what they say is not.
    let mut told = Vec::new();
    while told.len() < 8 {
        told.push(customer.hear().await);
    }
    let count = |kind: &str| told.iter().filter(|message| message["type"] == kind).count();
    assert_eq!((count("ORDER"), count("ERROR"), count("CHANGED_EVENT")), (1, 1, 6));
    let first = told.iter().find(|message| message["type"] == "ORDER").unwrap();

    customer.order("Ada").await;
    let second = customer.hear_receipt().await;
    assert_ne!(first["order"]["orderId"], second.order_id);
    assert_ne!(first["order"]["token"], second.token);
    assert_eq!(customer.hear_statuses().await, STATUSES);
    assert_eq!(orders(&server).await.len(), 2);
    close(server, customer).await;
}
