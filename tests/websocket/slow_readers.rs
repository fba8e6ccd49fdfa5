use std::time::Duration;

use asl_engine::websocket::{EventType, Limits, PostToConnectionError};
use futures_util::SinkExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::server::{PATIENCE, Server, echoing, next_text};

#[tokio::test]
async fn a_reader_that_does_not_read_blocks_nobody_and_costs_a_bounded_queue() {
    let limits = Limits::default()
        .post_timeout(Duration::from_millis(50))
        .outbound_queue(8);
    let server = Server::start(|api, _| api.limits(limits)).await;
    let (mut stuck, stuck_id) = server.client_with_id().await;
    let (mut quick, quick_id) = server.client_with_id().await;
    let payload = "x".repeat(128 * 1024);
    let mut posted = 0;
    let refused = loop {
        match server.connections.post_to_connection(&stuck_id, payload.clone()).await {
            Ok(()) => posted += 1,
            Err(error) => break error,
        }
        assert!(posted < 1000, "the queue has no end");
    };
    assert_eq!(refused, PostToConnectionError::LimitExceeded);
    let start = Instant::now();
    server.connections.post_to_connection(&quick_id, "quick").await.unwrap();
    assert_eq!(next_text(&mut quick).await, "quick");
    assert!(start.elapsed() < Duration::from_millis(500));
    // It is only slow: everything that was taken arrives once it reads.
    for _ in 0..posted {
        assert_eq!(next_text(&mut stuck).await.len(), payload.len());
    }
    server
        .connections
        .post_to_connection(&stuck_id, "caught up")
        .await
        .unwrap();
    assert_eq!(next_text(&mut stuck).await, "caught up");
}

#[tokio::test]
async fn a_reader_that_never_reads_is_dropped() {
    let limits = Limits::default()
        .post_timeout(Duration::from_millis(10))
        .write_timeout(Duration::from_millis(200))
        .close_timeout(Duration::from_millis(50));
    let server = Server::start(|api, _| api.limits(limits)).await;
    let (_stuck, id) = server.client_with_id().await;
    let payload = "x".repeat(128 * 1024);
    let deadline = Instant::now() + PATIENCE;
    while server.connections.post_to_connection(&id, payload.clone()).await != Err(PostToConnectionError::Gone) {
        assert!(Instant::now() < deadline);
    }
    assert_eq!(
        server.events.disconnect().await,
        (1006, "Connection Closed Abnormally".to_owned())
    );
}

#[tokio::test]
async fn a_client_that_pings_and_does_not_read_is_bounded() {
    let server = Server::start(echoing).await;
    let (mut flood, id) = server.client_with_id().await;
    for _ in 0..20_000 {
        flood.feed(Message::Ping(Bytes::from_static(&[0; 125]))).await.unwrap();
    }
    let _ = timeout(Duration::from_secs(1), flood.flush()).await;
    // Whether it has been dropped by then or not, the server is well.
    let _ = server.connections.post_to_connection(&id, "hello").await;
    let mut client = server.client().await;
    client.send(Message::text("hello")).await.unwrap();
    assert_eq!(next_text(&mut client).await, "hello");
}

#[tokio::test]
async fn posts_arrive_in_order() {
    let server = Server::start(|api, _| api).await;
    let (mut client, id) = server.client_with_id().await;
    let posts = tokio::spawn(async move {
        for n in 0..500 {
            server.connections.post_to_connection(&id, n.to_string()).await.unwrap();
        }
        server
    });
    for n in 0..500 {
        assert_eq!(next_text(&mut client).await, n.to_string());
    }
    posts.await.unwrap();
}

#[tokio::test]
async fn a_posted_message_is_sent_in_frames_of_the_limit() {
    let server = Server::start(|api, _| api.limits(Limits::default().frame(100))).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = "GET / HTTP/1.1\r\nhost: local\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = vec![0; 1024];
    let length = socket.read(&mut response).await.unwrap();
    let response = String::from_utf8(response[..length].to_vec()).unwrap();
    assert!(response.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{response}");
    let id = server.events.of(EventType::Connect)[0]
        .request_context
        .connection_id
        .clone();
    server.open(&id).await;
    server
        .connections
        .post_to_connection(&id, "x".repeat(150))
        .await
        .unwrap();
    let mut frames = vec![0; 2 + 100 + 2 + 50];
    socket.read_exact(&mut frames).await.unwrap();
    assert_eq!((frames[0], frames[1], frames[102], frames[103]), (0x01, 100, 0x80, 50));
}
