//! Raw bytes at a live WebSocket server: handshakes and frames that are none.

use std::net::SocketAddr;
use std::time::Duration;

use asl_engine::websocket::{Limits, ProxyEvent, ProxyResponse, RouteError, RouteSelectionExpression, WebSocketApi};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::run::on_a_small_stack;

const PATIENCE: Duration = Duration::from_secs(10);

const HANDSHAKE: &str = "GET / HTTP/1.1\r\nHost: bar\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn serve() -> SocketAddr {
    let echo = |event: ProxyEvent| {
        std::future::ready(Ok::<_, RouteError>(
            ProxyResponse::ok().body(event.body.unwrap_or_default()),
        ))
    };
    let limits = Limits::default()
        .idle_timeout(Duration::from_millis(200))
        .close_timeout(Duration::from_millis(100));
    let api = WebSocketApi::new()
        .limits(limits)
        .default_route(echo)
        .route_response("$default");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = api
        .into_router("/")
        .unwrap()
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// Sends bytes, and reads until the server hangs up.
async fn send(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let _ = socket.write_all(bytes).await;
    let _ = socket.shutdown().await;
    let mut answer = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut answer))
        .await
        .expect("the server hangs up")
        .ok();
    answer
}

/// A masked frame of a client.
fn frame(first: u8, text: &[u8]) -> Vec<u8> {
    let mask = [7, 77, 177, 0];
    let mut frame = vec![first];
    if let Ok(length @ 0..=125) = u8::try_from(text.len()) {
        frame.push(0x80 | length);
    } else {
        frame.push(0xfe);
        frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    }
    frame.extend(mask);
    frame.extend(text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let whole = (any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(first, text)| frame(first, &text));
    let text = prop_oneof![
        Just(r#"{"action":"order"}"#.as_bytes().to_vec()),
        Just("[".repeat(5_000).into_bytes()),
        Just(vec![0xff, 0xfe]),
        Just(r#"{"action":"\ud800"}"#.as_bytes().to_vec()),
    ]
    .prop_map(|text| frame(0x81, &text));
    let long = prop_oneof![
        Just(vec![0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Just(vec![0x81, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ];
    prop_oneof![4 => text, 3 => whole, 1 => long, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

#[test]
fn a_server_survives_any_bytes() {
    let strategy = (
        prop::collection::vec(frames(), 0..5),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        any::<bool>(),
    );
    on_a_small_stack(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let address = runtime.block_on(serve());
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 60,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let outcome = runner.run(&strategy, |(frames, edits, edits_handshake)| {
            let (mut head, mut body) = (HANDSHAKE.as_bytes().to_vec(), frames.concat());
            let edited = if edits_handshake { &mut head } else { &mut body };
            for (at, byte) in edits {
                if !edited.is_empty() {
                    let at = at.index(edited.len());
                    edited[at] = byte;
                }
            }
            head.extend(body);
            runtime.block_on(send(address, &head));
            Ok(())
        });
        outcome.unwrap();
        let mut hello = HANDSHAKE.as_bytes().to_vec();
        hello.extend(frame(0x81, b"still here"));
        let answer = runtime.block_on(send(address, &hello));
        assert!(String::from_utf8_lossy(&answer).contains("still here"));
    });
}

#[test]
fn handshakes_without_end_are_refused() {
    on_a_small_stack(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let address = serve().await;
            let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(2_000_000));
            let headers = format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(20_000));
            for bytes in [long.as_bytes(), headers.as_bytes(), &[0; 10_000], b"\r\n\r\n", b""] {
                let answer = send(address, bytes).await;
                assert!(!answer.starts_with(b"HTTP/1.1 101"));
            }
        });
    });
}

#[test]
fn route_selection_expressions_are_bounded() {
    on_a_small_stack(|| {
        let nested = (0..120).fold(json!("x"), |inner, _| {
            json!([inner, { "a": inner }])
                .get(0)
                .cloned()
                .map_or(inner, |x| json!([x]))
        });
        let expression: RouteSelectionExpression = "$request.body".parse().unwrap();
        assert!(expression.evaluate(&nested).contains('x'));
        for text in [
            format!("${{{}", "request.body".repeat(100_000)),
            format!("$request.body{}", "[0]".repeat(100_000)),
            "$request.body[99999999999999999999999]".to_owned(),
            "\\".repeat(100_000),
            "$".repeat(100_000),
        ] {
            if let Ok(expression) = text.parse::<RouteSelectionExpression>() {
                let _ = expression.evaluate(&Value::Null);
            }
        }
    });
}
