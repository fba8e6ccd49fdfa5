//! The errors of the Step Functions API, as its callers and tasks see them.

use serde_json::{Value, json};
use std::fmt;

use super::Style;
use crate::TaskError;

/// An error response of the Step Functions API: AWS's name, and AWS's message where it is known.
///
/// Source: Step Functions API reference, "Common Errors" and the errors of each action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFunctionsError {
    code: &'static str,
    message: String,
    reason: Option<&'static str>,
}

const INTERNAL: &str = "InternalServerError";

impl StepFunctionsError {
    /// The name on AWS: `StateMachineDoesNotExist`, `ValidationException`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The `reason` of a `ValidationException`, if it has one.
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// The status of the HTTP response: 400, or 500 for an `InternalServerError`.
    pub fn status(&self) -> u16 {
        if self.code == INTERNAL { 500 } else { 400 }
    }

    /// The body of the response in the protocol AWS JSON 1.0: `{"__type": "InvalidArn", "message": "Invalid Arn: …"}`.
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "__type": self.code, "message": self.message });
        if let (Some(reason), Some(members)) = (self.reason, body.as_object_mut()) {
            members.insert("reason".to_owned(), reason.into());
        }
        body
    }

    pub(crate) fn state_machine_does_not_exist(arn: &str) -> Self {
        Self::new(
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{arn}'"),
        )
    }

    pub(crate) fn execution_already_exists(arn: &str) -> Self {
        Self::new("ExecutionAlreadyExists", format!("Execution Already Exists: '{arn}'"))
    }

    pub(crate) fn execution_limit_exceeded(problem: &str) -> Self {
        Self::new(
            "ExecutionLimitExceeded",
            format!("Execution Limit Exceeded: '{problem}'"),
        )
    }

    pub(crate) fn type_not_supported() -> Self {
        Self::new(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    }

    pub(crate) fn invalid_arn(problem: &str) -> Self {
        Self::new("InvalidArn", format!("Invalid Arn: '{problem}'"))
    }

    pub(crate) fn invalid_name(name: &str) -> Self {
        Self::new("InvalidName", format!("Invalid Name: '{name}'"))
    }

    pub(crate) fn invalid_execution_input(problem: &str) -> Self {
        let message = format!("Invalid State Machine Execution Input: '{problem}'");
        Self::new("InvalidExecutionInput", message)
    }

    pub(crate) fn invalid_output(problem: &str) -> Self {
        Self::new("InvalidOutput", format!("Invalid Output: '{problem}'"))
    }

    pub(crate) fn invalid_token() -> Self {
        Self::new("InvalidToken", "Invalid Token: 'Invalid token'")
    }

    pub(crate) fn task_timed_out() -> Self {
        Self::new("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    }

    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            reason: None,
        }
    }

    #[cfg(feature = "runtime")]
    pub(crate) fn because(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    #[cfg(feature = "runtime")]
    pub(crate) fn internal(problem: impl Into<String>) -> Self {
        Self::new(INTERNAL, problem)
    }

    /// The failure of the task. The error's name is AWS's name, ending in `Exception`.
    pub(crate) fn in_style(self, style: Style) -> TaskError {
        let Self { code, message, .. } = self;
        let code = code.strip_suffix("Exception").unwrap_or(code);
        match style {
            Style::Optimised => TaskError::new(
                format!("StepFunctions.{code}Exception"),
                format!(
                    "{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: local; Proxy: null)"
                ),
            ),
            Style::Sdk => TaskError::new(
                format!("Sfn.{code}Exception"),
                format!("{message} (Service: Sfn, Status Code: 400, Request ID: local) (SDK Attempt Count: 1)"),
            ),
        }
    }
}

impl fmt::Display for StepFunctionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StepFunctionsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integration_names_the_error() {
        let error = StepFunctionsError::state_machine_does_not_exist("arn");
        let optimised = error.clone().in_style(Style::Optimised);
        assert_eq!(optimised.error(), "StepFunctions.StateMachineDoesNotExistException");
        assert_eq!(
            optimised.cause(),
            "State Machine Does Not Exist: 'arn' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: local; Proxy: null)"
        );
        let sdk = error.in_style(Style::Sdk);
        assert_eq!(sdk.error(), "Sfn.StateMachineDoesNotExistException");
        assert_eq!(
            sdk.cause(),
            "State Machine Does Not Exist: 'arn' (Service: Sfn, Status Code: 400, Request ID: local) (SDK Attempt Count: 1)"
        );
    }
}
