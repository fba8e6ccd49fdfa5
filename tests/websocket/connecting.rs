use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_engine::websocket::{
    AllowedOrigins, EventType, Limits, PostToConnectionError, ProxyEvent, ProxyResponse, RouteError, WebSocketApi,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::server::{Events, Server};

#[tokio::test]
async fn connect_sees_the_upgrade_request() {
    let server = Server::start(|api, _| api.stage("prod").api_id("abc").stage_variable("colour", "blue")).await;
    let mut request = format!("ws://{}/?a=1&a=2&b=%C3%A9+x", server.address)
        .into_client_request()
        .unwrap();
    request.headers_mut().insert("user-agent", "test".parse().unwrap());
    let _client = connect_async(request).await.unwrap();

    let event = serde_json::to_value(&server.events.wait_for(EventType::Connect, 1).await[0]).unwrap();
    assert_eq!(event["headers"]["Host"], json!(server.address.to_string()));
    assert_eq!(event["headers"]["Sec-WebSocket-Version"], "13");
    assert_eq!(event["multiValueHeaders"]["Sec-WebSocket-Version"], json!(["13"]));
    assert_eq!(event["queryStringParameters"], json!({ "a": "2", "b": "é x" }));
    assert_eq!(
        event["multiValueQueryStringParameters"],
        json!({ "a": ["1", "2"], "b": ["é x"] })
    );
    assert_eq!(event["stageVariables"], json!({ "colour": "blue" }));
    assert_eq!(event["isBase64Encoded"], false);
    assert!(event.get("body").is_none());
    let context = &event["requestContext"];
    assert_eq!(context["routeKey"], "$connect");
    assert_eq!(context["eventType"], "CONNECT");
    assert_eq!(context["messageDirection"], "IN");
    assert_eq!(context["stage"], "prod");
    assert_eq!(context["apiId"], "abc");
    assert_eq!(
        context["identity"],
        json!({ "sourceIp": "127.0.0.1", "userAgent": "test" })
    );
    assert_eq!(context["domainName"], json!(server.address.to_string()));
    assert_eq!(context["requestId"], context["extendedRequestId"]);
    assert_eq!(context["connectedAt"], context["requestTimeEpoch"]);
    assert!(context["requestTime"].as_str().unwrap().ends_with(" +0000"));
    let id = context["connectionId"].as_str().unwrap();
    assert!(id.len() == 16 && id.ends_with('='), "{id}");
    for absent in ["messageId", "disconnectStatusCode", "disconnectReason"] {
        assert!(context.get(absent).is_none(), "{absent}");
    }
    let back: ProxyEvent = serde_json::from_value(event).unwrap();
    assert_eq!(back, server.events.of(EventType::Connect)[0]);
}

#[tokio::test]
async fn connect_refuses_with_its_status_and_no_disconnect_follows() {
    async fn authorise(event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
        let query = event.query_string_parameters.unwrap_or_default();
        match query.get("as").map(String::as_str) {
            Some("stranger") => Ok(ProxyResponse::status(401)),
            Some("banned") => Ok(ProxyResponse::status(403).body("you know why")),
            Some("broken") => Err(RouteError::new("no database")),
            Some("odd") => Ok(ProxyResponse::status(101)),
            Some("panic") => panic!("a handler's own bug"),
            _ => Ok(ProxyResponse::ok()),
        }
    }
    let events = Events::default();
    let api = WebSocketApi::new().connect(authorise).disconnect(events.handler());
    let server = Server::serve(api, events).await;

    assert_eq!(server.refusal("/?as=stranger", &[]).await.status(), 401);
    let banned = server.refusal("/?as=banned", &[]).await;
    assert_eq!(
        (banned.status().as_u16(), banned.into_body().unwrap()),
        (403, b"you know why".to_vec())
    );
    for failing in ["/?as=broken", "/?as=odd", "/?as=panic"] {
        assert_eq!(server.refusal(failing, &[]).await.status(), 500, "{failing}");
    }
    assert!(server.connections.is_empty());
    server.connections.shutdown().await;
    assert!(server.events.of(EventType::Disconnect).is_empty());
}

#[tokio::test]
async fn a_connection_is_gone_until_connect_has_let_it_in() {
    let api = WebSocketApi::new();
    let (connections, seen) = (api.connections(), Arc::new(Mutex::new(None)));
    let api = api.connect({
        let (connections, seen) = (connections.clone(), Arc::clone(&seen));
        move |event: ProxyEvent| {
            let (connections, seen) = (connections.clone(), Arc::clone(&seen));
            async move {
                let posted = connections
                    .post_to_connection(&event.request_context.connection_id, "early")
                    .await;
                *seen.lock().unwrap() = Some(posted);
                Ok(ProxyResponse::ok())
            }
        }
    });
    let server = Server::serve(api, Events::default()).await;
    let _client = server.client().await;
    assert_eq!(*seen.lock().unwrap(), Some(Err(PostToConnectionError::Gone)));
}

#[tokio::test]
async fn a_client_that_leaves_during_connect_is_disconnected_once() {
    let events = Events::default();
    let api = WebSocketApi::new()
        .connect(|_: ProxyEvent| async {
            sleep(Duration::from_millis(100)).await;
            Ok(ProxyResponse::ok())
        })
        .disconnect(events.handler());
    let server = Server::serve(api, events).await;
    let impatient = timeout(
        Duration::from_millis(30),
        connect_async(format!("ws://{}/", server.address)),
    )
    .await;
    assert!(impatient.is_err());
    assert_eq!(server.events.disconnect().await.0, 1006);
    server.connections.shutdown().await;
}

#[tokio::test]
async fn connect_chooses_the_subprotocol() {
    let api = WebSocketApi::new().connect(async |_| {
        Ok(ProxyResponse::ok()
            .header("sec-websocket-protocol", "pizza.v2")
            .header("x-other", "y"))
    });
    let server = Server::serve(api, Events::default()).await;
    let mut request = format!("ws://{}/", server.address).into_client_request().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "pizza.v1, pizza.v2".parse().unwrap());
    let (_client, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "pizza.v2");
    assert!(!response.headers().contains_key("x-other"));
}

