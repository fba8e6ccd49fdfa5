//! What goes wrong outside the state machine.

use std::any::type_name;
use std::fmt;

use crate::history::ErrorOutput;

/// Why a task failed: what a handler returns, and what Retry and Catch look at.
///
/// Any error becomes one by `?`; its name is then the error's type, as it is the exception's class on AWS Lambda.
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

// `TaskError` itself is no `std::error::Error`: only so can every such error become one.
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
