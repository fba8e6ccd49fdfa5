//! The forms of requests and answers.

use std::sync::{Arc, Mutex};

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use asl_engine::server::http::HttpApi;
use serde_json::json;

use crate::client::{Server, post};

#[tokio::test]
async fn an_action_is_called_and_answers_in_aws_json() {
    let server = Server::start().await;
    let response = server.call("ListStateMachines", "{}").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.json(), json!({ "stateMachines": [] }));
    assert!(response.head.contains("content-type: application/x-amz-json-1.0"));
    assert!(response.head.contains("x-amzn-requestid: "));
    server.end().await;
}

#[tokio::test]
async fn an_empty_body_is_an_empty_request() {
    let server = Server::start().await;
    let response = server.call("ListActivities", "").await;
    assert_eq!(response.json(), json!({ "activities": [] }));
    server.end().await;
}

#[tokio::test]
async fn an_error_has_its_code_in_the_body_and_in_a_header() {
    let server = Server::start().await;
    let request = json!({ "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Orders" });
    let response = server.call("DescribeStateMachine", &request.to_string()).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (400, "StateMachineDoesNotExist")
    );
    assert!(
        response.json()["message"]
            .as_str()
            .unwrap()
            .ends_with(":stateMachine:Orders'")
    );
    server.end().await;
}

#[tokio::test]
async fn what_names_no_action_is_told_how_to() {
    let server = Server::start().await;
    for headers in [
        "",
        "X-Amz-Target: AWSStepFunctions\r\n",
        "X-Amz-Target: AWSStepFunctions.\r\n",
        "X-Amz-Target: AWSStepFunctions.NoSuchAction\r\n",
        "X-Amz-Target: AWSStepFunctions.List State Machines\r\n",
        "X-Amz-Target: DynamoDB_20120810.ListTables\r\n",
        "X-Amz-Target: \u{ff}\r\n",
    ] {
        let response = server.send(post(headers, "{}")).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (400, "UnknownOperationException"),
            "{headers}"
        );
    }
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "PUT /machines HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ] {
        let response = server.send(request).await;
        assert_eq!(response.status, 404);
        assert!(response.json()["message"].as_str().unwrap().contains("X-Amz-Target"));
    }
    server.end().await;
}

#[tokio::test]
async fn its_health_can_be_asked_for() {
    let server = Server::start().await;
    let response = server
        .send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert_eq!((response.status, response.body.as_str()), (200, r#"{"status":"ok"}"#));
    server.end().await;
}

#[tokio::test]
async fn a_page_from_elsewhere_may_not_call() {
    let server = Server::start().await;
    let call = |origin: &str| {
        post(
            &format!("Origin: {origin}\r\nX-Amz-Target: AWSStepFunctions.ListActivities\r\n"),
            "{}",
        )
    };
    for origin in ["http://localhost:3000", "http://127.0.0.1:8083", "https://[::1]"] {
        assert_eq!(server.send(call(origin)).await.status, 200, "{origin}");
    }
    for origin in [
        "http://example.com",
        "null",
        "http://localhost.example.com:8083",
        "http://127.0.0.1.example.com",
    ] {
        let response = server.send(call(origin)).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (400, "AccessDeniedException"),
            "{origin}"
        );
    }
    server.end().await;
}

#[tokio::test]
async fn every_request_is_told_to_the_log() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&lines);
    let api = StepFunctions::new(Interpreter::new());
    let http = HttpApi::new(api).on_access(move |access| {
        assert!(access.client.is_some_and(|client| client.ip().is_loopback()));
        let line = access.to_string().replace(&access.request_id, "<id>");
        told.lock().unwrap().push(line);
    });
    let server = Server::of(http).await;
    server.call("ListActivities", "{}").await;
    server.call("DescribeActivity", "{").await;
    server.send(post("", "{}")).await;
    server.end().await;
    let lines = lines.lock().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| line.rsplitn(3, ' ').last().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "<id> ListActivities 200",
            "<id> DescribeActivity 400 SerializationException",
            "<id> - 400 UnknownOperationException",
        ]
    );
}
