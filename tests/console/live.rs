//! What changes reaches a page.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::server::{EXECUTION, MACHINE, Server, approval, orders};

fn ids(messages: &[(String, Value)]) -> Vec<u64> {
    let events = messages.iter().filter(|(name, _)| name == "events");
    let ids = events.flat_map(|(_, data)| data["events"].as_array().unwrap());
    ids.map(|event| event["id"].as_u64().unwrap()).collect()
}

fn has_event(kind: &'static str) -> impl Fn(&str, &Value) -> bool {
    move |_, data| {
        data["events"]
            .as_array()
            .is_some_and(|events| events.iter().any(|event| event["type"] == kind))
    }
}

#[tokio::test]
async fn a_page_sees_an_execution_from_its_start_to_its_end() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let events = format!("api/events?executionArn={EXECUTION}");
    let begun = server.stream(&events, "", has_event("TaskSubmitted")).await;
    assert_eq!(begun[0].1["status"], "RUNNING");
    assert_eq!(ids(&begun), [1, 2, 3, 4, 5]);

    let tokens = server.get(&format!("api/tokens?executionArn={EXECUTION}")).await.body;
    let task = &tokens["tasks"][0];
    assert_eq!((&task["state"], &task["event"]), (&json!("Ask"), &json!(3)));
    let answer = json!({ "taskToken": task["token"], "output": r#"{"yes":true}"# });
    assert_eq!(server.post("api/call/SendTaskSuccess", &answer).await.status, 200);

    // A browser that connects again says what it has seen.
    let rest = server
        .stream(&events, "Last-Event-ID: 5\r\n", has_event("ExecutionSucceeded"))
        .await;
    assert_eq!(ids(&rest), [6, 7, 8]);
    assert_eq!(
        ids(&server
            .stream(&format!("{events}&after=7"), "", has_event("ExecutionSucceeded"))
            .await),
        [8]
    );
    let tokens = server.get(&format!("api/tokens?executionArn={EXECUTION}")).await.body;
    assert_eq!(tokens, json!({ "tasks": [] }));
}

#[tokio::test]
async fn a_list_tells_whenever_it_changes() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 1 })).await;
    let list = format!("api/executions?stateMachineArn={MACHINE}");
    let is_long = |_: &str, data: &Value| data["executions"].as_array().unwrap().len() == 2;
    let start = json!({ "stateMachineArn": MACHINE, "name": "second", "input": r#"{"price":2}"# });
    let (seen, _) = tokio::join!(server.stream(&list, "", is_long), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        server.call("StartExecution", start).await
    });
    assert_eq!(seen[0].1["executions"].as_array().unwrap().len(), 1);
    assert_eq!(seen.last().unwrap().1["executions"][0]["name"], "second");
    let failed = server
        .stream(&format!("{list}&statusFilter=FAILED"), "", |_, _| true)
        .await;
    assert_eq!(failed[0].1["executions"], json!([]));
}

/// A stream has no end of its own; cut, it would have no last chunk.
#[tokio::test]
async fn a_stream_ends_with_its_server() {
    let mut server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /console/api/events?executionArn={EXECUTION} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = vec![0; 1_000];
    assert!(stream.read(&mut seen).await.unwrap() > 0);
    server.end();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
}
