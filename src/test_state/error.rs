//! What `TestState` refuses.

use std::fmt;
use thiserror::Error;

/// A call that AWS would answer with an exception: nothing was run.
///
/// The message is AWS's, word for word, where it is known.
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
    /// The state or machine is not valid, or no state that can be tested.
    InvalidDefinition,
    /// The input is not JSON.
    InvalidExecutionInput,
    /// The arguments do not go together.
    ValidationException,
    /// An argument that AWS's clients do not even send.
    ParamValidationError,
}

impl Exception {
    /// The name as AWS spells it.
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

    /// Which exception AWS answers with.
    pub fn exception(&self) -> Exception {
        self.exception
    }

    /// The exception's message.
    pub fn message(&self) -> &str {
        &self.message
    }
}
