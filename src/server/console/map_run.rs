//! The child executions of a Map Run, as far as they are known here: a log of the first ten thousand is kept in memory.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{Answer, Console, answered, required};
#[cfg(feature = "store")]
use crate::execution::MapRunLog;
use crate::history::{EventDetails, HistoryEvent};
use crate::server::known::Known;

/// The most bytes that are told of them.
const MOST_BYTES: usize = 8 * 1024 * 1024;

pub(super) async fn executions(State(console): State<Arc<Console>>, uri: Uri) -> Response {
    answered(console.child_executions(&uri).await)
}

impl Console {
    async fn child_executions(&self, uri: &Uri) -> Answer {
        let arn = required(uri, "mapRunArn")?;
        let service = self.service();
        let (run, execution) = service.map_run(&arn).await?;
        let log = match execution {
            Known::InMemory(execution) => execution.handle.map_runs(),
            #[cfg(feature = "store")]
            Known::Stored(execution) if execution.is_running() => {
                execution.handle(&service.interpreter).map(|handle| handle.map_runs())?
            }
            #[cfg(feature = "store")]
            Known::Stored(_) => MapRunLog::default(),
            #[cfg(feature = "restate")]
            Known::Clustered(_) => MapRunLog::default(),
        };
        let mut bytes = 0;
        let children = log.executions(&arn).map(|(arn, history)| told(arn, history));
        let children: Vec<Value> = children
            .take_while(|child| {
                bytes += child.to_string().len();
                bytes <= MOST_BYTES
            })
            .collect();
        let is_cut = u64::try_from(children.len()).unwrap_or(u64::MAX) < run.execution_counts.total;
        Ok(json!({ "executions": children, "isCut": is_cut }))
    }
}

/// A child execution by its history.
fn told(arn: &str, history: &[HistoryEvent]) -> Value {
    let (first, last) = (history.first(), history.last());
    let status = match last.map(|event| &event.details) {
        Some(EventDetails::ExecutionSucceeded { .. }) => "SUCCEEDED",
        Some(EventDetails::ExecutionFailed { .. }) => "FAILED",
        Some(EventDetails::ExecutionTimedOut { .. }) => "TIMED_OUT",
        Some(EventDetails::ExecutionAborted { .. }) => "ABORTED",
        _ => "RUNNING",
    };
    let of = |event: Option<&HistoryEvent>, member: &str| {
        let told = event?.to_json();
        let members = told.as_object()?.iter();
        let details = members.into_iter().find(|(name, _)| name.ends_with("EventDetails"))?.1;
        details.get(member).cloned()
    };
    let ended = last.filter(|_| status != "RUNNING");
    json!({
        "executionArn": arn,
        "name": arn.rsplit(':').next(),
        "status": status,
        "startTime": first.map(|event| event.timestamp.to_rfc3339()),
        "stopTime": ended.map(|event| event.timestamp.to_rfc3339()),
        "input": of(first, "input"),
        "output": of(ended, "output"),
        "error": of(ended, "error"),
        "cause": of(ended, "cause"),
    })
}
