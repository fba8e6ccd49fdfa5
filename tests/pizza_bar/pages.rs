//! The page over HTTP, and who may look.

use asl_engine::StateMachine;
use asl_engine::loading::Substitutions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::bar::{Folder, open, url};
use super::server::Server;

/// The head and the body of an answer.
async fn get(server: &Server, path: &str, host: &str) -> (String, String) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn the_page_is_served() {
    let folder = Folder::new();
    let server = open(&folder, 1.0).await;
    let host = server.address.to_string();
    for (path, content_type, part) in [
        ("/", "text/html; charset=utf-8", "<h1>AWSome Pizza Bar</h1>"),
        ("/style.css", "text/css; charset=utf-8", "{"),
        ("/app.js", "text/javascript; charset=utf-8", "new WebSocket("),
        ("/kitchen.json", "application/json", r#"{"speed":1.0}"#),
        ("/machine.json", "application/json", "\"StartAt\": \"Order Accepted\""),
    ] {
        let (head, body) = get(&server, path, &host).await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains(&format!("content-type: {content_type}\r\n")), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        let policy = format!("content-security-policy: default-src 'self'; connect-src 'self' ws://{host};");
        assert!(head.contains(&policy), "{head}");
        assert!(body.contains(part), "{path}");
    }
    let (_, machine) = get(&server, "/machine.json", &host).await;
    StateMachine::parse_with(&machine, &Substitutions::new().with("PizzaOrderEventBus", "bus")).unwrap();
    assert!(get(&server, "/favicon.ico", &host).await.0.starts_with("http/1.1 204"));
    assert!(
        get(&server, "/../Cargo.toml", &host)
            .await
            .0
            .starts_with("http/1.1 404")
    );
    server.shutdown().await;
}

#[tokio::test]
async fn only_this_machine_is_served() {
    let folder = Folder::new();
    let server = open(&folder, 1.0).await;
    let port = server.address.port();
    for host in [
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        "LOCALHOST".to_owned(),
    ] {
        assert!(get(&server, "/", &host).await.0.starts_with("http/1.1 200"), "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:80;evil",
        "localhost:80@evil",
        "",
    ] {
        let (head, body) = get(&server, "/", host).await;
        assert!(head.starts_with("http/1.1 421"), "{host}: {head}");
        assert!(!body.contains("<h1>"));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn only_its_own_page_connects_from_a_browser() {
    let folder = Folder::new();
    let server = open(&folder, 1.0).await;
    let connect = async |origin: &str, host: Option<&str>| {
        let mut request = url(&server).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        if let Some(host) = host {
            request.headers_mut().insert("host", host.parse().unwrap());
        }
        match connect_async(request).await {
            Ok(_) => 101,
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(connect(&format!("http://{}", server.address), None).await, 101);
    assert_eq!(connect("http://evil.example", None).await, 403);
    assert_eq!(connect("null", None).await, 403);
    // A name that is made to resolve to this machine.
    assert_eq!(connect("http://evil.example", Some("evil.example")).await, 421);
    server.shutdown().await;
}
