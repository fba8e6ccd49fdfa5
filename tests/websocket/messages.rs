use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::websocket::{EventType, Limits, ProxyEvent, ProxyResponse, RouteError};
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::server::{PATIENCE, Server, echo, echoing, next, next_text};

async fn failing(_: ProxyEvent) -> Result<ProxyResponse, RouteError> {
    Err(RouteError::new("no luck"))
}

async fn panicking(_: ProxyEvent) -> Result<ProxyResponse, RouteError> {
    panic!("a handler's own bug")
}

#[tokio::test]
async fn a_message_takes_the_route_that_its_action_names() {
    let server = Server::start(|api, events| {
        api.route("order", events.handler())
            .route("Order", events.handler())
            .default_route(events.handler())
    })
    .await;
    let mut client = server.client().await;
    let bodies = [
        (r#"{"action":"order"}"#, "order"),
        (r#"{"action":"Order"}"#, "Order"),
        (r#"{"action":"ORDER"}"#, "$default"),
        (r#"{"action":"$connect"}"#, "$default"),
        (r#"{"action":"$disconnect"}"#, "$default"),
        (r#"{"action":"$default"}"#, "$default"),
        (r#"{"action":""}"#, "$default"),
        ("{}", "$default"),
        ("[]", "$default"),
        ("", "$default"),
        ("no JSON", "$default"),
    ];
    for (body, _) in bodies {
        client.send(Message::text(body)).await.unwrap();
    }
    let events = server.events.wait_for(EventType::Message, bodies.len()).await;
    for ((body, key), event) in bodies.iter().zip(&events) {
        assert_eq!(
            (event.body.as_deref(), event.request_context.route_key.as_str()),
            (Some(*body), *key)
        );
    }
    let event = serde_json::to_value(&events[0]).unwrap();
    assert!(event.get("headers").is_none());
    assert_eq!(event["requestContext"]["eventType"], "MESSAGE");
    assert!(event["requestContext"]["messageId"].is_string());
}

#[tokio::test]
async fn a_deeply_nested_message_is_only_not_json() {
    let server = Server::start(echoing).await;
    let mut client = server.client().await;
    let deep = "[".repeat(30_000);
    client.send(Message::text(deep.clone())).await.unwrap();
    assert_eq!(next_text(&mut client).await, deep);
}

#[tokio::test]
async fn the_route_selection_expression_decides() {
    let server = Server::start(|api, events| {
        api.route_selection_expression("${request.body.v}/${request.body.do}")
            .route("2/order", events.handler())
    })
    .await;
    let mut client = server.client().await;
    client.send(Message::text(r#"{"v":2,"do":"order"}"#)).await.unwrap();
    server.events.wait_for(EventType::Message, 1).await;
}

#[tokio::test]
async fn without_a_default_route_the_client_is_told_forbidden() {
    let server = Server::start(|api, _| api.route("ping", echo).route_response("ping")).await;
    let (mut client, id) = server.client_with_id().await;
    client.send(Message::text(r#"{"action":"pong"}"#)).await.unwrap();
    let frame = next_text(&mut client).await;
    assert!(
        frame.starts_with(r#"{"message": "Forbidden", "connectionId":""#),
        "{frame}"
    );
    let frame: Value = serde_json::from_str(&frame).unwrap();
    assert_eq!(frame["connectionId"], json!(id));
    assert_eq!(frame["requestId"].as_str().unwrap().len(), 16);
    // The connection stays open.
    client.send(Message::text(r#"{"action":"ping"}"#)).await.unwrap();
    assert_eq!(next_text(&mut client).await, r#"{"action":"ping"}"#);
}

#[tokio::test]
async fn a_failed_handler_is_told_as_an_internal_server_error() {
    async fn slow(_: ProxyEvent) -> Result<ProxyResponse, RouteError> {
        sleep(PATIENCE).await;
        Ok(ProxyResponse::ok())
    }
    let server = Server::start(|api, events| {
        api.limits(Limits::default().integration_timeout(Duration::from_millis(50)))
            .route("fail", failing)
            .route("panic", panicking)
            .route("slow", slow)
            .route("long", async |_| {
                Ok(ProxyResponse::ok().body("x".repeat(128 * 1024 + 1)))
            })
            .route_response("long")
            .route("status", async |_| Ok(ProxyResponse::status(500)))
            .default_route(events.handler())
    })
    .await;
    let (mut client, id) = server.client_with_id().await;
    for action in ["fail", "panic", "slow", "long"] {
        client
            .send(Message::text(json!({ "action": action }).to_string()))
            .await
            .unwrap();
        let frame: Value = serde_json::from_str(&next_text(&mut client).await).unwrap();
        assert_eq!(frame["message"], "Internal server error", "{action}");
        assert_eq!(frame["connectionId"], json!(id));
    }
    // A 5xx without a failure tells the client nothing.
    client.send(Message::text(r#"{"action":"status"}"#)).await.unwrap();
    client.send(Message::text("{}")).await.unwrap();
    server.events.wait_for(EventType::Message, 1).await;
    server.connections.post_to_connection(&id, "first").await.unwrap();
    assert_eq!(next_text(&mut client).await, "first");
}

#[tokio::test]
async fn only_a_two_way_route_answers() {
    let server = Server::start(|api, _| {
        api.route("one", echo)
            .route("two", echo)
            .route_response("two")
            .route("none", async |_| Ok(ProxyResponse::ok()))
            .route_response("none")
    })
    .await;
    let mut client = server.client().await;
    for action in ["one", "none", "two"] {
        client
            .send(Message::text(json!({ "action": action }).to_string()))
            .await
            .unwrap();
    }
    assert_eq!(next_text(&mut client).await, r#"{"action":"two"}"#);
}

#[tokio::test]
async fn messages_of_a_connection_are_handled_in_order_one_at_a_time() {
    let (running, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let server = Server::start(|api, _| {
        let (running, seen) = (Arc::clone(&running), Arc::clone(&seen));
        api.default_route(move |event: ProxyEvent| {
            let (running, seen) = (Arc::clone(&running), Arc::clone(&seen));
            async move {
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                sleep(Duration::from_millis(2)).await;
                seen.lock().unwrap().push(event.body.unwrap());
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(ProxyResponse::ok())
            }
        })
    })
    .await;
    let mut client = server.client().await;
    let sent: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    for text in &sent {
        client.send(Message::text(text.clone())).await.unwrap();
    }
    // What was sent before leaving is handled, and `$disconnect` comes after it.
    client.close(None).await.unwrap();
    server.events.disconnect().await;
    assert_eq!(*seen.lock().unwrap(), sent);
}

#[tokio::test]
async fn a_slow_handler_holds_up_only_its_own_connection() {
    let server = Server::start(|api, _| {
        api.route("slow", async |_| {
            sleep(Duration::from_secs(3)).await;
            Ok(ProxyResponse::ok())
        })
        .default_route(echo)
        .route_response("$default")
    })
    .await;
    let (mut slow, id) = server.client_with_id().await;
    let mut quick = server.client().await;
    slow.send(Message::text(r#"{"action":"slow"}"#)).await.unwrap();
    let start = Instant::now();
    quick.send(Message::text("hello")).await.unwrap();
    assert_eq!(next_text(&mut quick).await, "hello");
    // Not even posts to it, nor its pings.
    server.connections.post_to_connection(&id, "news").await.unwrap();
    assert_eq!(next_text(&mut slow).await, "news");
    slow.send(Message::Ping(Bytes::from_static(b"there?"))).await.unwrap();
    assert!(matches!(next(&mut slow).await, Some(Ok(Message::Pong(data))) if data == "there?"));
    assert!(start.elapsed() < Duration::from_secs(2));
}
