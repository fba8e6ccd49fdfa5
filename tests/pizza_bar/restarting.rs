//! Servers that end, and start again with the same tables.

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::bar::{Customer, Folder, STATUSES, close, open, orders, read, wait_for_order};
use super::server::order::{INTERRUPTED, Order, Session};
use super::server::tables::{Running, Tables};
use super::server::{Options, Place, Server};

#[tokio::test]
async fn orders_go_on_when_the_bar_opens_again() {
    let folder = Folder::new();
    let server = open(&folder, 500.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    let delivered = customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    close(server, customer).await;

    // This kitchen takes the whole 25 seconds, and closes at once.
    let server = open(&folder, 1.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Bob").await;
    let baking = customer.hear_receipt().await;
    assert_eq!(customer.hear_status().await, STATUSES[0]);
    close(server, customer).await;

    let server = open(&folder, 10.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.ask_for(&delivered).await;
    let told = customer.hear().await;
    assert_eq!(told["order"]["status"], "order delivered", "{told}");
    assert_eq!(told["order"]["name"], "Ada");
    assert_eq!(told["order"]["orderId"], delivered.order_id);
    assert_eq!(times_of(&told), STATUSES);

    customer.ask_for(&baking).await;
    let (told, statuses) = customer.hear_until_delivered().await;
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(told["order"]["name"], "Bob", "{told}");
    let reached = STATUSES.iter().position(|status| told["order"]["status"] == **status);
    let reached = reached.unwrap();
    assert_eq!(times_of(told), STATUSES[..=reached]);
    assert_eq!(statuses, STATUSES[reached + 1..]);
    assert_eq!(orders(&server).await.len(), 2);
    assert!(orders(&server).await.iter().all(Order::is_finished));

    customer.order("Bob").await;
    customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    close(server, customer).await;
}

/// The statuses whose times an order is told with, each of a time of its own.
fn times_of(told: &Value) -> Vec<&str> {
    let times = told["order"]["times"].as_object().unwrap();
    let read = |time: &Value| DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
    assert!(times.values().map(read).is_sorted(), "{told}");
    times.keys().map(String::as_str).collect()
}

/// At speed 20 the kitchen's clock is 40 seconds ahead of the wall's after two.
#[tokio::test]
async fn a_faster_clock_goes_on_where_it_was() {
    let folder = Folder::new();
    let server = open(&folder, 20.0).await;
    sleep(Duration::from_secs(2)).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    let receipt = customer.hear_receipt().await;
    close(server, customer).await;

    let server = open(&folder, 1000.0).await;
    let mut customer = Customer::enter(&server).await;
    let asked = Instant::now();
    customer.ask_for(&receipt).await;
    wait_for_order(&server, STATUSES[5]).await;
    // Without the clock that goes on, the first wait alone would take 40 ms at this speed, and 40 s at the system's.
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    close(server, customer).await;
}

/// As if the answer to an order was lost with the connection.
#[tokio::test]
async fn an_order_that_is_sent_twice_is_made_once() {
    let folder = Folder::new();
    let server = open(&folder, 10.0).await;
    let token = "0b9ef2a4-3c8f-4a53-a3fb-8a6a64a0c8a1";
    let order = json!({ "name": "Ada", "pizza": "margherita", "size": "large", "quantity": 2 });
    let order = json!({ "action": "order", "order": order, "clientToken": token });
    let mut customer = Customer::enter(&server).await;
    customer.send(&order).await;
    customer.leave().await;

    let mut customer = Customer::enter(&server).await;
    customer.send(&order).await;
    let receipt = customer.hear_receipt().await;
    assert_eq!(receipt.token, token);
    customer.hear_until_delivered().await;
    // Also when it is done, and in the next bar.
    customer.send(&order).await;
    assert_eq!(customer.hear_receipt().await, receipt);
    close(server, customer).await;
    let server = open(&folder, 10.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.send(&order).await;
    assert_eq!(customer.hear_receipt().await, receipt);
    assert_eq!(orders(&server).await.len(), 1);

    let mut guessable = order.clone();
    guessable["clientToken"] = json!("mine");
    customer.send(&guessable).await;
    assert!(customer.hear_error().await.contains("must be a UUID"));
    close(server, customer).await;
}

#[tokio::test]
async fn an_order_without_an_execution_is_interrupted_and_no_session_is_left() {
    let folder = Folder::new();
    {
        let (tables, _store) = Tables::open(&folder.0).unwrap();
        let details = json!({
            "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1,
            "connectionId": "c-1", "orderId": "o-1", "domainName": "localhost", "stage": "local", "status": STATUSES[2],
        });
        let order: Order = serde_json::from_value(details).unwrap();
        let (domain_name, stage) = ("localhost".to_owned(), "local".to_owned());
        let session = Session {
            connection_id: "c-1".to_owned(),
            domain_name: domain_name.clone(),
            stage: stage.clone(),
            order_id: Some("o-1".to_owned()),
        };
        // The second was about to start when the process ended.
        let running = ["o-1", "o-2"].map(|order_id| Running {
            domain_name: domain_name.clone(),
            stage: stage.clone(),
            order_id: order_id.to_owned(),
        });
        let change = tables.change(move |transaction| {
            transaction.put_session(&session)?;
            transaction.put_token_hash("o-2", "hash")?;
            transaction.put_running("c-1", &running[0])?;
            transaction.put_running("c-2", &running[1])?;
            transaction.put_order(&order)
        });
        change.await.unwrap();
    }
    let server = open(&folder, 500.0).await;
    wait_for_order(&server, INTERRUPTED).await;
    let left = read(&server, |transaction| {
        let token = transaction.token_hash("o-2")?;
        Ok((transaction.session("c-1")?, transaction.all_running()?, token))
    });
    assert_eq!(left.await, (None, Vec::new(), None));
    server.shutdown().await;
}

#[tokio::test]
async fn a_port_or_a_folder_that_is_taken_is_named() {
    let (folder, other) = (Folder::new(), Folder::new());
    let server = open(&folder, 1.0).await;
    let options = Options::new(server.address.port(), other.0.clone(), 1.0);
    let taken = Server::open(options.clone(), Place::Here)
        .await
        .err()
        .unwrap()
        .to_string();
    let port = options.port;
    assert_eq!(
        taken,
        format!("port {port} is taken: choose another with --port, or any free one with --port 0")
    );
    let options = Options::new(0, folder.0.clone(), 1.0);
    let taken = Server::open(options, Place::Here).await.err().unwrap().to_string();
    assert!(taken.contains("are in use") && taken.contains("--data"), "{taken}");
    server.shutdown().await;
}
