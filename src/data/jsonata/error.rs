use serde_json::Value;
use thiserror::Error;

use super::expected::Misfit;

/// Why a text is not a JSONata expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct JsonataSyntaxError {
    pub(crate) code: String,
    /// The message of JSONata, which AWS gives too.
    pub(crate) message: String,
    pub(crate) offset: usize,
}

impl JsonataSyntaxError {
    /// JSONata's code, such as `S0201`; `U1001` if the expression nests too deeply.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The byte offset of the error in the expression's text.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

/// Why an expression has no value for its field: AWS's `States.QueryEvaluationError`.
///
/// Its text is the cause that AWS gives, without the leading `An error occurred while executing the state '…' (entered
/// at the event id #…). `, which only the execution can fill in.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{}", .failure.cause(.expression, .location))]
pub(crate) struct JsonataError {
    /// The field, such as `Output/result` or `Arguments/Entries[0]/Detail`, which AWS's event calls the location.
    pub(crate) location: String,
    /// The expression, without its delimiters.
    pub(crate) expression: String,
    /// What went wrong.
    pub(crate) failure: Box<Failure>,
}

/// What went wrong while an expression was evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The result is undefined.
    Undefined,
    /// The result is, or contains, a function.
    Unsupported,
    /// JSONata's own error: `T2001: The left side of …`
    Raised { code: String, message: String },
    /// A bound was exceeded.
    Exceeded(Bound),
    /// The field does not accept the result.
    Misfit(Misfit),
}

/// A bound of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Time,
    Memory,
    Depth,
}

impl Bound {
    /// JSONata's code for exceeding this bound.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Time => "D1012",
            Self::Memory => "D2015",
            Self::Depth => "D1011",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Time => "Expression evaluation timeout: Check for infinite loop",
            Self::Memory => "Expression evaluation memory limit exceeded: Check for excessive memory usage",
            Self::Depth => {
                "Stack overflow error: Check for non-terminating recursive function. \
                 Consider rewriting as tail-recursive"
            }
        }
    }
}

impl Failure {
    fn cause(&self, expression: &str, location: &str) -> String {
        let subject = || format!("The JSONata expression '{expression}' specified for the field '{location}'");
        match self {
            Self::Undefined => format!("{} returned nothing (undefined).", subject()),
            Self::Unsupported => format!("{} returned an unsupported result type.", subject()),
            Self::Raised { code, message } => {
                format!("{} threw an error during evaluation. {code}: {message}", subject())
            }
            Self::Exceeded(bound) => format!("{} threw an error during evaluation. {}", subject(), bound.message()),
            Self::Misfit(Misfit::Type { expected, value }) => format!(
                "{} returned an unexpected result type. Expected '{expected}', but was '{}' for value: {value}",
                subject(),
                type_name(value)
            ),
            Self::Misfit(Misfit::Fraction { value }) => {
                format!("The {location} field cannot be parsed as an integer: {value}")
            }
            Self::Misfit(Misfit::Range { expected, value }) => {
                format!("{location} must be {} but was: {value}", expected.range())
            }
        }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
