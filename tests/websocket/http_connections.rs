//! Clients that open a connection and say little or nothing.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::websocket::{Connections, Limits, ProxyEvent, ProxyResponse, WebSocketApi, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::connect_async;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::server::PATIENCE;

const BRIEF: Duration = Duration::from_millis(300);

struct Door {
    address: std::net::SocketAddr,
    connections: Connections,
    close: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Door {
    async fn open(limits: Limits) -> Self {
        let api = WebSocketApi::new()
            .limits(limits)
            .connect(|event: ProxyEvent| async move {
                assert_eq!(event.request_context.identity.source_ip, "127.0.0.1");
                Ok(ProxyResponse::ok())
            });
        let connections = api.connections();
        let router = api.into_router("/ws").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (close, closed) = oneshot::channel();
        let served = tokio::spawn(serve(listener, router, limits, async {
            let _ = closed.await;
        }));
        Self {
            address,
            connections,
            close,
            served,
        }
    }

    async fn says(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends it as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an end");
    String::from_utf8(bytes).unwrap()
}

const HALF: &str = "GET /ws HTTP/1.1\r\nhost: localhost\r\nupgrade: webso";
const WHOLE: &str = "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn who_sends_no_request_is_closed() {
    let door = Door::open(Limits::default().request_timeout(BRIEF)).await;
    let started = Instant::now();
    let mut streams = [door.says("").await, door.says(HALF).await, door.says(WHOLE).await];
    for stream in &mut streams {
        let answer = rest(stream).await;
        assert!(!answer.contains("101"), "{answer}");
    }
    let took = started.elapsed();
    assert!((BRIEF..PATIENCE).contains(&took), "{took:?}");
    // One that trickles is no better.
    let mut slow = door.says("").await;
    let trickle = async {
        for byte in HALF.bytes().cycle() {
            sleep(BRIEF / 10).await;
            if slow.write_all(&[byte]).await.is_err() {
                return;
            }
        }
    };
    timeout(PATIENCE, trickle).await.expect("an end");
    // A WebSocket has limits of its own.
    let (mut socket, _) = connect_async(format!("ws://{}/ws", door.address)).await.unwrap();
    sleep(2 * BRIEF).await;
    socket.close(None).await.unwrap();
}

#[tokio::test]
async fn every_connection_counts() {
    let limits = Limits::default().connections(3).request_timeout(BRIEF);
    let door = Door::open(limits).await;
    let url = format!("ws://{}/ws", door.address);
    let (socket, _) = connect_async(&url).await.unwrap();
    let idle = [door.says("").await, door.says(HALF).await];
    let answer = rest(&mut door.says(WHOLE).await).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(connect_async(&url).await.is_err());
    // Their time is over, and their places are free; the WebSocket keeps its own.
    let mut sockets = vec![socket];
    let deadline = Instant::now() + PATIENCE;
    while sockets.len() < 3 {
        assert!(Instant::now() < deadline, "only {} places", sockets.len());
        match connect_async(&url).await {
            Ok((socket, _)) => sockets.push(socket),
            Err(_) => sleep(BRIEF / 10).await,
        }
    }
    assert!(connect_async(&url).await.is_err());
    drop((idle, sockets));
    while connect_async(&url).await.is_err() {
        assert!(Instant::now() < deadline, "a WebSocket that is closed keeps its place");
        sleep(BRIEF / 10).await;
    }
}

#[tokio::test]
async fn a_closing_server_waits_for_requests_only() {
    let door = Door::open(Limits::default().request_timeout(BRIEF)).await;
    let (_socket, _) = connect_async(format!("ws://{}/ws", door.address)).await.unwrap();
    let mut idle = door.says(WHOLE).await;
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 404");
    door.close.send(()).unwrap();
    timeout(PATIENCE, door.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(door.address).await.is_err());
    // A client hears of its connection a moment before it can be posted to.
    let deadline = Instant::now() + PATIENCE;
    while door.connections.is_empty() {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(5)).await;
    }
    timeout(PATIENCE, door.connections.shutdown()).await.unwrap();
}

/// Keeps the messages of events.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }
}

#[tokio::test]
async fn what_is_refused_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let door = Door::open(Limits::default().connections(1).request_timeout(BRIEF)).await;
    let mut first = door.says(HALF).await;
    for _ in 0..5 {
        rest(&mut door.says(WHOLE).await).await;
    }
    rest(&mut first).await;
    let foreign = "GET /ws HTTP/1.1\r\nhost: a.example\r\norigin: https://a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = rest(&mut door.says(foreign).await).await;
        if answer.starts_with("HTTP/1.1 403") {
            break;
        }
        assert!(Instant::now() < deadline, "{answer}");
    }
    let log = log.0.lock().unwrap();
    let count = |message: &str| log.iter().filter(|logged| logged.contains(message)).count();
    assert_eq!(
        count("connections are refused: as many are open as may be"),
        1,
        "{log:?}"
    );
    assert!(count("a connection that sent no request is closed") >= 1, "{log:?}");
    assert_eq!(
        count("a connection is refused: its page is of another origin"),
        1,
        "{log:?}"
    );
}
