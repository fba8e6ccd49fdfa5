//! Export by OTLP: to a receiver of our own, and to a collector that passes everything on to it.

use asl_engine::telemetry::{Telemetry, trace_id};
use asl_engine::{ErrorKind, Interpreter};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;

use crate::receiver::Receiver;
use crate::traces::machine;

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const COLLECTOR: &str = "target/tools/otel-collector/rotel/rotel-agent";

/// Runs one execution that fails, and exports it; returns its ARN.
async fn export_to(endpoint: &str) -> String {
    let telemetry = Telemetry::otlp(endpoint).unwrap();
    let interpreter = Interpreter::new()
        .task(WORK, |_: Value| async {
            Err::<Value, _>(asl_engine::TaskError::new("Busy", ""))
        })
        .telemetry(&telemetry);
    let machine =
        machine(json!({ "StartAt": "Work", "States": { "Work": { "Type": "Task", "Resource": WORK, "End": true } } }));
    let execution = interpreter.start(&machine, json!({})).unwrap();
    execution.outcome().await;
    // It waits for the receiver, which is in this runtime.
    tokio::task::spawn_blocking(move || telemetry.shutdown())
        .await
        .unwrap()
        .unwrap();
    execution.arn().to_owned()
}

fn check(receiver: &Receiver, arn: &str) {
    let spans = receiver.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["Work", "Work", "StateMachine"]);
    let (attempt, state, execution) = (&spans[0], &spans[1], &spans[2]);
    assert_eq!(
        (&attempt.parent_span_id, &state.parent_span_id),
        (&state.span_id, &execution.span_id)
    );
    assert!(execution.parent_span_id.is_empty(), "{execution:?}");
    for span in &spans {
        assert_eq!(span.trace_id, trace_id(arn).to_bytes());
        let status = span.status.as_ref().unwrap();
        assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "Busy"));
    }
    let expected = [
        "asl.execution.duration",
        "asl.execution.ended",
        "asl.execution.running",
        "asl.execution.started",
        "asl.state.transitions",
        "asl.task.duration",
    ];
    assert_eq!(receiver.metrics(), expected);
}

#[tokio::test]
async fn traces_and_metrics_are_exported_at_the_shutdown() {
    let receiver = Receiver::start().await;
    let arn = export_to(&receiver.endpoint()).await;
    check(&receiver, &arn);
}

#[tokio::test]
async fn a_collector_takes_and_passes_on_everything() {
    let Some(program) = collector() else { return };
    let receiver = Receiver::start().await;
    let (http, grpc) = (free_port(), free_port());
    let _running = tokio::process::Command::new(program)
        .args(["start", "--exporter", "otlp", "--otlp-exporter-protocol", "http"])
        .args([
            "--otlp-exporter-endpoint",
            &receiver.endpoint(),
            "--batch-timeout",
            "100ms",
        ])
        .args([
            "--otlp-http-endpoint",
            &format!("127.0.0.1:{http}"),
            "--otlp-grpc-endpoint",
            &format!("127.0.0.1:{grpc}"),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let listens = async {
        while TcpStream::connect(("127.0.0.1", http)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), listens).await.unwrap();
    let arn = export_to(&format!("http://127.0.0.1:{http}")).await;
    receiver.wait_for(3).await;
    check(&receiver, &arn);
}

/// The collector's program, or `None` where it is not installed.
fn collector() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(COLLECTOR);
    if program.exists() {
        return Some(program);
    }
    let is_required = std::env::var_os("ASL_OTEL_COLLECTOR_REQUIRED").is_some_and(|required| !required.is_empty());
    assert!(
        !is_required,
        "there is no collector (`.ci/otel-collector` installs it), and ASL_OTEL_COLLECTOR_REQUIRED is set"
    );
    eprintln!("skipped: there is no collector (`.ci/otel-collector` installs it)");
    None
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Also inside of a runtime, which the client's own may not block at its end.
#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_so_is_refused_by_name() {
    for endpoint in [
        "https://collector.example:4318",
        "collector:4318",
        "ftp://127.0.0.1",
        "",
        "http://",
    ] {
        let error = Telemetry::otlp(endpoint).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Misconfigured, "{endpoint}");
        assert!(error.to_string().contains("without TLS"), "{error}");
    }
    drop(Telemetry::otlp("http://127.0.0.1:4318").unwrap());
    let error = Telemetry::otlp("https://user:secret@collector").err().unwrap();
    assert!(!error.to_string().contains("secret"), "{error}");
}

/// What cannot be exported holds nothing up, and the shutdown says so.
#[tokio::test]
async fn an_endpoint_that_is_down_fails_the_shutdown_alone() {
    let telemetry = Telemetry::otlp(&format!("http://127.0.0.1:{}", free_port())).unwrap();
    let interpreter = Interpreter::new().telemetry(&telemetry);
    let machine = machine(json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } }));
    let _: Value = interpreter.run(&machine, json!({})).await.unwrap();
    let ended = tokio::task::spawn_blocking(move || telemetry.shutdown()).await.unwrap();
    assert!(ended.is_err());
}
