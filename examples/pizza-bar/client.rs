//! The terminal client: orders a pizza, and prints each status as it comes.

use std::io::{self, Write};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::server::order::{DELIVERED, INTERRUPTED, OrderDetails};

/// What to order, and where.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OrderArgs {
    /// margherita, marinara, funghi, diavola, ortolana or quattro-formaggi
    pub(crate) pizza: String,
    /// Who it is for
    #[arg(long, default_value = "guest")]
    pub(crate) name: String,
    /// small, medium or large
    #[arg(long, default_value = "medium")]
    pub(crate) size: String,
    /// How many, 1 to 10
    #[arg(long, default_value_t = 1)]
    pub(crate) quantity: u64,
    /// Where the pizza bar is
    #[arg(long, default_value = "ws://127.0.0.1:3000/ws")]
    pub(crate) url: String,
}

/// Why there is no pizza.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("no pizza bar answers at {url} ({reason}); open one with `cargo run -p pizza-bar`")]
    Unreachable { url: String, reason: String },
    #[error("the pizza bar says: {0}")]
    Refused(String),
    #[error("the order was interrupted: the kitchen could not finish it")]
    Interrupted,
    #[error("the connection broke before the pizza was there")]
    Disconnected,
    #[error("the pizza bar speaks another language: {0}")]
    Language(#[from] serde_json::Error),
    #[error("nothing can be printed: {0}")]
    Output(#[from] io::Error),
}

/// Orders, and follows the order until it is delivered.
pub(crate) async fn order(args: OrderArgs, output: &mut (impl Write + Send)) -> Result<(), OrderError> {
    const CONNECT: Duration = Duration::from_secs(10);
    const PING: Duration = Duration::from_secs(15);
    /// A server that is alive answers our pings.
    const SILENCE: Duration = Duration::from_secs(45);

    let unreachable = |reason: String| OrderError::Unreachable {
        url: args.url.clone(),
        reason,
    };
    let (socket, _) = timeout(CONNECT, connect_async(args.url.as_str()))
        .await
        .map_err(|_| unreachable("it takes too long".to_owned()))?
        .map_err(|error| unreachable(error.to_string()))?;
    let (mut sink, mut stream) = socket.split();
    sink.send(Message::text(request(&args))).await.map_err(disconnected)?;
    let mut ping = interval_at(Instant::now() + PING, PING);
    loop {
        let message = tokio::select! {
            message = timeout(SILENCE, stream.next()) => message,
            _ = ping.tick() => {
                sink.send(Message::Ping(tungstenite::Bytes::new())).await.map_err(disconnected)?;
                continue;
            }
        };
        let message = match message {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
            _ => return Err(OrderError::Disconnected),
        };
        if tell(&message, output)? {
            // The pizza is here: how the connection ends is no matter.
            let _ = sink.send(Message::Close(None)).await;
            return Ok(());
        }
    }
}

fn request(args: &OrderArgs) -> String {
    let pizza = args.pizza.trim().to_lowercase().replace(' ', "-");
    let order = json!({ "name": args.name, "pizza": pizza, "size": args.size, "quantity": args.quantity });
    json!({ "action": "order", "order": order }).to_string()
}

/// What the bar says.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Told {
    #[serde(rename = "ORDER")]
    Order { order: Order },
    /// The message is JSON of its own.
    #[serde(rename = "CHANGED_EVENT")]
    ChangedEvent { message: String },
    /// The order waits for the kitchen, and goes on by itself.
    #[serde(rename = "DELAYED")]
    Delayed { message: String },
    /// An `ERROR`, or a frame of the gateway itself, which has no type.
    #[serde(untagged)]
    Refusal { message: String },
}

#[derive(Deserialize)]
struct Order {
    #[serde(rename = "orderId")]
    id: String,
    status: String,
    #[serde(flatten)]
    details: OrderDetails,
}

#[derive(Deserialize)]
struct StatusChanged {
    status: String,
}

/// Prints what a message says; true when that was the last.
fn tell(message: &str, output: &mut impl Write) -> Result<bool, OrderError> {
    let mut is_last = false;
    match serde_json::from_str(message)? {
        Told::Order { order } if order.status == INTERRUPTED => return Err(OrderError::Interrupted),
        Told::Order { order } => {
            let OrderDetails {
                name,
                pizza,
                size,
                quantity,
                ..
            } = order.details;
            let (id, name) = (printable(&order.id), printable(&name));
            writeln!(output, "order {id}: {quantity} x {size} {pizza} for {name}")?;
        }
        Told::ChangedEvent { message } => {
            let StatusChanged { status } = serde_json::from_str(&message)?;
            writeln!(output, "{}", printable(&status))?;
            is_last = status == DELIVERED;
        }
        Told::Delayed { message } => writeln!(output, "{}", printable(&message))?,
        Told::Refusal { message } => return Err(OrderError::Refused(printable(&message))),
    }
    output.flush()?;
    Ok(is_last)
}

fn disconnected(_: tungstenite::Error) -> OrderError {
    OrderError::Disconnected
}

/// What a server sends may not steer the terminal, nor turn the direction of a line.
fn printable(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}
