//! Events that cannot be delivered.

use std::sync::Arc;
use std::time::Duration;

use asl_engine::handlers::event_bus::{EventBridge as _, LocalEventBus, PutEventsRequest, PutEventsRequestEntry};
use asl_engine::store::SqliteStore;
use asl_engine::websocket::WebSocketApi;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::bar::{Folder, STATUSES};
use super::server::order::{INTERRUPTED, Order, Session};
use super::server::order_handler::OrderHandler;
use super::server::tables::{Running, Tables};
use super::server::{ORDER_BUS, order_bus};

/// Tables with an order of the connection `c-1` at a status.
async fn tables(folder: &Folder, status: &str) -> (Tables, SqliteStore, Order) {
    let (tables, store) = Tables::open(&folder.0).unwrap();
    let order = json!({
        "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1,
        "connectionId": "c-1", "orderId": "o-1", "domainName": "localhost", "stage": "local", "status": status,
    });
    let order: Order = serde_json::from_value(order).unwrap();
    let (stored, order_id) = (order.clone(), "o-1".to_owned());
    let (domain_name, stage) = ("localhost".to_owned(), "local".to_owned());
    tables
        .change(move |transaction| {
            transaction.put_session(&Session {
                connection_id: "c-1".to_owned(),
                domain_name: domain_name.clone(),
                stage: stage.clone(),
                order_id: Some(order_id.clone()),
            })?;
            let running = Running {
                domain_name,
                stage,
                order_id,
            };
            transaction.put_running("c-1", &running)?;
            transaction.put_order(&stored)
        })
        .await
        .unwrap();
    (tables, store, order)
}

fn bus(tables: &Tables) -> LocalEventBus {
    let order_handler = OrderHandler::new(tables.clone(), WebSocketApi::new().connections());
    order_bus(Arc::new(order_handler)).unwrap()
}

async fn put(bus: &LocalEventBus, status: &str) {
    let details = json!({ "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1 });
    let detail = json!({ "connectionId": "c-1", "status": status, "orderDetails": details });
    let mut entry = PutEventsRequestEntry::new("WebsocketEvent", "OrderStatusChangedEvent", &detail);
    entry.event_bus_name = Some(ORDER_BUS.to_owned());
    let response = bus.put_events(PutEventsRequest::new([entry])).await.unwrap();
    assert_eq!(response.failed_entry_count, 0);
}

/// The order's status, and whether something still runs for its connection.
async fn state(tables: &Tables) -> (Value, bool) {
    tables
        .change(|transaction| {
            let order = transaction.order("o-1")?.unwrap();
            Ok((Value::from(order.status), transaction.running("c-1")?.is_some()))
        })
        .await
        .unwrap()
}

/// The execution has succeeded by then: it only put the event.
#[tokio::test(start_paused = true)]
async fn an_order_whose_last_event_is_lost_is_interrupted_and_frees_its_connection() {
    let folder = Folder::new();
    let (tables, _store, order) = tables(&folder, STATUSES[4]).await;
    let bus = bus(&tables);
    let spoil = tables.change(|transaction| transaction.put_row_of_order("o-1", &json!("spoilt")));
    spoil.await.unwrap();
    put(&bus, STATUSES[5]).await;
    bus.idle().await;
    // The bus has given up, and the database is still not well: the interruption itself has to be tried again.
    sleep(Duration::from_secs(5)).await;
    tables
        .change(move |transaction| transaction.put_order(&order))
        .await
        .unwrap();
    sleep(Duration::from_mins(1)).await;
    assert_eq!(state(&tables).await, (json!(INTERRUPTED), false));
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_in_between_is_made_up_for_by_the_next() {
    let folder = Folder::new();
    let (tables, _store, order) = tables(&folder, STATUSES[2]).await;
    let bus = bus(&tables);
    let spoil = tables.change(|transaction| transaction.put_row_of_order("o-1", &json!("spoilt")));
    spoil.await.unwrap();
    put(&bus, STATUSES[3]).await;
    bus.idle().await;
    tables
        .change(move |transaction| transaction.put_order(&order))
        .await
        .unwrap();
    sleep(Duration::from_mins(1)).await;
    assert_eq!(state(&tables).await, (json!(STATUSES[2]), true));
    put(&bus, STATUSES[5]).await;
    bus.idle().await;
    assert_eq!(state(&tables).await, (json!(STATUSES[5]), false));
}
