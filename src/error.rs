//! Errors outside the state machine.

mod error_name;
pub(crate) mod predefined_errors;
mod task_error;

#[cfg(feature = "runtime")]
use std::{fmt, sync::Arc};

#[cfg(feature = "runtime")]
use crate::history::{ErrorOutput, HistoryEvent};

pub use task_error::{ResultExt, TaskError};

/// An error outside the machine: in the driver, with a handler, with a name. A failed execution is not an `Error` but
/// an [`Outcome`](crate::Outcome); only [`Interpreter::run`](crate::Interpreter::run) turns it into one.
#[cfg(feature = "runtime")]
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    output: Option<ErrorOutput>,
    execution: Option<Arc<dyn EndedExecution>>,
}

/// The execution that an error is about.
#[cfg(feature = "runtime")]
pub(crate) trait EndedExecution: fmt::Debug + Send + Sync {
    fn arn(&self) -> &str;

    fn history(&self) -> Vec<HistoryEvent>;
}

/// The kinds of [`Error`].
#[cfg(feature = "runtime")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A Task's resource has no handler.
    MissingHandler,
    /// The input cannot be written as JSON, or is larger than the limit.
    InvalidInput,
    /// The name of an execution or a state machine is not one by AWS's rule: 1 to 80 characters, no whitespace, no
    /// control characters, and none of ``< > { } [ ] ? * " # % \ ^ | ~ ` $ & , ; : /``.
    InvalidName,
    /// An execution of this name is running.
    ExecutionAlreadyExists,
    /// The execution cannot be redriven; the message says why.
    NotRedrivable,
    /// The output does not fit the requested type.
    UnexpectedOutput,
    /// The execution did not succeed; [`Error::output`] has the error and cause, [`Error::history`] what happened.
    ExecutionFailed,
    /// There is no such task token.
    InvalidToken,
    /// The token's task has ended: it was answered, timed out or was cancelled.
    TaskTimedOut,
    /// A worker polled an activity that was not declared.
    ActivityDoesNotExist,
    /// The interpreter is shut down.
    ShutDown,
    /// The interpreter was not built well: a name was registered twice, or an option was set after its first use.
    Misconfigured,
    /// The store of the executions cannot be read, or does not write now: its disk is full, for example.
    Store,
    /// AWS's services cannot be called as they were asked for: there is no region, no such service, no such URL.
    Aws,
    /// A cluster of a distributed engine cannot be reached, or refuses what it was asked for.
    Cluster,
    /// The call was made outside a tokio runtime, or in one that was built without `enable_time`.
    NoTimer,
}

#[cfg(feature = "runtime")]
impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            output: None,
            execution: None,
        }
    }

    pub(crate) fn failed(status: &str, output: ErrorOutput) -> Self {
        let error = output.error.as_deref().unwrap_or("no error name");
        let message = match &output.cause {
            Some(cause) => format!("the execution ended {status}: {error}: {cause}"),
            None => format!("the execution ended {status}: {error}"),
        };
        Self {
            kind: ErrorKind::ExecutionFailed,
            message,
            output: Some(output),
            execution: None,
        }
    }

    /// The same error about an execution.
    pub(crate) fn of_execution(self, execution: Arc<dyn EndedExecution>) -> Self {
        Self {
            execution: Some(execution),
            ..self
        }
    }

    /// The kind of error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The Error Output of an execution that did not succeed.
    pub fn output(&self) -> Option<&ErrorOutput> {
        self.output.as_ref()
    }

    /// The ARN of the execution that did not succeed, or whose output did not fit; `None` for other errors.
    pub fn execution_arn(&self) -> Option<&str> {
        Some(self.execution.as_ref()?.arn())
    }

    /// The history of that execution; empty for other errors, and with
    /// [`HistoryLevel::Off`](crate::history::HistoryLevel::Off).
    pub fn history(&self) -> Vec<HistoryEvent> {
        self.execution
            .as_ref()
            .map_or_else(Vec::new, |execution| execution.history())
    }
}

#[cfg(feature = "runtime")]
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(feature = "runtime")]
impl std::error::Error for Error {}
