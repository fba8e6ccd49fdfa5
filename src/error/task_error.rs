//! The failure of a task, and how other errors become one.

use std::error::Error;
use std::fmt;

use super::error_name::{io_kind, type_name};
use crate::error::predefined_errors;
use crate::history::ErrorOutput;

/// A task's failure: returned by a handler, matched by Retry and Catch.
///
/// Its name is what `ErrorEquals` is compared with; its cause is a text for people.
///
/// `?` converts every [`std::error::Error`]. The name is then the error's type, as on AWS Lambda it is the exception's
/// class, and the cause holds the error with all its sources:
///
/// | error | name |
/// |---|---|
/// | `std::num::ParseIntError` | `ParseIntError` |
/// | an `std::io::Error` | its kind: `NotFound`, `ConnectionRefused`; without a kind of its own `io::Error` |
/// | another type called `Error` | with its crate: `serde_json::Error`, `reqwest::Error`; in `std` with its module: `fmt::Error` |
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
///
/// Errors that hide their type, such as `anyhow::Error` and `Box<dyn Error + Send + Sync>`, are no `std::error::Error`
/// themselves: give them a name with [`ResultExt::task_error`], or convert them with [`TaskError::other`].
///
/// ```
/// use asl_engine::{ResultExt as _, TaskError};
/// use std::error::Error;
///
/// fn charge() -> Result<u32, Box<dyn Error + Send + Sync>> {
///     Err("the till is empty".into())
/// }
/// fn order() -> Result<u32, TaskError> {
///     Ok(charge().task_error("NoChange")? + charge().map_err(TaskError::other)?)
/// }
/// assert_eq!(order().unwrap_err().to_string(), "NoChange: the till is empty");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    error: String,
    cause: String,
}

/// The most sources of an error that its cause tells: a chain may be endless.
const MOST_SOURCES: usize = 64;

impl TaskError {
    /// An error with a name that `ErrorEquals` can match, and a text for people.
    ///
    /// An empty name would match nothing: it becomes `States.TaskFailed`, and the cause says so.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        let (error, cause) = (error.into(), cause.into());
        if error.trim().is_empty() {
            return Self {
                error: predefined_errors::TASK_FAILED.into(),
                cause: format!("an error without a name: {cause}"),
            };
        }
        Self { error, cause }
    }

    /// Converts an error that may hide its type: `anyhow::Error`, `Box<dyn Error + Send + Sync>`, also a text.
    ///
    /// The name is the kind of the first `std::io::Error` among the error and its sources; without one it is the type's,
    /// `anyhow::Error`, or `Error` for a box or a text.
    pub fn other<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Self {
        let error = error.into();
        let name = chain(&*error).find_map(io_kind).unwrap_or_else(type_name::<E>);
        Self::new(name, cause_of(&*error))
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
impl<E: Error + 'static> From<E> for TaskError {
    fn from(error: E) -> Self {
        let name = io_kind(&error).unwrap_or_else(type_name::<E>);
        Self::new(name, cause_of(&error))
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

/// Names the errors of foreign code for `ErrorEquals`.
pub trait ResultExt<T> {
    /// Turns an error into a [`TaskError`] of this name; the cause holds the error with all its sources.
    fn task_error(self, name: impl Into<String>) -> Result<T, TaskError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> ResultExt<T> for Result<T, E> {
    fn task_error(self, name: impl Into<String>) -> Result<T, TaskError> {
        self.map_err(|error| TaskError::new(name, cause_of(&*error.into())))
    }
}

/// An error and its sources.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source()).take(MOST_SOURCES + 1)
}

/// The texts of an error and its sources. Many errors already end in the text of their source, which is not repeated.
fn cause_of(error: &(dyn Error + 'static)) -> String {
    let mut cause = String::new();
    for error in chain(error) {
        let text = error.to_string();
        if !cause.ends_with(&text) {
            let separator = if cause.is_empty() { "" } else { ": " };
            cause.push_str(separator);
            cause.push_str(&text);
        }
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Wrapped {
        text: &'static str,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    }

    fn wrapped(text: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Wrapped {
        Wrapped {
            text,
            source: source.into(),
        }
    }

    fn refused() -> io::Error {
        io::Error::new(io::ErrorKind::ConnectionRefused, "no route to the till")
    }

    fn parts(error: &TaskError) -> (&str, &str) {
        (error.error(), error.cause())
    }

    #[test]
    fn the_cause_holds_every_source_and_none_twice() {
        let error = wrapped("no order: no till", wrapped("no till", refused()));
        assert_eq!(
            parts(&error.into()),
            ("Wrapped", "no order: no till: no route to the till")
        );
    }

    #[test]
    fn an_error_that_hides_its_type_is_named_after_what_it_hides_or_by_hand() {
        let hidden: Box<dyn Error + Send + Sync> = wrapped("no order", refused()).into();
        assert_eq!(
            parts(&TaskError::other(hidden)),
            ("ConnectionRefused", "no order: no route to the till")
        );
        assert_eq!(
            parts(&TaskError::other("the till is empty")),
            ("Error", "the till is empty")
        );
        assert_eq!(
            parts(&TaskError::other(wrapped("no order", "why not"))),
            ("Wrapped", "no order: why not")
        );
        let named = Err::<(), _>(wrapped("no order", refused())).task_error("NoOrder");
        assert_eq!(
            parts(&named.unwrap_err()),
            ("NoOrder", "no order: no route to the till")
        );
    }

    #[test]
    fn an_error_without_a_name_is_told() {
        for name in ["", " "] {
            assert_eq!(
                parts(&TaskError::new(name, "no till")),
                ("States.TaskFailed", "an error without a name: no till")
            );
        }
    }
}
