//! Answers that take the place of the work of tasks.

use serde_json::Value;
use std::fmt;

use crate::execution::Task;
use crate::history::ErrorOutput;

/// The mocks of one execution, bound to it at its start, or those of all executions of an interpreter.
pub(crate) trait Mocks: fmt::Debug + Send + Sync {
    /// The answer to an attempt of a task; `None` if its work is done for real. Called once for each attempt, in the order
    /// in which the execution asks for them.
    fn answer(&self, task: &Task) -> Option<Result<Value, ErrorOutput>>;
}
