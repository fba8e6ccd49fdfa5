//! Customers that leave, and come back.

use asl_engine::websocket::WebSocketApi;
use serde_json::{Value, json};

use super::bar::{Customer, Folder, Receipt, STATUSES, close, open, read, wait_for_order};
use super::server::order::Session;
use super::server::order_handler::OrderHandler;
use super::server::tables::{Running, Tables};

#[tokio::test]
async fn an_order_is_delivered_without_its_customer() {
    let folder = Folder::new();
    let server = open(&folder, 100.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    customer.hear_receipt().await;
    assert_eq!(customer.hear_status().await, STATUSES[0]);
    // Gone without a farewell.
    drop(customer);

    let order = wait_for_order(&server, "order delivered").await;
    assert_eq!(order.details.name, "Ada");
    let connection = order.connection_id.clone();
    let session = read(&server, move |transaction| transaction.session(&connection)).await;
    assert_eq!(session, None);
    server.shutdown().await;
}

#[tokio::test]
async fn an_order_is_made_even_if_its_customer_leaves_at_once() {
    let folder = Folder::new();
    let server = open(&folder, 100.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    customer.leave().await;
    wait_for_order(&server, "order delivered").await;
    server.shutdown().await;
}

#[tokio::test]
async fn a_customer_comes_back_to_the_order() {
    let folder = Folder::new();
    let server = open(&folder, 10.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    let receipt = customer.hear_receipt().await;
    assert_eq!(customer.hear_status().await, STATUSES[0]);
    customer.leave().await;

    let mut customer = Customer::enter(&server).await;
    customer.ask_for(&receipt).await;
    // While it follows an order, it has one.
    customer.order("Ada").await;
    let (told, statuses) = customer.hear_until_delivered().await;
    let [order, error] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(order["type"], "ORDER");
    assert_eq!(order["order"]["orderId"], receipt.order_id);
    assert_eq!(order["order"]["token"], receipt.token);
    assert_eq!(order["order"]["name"], "Ada");
    assert_eq!(
        error["message"],
        "one order at a time: the next one once this is delivered"
    );
    let reached = STATUSES.iter().position(|status| order["order"]["status"] == **status);
    assert_eq!(statuses, STATUSES[reached.unwrap() + 1..]);

    customer.order("Ada").await;
    assert_ne!(customer.hear_receipt().await.order_id, receipt.order_id);
    assert_eq!(customer.hear_statuses().await, STATUSES);
    close(server, customer).await;
}

#[tokio::test]
async fn a_second_page_follows_along_with_the_first() {
    let folder = Folder::new();
    let server = open(&folder, 10.0).await;
    let (mut first, mut second) = (Customer::enter(&server).await, Customer::enter(&server).await);
    first.order("Ada").await;
    let receipt = first.hear_receipt().await;
    second.ask_for(&receipt).await;
    assert_eq!(first.hear_statuses().await, STATUSES);
    let (told, statuses) = second.hear_until_delivered().await;
    assert_eq!(told[0]["order"]["orderId"], receipt.order_id);
    assert!(statuses.len() > 1 && STATUSES.ends_with(&statuses.iter().map(String::as_str).collect::<Vec<_>>()));
    close(server, (first, second)).await;
}

#[tokio::test]
async fn an_order_is_shown_to_the_owner_of_its_token_only() {
    let folder = Folder::new();
    let server = open(&folder, 100.0).await;
    let (mut ada, mut eve) = (Customer::enter(&server).await, Customer::enter(&server).await);
    ada.order("Ada").await;
    let receipt = ada.hear_receipt().await;
    eve.order("Eve").await;
    let other = eve.hear_receipt().await;
    assert_eq!(ada.hear_statuses().await, STATUSES);
    assert_eq!(eve.hear_statuses().await, STATUSES);

    let wrong = [
        (receipt.order_id.as_str(), ""),
        (receipt.order_id.as_str(), other.token.as_str()),
        (receipt.order_id.as_str(), receipt.order_id.as_str()),
        (other.token.as_str(), receipt.token.as_str()),
        ("", ""),
    ];
    for (order_id, token) in wrong {
        let (order_id, token) = (order_id.to_owned(), token.to_owned());
        let asked = json!(order_id);
        eve.ask_for(&Receipt { order_id, token }).await;
        let expected = json!({
            "type": "ERROR",
            "code": "NO_SUCH_ORDER",
            "orderId": asked,
            "message": "there is no such order, or it has another token",
        });
        assert_eq!(eve.hear().await, expected);
    }
    close(server, (ada, eve)).await;
}

/// The handler alone, with tables that know of connections that are not there.
#[tokio::test]
async fn a_connection_that_is_gone_loses_its_session() {
    let folder = Folder::new();
    let (tables, _store) = Tables::open(&folder.0).unwrap();
    let handler = OrderHandler::new(tables.clone(), WebSocketApi::new().connections());
    let unknown = handler.handle(detail("gone", STATUSES[0])).await.unwrap();
    assert_eq!(unknown["statusCode"], 404);
    assert_eq!(unknown["body"]["message"], "invalid order");
    assert_eq!(unknown["body"]["err"], "nobody ordered on the connection gone");

    let change = |transaction: &dyn super::server::tables::Transaction| {
        let (domain_name, stage) = ("localhost".to_owned(), "local".to_owned());
        transaction.put_session(&Session {
            connection_id: "gone".to_owned(),
            domain_name: domain_name.clone(),
            stage: stage.clone(),
            order_id: None,
        })?;
        let order_id = "o-1".to_owned();
        transaction.put_running(
            "gone",
            &Running {
                domain_name,
                stage,
                order_id,
            },
        )
    };
    tables.change(change).await.unwrap();
    for status in STATUSES {
        let answer = handler.handle(detail("gone", status)).await.unwrap();
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["body"]["status"], status);
        assert_eq!(answer["body"]["orderId"], "o-1");
        let session = tables.change(|transaction| transaction.session("gone")).await;
        assert_eq!(session.unwrap(), None);
    }
    // What comes after the delivery is about no order.
    assert_eq!(
        handler.handle(detail("gone", STATUSES[5])).await.unwrap()["statusCode"],
        404
    );
}

fn detail(connection_id: &str, status: &str) -> serde_json::Map<String, Value> {
    let details = json!({ "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1 });
    let detail = json!({ "connectionId": connection_id, "status": status, "orderDetails": details });
    detail.as_object().unwrap().clone()
}
