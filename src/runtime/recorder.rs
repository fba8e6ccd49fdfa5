//! Who is told of the answers to tasks.

use serde_json::Value;
use std::fmt;

use crate::data::{MAX_NESTING, nests_within};
use crate::execution::{Event, Execution, Task, TaskId};
use crate::history::ErrorOutput;

/// Notes the answers of tasks: those of handlers, workers, nested executions and mocks.
pub(crate) trait Recorder: fmt::Debug + Send + Sync {
    /// An execution asks for a task. Called for each attempt, in their order.
    fn asked(&self, execution: &str, task: &Task);

    /// A task is answered with its result or its error.
    fn answered(&self, execution: &str, task: TaskId, answer: Result<&Value, &ErrorOutput>);
}

impl dyn Recorder + '_ {
    /// Tells of an event, if it is the answer to a task that waits for it.
    pub(super) fn note(&self, arn: &str, execution: &Execution, event: &Event) {
        let (task, answer) = match event {
            // A result that nests too deeply is none, and cannot be copied.
            Event::TaskSucceeded { task, raw_result } if nests_within(raw_result, MAX_NESTING) => {
                (*task, Ok(raw_result))
            }
            Event::TaskFailed { task, error } => (*task, Err(error)),
            _ => return,
        };
        if execution.awaits(task) {
            self.answered(arn, task, answer);
        }
    }
}
