//! The options of traces and metrics.

use clap::Args;
use serde_json::Value;
use std::borrow::Cow;

use crate::cli::failure::Failure;
use crate::cli::stores::tell;
use crate::runtime::Interpreter;
use crate::telemetry::{Telemetry, span_of};

/// The name of what is traced, where the environment names nothing else.
const SERVICE: &str = "asl";

#[derive(Args)]
pub(super) struct TelemetryOptions {
    /// Export traces and metrics of executions by OTLP over HTTP to this endpoint, such as `http://127.0.0.1:4318`
    #[arg(
        long,
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true
    )]
    otlp_endpoint: Option<String>,
}

impl TelemetryOptions {
    /// What is to be exported with; `None` if nothing is. Errors if the endpoint is none.
    pub(super) fn open(&self, is_on_cluster: bool) -> Result<Option<Telemetry>, Failure> {
        let Some(endpoint) = self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty()) else {
            return Ok(None);
        };
        if std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        if is_on_cluster {
            tell("with `--restate` there are no traces and metrics, and nothing is exported");
            return Ok(None);
        }
        let builder = Telemetry::builder().with_service_name(SERVICE).with_otlp(endpoint);
        let builder = builder.map_err(|error| Failure::new(error.to_string()))?;
        Ok(Some(builder.build()))
    }
}

/// Exports what executions do.
pub(super) fn of(interpreter: Interpreter, telemetry: Option<&Telemetry>) -> Interpreter {
    match telemetry {
        Some(telemetry) => interpreter.telemetry(telemetry),
        None => interpreter,
    }
}

/// Log records of executions, each with the trace and the first span of its execution.
pub(super) fn correlated(records: &[Value]) -> Cow<'_, [Value]> {
    let correlated = records.iter().map(|record| {
        let mut record = record.clone();
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        if let Some(arn) = text("execution_arn") {
            let redrives = text("redrive_count").and_then(|count| count.parse().ok());
            let (trace, span) = span_of(arn, redrives.unwrap_or(0));
            if let Some(members) = record.as_object_mut() {
                members.insert("trace_id".to_owned(), trace.to_string().into());
                members.insert("span_id".to_owned(), span.to_string().into());
            }
        }
        record
    });
    correlated.collect()
}

/// Exports what is left.
pub(super) async fn end(telemetry: Option<Telemetry>) {
    let Some(telemetry) = telemetry else { return };
    // It waits for the endpoint.
    let ended = tokio::task::spawn_blocking(move || telemetry.shutdown()).await;
    if let Ok(Err(error)) = ended {
        tell(&format!("the last traces and metrics were not exported: {error}"));
    }
}
