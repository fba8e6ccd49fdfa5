//! The errors of `TestState`.

use std::fmt;
use thiserror::Error;

/// A refused call: AWS would answer with an exception, and nothing was run.
///
/// The message is AWS's exact message where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct TestStateError {
    exception: Exception,
    message: String,
}

/// The exceptions of `TestState` (API reference, `TestState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exception {
    /// The state or machine is not valid, or the state cannot be tested.
    InvalidDefinition,
    /// The input is not JSON.
    InvalidExecutionInput,
    /// The arguments do not go together.
    ValidationException,
    /// An argument that AWS's clients refuse to send.
    ParamValidationError,
}

impl Exception {
    /// The name on AWS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidDefinition => "InvalidDefinition",
            Self::InvalidExecutionInput => "InvalidExecutionInput",
            Self::ValidationException => "ValidationException",
            Self::ParamValidationError => "ParamValidationError",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TestStateError {
    pub(super) fn new(exception: Exception, message: impl Into<String>) -> Self {
        Self {
            exception,
            message: message.into(),
        }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(Exception::ValidationException, message)
    }

    pub(super) fn definition(message: impl Into<String>) -> Self {
        Self::new(Exception::InvalidDefinition, message)
    }

    /// AWS's exception.
    pub fn exception(&self) -> Exception {
        self.exception
    }

    /// The exception's message.
    pub fn message(&self) -> &str {
        &self.message
    }
}
