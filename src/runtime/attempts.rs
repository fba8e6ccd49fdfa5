//! Attempts of tasks for another driver: it has the handlers and settings of an interpreter, and runs nothing in it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use super::catalogue::Resolved;
use super::nested::{asked_for, parent_of};
use super::panics::failing_on_panic;
use super::{Clock, Interpreter};
use crate::TaskError;
use crate::data::{MAX_NESTING, Payload, discard, nests_within};
use crate::definition::Resource;
use crate::error::predefined_errors;
use crate::execution::{Limits, Program, StartOptions};
use crate::handlers::{Attempt, Handler};
use crate::history::ErrorOutput;
use crate::services::step_functions::{Lineage, Operation, StartExecution, StepFunctionsError};
use crate::store::{StoredOrigin, too_deep};

/// A task's request to start an execution, and who asks.
pub(crate) struct ChildRequest<'a> {
    pub(crate) operation: Operation,
    pub(crate) request: &'a StartExecution,
    pub(crate) attempt_id: &'a str,
    /// Of the task's execution, as is the next.
    pub(crate) lineage: Lineage,
    pub(crate) start_time: DateTime<Utc>,
}

/// An execution that is to start.
pub(crate) struct Child {
    pub(crate) program: Arc<Program>,
    pub(crate) options: StartOptions,
    pub(crate) origin: StoredOrigin,
}

impl Interpreter {
    /// Whether there is a handler for a resource that does not refuse it.
    pub(crate) fn does(&self, arn: &str) -> bool {
        let handler_of = |resource: &Resource| Some((self.handler_of(resource)?, resource.clone()));
        let found = Resource::of_task_or_map(arn).as_ref().and_then(handler_of);
        found.is_some_and(|(handler, resource)| handler.refusal(&resource).is_none())
    }

    /// The activities of a program for which there is a handler: nobody is asked for their tasks.
    pub(crate) fn handled_activities(&self, program: &Program) -> BTreeSet<String> {
        let mut activities = program.activities();
        activities.retain(|activity| self.does(activity));
        activities
    }

    /// Does an attempt of a task of a resource. A panic is a failure of the task. The answer is made to [`fit`](Self::fit), and
    /// so is an error.
    pub(crate) async fn attempt(&self, resource: &Resource, attempt: Attempt) -> Result<Value, ErrorOutput> {
        let answer = self.attempt_at_length(resource, attempt).await?;
        Ok(self.fit(answer))
    }

    /// The same of a request whose answer is no payload of a state: it is as large as it is.
    pub(crate) async fn attempt_at_length(&self, resource: &Resource, attempt: Attempt) -> Result<Value, ErrorOutput> {
        match self.answer(resource, attempt).await {
            Ok(answer) if nests_within(&answer, MAX_NESTING) => Ok(answer),
            Ok(answer) => {
                discard(answer);
                Ok(too_deep())
            }
            Err(error) => {
                let ErrorOutput { error, cause } = error.into();
                Err(ErrorOutput {
                    error: error.map(|text| self.cut(text)),
                    cause: cause.map(|text| self.cut(text)),
                })
            }
        }
    }

    async fn answer(&self, resource: &Resource, attempt: Attempt) -> Result<Value, TaskError> {
        let Some(handler) = self.handler_of(resource) else {
            let cause = format!("no handler is registered for the resource {resource}");
            return Err(TaskError::new(predefined_errors::TASK_FAILED, cause));
        };
        let mut answering = failing_on_panic(|| handler.begin(attempt))?;
        let polled = poll_fn(|context| {
            failing_on_panic(|| answering.as_mut().poll(context)).unwrap_or_else(|error| Poll::Ready(Err(error)))
        });
        polled.await
    }

    /// The call of Step Functions that a resource stands for, unless there is a handler for it.
    pub(crate) fn step_functions(&self, resource: &Resource) -> Option<Operation> {
        let operation = Operation::of(resource)?;
        let shared = self.shared();
        let is_own = shared.settings.handlers.find(resource.arn()).is_none() && shared.serves(resource);
        is_own.then_some(operation)
    }

    /// The execution that a task asks for. Errors as on one machine, but for the number of executions that run, which nobody
    /// knows.
    pub(crate) fn child(&self, child: &ChildRequest<'_>, now: DateTime<Utc>) -> Result<Child, TaskError> {
        let &ChildRequest { operation, request, .. } = child;
        let in_style = |error: StepFunctionsError| error.in_style(operation.style);
        let (Resolved { target, .. }, mut options) = asked_for(self.shared(), operation, request).map_err(in_style)?;
        options.activities = self.existing_activities(&target.program);
        let parent = parent_of(operation, child.lineage, child.start_time);
        Ok(Child {
            origin: StoredOrigin {
                lineage: parent.start_child(now, 0).map_err(in_style)?,
                started_by: Some(child.attempt_id.into()),
                request: target.whole_request(&request.input_text, None),
                trace: None,
            },
            program: target.program,
            options,
        })
    }

    /// The state machines that tasks may start.
    pub(crate) fn startable(&self) -> impl Iterator<Item = (&str, &Arc<Program>)> {
        self.settings.state_machines.iter()
    }

    /// An answer that is too large or too deep for an execution fails the task there: in its place, a smaller one that does
    /// the same, since a journal takes only so much.
    pub(crate) fn fit(&self, answer: Value) -> Value {
        if !nests_within(&answer, MAX_NESTING) {
            discard(answer);
            return too_deep();
        }
        let limit = self.settings.limits.payload_bytes;
        let answer = Payload::from(answer);
        if answer.exceeds(limit) {
            return "x".repeat(limit + 1).into();
        }
        answer.into_value()
    }

    /// A text that is no longer than is needed to exceed the limit, too.
    fn cut(&self, mut text: String) -> String {
        let limit = self.settings.limits.payload_bytes;
        if text.len() > limit {
            let end = (limit + 1..=text.len()).find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(text.len()));
        }
        text
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
