//! Tasks, as the driver sees them.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::span_key::SpanKey;
use super::task_request::TaskRequest;
use crate::definition::Resource;

/// Identifies one attempt of one task in one execution; every attempt has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    pub(crate) frame: u32,
    /// Unique among all attempts of the execution, so that a late answer never lands in a reused frame.
    pub(crate) generation: u32,
}

impl TaskId {
    /// The attempt's id among those of all executions.
    #[cfg_attr(
        not(feature = "runtime"),
        expect(dead_code, reason = "only drivers tell executions apart")
    )]
    pub(crate) fn of_execution(self, arn: &str) -> String {
        format!("{arn}#{}.{}", self.frame, self.generation)
    }
}

/// An unanswered attempt of a Task state.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The id, needed to answer.
    pub id: TaskId,
    /// The state's name.
    pub state: Arc<str>,
    /// The resource that does the work.
    pub resource: Resource,
    /// What the state asks of it.
    pub request: Arc<TaskRequest>,
    /// 0 for the first attempt, then the number of retries.
    pub retry_count: u32,
    /// Whether its service has accepted it ([`Event::TaskSubmitted`](super::Event::TaskSubmitted)): after a restart, a
    /// `.waitForTaskToken` task of this kind only waits for its token.
    pub is_submitted: bool,
    /// The child execution of the task; `None` for a task of the execution itself.
    pub child: Option<Arc<ChildExecution>>,
    /// The span of the attempt among those of its execution, or of the child execution.
    pub(crate) span: SpanKey,
}

/// The child execution of a distributed Map in which a task runs.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildExecution {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The ARN of its state machine, `…:stateMachine:MACHINE/LABEL`.
    pub state_machine_arn: String,
}
