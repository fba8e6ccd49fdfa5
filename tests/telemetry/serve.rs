//! `asl serve` with telemetry, and the headers of its callers.

use asl_engine::telemetry::trace_id;
use opentelemetry::trace::SpanId;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::receiver::Receiver;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Starts `asl serve`; returns its address.
async fn serve(arguments: &[&str], endpoint_of_environment: Option<&str>) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asl"));
    command.args(["serve", "--port", "0", "--quiet"]).args(arguments);
    command
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .env_remove("OTEL_SERVICE_NAME");
    command.envs(endpoint_of_environment.map(|endpoint| ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)));
    let mut server = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().unwrap();
    (server, url.trim_start_matches("http://").to_owned())
}

/// Calls an action, with a `traceparent`.
async fn call(address: &str, action: &str, request: Value) -> Value {
    let body = request.to_string();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: AWSStepFunctions.{action}\r\ntraceparent: {CALLER}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

async fn end(mut server: Child) {
    let pid = server.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(30), server.wait()).await;
    ended.unwrap().unwrap();
}

async fn create(address: &str, name: &str, workflow_type: &str) -> String {
    let definition = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } });
    let request = json!({
        "name": name, "type": workflow_type, "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::123456789012:role/StepFunctions"
    });
    let created = call(address, "CreateStateMachine", request).await;
    created["stateMachineArn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_exports_what_it_ran_and_links_it_to_its_callers() {
    let receiver = Receiver::start().await;
    let log = std::env::temp_dir().join(format!("asl-engine-telemetry-{}.log", std::process::id()));
    let endpoint = receiver.endpoint();
    let arguments = ["--otlp-endpoint", &endpoint, "--log", log.to_str().unwrap()];
    let (server, address) = serve(&arguments, None).await;
    let (order, quick) = (
        create(&address, "Order", "STANDARD").await,
        create(&address, "Quick", "EXPRESS").await,
    );
    let started = call(
        &address,
        "StartExecution",
        json!({ "stateMachineArn": order, "name": "order-7" }),
    )
    .await;
    let synchronous = call(&address, "StartSyncExecution", json!({ "stateMachineArn": quick })).await;
    end(server).await;

    let spans = receiver.spans();
    for (name, arn) in [
        ("Order", &started["executionArn"]),
        ("Quick", &synchronous["executionArn"]),
    ] {
        let root = spans.iter().find(|span| span.name == name).unwrap();
        assert_eq!(root.trace_id, trace_id(arn.as_str().unwrap()).to_bytes());
        let [link] = root.links.as_slice() else {
            panic!("{root:?}")
        };
        assert_eq!(link.span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    }
    assert_eq!(spans.len(), 4);
    // Of the Express workflow.
    let quick = spans.iter().find(|span| span.name == "Quick").unwrap();
    let records = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(log).unwrap();
    assert_eq!(records.lines().count(), 4);
    for record in records.lines() {
        let record: Value = serde_json::from_str(record).unwrap();
        assert_eq!(
            record["trace_id"],
            trace_id(synchronous["executionArn"].as_str().unwrap()).to_string()
        );
        let span = SpanId::from_hex(record["span_id"].as_str().unwrap()).unwrap();
        assert_eq!(span.to_bytes(), *quick.span_id);
    }
    assert_eq!(receiver.services(), ["asl"]);
}

#[tokio::test]
async fn the_endpoint_of_the_environment_counts_too() {
    let receiver = Receiver::start().await;
    let (server, address) = serve(&[], Some(&receiver.endpoint())).await;
    let order = create(&address, "Order", "EXPRESS").await;
    call(&address, "StartSyncExecution", json!({ "stateMachineArn": order })).await;
    end(server).await;
    assert_eq!(receiver.spans().len(), 2);
}
