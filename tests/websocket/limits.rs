use std::time::Duration;

use asl_engine::websocket::Limits;
use futures_util::SinkExt as _;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::server::{Server, echoing, next, next_close, next_text, send_in_frames};

#[tokio::test]
async fn a_message_may_have_128_kib_in_frames_of_32_kib() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    // A two-byte character lies across every boundary.
    let text = format!("x{}y", "é".repeat(64 * 1024 - 1));
    assert_eq!(text.len(), 128 * 1024);
    send_in_frames(&mut client, text.as_bytes(), 32 * 1024).await;
    assert_eq!(next_text(&mut client).await, text);
}

#[tokio::test]
async fn a_longer_message_closes_with_1009() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    send_in_frames(&mut client, "x".repeat(128 * 1024 + 1).as_bytes(), 32 * 1024).await;
    assert_eq!(u16::from(next_close(&mut client).await.code), 1009);
    assert_eq!(server.events.disconnect().await.0, 1009);
}

#[tokio::test]
async fn a_longer_frame_closes_with_1009() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    // The server has not read all of it when it closes; the close frame has to arrive all the same.
    let _ = client.send(Message::text("x".repeat(1024 * 1024))).await;
    assert_eq!(u16::from(next_close(&mut client).await.code), 1009);
    assert_eq!(server.events.disconnect().await.0, 1009);
}

#[tokio::test]
async fn a_binary_message_closes_with_1003() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    client.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(u16::from(next_close(&mut client).await.code), 1003);
    assert_eq!(server.events.disconnect().await.0, 1003);
}

#[tokio::test]
async fn text_that_is_no_utf_8_closes_with_1007() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    let frame = Frame::message(vec![b'a', 0xff], OpCode::Data(Data::Text), true);
    client.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(u16::from(next_close(&mut client).await.code), 1007);
    assert_eq!(server.events.disconnect().await.0, 1007);
}

#[tokio::test]
async fn a_violation_of_the_protocol_closes_with_1002() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    let frame = Frame::message(vec![b'a'], OpCode::Data(Data::Continue), true);
    client.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(u16::from(next_close(&mut client).await.code), 1002);
    assert_eq!(server.events.disconnect().await.0, 1002);
}

#[tokio::test]
async fn an_idle_connection_is_closed_with_1001() {
    let server = Server::start(|api, events| {
        echoing(api, events).limits(Limits::default().idle_timeout(Duration::from_millis(300)))
    })
    .await;
    let (mut client, id) = server.client_with_id().await;
    let start = Instant::now();
    // What either side sends keeps it open.
    for _ in 0..3 {
        sleep(Duration::from_millis(150)).await;
        client.send(Message::Ping(Bytes::new())).await.unwrap();
        sleep(Duration::from_millis(150)).await;
        server.connections.post_to_connection(&id, "still here").await.unwrap();
    }
    let close = next_close(&mut client).await;
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "Going away"));
    assert!(start.elapsed() >= Duration::from_millis(1150), "{:?}", start.elapsed());
    assert_eq!(server.events.disconnect().await, (1001, "Going away".to_owned()));
}

#[tokio::test]
async fn an_old_connection_is_closed_with_1001_however_busy_it_is() {
    let limits = Limits::default().connection_duration(Duration::from_millis(300));
    let server = Server::start(|api, events| echoing(api, events).limits(limits)).await;
    let mut client = server.client().await;
    let start = Instant::now();
    let close = loop {
        let _ = client.send(Message::text("busy")).await;
        match next(&mut client).await {
            Some(Ok(Message::Close(Some(frame)))) => break frame,
            Some(Ok(_)) => sleep(Duration::from_millis(10)).await,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(u16::from(close.code), 1001);
    assert!(start.elapsed() >= Duration::from_millis(290));
    assert_eq!(server.events.disconnect().await.0, 1001);
}

#[tokio::test]
async fn endless_limits_are_no_overflow() {
    let limits = Limits::default()
        .idle_timeout(Duration::MAX)
        .connection_duration(Duration::MAX)
        .integration_timeout(Duration::MAX)
        .post_timeout(Duration::MAX)
        .write_timeout(Duration::MAX)
        .close_timeout(Duration::MAX)
        .message(usize::MAX)
        .frame(usize::MAX)
        .inbound_queue(0)
        .outbound_queue(usize::MAX);
    let server = Server::start(|api, events| echoing(api, events).limits(limits)).await;
    let mut client = server.client().await;
    client.send(Message::text("hello")).await.unwrap();
    assert_eq!(next_text(&mut client).await, "hello");
}
