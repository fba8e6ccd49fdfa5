//! What the API tells of its executions without being asked: status changes as events, and log records.

mod begun;
mod logging;
mod reporter;
mod status_change;
#[cfg(test)]
mod tests;

use serde_json::Value;
use std::fmt;
use std::sync::Arc;

use crate::handlers::event_bus::{EventBridge, EventBridgeError, PutEventsRequest, PutEventsRequestEntry};
use crate::history::HistoryEvent;

pub(super) use begun::Begun;
pub(super) use reporter::Reporter;
pub(super) use status_change::StatusChange;

/// Where the API tells of its executions: their status changes, and what they log. Nowhere by default.
///
/// Both come in the order in which they happen, soon after they have happened. What is on its way when the process ends is lost.
///
/// ```
/// use asl_engine::Interpreter;
/// use asl_engine::handlers::event_bus::{LocalEventBus, RuleTarget};
/// use asl_engine::server::{Reports, StepFunctions};
/// use asl_engine::services::event_bridge::{Event, Rule};
/// use std::sync::Arc;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let failed = r#"{ "source": ["aws.states"], "detail": { "status": ["FAILED", "TIMED_OUT"] } }"#.parse()?;
/// let call = RuleTarget::new("call", |event: Event| async move {
///     println!("{} failed", event.detail["executionArn"]);
///     Ok(())
/// });
/// let bus = LocalEventBus::new().rule(Rule::new("failed", failed), [call]);
/// let api = StepFunctions::reporting(Interpreter::new(), Reports::new().status_changes(Arc::new(bus)));
/// # let _ = api;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Reports {
    event_bridge: Option<Arc<dyn EventBridge>>,
    log: Option<Box<Log>>,
}

type Log = dyn Fn(&[Value]) + Send + Sync;

impl Reports {
    /// Reports that go nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an event on the default bus whenever an execution of a Standard workflow starts, ends or is redriven.
    ///
    /// Source: Step Functions developer guide, "Automating Step Functions event delivery with EventBridge". Events are put one
    /// after the other, so an event bridge that answers slowly delays the later ones. An event that it refuses is lost, and a
    /// warning says so.
    #[must_use]
    pub fn status_changes(self, event_bridge: Arc<dyn EventBridge>) -> Self {
        Self {
            event_bridge: Some(event_bridge),
            ..self
        }
    }

    /// Writes the log records of each execution when it ends, in AWS's form
    /// ([`log_records`](crate::history::log_records)).
    ///
    /// The `loggingConfiguration` of the state machine says which events are logged, and whether with their data. An Express
    /// workflow without a log destination logs everything, with data: nothing else shows what its executions did.
    #[must_use]
    pub fn logs(self, write: impl Fn(&[Value]) + Send + Sync + 'static) -> Self {
        Self {
            log: Some(Box::new(write)),
            ..self
        }
    }

    fn are_empty(&self) -> bool {
        self.event_bridge.is_none() && self.log.is_none()
    }

    /// Whether status changes are told.
    #[cfg(feature = "restate")]
    pub(super) fn have_event_bridge(&self) -> bool {
        self.event_bridge.is_some()
    }

    /// Whether logs are written.
    #[cfg(feature = "restate")]
    pub(super) fn have_log(&self) -> bool {
        self.log.is_some()
    }

    /// Puts the event of a status change.
    pub(super) async fn put(&self, entry: PutEventsRequestEntry) -> Result<(), EventBridgeError> {
        let Some(event_bridge) = &self.event_bridge else {
            return Ok(());
        };
        let response = event_bridge.put_events(PutEventsRequest::new([entry])).await?;
        response.failed_entry_error().map_or(Ok(()), Err)
    }

    /// Writes what an execution logs that has ended.
    pub(super) fn write_log(&self, begun: &Begun, arn: &str, history: &[HistoryEvent]) {
        if let (Some(log), Some(logging)) = (&self.log, begun.logging) {
            let records = logging.records(history, arn, begun.redrive_count, &begun.input);
            if !records.is_empty() {
                log(&records);
            }
        }
    }
}

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reports")
            .field("status_changes", &self.event_bridge.is_some())
            .field("logs", &self.log.is_some())
            .finish()
    }
}
