//! The actions of `aws-sdk:sfn` in the words of the API, for an API in the same process.

use serde_json::{Map, Value};

use super::json;
use super::model::Operation;
use super::scalar::Times;
use super::service::Service;
use crate::TaskError;
use crate::error::predefined_errors;

/// A task of `aws-sdk:sfn`, as a call of the API.
#[derive(Debug)]
pub(crate) struct StepFunctionsCall {
    operation: Operation,
    pub(crate) request: Value,
}

impl StepFunctionsCall {
    /// The call of an action. Errors if there is none, or if the parameters do not fit it.
    pub(crate) fn new(action: &str, parameters: &Value) -> Result<Self, TaskError> {
        let Some(service) = Service::of("sfn") else {
            return Err(TaskError::new(
                predefined_errors::TASK_FAILED,
                "Step Functions cannot be called",
            ));
        };
        let operation = service.operation(action, parameters)?;
        let request = json::body(operation, parameters);
        Ok(Self { operation, request })
    }

    /// `DescribeExecution`, say.
    pub(crate) fn operation(&self) -> String {
        self.operation.name()
    }

    /// The task's result, from the response.
    pub(crate) fn result(&self, response: &Value) -> Value {
        let shape = self.operation.output;
        let result = shape.map(|shape| json::from_wire(shape, response, Times::Iso));
        result.unwrap_or_else(|| Map::new().into())
    }
}