#[tokio::test]
async fn a_page_of_another_site_is_refused() {
    let server = Server::start(|api, _| api).await;
    let refused = server.refusal("/", &[("origin", "http://evil.example")]).await;
    assert_eq!(refused.status(), 403);
    let body: Value = serde_json::from_slice(&refused.into_body().unwrap()).unwrap();
    assert_eq!(body["message"], "Forbidden");
    assert!(server.events.of(EventType::Connect).is_empty());

    let mut request = format!("ws://{}/", server.address).into_client_request().unwrap();
    request
        .headers_mut()
        .insert("origin", format!("http://{}", server.address).parse().unwrap());
    connect_async(request).await.unwrap();

    let server = Server::start(|api, _| api.allowed_origins(AllowedOrigins::SameLoopbackHost)).await;
    let mut request = format!("ws://{}/", server.address).into_client_request().unwrap();
    request.headers_mut().insert("host", "rebound.example".parse().unwrap());
    request
        .headers_mut()
        .insert("origin", "http://rebound.example".parse().unwrap());
    assert!(connect_async(request).await.is_err());
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let server = Server::start(|api, _| api).await;
    let (head, _) = server.http("GET", "/", b"").await;
    assert!(head.starts_with("HTTP/1.1 426"), "{head}");
    let (head, _) = server.http("POST", "/", b"{}").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    for (headers, status) in [
        (
            "upgrade: websocket\r\nsec-websocket-version: 12\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "426",
        ),
        ("upgrade: websocket\r\nsec-websocket-version: 13\r\n", "400"),
        (
            "upgrade: h2c\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "426",
        ),
    ] {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nhost: local\r\nconnection: upgrade\r\n{headers}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        socket.read_exact(&mut head).await.unwrap();
        assert_eq!(head, format!("HTTP/1.1 {status}").as_bytes());
    }
    assert!(server.events.of(EventType::Connect).is_empty());
}

#[tokio::test]
async fn no_more_connections_than_allowed() {
    let server = Server::start(|api, _| api.limits(Limits::default().connections(1))).await;
    let mut client = server.client().await;
    assert_eq!(server.refusal("/", &[]).await.status(), 429);
    client.close(None).await.unwrap();
    server.events.wait_for(EventType::Disconnect, 1).await;
    sleep(Duration::from_millis(50)).await;
    server.client().await;
}

#[tokio::test]
async fn connection_ids_are_unique() {
    let server = Server::start(|api, _| api).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(server.client().await);
    }
    let events = server.events.wait_for(EventType::Connect, 50).await;
    let ids: std::collections::HashSet<_> = events
        .iter()
        .map(|event| &event.request_context.connection_id)
        .collect();
    assert_eq!(ids.len(), 50);
}
