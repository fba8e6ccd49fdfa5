pub(super) mod java;

use serde_json::Value;

use super::{EvaluationError, Scope, SyntaxError};

/// A call of an intrinsic function, such as `States.Format('Table {}', $.table)` (ASL: "Intrinsic Functions").
#[derive(Clone, Debug)]
pub struct Intrinsic {
    text: Box<str>,
}

impl Intrinsic {
    /// Reads a call.
    ///
    /// Fails where the text is no call of a function that ASL knows.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self { text: text.into() })
    }

    /// The call as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Calls the function.
    pub fn evaluate(&self, _scope: &Scope<'_>) -> Result<Value, EvaluationError> {
        Err(EvaluationError::intrinsic(&self.text, "Invalid arguments"))
    }
}
