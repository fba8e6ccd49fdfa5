//! A bar that is killed at random instants, under customers who come back.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::bar::{Folder, PATIENCE, STATUSES};
use super::process::Process;

const CUSTOMERS: usize = 12;
/// An order takes a second.
const SPEED: f64 = 25.0;

/// What a customer goes by: where the bar is now, and whether it closes for good soon.
#[derive(Clone)]
struct Street {
    url: String,
    is_last: bool,
}

/// `ASL_BAR_KILLS=200` makes it longer.
#[tokio::test]
async fn no_order_is_lost_or_made_twice_however_often_the_bar_is_killed() {
    let kills = env::var("ASL_BAR_KILLS").map_or(8, |kills| kills.parse().unwrap());
    let folder = Folder::new();
    let mut bar = Process::open(&folder, SPEED).await;
    let (street, _) = watch::channel(Street {
        url: bar.url(),
        is_last: false,
    });
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|number| tokio::spawn(order_again_and_again(number, street.subscribe())))
        .collect();
    for kill in 1..=kills {
        sleep(random_instant()).await;
        bar.kill().await;
        bar = Process::open(&folder, SPEED).await;
        street.send_replace(Street {
            url: bar.url(),
            is_last: kill == kills,
        });
    }
    let ordered = timeout(2 * PATIENCE, join_all(customers))
        .await
        .expect("orders that end");
    let ordered: BTreeMap<String, String> = ordered.into_iter().flat_map(Result::unwrap).collect();
    bar.kill().await;
    assert!(ordered.len() >= CUSTOMERS);

    // A customer hears of the delivery a moment before the execution ends: the last bar ends those that were left.
    let bar = Process::open(&folder, SPEED).await;
    // The tables as another program sees them.
    let file = folder.0.join("pizza-bar.db");
    let tables = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let left = "SELECT name FROM executions WHERE status = 'RUNNING' UNION SELECT id FROM RunningByConnection";
    let deadline = Instant::now() + PATIENCE;
    while column(&tables, left) != Vec::<String>::new() {
        assert!(Instant::now() < deadline, "left over: {:?}", column(&tables, left));
        sleep(Duration::from_millis(20)).await;
    }
    bar.kill().await;

    let made: Vec<Value> = column(&tables, "SELECT item FROM Orders")
        .iter()
        .map(|item| serde_json::from_str(item).unwrap())
        .collect();
    let by_name: BTreeMap<String, String> = made
        .iter()
        .map(|order| {
            assert_eq!(order["status"], "order delivered", "{order}");
            let text = |field: &str| order[field].as_str().unwrap().to_owned();
            (text("name"), text("orderId"))
        })
        .collect();
    assert_eq!(made.len(), by_name.len(), "an order was made twice");
    assert_eq!(by_name, ordered);
    for order_id in ordered.values() {
        let sql = format!("SELECT status FROM OrderStatuses WHERE orderId = '{order_id}' ORDER BY time");
        assert_eq!(column(&tables, &sql), STATUSES);
    }
    let names = "SELECT name FROM executions WHERE status = 'SUCCEEDED'";
    let mut names = column(&tables, names);
    let mut ids: Vec<_> = ordered.into_values().collect();
    names.sort_unstable();
    ids.sort_unstable();
    assert_eq!(names, ids, "each order has one execution");
}

/// Orders one pizza after the other, and returns the ids of those that were delivered, by the names that they were for.
async fn order_again_and_again(number: usize, mut street: watch::Receiver<Street>) -> Vec<(String, String)> {
    let mut delivered = Vec::new();
    loop {
        let is_last = street.borrow_and_update().is_last;
        let name = format!("customer {number}, pizza {}", delivered.len() + 1);
        let order_id = order(&name, &mut street).await;
        delivered.push((name, order_id));
        if is_last {
            return delivered;
        }
    }
}

/// Says the same until the order is delivered.
async fn order(name: &str, street: &mut watch::Receiver<Street>) -> String {
    let order = json!({ "name": name, "pizza": "funghi", "size": "small", "quantity": 1 });
    let order = json!({ "action": "order", "order": order, "clientToken": random().to_string() });
    let mut order_id = None;
    loop {
        let url = street.borrow_and_update().url.clone();
        if follow(&url, &order, &mut order_id).await.is_some() {
            return order_id.unwrap();
        }
        // Killed: the next bar has another address.
        let _ = timeout(Duration::from_millis(200), street.changed()).await;
    }
}

/// Sends an order, and listens until it is delivered; `None` if the connection breaks before.
async fn follow(url: &str, order: &Value, order_id: &mut Option<String>) -> Option<()> {
    let (mut socket, _) = connect_async(url).await.ok()?;
    socket.send(Message::text(order.to_string())).await.ok()?;
    loop {
        let message = timeout(PATIENCE, socket.next()).await.expect("a message")?.ok()?;
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).unwrap();
        let status = match message["type"].as_str() {
            Some("ORDER") => {
                let id = message["order"]["orderId"].as_str().unwrap().to_owned();
                assert_eq!(
                    *order_id.get_or_insert_with(|| id.clone()),
                    id,
                    "another order: {message}"
                );
                message["order"]["status"].clone()
            }
            Some("CHANGED_EVENT") => {
                serde_json::from_str::<Value>(message["message"].as_str().unwrap()).unwrap()["status"].clone()
            }
            _ => panic!("{message}"),
        };
        if status == "order delivered" {
            return Some(());
        }
    }
}

fn column(tables: &Connection, sql: &str) -> Vec<String> {
    let mut statement = tables.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Somewhere in the life of an order, or between two.
fn random_instant() -> Duration {
    let millis = random().as_u64_pair().0 % 900;
    Duration::from_millis(millis)
}

#[expect(clippy::disallowed_methods, reason = "instants that no run has seen before")]
fn random() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}
