//! The end of a server.

use std::time::Duration;

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use asl_engine::server::http::HttpApi;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Response, Server, post};

const DEFINITION: &str = r#"{"StartAt":"Rest","States":{"Rest":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:Rest","End":true}}}"#;

#[tokio::test]
async fn what_is_being_answered_is_answered_to_the_end() {
    let interpreter = Interpreter::new().function("Rest", |_: Value| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(json!("rested"))
    });
    let api = StepFunctions::new(interpreter);
    let machine = json!({
        "name": "Rest", "type": "EXPRESS", "definition": DEFINITION, "roleArn": "arn:aws:iam::123456789012:role/Rest",
    });
    let machine = api.call("CreateStateMachine", machine).await.unwrap();
    let server = Server::of(HttpApi::new(api)).await;
    let mut stream = server.connect().await;
    let body = json!({ "stateMachineArn": machine["stateMachineArn"] }).to_string();
    let request = post("X-Amz-Target: AWSStepFunctions.StartSyncExecution\r\n", &body);
    stream.write_all(request.as_bytes()).await.unwrap();
    // It is being answered then.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (response, ()) = tokio::join!(Response::read(&mut stream), server.end());
    assert_eq!(response.json()["output"], r#""rested""#, "{response:?}");
}

#[tokio::test]
async fn an_idle_connection_does_not_keep_it() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    let request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    idle.write_all(request.as_bytes()).await.unwrap();
    let address = server.address;
    server.end().await;
    assert!(TcpStream::connect(address).await.is_err());
}
