//! A bar under test, and its customers.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) use super::devtools::{Folder, PATIENCE};
use super::server::order::Order;
use super::server::tables::{TablesError, Transaction};
use super::server::{Options, Place, Server, StartError, WEBSOCKET};

pub(crate) const STATUSES: [&str; 6] = [
    "order accepted",
    "order is now being prepared",
    "order is undergoing the baking process",
    "order is packed",
    "order is sent for delivery",
    "order delivered",
];

/// A bar on a fast clock.
pub(crate) async fn open(folder: &Folder, speed: f64) -> Server {
    open_with(Options::new(0, folder.0.clone(), speed)).await
}

pub(crate) async fn open_with(options: Options) -> Server {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Server::open(options.clone(), Place::Here).await {
            Ok(server) => return server,
            // A process that another test starts has the locks of this one, from its fork to its exec.
            Err(StartError::Tables(TablesError::InUse(_))) if Instant::now() < deadline => {
                sleep(Duration::from_millis(10)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Closes the bar when its customers are gone: one that stands about without listening would hold it up.
pub(crate) async fn close<C>(server: Server, customers: C) {
    drop(customers);
    server.shutdown().await;
}

pub(crate) fn url(server: &Server) -> String {
    format!("ws://{}{WEBSOCKET}", server.address)
}

/// All orders in the table.
pub(crate) async fn orders(server: &Server) -> Vec<Order> {
    read(server, |transaction| transaction.orders()).await
}

pub(crate) async fn read<T: Send + 'static>(
    server: &Server,
    read: impl FnOnce(&dyn Transaction) -> Result<T, TablesError> + Send + 'static,
) -> T {
    server.tables.change(read).await.unwrap()
}

/// Waits until the only order has a status, and gives it.
pub(crate) async fn wait_for_order(server: &Server, status: &str) -> Order {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let orders = orders(server).await;
        if let [order] = orders.as_slice()
            && order.status == status
        {
            return order.clone();
        }
        assert!(Instant::now() < deadline, "{orders:?} is not `{status}`");
        sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) struct Customer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a customer is told of an order at first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Receipt {
    pub(crate) order_id: String,
    pub(crate) token: String,
}

impl Customer {
    pub(crate) async fn enter(server: &Server) -> Self {
        let (socket, _) = connect_async(url(server)).await.unwrap();
        Self { socket }
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, message: &str) {
        self.socket.send(Message::text(message)).await.unwrap();
    }

    /// Sends an order that is fine.
    pub(crate) async fn order(&mut self, name: &str) {
        let order = json!({ "name": name, "pizza": "margherita", "size": "large", "quantity": 2 });
        self.send(&json!({ "action": "order", "order": order })).await;
    }

    pub(crate) async fn ask_for(&mut self, receipt: &Receipt) {
        let (id, token) = (&receipt.order_id, &receipt.token);
        self.send(&json!({ "action": "getOrder", "orderId": id, "token": token }))
            .await;
    }

    /// The next message as it is.
    pub(crate) async fn hear_text(&mut self) -> String {
        match timeout(PATIENCE, self.socket.next()).await.expect("a message") {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.hear_text().await).unwrap()
    }

    pub(crate) async fn hear_error(&mut self) -> String {
        let message = self.hear().await;
        assert_eq!(message["type"], "ERROR", "{message}");
        message["message"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn hear_receipt(&mut self) -> Receipt {
        let message = self.hear().await;
        assert_eq!(message["type"], "ORDER", "{message}");
        let text = |field: &str| message["order"][field].as_str().unwrap().to_owned();
        Receipt {
            order_id: text("orderId"),
            token: text("token"),
        }
    }

    pub(crate) async fn hear_status(&mut self) -> String {
        let message = self.hear().await;
        status_of(&message).unwrap_or_else(|| panic!("{message}"))
    }

    /// All statuses up to the last.
    pub(crate) async fn hear_statuses(&mut self) -> Vec<String> {
        let (others, statuses) = self.hear_until_delivered().await;
        assert!(others.is_empty(), "{others:?}");
        statuses
    }

    /// All statuses up to the last, and apart from them what else was said: an answer may come before or after a status.
    pub(crate) async fn hear_until_delivered(&mut self) -> (Vec<Value>, Vec<String>) {
        let (mut others, mut statuses) = (Vec::new(), Vec::new());
        while statuses.last().map(String::as_str) != Some("order delivered") {
            let message = self.hear().await;
            match status_of(&message) {
                Some(status) => statuses.push(status),
                None => others.push(message),
            }
        }
        (others, statuses)
    }

    /// Says farewell.
    pub(crate) async fn leave(mut self) {
        self.socket.close(None).await.unwrap();
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

/// The status that a message tells, if it tells one.
fn status_of(message: &Value) -> Option<String> {
    let event = message["message"]
        .as_str()
        .filter(|_| message["type"] == "CHANGED_EVENT")?;
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["name"], "STATUS_CHANGED_EVENT");
    Some(event["status"].as_str().unwrap().to_owned())
}
