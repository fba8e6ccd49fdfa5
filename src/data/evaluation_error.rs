use serde_json::Value;
use thiserror::Error;

use super::bounds::Exceeded;
use super::{MAX_NESTING, MAX_RESULT_BYTES};

/// Why a template, an expression or an intrinsic function has no value.
///
/// Its text is what AWS writes as the cause of a `States.Runtime` failure, without the leading `An error occurred while
/// executing the state '…' (entered at the event id #…). `, which only the execution can fill in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{cause}")]
pub(crate) struct EvaluationError {
    cause: String,
}

impl EvaluationError {
    /// A path in a `.$` field, `ErrorPath` or `CausePath` that finds nothing in `document`.
    pub(super) fn path_not_found(path: &str, field: &str, document: &Value) -> Self {
        Self {
            cause: format!(
                "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{document}'"
            ),
        }
    }

    /// A path argument of an intrinsic function that finds nothing in `document`.
    pub(super) fn argument_not_found(expression: &str, path: &str, document: &Value) -> Self {
        Self {
            cause: format!(
                "The function '{expression}' had the following error: \
                 The JsonPath argument for the field '{path}' could not be found in the input '{document}'"
            ),
        }
    }

    /// A function that refuses its arguments; `problem` ends the sentence, such as `Invalid arguments in States.Hash`.
    pub(super) fn intrinsic(expression: &str, problem: &str) -> Self {
        Self {
            cause: format!("There was an error while evaluating the intrinsic function: {expression}. {problem}"),
        }
    }

    /// Our own bounds, which no recording of AWS knows.
    pub(super) fn exceeded(exceeded: Exceeded, field: &str) -> Self {
        let cause = match exceeded {
            Exceeded::Nesting => {
                format!("The value for the field '{field}' nests deeper than {MAX_NESTING} levels")
            }
            Exceeded::Size => {
                format!("The value for the field '{field}' exceeds {MAX_RESULT_BYTES} bytes")
            }
        };
        Self { cause }
    }

    /// A failure that says all by itself, such as a variable that was never assigned.
    pub(super) fn other(cause: String) -> Self {
        Self { cause }
    }
}
