//! Tasks that have been invoked.

use std::sync::Arc;
use tokio::task::AbortHandle;

use super::activity_queue::Ticket;
use crate::definition::IntegrationPattern;
use crate::execution::{Task, TaskRequest};
use crate::handlers::Handler;

/// An invoked task without an answer yet.
#[derive(Debug)]
pub(super) struct InFlight {
    /// Its handler, while it runs.
    pub(super) handler: Option<AbortHandle>,
    /// Its request, if that has a task token.
    request: Option<Arc<TaskRequest>>,
    pub(super) pattern: IntegrationPattern,
    /// Its place among the tasks waiting for a worker; given up on drop.
    pub(super) ticket: Option<Ticket>,
}

impl InFlight {
    pub(super) fn of(task: &Task) -> Self {
        Self {
            handler: None,
            request: task.request.token.is_some().then(|| Arc::clone(&task.request)),
            pattern: task.resource.pattern(),
            ticket: None,
        }
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.request.as_ref()?.token.as_deref()
    }
}

/// A task for a handler that has not been called yet.
pub(super) struct Invocation {
    pub(super) task: Task,
    /// `None` if nobody serves its resource.
    pub(super) handler: Option<Arc<dyn Handler>>,
    pub(super) span: tracing::Span,
    /// Whether the answer that led to it was much work, so that other executions have their turn first.
    pub(super) follows_much_work: bool,
}
