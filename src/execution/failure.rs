//! Failures of states, and the matching of `ErrorEquals` (specification, "Errors").

use super::invariant::Invariant;
use crate::data::{EvaluationError, MAX_NESTING, PathError};
use crate::error::predefined_errors::{
    ALL, DATA_LIMIT_EXCEEDED, HEARTBEAT_TIMEOUT, QUERY_EVALUATION_ERROR, RESULT_PATH_MATCH_FAILURE, RUNTIME,
    TASK_FAILED, TIMEOUT,
};
use crate::history::ErrorOutput;

/// The failure of a state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// `States.Runtime`; the cause is without the sentence that names the state.
    Runtime(String),
    /// `States.QueryEvaluationError`: a JSONata field has no value, or a value of the wrong type or range.
    Evaluation(Box<EvaluationFailure>),
    /// Any other error, complete.
    Error(ErrorOutput),
    /// A missed heartbeat: `States.Timeout`, which `States.HeartbeatTimeout` matches too.
    Heartbeat,
    /// A rule of the engine is broken: no state fails over it, but the whole execution.
    Broken(Invariant),
    /// No failure: the state's expressions take longer than a turn may, so the engine evaluates them in one of their own.
    TakesLong,
}

/// The details of a failed JSONata field in the history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EvaluationFailure {
    /// The cause without the sentence that names the state.
    pub(crate) detail: String,
    /// The field, such as `Output/total`; `None` if no field is at fault.
    pub(crate) location: Option<String>,
}

impl Failure {
    pub(crate) fn runtime(detail: impl Into<String>) -> Self {
        Self::Runtime(detail.into())
    }

    /// The failure of a JSONata field.
    #[cold]
    pub(crate) fn evaluation(detail: String, location: &str) -> Self {
        Self::Evaluation(Box::new(EvaluationFailure {
            detail,
            location: Some(location.to_owned()),
        }))
    }

    /// The failure of a JSONata state that lacks a field.
    #[cold]
    pub(crate) fn query(detail: String) -> Self {
        Self::Evaluation(Box::new(EvaluationFailure { detail, location: None }))
    }

    pub(crate) fn timeout() -> Self {
        Self::Error(ErrorOutput {
            error: Some(TIMEOUT.into()),
            cause: None,
        })
    }

    /// `name` is the state's name, or the name of its resource.
    pub(crate) fn data_limit_exceeded(name: &str) -> Self {
        Self::error(
            DATA_LIMIT_EXCEEDED,
            format!(
                "The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
            ),
        )
    }

    /// A result that nests too deeply to be printed or stored.
    pub(crate) fn nested_too_deep() -> Self {
        Self::error(
            DATA_LIMIT_EXCEEDED,
            format!("The result nests arrays and objects deeper than {MAX_NESTING} levels."),
        )
    }

    /// The values assigned by a state are larger than the limit.
    pub(crate) fn variables_too_large(bytes: usize, limit: usize) -> Self {
        Self::runtime(format!(
            "The variables assigned have {bytes} bytes, more than the limit of {limit} bytes."
        ))
    }

    /// All variables together would be larger than the limit.
    pub(crate) fn stored_variables_too_large(bytes: usize, limit: usize) -> Self {
        Self::runtime(format!(
            "The variables stored have {bytes} bytes, more than the limit of {limit} bytes."
        ))
    }

    pub(crate) fn result_path_mismatch(cause: impl Into<String>) -> Self {
        Self::error(RESULT_PATH_MATCH_FAILURE, cause)
    }

    pub(crate) fn error(error: &str, cause: impl Into<String>) -> Self {
        Self::Error(ErrorOutput {
            error: Some(error.into()),
            cause: Some(cause.into()),
        })
    }

    /// `InputPath`, `OutputPath` or a similar path selected nothing.
    pub(crate) fn invalid_path(path: &str, error: &PathError) -> Self {
        Self::runtime(format!("Invalid path '{path}' : {error}"))
    }

    /// Adds the state's name to a runtime error or failed evaluation, as AWS does; other failures stay unchanged.
    pub(crate) fn in_state(self, name: &str, entered_event: u64) -> Self {
        let (error, detail) = match self {
            Self::Runtime(detail) => (RUNTIME, detail),
            Self::Evaluation(failure) => (QUERY_EVALUATION_ERROR, failure.detail),
            other => return other,
        };
        Self::error(
            error,
            format!(
                "An error occurred while executing the state '{name}' (entered at the event id #{entered_event}). {detail}"
            ),
        )
    }

    pub(crate) fn error_output(&self) -> ErrorOutput {
        let with = |error: &str, cause: Option<&String>| ErrorOutput {
            error: Some(error.into()),
            cause: cause.cloned(),
        };
        match self {
            Self::Runtime(detail) => with(RUNTIME, Some(detail)),
            Self::Evaluation(failure) => with(QUERY_EVALUATION_ERROR, Some(&failure.detail)),
            Self::Error(output) => output.clone(),
            Self::Heartbeat => with(TIMEOUT, None),
            Self::Broken(invariant) => with(RUNTIME, Some(&invariant.cause())),
            Self::TakesLong => with(RUNTIME, None),
        }
    }

    fn error_name(&self) -> Option<&str> {
        match self {
            Self::Runtime(_) | Self::Broken(_) | Self::TakesLong => Some(RUNTIME),
            Self::Evaluation(_) => Some(QUERY_EVALUATION_ERROR),
            Self::Error(output) => output.error.as_deref(),
            Self::Heartbeat => Some(TIMEOUT),
        }
    }

    /// The name of `ErrorEquals` that matches.
    pub(super) fn matched<'a>(&self, error_equals: &'a [String]) -> Option<&'a str> {
        let name = self.error_name();
        if name == Some(RUNTIME) {
            return None;
        }
        error_equals.iter().map(String::as_str).find(|&wanted| match wanted {
            ALL => true,
            TASK_FAILED => !matches!(name, Some(TIMEOUT | DATA_LIMIT_EXCEEDED)),
            HEARTBEAT_TIMEOUT => matches!(self, Self::Heartbeat) || name == Some(HEARTBEAT_TIMEOUT),
            wanted => name == Some(wanted),
        })
    }
}

impl From<Invariant> for Failure {
    fn from(invariant: Invariant) -> Self {
        Self::Broken(invariant)
    }
}

impl From<EvaluationError> for Failure {
    fn from(error: EvaluationError) -> Self {
        Self::Runtime(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(name: &str, failure: &Failure) -> bool {
        failure.matched(&[name.to_owned()]).is_some()
    }

    #[test]
    fn wildcards_match_all_but_what_nothing_matches() {
        let busy = Failure::error("Busy", "");
        assert!(matches("States.ALL", &busy) && matches("States.TaskFailed", &busy) && matches("Busy", &busy));
        assert!(!matches("busy", &busy));
        let timeout = Failure::timeout();
        assert!(matches("States.ALL", &timeout) && matches("States.Timeout", &timeout));
        assert!(!matches("States.TaskFailed", &timeout) && !matches("States.HeartbeatTimeout", &timeout));
        let runtime = Failure::runtime("bad path");
        assert!(!matches("States.ALL", &runtime) && !matches("States.Runtime", &runtime));
        assert!(
            matches("States.HeartbeatTimeout", &Failure::Heartbeat) && matches("States.Timeout", &Failure::Heartbeat)
        );
    }
}
