use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use asl_engine::websocket::{
    ConnectionGone, EventType, Limits, PostToConnectionError, ProxyEvent, ProxyResponse, WebSocketApi,
};
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;

use super::server::{Events, Server, next, next_close, next_text};

#[tokio::test]
async fn disconnect_tells_how_the_client_left() {
    let server = Server::start(|api, _| api).await;
    let mut client = server.client().await;
    let frame = CloseFrame {
        code: 4000.into(),
        reason: "had enough".into(),
    };
    client.close(Some(frame.clone())).await.unwrap();
    assert_eq!(next_close(&mut client).await, frame);
    assert!(next(&mut client).await.is_none());
    assert_eq!(server.events.disconnect().await, (4000, "had enough".to_owned()));
    let event = serde_json::to_value(&server.events.of(EventType::Disconnect)[0]).unwrap();
    let host = server.address.to_string();
    assert_eq!(
        event["headers"],
        json!({ "Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" })
    );
    assert_eq!(event["requestContext"]["routeKey"], "$disconnect");
    assert_eq!(event["requestContext"]["eventType"], "DISCONNECT");
    assert!(server.connections.is_empty());
}

#[tokio::test]
async fn disconnect_has_1005_without_a_status_and_1006_without_a_close() {
    let server = Server::start(|api, _| api).await;
    server.client().await.close(None).await.unwrap();
    assert_eq!(
        server.events.disconnect().await,
        (1005, "Client-side close frame status not set".to_owned())
    );

    let server = Server::start(|api, _| api).await;
    drop(server.client().await);
    assert_eq!(
        server.events.disconnect().await,
        (1006, "Connection Closed Abnormally".to_owned())
    );
}

#[tokio::test]
async fn a_deleted_connection_gets_what_was_posted_then_1000() {
    let server = Server::start(|api, _| api).await;
    let (mut client, id) = server.client_with_id().await;
    server.connections.post_to_connection(&id, "last words").await.unwrap();
    server.connections.delete_connection(&id).unwrap();
    assert_eq!(
        server.connections.post_to_connection(&id, "too late").await,
        Err(PostToConnectionError::Gone)
    );
    assert_eq!(server.connections.delete_connection(&id), Err(ConnectionGone));
    assert_eq!(next_text(&mut client).await, "last words");
    assert_eq!(u16::from(next_close(&mut client).await.code), 1000);
    assert_eq!(server.events.disconnect().await.0, 1000);
    assert_eq!(server.connections.get_connection(&id), Err(ConnectionGone));
}

#[tokio::test]
async fn shutdown_closes_all_and_waits_for_each_disconnect() {
    let finished = Arc::new(AtomicUsize::new(0));
    let server = Server::serve(
        WebSocketApi::new().disconnect({
            let finished = Arc::clone(&finished);
            move |_: ProxyEvent| {
                let finished = Arc::clone(&finished);
                async move {
                    sleep(Duration::from_millis(100)).await;
                    finished.fetch_add(1, Ordering::SeqCst);
                    Ok(ProxyResponse::ok())
                }
            }
        }),
        Events::default(),
    )
    .await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        clients.push(server.client().await);
    }
    let connections = server.connections.clone();
    let shutdown = tokio::spawn(async move { connections.shutdown().await });
    for client in &mut clients {
        assert_eq!(u16::from(next_close(client).await.code), 1001);
        assert!(next(client).await.is_none());
    }
    shutdown.await.unwrap();
    assert_eq!(finished.load(Ordering::SeqCst), 10);
    assert_eq!(server.refusal("/", &[]).await.status(), 503);
    server.connections.shutdown().await;
}

#[tokio::test]
async fn shutdown_is_not_held_up_by_clients_that_do_not_answer() {
    let limits = Limits::default().close_timeout(Duration::from_millis(100));
    let server = Server::start(|api, _| api.limits(limits)).await;
    let (_silent, id) = server.client_with_id().await;
    for _ in 0..200 {
        let post = server.connections.post_to_connection(&id, "x".repeat(128 * 1024));
        if timeout(Duration::from_millis(50), post).await.is_err() {
            break;
        }
    }
    timeout(Duration::from_secs(2), server.connections.shutdown())
        .await
        .unwrap();
    server.events.wait_for(EventType::Disconnect, 1).await;
}
