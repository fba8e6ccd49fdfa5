//! The errors of the API.

use serde_json::{Value, json};
use std::fmt;

use crate::definition::InvalidDefinition;
use crate::services::step_functions;

/// An error that the API answers with: AWS's name of it, and AWS's message where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    code: &'static str,
    message: String,
    reason: Option<&'static str>,
}

impl ApiError {
    /// AWS's name: `StateMachineDoesNotExist`, `ValidationException`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The `reason` of a `ValidationException`, where it has one.
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// The status of the HTTP response.
    pub fn status(&self) -> u16 {
        if self.code == INTERNAL { 500 } else { 400 }
    }

    /// The body of the response, as the protocol AWS JSON 1.0 has it.
    ///
    /// ```
    /// # use asl_engine::{Interpreter, server::StepFunctions};
    /// # use serde_json::json;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let api = StepFunctions::new(Interpreter::new());
    /// let error = api.call("DescribeStateMachine", json!({ "stateMachineArn": "oven" })).await.unwrap_err();
    /// let body = json!({ "__type": "InvalidArn", "message": "Invalid Arn: 'Invalid ARN prefix: oven'" });
    /// assert_eq!(error.to_json(), body);
    /// # }
    /// ```
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "__type": self.code, "message": self.message });
        if let (Some(reason), Some(members)) = (self.reason, body.as_object_mut()) {
            members.insert("reason".to_owned(), reason.into());
        }
        body
    }

    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            reason: None,
        }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    pub(super) fn because(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
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

    pub(super) fn internal(problem: impl Into<String>) -> Self {
        Self::new(INTERNAL, problem)
    }
}

const INTERNAL: &str = "InternalServerError";

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<step_functions::ApiError> for ApiError {
    fn from(error: step_functions::ApiError) -> Self {
        Self::new(error.code(), error.message())
    }
}

impl From<InvalidDefinition> for ApiError {
    fn from(invalid: InvalidDefinition) -> Self {
        Self::new("InvalidDefinition", invalid.api_message())
    }
}
