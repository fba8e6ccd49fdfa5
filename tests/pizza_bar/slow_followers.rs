//! Followers of one order, of whom one does not read.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::store::SqliteStore;
use asl_engine::websocket::{Connections, Limits, PostToConnectionError, ProxyEvent, ProxyResponse, WebSocketApi};
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::bar::{Folder, PATIENCE, STATUSES};
use super::server::order::Session;
use super::server::order_handler::OrderHandler;
use super::server::tables::{Running, Tables};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Two followers of one order: the first, by the order of the table, does not read, and its queue is full.
struct Followers {
    handler: OrderHandler,
    connections: Connections,
    stuck: String,
    /// Held open.
    _stuck: Socket,
    quick: Socket,
    _store: SqliteStore,
    _folder: Folder,
}

impl Followers {
    async fn new(limits: Limits) -> Self {
        let folder = Folder::new();
        let (address, connections, ids) = serve(limits).await;
        let mut sockets = Vec::new();
        for number in 0..2 {
            let (socket, _) = connect_async(format!("ws://{address}/")).await.unwrap();
            let id = ids.lock().unwrap()[number].clone();
            // A client knows of its connection a moment before the connection is open to posts.
            while connections.get_connection(&id).is_err() {
                sleep(Duration::from_millis(1)).await;
            }
            sockets.push((id, socket));
        }
        sockets.sort_by(|a, b| a.0.cmp(&b.0));
        let [(stuck, stuck_socket), (quick, quick_socket)] = sockets.try_into().unwrap();

        let payload = "x".repeat(128 * 1024);
        let brief = Duration::from_millis(500);
        while let Ok(posted) = timeout(brief, connections.post_to_connection(&stuck, payload.clone())).await {
            if posted == Err(PostToConnectionError::LimitExceeded) {
                break;
            }
            posted.unwrap();
        }
        let (tables, store) = tables(&folder, [&stuck, &quick]).await;
        Self {
            handler: OrderHandler::new(tables, connections.clone()),
            connections,
            stuck,
            _stuck: stuck_socket,
            quick: quick_socket,
            _store: store,
            _folder: folder,
        }
    }
}

/// Serves an API that notes the ids of its connections.
async fn serve(limits: Limits) -> (SocketAddr, Connections, Arc<Mutex<Vec<String>>>) {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&ids);
    let api = WebSocketApi::new().limits(limits).connect(move |event: ProxyEvent| {
        noted.lock().unwrap().push(event.request_context.connection_id);
        std::future::ready(Ok(ProxyResponse::ok()))
    });
    let connections = api.connections();
    let service = api
        .into_router("/")
        .unwrap()
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, service).await });
    (address, connections, ids)
}

/// Tables in which the connections follow an order that the first of them has made.
async fn tables(folder: &Folder, followers: [&String; 2]) -> (Tables, SqliteStore) {
    let (tables, store) = Tables::open(&folder.0).unwrap();
    let (domain_name, stage) = ("localhost".to_owned(), "local".to_owned());
    let order = json!({
        "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1,
        "connectionId": followers[0], "orderId": "o-1", "domainName": domain_name, "stage": stage, "status": STATUSES[0],
    });
    let order = serde_json::from_value(order).unwrap();
    let sessions = followers.map(|connection_id| Session {
        connection_id: connection_id.clone(),
        domain_name: domain_name.clone(),
        stage: stage.clone(),
        order_id: Some("o-1".to_owned()),
    });
    let running = Running {
        domain_name,
        stage,
        order_id: "o-1".to_owned(),
    };
    let change = tables.change(move |transaction| {
        transaction.put_running(&sessions[0].connection_id, &running)?;
        for session in &sessions {
            transaction.put_session(session)?;
        }
        transaction.put_order(&order)
    });
    change.await.unwrap();
    (tables, store)
}

fn detail(connection_id: &str) -> Map<String, Value> {
    let details = json!({ "name": "Ada", "pizza": "marinara", "size": "small", "quantity": 1 });
    let detail = json!({ "connectionId": connection_id, "status": STATUSES[1], "orderDetails": details });
    detail.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_slow_follower_delays_no_other() {
    // Nobody waits that long for room in a queue.
    let limits = Limits::default()
        .post_timeout(Duration::from_hours(24))
        .write_timeout(Duration::from_hours(24))
        .outbound_queue(4);
    let mut followers = Followers::new(limits).await;
    let handling = followers.handler.handle(detail(&followers.stuck));
    let hearing = timeout(PATIENCE, followers.quick.next());
    let heard = tokio::select! {
        answer = handling => panic!("the slow one is done with: {answer:?}"),
        heard = hearing => heard.unwrap().unwrap().unwrap(),
    };
    assert!(
        matches!(&heard, Message::Text(text) if text.contains(STATUSES[1])),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_follower_that_misses_a_status_is_disconnected() {
    let limits = Limits::default()
        .post_timeout(Duration::from_millis(50))
        .close_timeout(Duration::from_millis(50))
        .write_timeout(Duration::from_hours(24))
        .outbound_queue(4);
    let followers = Followers::new(limits).await;
    followers.handler.handle(detail(&followers.stuck)).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while followers.connections.get_connection(&followers.stuck).is_ok() {
        assert!(
            Instant::now() < deadline,
            "it is still connected, and a status is missing"
        );
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(followers.connections.len(), 1);
}
