//! Clients that send too much, too deep, too slowly, or nothing at all.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::client::{Response, Server, post};

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let server = Server::start().await;
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let large = format!(r#"{{ "name": "{}" }}"#, "x".repeat(1024 * 1024));
    for body in ["{", "{} {}", r#"{ "name": "\ud800" }"#, "\u{feff}{}", &deep, &large] {
        let response = server.call("CreateActivity", body).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (400, "SerializationException")
        );
    }
    let mut request = post("X-Amz-Target: AWSStepFunctions.CreateActivity\r\n", "????").into_bytes();
    let end = request.len();
    request[end - 4..].copy_from_slice(&[0xff, 0xfe, 0xfd, 0xfc]);
    assert_eq!(server.send(request).await.code(), "SerializationException");
    server.end().await;
}

#[tokio::test]
async fn what_is_no_object_is_refused() {
    let server = Server::start().await;
    for body in ["[]", "null", "7", r#""text""#] {
        let response = server.call("ListStateMachines", body).await;
        assert_eq!(response.status, 400, "{body}: {response:?}");
    }
    server.end().await;
}

#[tokio::test]
async fn what_is_no_http_ends_its_connection_alone() {
    let server = Server::start().await;
    let long_head = format!("POST / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1024 * 1024));
    for request in ["\r\n\r\n\r\n", "GARBAGE", "POST / HTTP/9.9\r\n\r\n", &long_head] {
        let mut stream = server.connect().await;
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.shutdown().await;
        let response = Response::read(&mut stream).await;
        assert!(matches!(response.status, 0 | 400 | 431), "{response:?}");
    }
    assert_eq!(server.call("ListActivities", "{}").await.status, 200);
    server.end().await;
}

#[tokio::test]
async fn clients_that_stop_in_the_middle_hold_up_nobody() {
    let server = Server::start().await;
    let request = post("X-Amz-Target: AWSStepFunctions.ListActivities\r\n", "{}");
    let mut halves = Vec::new();
    for number in 0..200 {
        let mut stream = server.connect().await;
        let sent = &request.as_bytes()[..request.len() * (number % 10) / 10];
        stream.write_all(sent).await.unwrap();
        halves.push(stream);
    }
    for _ in 0..20 {
        assert_eq!(server.call("ListActivities", "{}").await.status, 200);
    }
    drop(halves);
    server.end().await;
}

/// More than are served at once: the others wait for a place.
#[tokio::test]
async fn a_thousand_connections_are_served() {
    let server = Server::start().await;
    let mut clients = tokio::task::JoinSet::new();
    let calls = 1_000;
    for number in 0..calls {
        let address = server.address;
        clients.spawn(async move {
            let mut stream = loop {
                // The system's queue of connections is short.
                match tokio::net::TcpStream::connect(address).await {
                    Ok(stream) => break stream,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            };
            let body = json!({ "name": format!("Ovens-{number}") }).to_string();
            let request = post("X-Amz-Target: AWSStepFunctions.CreateActivity\r\n", &body);
            stream.write_all(request.as_bytes()).await.unwrap();
            Response::read(&mut stream).await.status
        });
    }
    let statuses = clients.join_all().await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let listed = server.call("ListActivities", r#"{ "maxResults": 1000 }"#).await.json();
    assert_eq!(listed["activities"].as_array().unwrap().len(), calls);
    server.end().await;
}
