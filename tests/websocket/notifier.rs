//! State machines that post to connections.

use asl_engine::websocket::{Limits, Notifier};
use asl_engine::{Interpreter, StateMachine};
use serde_json::{Value, json};

use super::server::{Server, next_text};

async fn notify(server: &Server, input: Value) -> Result<Value, String> {
    let machine: StateMachine = r#"{
      "StartAt": "Notify",
      "States": { "Notify": { "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:Notify", "End": true } }
    }"#
    .parse()
    .unwrap();
    let interpreter = Interpreter::new().handler(
        "arn:aws:lambda:*:*:function:Notify",
        Notifier::new(server.connections.clone()),
    );
    interpreter
        .run(&machine, input)
        .await
        .map_err(|error| error.output().unwrap().error.as_deref().unwrap().to_owned())
}

#[tokio::test]
async fn data_is_posted_as_text_or_as_json() {
    let server = Server::start(|api, _| api).await;
    let (mut client, id) = server.client_with_id().await;
    for data in [json!("order packed"), json!({ "status": "order packed" }), json!(null)] {
        let answer = notify(&server, json!({ "connectionId": id, "data": data })).await;
        assert_eq!(answer, Ok(json!({})));
    }
    assert_eq!(next_text(&mut client).await, "order packed");
    assert_eq!(next_text(&mut client).await, r#"{"status":"order packed"}"#);
    assert_eq!(next_text(&mut client).await, "null");
}

#[tokio::test]
async fn failures_have_the_names_of_the_api() {
    let server = Server::start(|api, _| api.limits(Limits::default().message(10))).await;
    let (_client, id) = server.client_with_id().await;
    let gone = notify(&server, json!({ "connectionId": "unknown", "data": "x" })).await;
    assert_eq!(gone, Err("ApiGatewayManagementApi.GoneException".to_owned()));
    let too_large = notify(&server, json!({ "connectionId": id, "data": "x".repeat(11) })).await;
    assert_eq!(
        too_large,
        Err("ApiGatewayManagementApi.PayloadTooLargeException".to_owned())
    );
    let invalid = notify(&server, json!({ "connectionId": id })).await;
    assert_eq!(invalid, Err("InvalidInput".to_owned()));
}
