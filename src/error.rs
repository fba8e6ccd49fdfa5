//! Errors outside the state machine.

use std::any::type_name;
use std::fmt;

use crate::history::ErrorOutput;

/// A task's failure: returned by a handler, matched by Retry and Catch.
///
/// `?` converts any error; its name is then the error's type, as on AWS Lambda it is the exception's class.
///
/// ```
/// use asl_engine::TaskError;
///
/// fn parse(text: &str) -> Result<u32, TaskError> {
///     Ok(text.parse()?)
/// }
/// let error = parse("seven").unwrap_err();
/// assert_eq!(error.error(), "ParseIntError");
/// assert_eq!(error.cause(), "invalid digit found in string");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    error: String,
    cause: String,
}

impl TaskError {
    /// An error with a name that `ErrorEquals` can match, and a text for people.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            cause: cause.into(),
        }
    }

    /// The error name.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The cause.
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.cause)
    }
}

// `TaskError` does not implement `std::error::Error`: otherwise the blanket `From` below would conflict with itself.
impl<E: std::error::Error> From<E> for TaskError {
    fn from(error: E) -> Self {
        let path = type_name::<E>();
        let path = path.split('<').next().unwrap_or(path);
        let name = path.rsplit("::").next().unwrap_or(path);
        Self::new(name, error.to_string())
    }
}

impl From<TaskError> for ErrorOutput {
    fn from(error: TaskError) -> Self {
        Self {
            error: Some(error.error),
            cause: Some(error.cause),
        }
    }
}

/// An error outside the machine: in the driver, with a handler, with a name. A failed execution is not an `Error` but
/// an [`Outcome`](crate::Outcome); only [`Interpreter::run`](crate::Interpreter::run) turns it into one.
#[cfg(feature = "runtime")]
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    output: Option<ErrorOutput>,
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
    /// The output does not fit the requested type.
    UnexpectedOutput,
    /// The execution did not succeed; [`Error::output`] has the error and cause.
    ExecutionFailed,
    /// There is no such task token.
    InvalidToken,
    /// The token's task has ended: it was answered, timed out or was cancelled.
    TaskTimedOut,
    /// A worker polled an activity that was not declared.
    ActivityDoesNotExist,
    /// The interpreter is shut down.
    ShutDown,
}

#[cfg(feature = "runtime")]
impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            output: None,
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
}

#[cfg(feature = "runtime")]
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(feature = "runtime")]
impl std::error::Error for Error {}
