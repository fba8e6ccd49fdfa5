use serde_json::Value;
use thiserror::Error;

use super::bounds::Exceeded;
use super::{MAX_NESTING, MAX_RESULT_BYTES};

/// Why a template, an expression or an intrinsic function has no value.
///
/// Its text is the cause that AWS gives for a `States.Runtime` failure. It lacks the leading `An error occurred while
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

    /// A function that rejects its arguments; `problem` ends the sentence, such as `Invalid arguments in States.Hash`.
    pub(super) fn intrinsic(expression: &str, problem: &str) -> Self {
        Self {
            cause: format!("There was an error while evaluating the intrinsic function: {expression}. {problem}"),
        }
    }

    /// A result beyond this crate's own bounds, which AWS does not have.
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

    /// A failure whose cause needs no context, such as a variable that was never assigned.
    pub(super) fn other(cause: String) -> Self {
        Self { cause }
    }
}
