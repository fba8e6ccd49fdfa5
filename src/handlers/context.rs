//! The context of a task for its handler.

#[cfg(feature = "otel")]
use opentelemetry::trace::SpanContext;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

use crate::data::Payload;
use crate::definition::Resource;
use crate::execution::{Task, TaskId, TaskRequest};
#[cfg(feature = "otel")]
use crate::telemetry::{Caller, traceparent};

/// The task attempt of a handler; a clone is cheap.
#[derive(Clone)]
#[non_exhaustive]
pub struct TaskContext {
    /// The execution's ARN; for a task in a distributed Map, the ARN of its child execution.
    pub execution_arn: Arc<str>,
    /// The state machine's ARN.
    pub state_machine_arn: Arc<str>,
    /// The Task state's name.
    pub state: Arc<str>,
    /// Its resource.
    pub resource: Resource,
    /// 0 for the first attempt, then the number of retries.
    pub retry_count: u32,
    /// What the state asks of the resource: its task token, its `Credentials`, its `TimeoutSeconds`.
    pub request: Arc<TaskRequest>,
    /// The execution that the driver runs: the same one, or the one around all Map Runs.
    pub(crate) driven_arn: Arc<str>,
    pub(crate) id: TaskId,
    /// The attempt's span.
    #[cfg(feature = "otel")]
    pub(crate) span: Option<SpanContext>,
    pub(crate) channel: Arc<dyn TaskChannel>,
}

impl TaskContext {
    /// The id of this attempt: each retry has its own, and so has each iteration of a Map.
    ///
    /// After a restart of the process, an [`Interpreter`](crate::Interpreter) with a store gives a task that was not
    /// answered to its handler again, under the same id. So a handler that must not do its work twice writes the id down with
    /// what it did, or hands it on as the idempotency key of what it calls.
    pub fn attempt_id(&self) -> String {
        self.id.of_execution(&self.driven_arn)
    }

    /// The header `traceparent` of W3C's Trace Context, for what the handler calls: it names the attempt's span. `None` unless the
    /// interpreter has telemetry ([`Interpreter::telemetry`](crate::Interpreter::telemetry)).
    ///
    /// While a handler's future is polled, this span is also OpenTelemetry's current one.
    #[cfg(feature = "otel")]
    pub fn traceparent(&self) -> Option<String> {
        self.span.as_ref().map(traceparent)
    }

    /// The header `tracestate` beside it. `None` if it would be empty.
    #[cfg(feature = "otel")]
    pub fn tracestate(&self) -> Option<String> {
        let state = self.span.as_ref()?.trace_state().header();
        Some(state).filter(|state| !state.is_empty())
    }

    /// The attempt as the caller of an execution.
    #[cfg(feature = "otel")]
    pub(crate) fn as_caller(&self) -> Caller {
        self.span.clone().map_or_else(Caller::default, Caller::of)
    }

    /// Sends a heartbeat: the time of `HeartbeatSeconds` starts again.
    pub fn heartbeat(&self) {
        Arc::clone(&self.channel).heartbeat(self.id);
    }

    /// Records the first response of a `.sync` task's service (`TaskSubmitted`), before the job has ended.
    pub fn submitted(&self, output: Value) {
        Arc::clone(&self.channel).submitted(self.id, output);
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("execution_arn", &self.execution_arn)
            .field("state", &self.state)
            .field("resource", &self.resource)
            .field("retry_count", &self.retry_count)
            .finish_non_exhaustive()
    }
}

/// One attempt of a task as its handler begins it: it makes only what the handler asks for.
pub struct Attempt {
    task: Task,
    channel: Arc<dyn TaskChannel>,
}

impl Attempt {
    pub(crate) fn new(task: Task, channel: Arc<dyn TaskChannel>) -> Self {
        Self { task, channel }
    }

    /// The effective input.
    pub(super) fn input(&self) -> &Payload {
        &self.task.request.effective_input
    }

    pub(super) fn into_context(self) -> TaskContext {
        self.channel.context(self.task)
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

/// The channel from a handler to its driver.
pub(crate) trait TaskChannel: Send + Sync {
    fn heartbeat(self: Arc<Self>, task: TaskId);
    fn submitted(self: Arc<Self>, task: TaskId, output: Value);
    fn context(self: Arc<Self>, task: Task) -> TaskContext;
}
