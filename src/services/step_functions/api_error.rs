//! The errors of the Step Functions API, as tasks see them.

use super::Style;
use crate::TaskError;

/// An error of the API: its code without `Exception`, and AWS's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    code: &'static str,
    message: String,
}

impl ApiError {
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

    /// An error that another service answers with.
    #[cfg(feature = "runtime")]
    pub(crate) fn other(code: &'static str, message: &str) -> Self {
        Self::new(code.strip_suffix("Exception").unwrap_or(code), message)
    }

    /// AWS's name of the error.
    #[cfg(feature = "runtime")]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// AWS's words.
    #[cfg(feature = "runtime")]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// What the task fails with.
    pub(crate) fn in_style(self, style: Style) -> TaskError {
        let Self { code, message } = self;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integration_names_the_error() {
        let error = ApiError::state_machine_does_not_exist("arn");
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
