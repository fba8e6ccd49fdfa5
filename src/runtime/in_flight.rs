//! Tasks that have been invoked.

use serde_json::Value;
use std::sync::Arc;
use tokio::task::AbortHandle;

use super::activity_queue::Ticket;
use super::virtual_time::Working;
use crate::definition::IntegrationPattern;
use crate::execution::{Task, TaskRequest};
use crate::handlers::Handler;
use crate::history::ErrorOutput;

/// An invoked task without an answer yet.
#[derive(Debug)]
pub(super) struct InFlight {
    /// Its handler, while it runs.
    pub(super) handler: Option<AbortHandle>,
    /// Its request, if that has a task token.
    request: Option<Arc<TaskRequest>>,
    /// Whether the answer of its handler is not its result, which comes by the token.
    pub(super) waits_for_token: bool,
    /// Keeps time from being skipped while it waits for an answer from outside.
    pub(super) outside: Working,
    /// Its place among the tasks waiting for a worker; given up on drop.
    pub(super) ticket: Option<Ticket>,
}

impl InFlight {
    pub(super) fn of(task: &Task) -> Self {
        Self {
            handler: None,
            request: task.request.token.is_some().then(|| Arc::clone(&task.request)),
            waits_for_token: task.request.token.is_some()
                && task.resource.pattern() == IntegrationPattern::WaitForTaskToken,
            outside: Working::default(),
            ticket: None,
        }
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.request.as_ref()?.token.as_deref()
    }
}

/// A task whose work has not begun.
pub(super) struct Invocation {
    pub(super) task: Task,
    pub(super) work: Work,
    pub(super) span: tracing::Span,
    /// Whether the answer that led to it was much work, so that other executions have their turn first.
    pub(super) follows_much_work: bool,
}

/// Who does the work of a task.
pub(super) enum Work {
    Handler(Arc<dyn Handler>),
    /// Its resource is served by nobody.
    Nobody,
    /// The answer is there already.
    Mocked(Result<Value, ErrorOutput>),
}
