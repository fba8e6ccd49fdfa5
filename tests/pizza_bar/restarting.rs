//! Servers that end, and start again with the same tables.

use serde_json::json;

use super::bar::{Customer, Folder, STATUSES, close, open, orders, read, wait_for_order};
use super::server::order::{INTERRUPTED, Order};
use super::server::tables::Tables;
use super::server::{Options, Server};

#[tokio::test]
async fn orders_survive_a_restart_and_running_ones_are_interrupted() {
    let folder = Folder::new();
    let server = open(&folder, 500.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Ada").await;
    let delivered = customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    close(server, customer).await;

    // This kitchen takes the whole 25 seconds, and closes after one.
    let server = open(&folder, 1.0).await;
    let mut customer = Customer::enter(&server).await;
    customer.order("Bob").await;
    let running = customer.hear_receipt().await;
    assert_eq!(customer.hear_status().await, STATUSES[0]);
    close(server, customer).await;

    let server = open(&folder, 500.0).await;
    let mut customer = Customer::enter(&server).await;
    for (receipt, name, status) in [(&delivered, "Ada", "order delivered"), (&running, "Bob", "interrupted")] {
        customer.ask_for(receipt).await;
        let told = customer.hear().await;
        assert_eq!(told["order"]["name"], name, "{told}");
        assert_eq!(told["order"]["status"], status, "{told}");
        assert_eq!(told["order"]["orderId"], receipt.order_id);
    }
    assert_eq!(orders(&server).await.len(), 2);
    // An order that nobody makes any more stands in the way of none.
    customer.order("Bob").await;
    customer.hear_receipt().await;
    assert_eq!(customer.hear_statuses().await, STATUSES);
    close(server, customer).await;
}

#[tokio::test]
async fn a_server_that_was_killed_leaves_no_order_baking_and_no_session() {
    let folder = Folder::new();
    {
        let tables = Tables::open(&folder.0).unwrap();
        let details = json!({
            "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1,
            "connectionId": "c-1", "orderId": "o-1", "domainName": "localhost", "stage": "local", "status": STATUSES[2],
        });
        let order: Order = serde_json::from_value(details).unwrap();
        tables
            .change_orders(move |transaction| transaction.put_order(&order))
            .await
            .unwrap();
    }
    let server = open(&folder, 500.0).await;
    wait_for_order(&server, INTERRUPTED).await;
    let session = read(&server, |transaction| transaction.session("c-1")).await;
    assert_eq!(session, None);
    server.shutdown().await;
}

#[tokio::test]
async fn a_port_or_a_folder_that_is_taken_is_named() {
    let (folder, other) = (Folder::new(), Folder::new());
    let server = open(&folder, 1.0).await;
    let options = Options {
        port: server.address.port(),
        data: other.0.clone(),
        speed: 1.0,
    };
    let taken = Server::start(options.clone()).await.err().unwrap().to_string();
    let port = options.port;
    assert_eq!(
        taken,
        format!("port {port} is taken: choose another with --port, or any free one with --port 0")
    );
    let options = Options {
        port: 0,
        data: folder.0.clone(),
        speed: 1.0,
    };
    let taken = Server::start(options).await.err().unwrap().to_string();
    assert!(taken.contains("are in use") && taken.contains("--data"), "{taken}");
    server.shutdown().await;
}
