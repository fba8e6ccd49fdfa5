//! Errors that only callers of the API get, never tasks.

use crate::definition::InvalidDefinition;
use crate::services::step_functions::StepFunctionsError;

impl StepFunctionsError {
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new("ConflictException", message)
    }

    /// An alias or a version that a request names is not there.
    pub(super) fn missing_reference() -> Self {
        Self::new("ResourceNotFound", "Request references a resource that does not exist.")
    }

    pub(super) fn resource_not_found(arn: &str) -> Self {
        Self::new("ResourceNotFound", format!("Resource not found: '{arn}'"))
    }

    pub(super) fn execution_does_not_exist(arn: &str) -> Self {
        Self::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{arn}'"))
    }

    /// The execution goes on in another place.
    #[cfg(feature = "store")]
    pub(super) fn execution_elsewhere(arn: &str, place: &str) -> Self {
        let message = format!("Execution Does Not Exist: '{arn}' was moved to {place}");
        Self::new("ExecutionDoesNotExist", message)
    }

    pub(super) fn execution_not_redrivable(arn: &str, reason: &str) -> Self {
        let message = format!("Execution Not Redrivable: '{arn}': {reason}");
        Self::new("ExecutionNotRedrivable", message)
    }

    pub(super) fn activity_does_not_exist(arn: &str) -> Self {
        Self::new("ActivityDoesNotExist", format!("Activity Does Not Exist: '{arn}'"))
    }

    pub(super) fn state_machine_deleting(arn: &str) -> Self {
        Self::new(
            "StateMachineDeleting",
            format!("State machine is being deleted: '{arn}'"),
        )
    }

    pub(super) fn invalid_logging(problem: &str) -> Self {
        Self::new(
            "InvalidLoggingConfiguration",
            format!("Invalid Logging Configuration: {problem}"),
        )
    }

    /// More than the account may have.
    pub(super) fn quota_exceeded(what: &str, most: usize) -> Self {
        Self::new(
            "ServiceQuotaExceededException",
            format!("there are {most} {what} already, which is the most"),
        )
    }
}

impl From<InvalidDefinition> for StepFunctionsError {
    fn from(invalid: InvalidDefinition) -> Self {
        Self::new("InvalidDefinition", invalid.api_message())
    }
}

#[cfg(feature = "store")]
impl From<crate::store::StoreError> for StepFunctionsError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::internal(error.to_string())
    }
}
