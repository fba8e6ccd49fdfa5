//! Attempts of tasks for another driver: it has the handlers and settings of an interpreter, and runs nothing in it.

use serde_json::Value;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use super::panics::failing_on_panic;
use super::{Clock, Interpreter};
use crate::TaskError;
use crate::data::{MAX_NESTING, Payload, discard, nests_within};
use crate::definition::Resource;
use crate::error::predefined_errors;
use crate::execution::Limits;
use crate::handlers::{Attempt, Handler};
use crate::history::ErrorOutput;
use crate::store::too_deep;

impl Interpreter {
    /// Whether there is a handler for a resource.
    pub(crate) fn does(&self, arn: &str) -> bool {
        Resource::parse(arn).is_some_and(|resource| self.handler_of(&resource).is_some())
    }

    /// Does an attempt of a task of a resource. A panic is a failure of the task.
    ///
    /// An answer that is too large or too deep for an execution fails the task there; a smaller one that does the same is
    /// returned in its place, since a journal takes only so much.
    pub(crate) async fn attempt(&self, resource: &Resource, attempt: Attempt) -> Result<Value, ErrorOutput> {
        let Some(handler) = self.handler_of(resource) else {
            let cause = format!("no handler is registered for the resource {resource}");
            return Err(TaskError::new(predefined_errors::TASK_FAILED, cause).into());
        };
        let mut answering = failing_on_panic(|| handler.begin(attempt))?;
        let polled = poll_fn(|context| {
            failing_on_panic(|| answering.as_mut().poll(context)).unwrap_or_else(|error| Poll::Ready(Err(error)))
        });
        let answer = polled.await?;
        if !nests_within(&answer, MAX_NESTING) {
            discard(answer);
            return Ok(too_deep());
        }
        let limit = self.settings.limits.payload_bytes;
        let answer = Payload::from(answer);
        if answer.exceeds(limit) {
            return Ok("x".repeat(limit + 1).into());
        }
        Ok(answer.into_value())
    }

    /// Its clock.
    pub(crate) fn own_clock(&self) -> Clock {
        self.settings.clock.clone().unwrap_or_default()
    }

    /// The limits of its executions.
    pub(crate) fn own_limits(&self) -> &Limits {
        &self.settings.limits
    }

    fn handler_of(&self, resource: &Resource) -> Option<Arc<dyn Handler>> {
        self.shared().handler_of(resource)
    }
}
