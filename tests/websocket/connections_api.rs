use std::time::Duration;

use asl_engine::websocket::{Connections, Limits};
use serde_json::Value;

use super::server::{Server, next_close, next_text};

#[tokio::test]
async fn the_connections_api_over_http() {
    let server = Server::start(|api, _| api).await;
    let (mut client, id) = server.client_with_id().await;
    let path = format!("/prod/@connections/{}", id.replace('=', "%3D"));

    let (head, body) = server.http("POST", &path, "héllo".as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 200") && body.is_empty(), "{head}");
    assert_eq!(next_text(&mut client).await, "héllo");

    let (head, body) = server.http("GET", &path, b"").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let description: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(description["identity"]["sourceIp"], "127.0.0.1");
    let (connected, active) = (
        description["connectedAt"].as_str().unwrap(),
        description["lastActiveAt"].as_str().unwrap(),
    );
    assert!(connected.ends_with('Z') && connected <= active, "{body}");

    for length in [128 * 1024 + 1, 1024 * 1024 + 1] {
        let (head, body) = server.http("POST", &path, &vec![b'x'; length]).await;
        assert!(head.starts_with("HTTP/1.1 413"), "{head}");
        assert!(
            head.contains("x-amzn-errortype: PayloadTooLargeException") && body.contains("message"),
            "{head}"
        );
    }
    let (head, _) = server.http("POST", &path, &[0xff]).await;
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");

    let (head, body) = server.http("DELETE", &path, b"").await;
    assert!(head.starts_with("HTTP/1.1 204") && body.is_empty(), "{head}");
    assert_eq!(u16::from(next_close(&mut client).await.code), 1000);
    for method in ["POST", "GET", "DELETE"] {
        let (head, _) = server.http(method, &path, b"").await;
        assert!(head.starts_with("HTTP/1.1 410"), "{head}");
        assert!(head.contains("x-amzn-errortype: GoneException"), "{head}");
    }
}

#[tokio::test]
async fn a_full_queue_is_429_over_http() {
    let limits = Limits::default()
        .post_timeout(Duration::from_millis(20))
        .outbound_queue(2);
    let server = Server::start(|api, _| api.limits(limits)).await;
    let (_stuck, id) = server.client_with_id().await;
    while server
        .connections
        .post_to_connection(&id, "x".repeat(128 * 1024))
        .await
        .is_ok()
    {}
    let (head, _) = server.http("POST", &format!("/prod/@connections/{id}"), b"more").await;
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
    assert!(head.contains("x-amzn-errortype: LimitExceededException"), "{head}");
}

#[test]
fn handles_go_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    anywhere::<Connections>();
}
