//! What a scripted task answers.

use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::TaskError;

/// One scripted answer: a result or an error, at once or after some virtual time.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub(super) result: Option<Result<Value, TaskError>>,
    pub(super) after: Duration,
}

impl Answer {
    /// The task succeeds.
    pub fn success(output: Value) -> Self {
        Self {
            result: Some(Ok(output)),
            after: Duration::ZERO,
        }
    }

    /// The task fails.
    pub fn error(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            result: Some(Err(TaskError::new(error, cause))),
            after: Duration::ZERO,
        }
    }

    /// The task never answers, so that its timeout or heartbeat ends it.
    pub fn never() -> Self {
        Self {
            result: None,
            after: Duration::ZERO,
        }
    }

    /// The answer comes after some virtual time.
    #[must_use]
    pub fn after(mut self, latency: Duration) -> Self {
        self.after = latency;
        self
    }
}

impl From<Result<Value, TaskError>> for Answer {
    fn from(result: Result<Value, TaskError>) -> Self {
        Self {
            result: Some(result),
            after: Duration::ZERO,
        }
    }
}

impl From<Value> for Answer {
    fn from(output: Value) -> Self {
        Self::success(output)
    }
}

impl From<TaskError> for Answer {
    fn from(error: TaskError) -> Self {
        Err(error).into()
    }
}

/// A function of the effective input.
type ScriptFn = dyn Fn(&Value) -> Result<Value, TaskError> + Send + Sync;

/// Where a task's answers come from.
#[derive(Clone)]
pub(super) enum Script {
    Answers(VecDeque<Answer>),
    Function { function: Arc<ScriptFn>, was_called: bool },
}

impl Script {
    pub(super) fn function(function: impl Fn(&Value) -> Result<Value, TaskError> + Send + Sync + 'static) -> Self {
        Self::Function {
            function: Arc::new(function),
            was_called: false,
        }
    }

    /// The answer to the next attempt; `None` when there is none left.
    pub(super) fn next(&mut self, input: &Value) -> Option<Answer> {
        match self {
            Self::Answers(answers) => answers.pop_front(),
            Self::Function { function, was_called } => {
                *was_called = true;
                Some(function(input).into())
            }
        }
    }

    pub(super) fn left_over(&self) -> usize {
        match self {
            Self::Answers(answers) => answers.len(),
            Self::Function { .. } => 0,
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        matches!(self, Self::Function { was_called: false, .. })
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers(answers) => f.debug_tuple("Answers").field(answers).finish(),
            Self::Function { .. } => f.write_str("Function"),
        }
    }
}
