//! A client over HTTP: a request, an answer, and the end of the connection.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What a request was answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The status line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The error of a request that was refused.
    pub(crate) fn code(&self) -> String {
        self.json()["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{self:?}"))
            .to_owned()
    }
}

/// A client of the service at an address.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
}

impl Client {
    /// Sends a request; fails as its connection does.
    pub(crate) async fn try_to_send(&self, method: &str, path: &str, body: Option<&str>) -> io::Result<Answer> {
        let body = body.unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.try_to_send_raw(&format!("{head}{body}")).await
    }

    pub(crate) async fn try_to_send_raw(&self, request: &str) -> io::Result<Answer> {
        let answer = async {
            let mut stream = TcpStream::connect(&self.address).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            let (head, text) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            Ok(Answer {
                status: status.ok_or(io::ErrorKind::InvalidData)?,
                head: head.to_lowercase(),
                text: text.to_owned(),
            })
        };
        timeout(PATIENCE, answer).await.expect("an answer")
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.try_to_send(method, path, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn place(&self, order: &Value) -> Answer {
        self.send("POST", "/orders", Some(&order.to_string())).await
    }

    pub(crate) async fn ship(&self, id: &str, parcel: &str) -> Answer {
        let body = json!({ "parcel": parcel }).to_string();
        self.send("POST", &format!("/orders/{id}/shipment"), Some(&body)).await
    }

    pub(crate) async fn cancel(&self, id: &str) -> Answer {
        self.send("DELETE", &format!("/orders/{id}"), None).await
    }

    /// The order, once something is true of it.
    pub(crate) async fn wait_for(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let order = self.get(&format!("/orders/{id}")).await.json();
            if is_so(&order) {
                return order;
            }
            assert!(Instant::now() < deadline, "{order}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The order, once it is in a state.
    pub(crate) async fn wait_for_state(&self, id: &str, state: &str) -> Value {
        self.wait_for(id, |order| order["at"][0]["state"] == state).await
    }

    /// The order, once it waits for the warehouse.
    pub(crate) async fn wait_for_shipment(&self, id: &str) -> Value {
        self.wait_for(id, |order| order["awaitsShipment"] == true).await
    }

    /// The order, once it has ended.
    pub(crate) async fn wait_for_end(&self, id: &str) -> Value {
        self.wait_for(id, |order| order["status"] != "RUNNING").await
    }
}

/// An order that is fine.
pub(crate) fn order(id: &str) -> Value {
    order_of(id, "tok_visa", 2)
}

pub(crate) fn order_of(id: &str, card: &str, quantity: u32) -> Value {
    let items = json!([{ "sku": "mocha", "quantity": quantity }]);
    json!({ "orderId": id, "customer": "ada@example.com", "card": card, "items": items })
}
