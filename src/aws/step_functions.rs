//! `aws-sdk:sfn:*` at the API of the same process.

use serde_json::Value;

use super::json;
use super::scalar::Times;
use super::service::Service;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::server::StepFunctions;
use crate::services::step_functions::Style;

/// Calls an action of the API in the spelling of Step Functions.
pub(crate) async fn call(api: &StepFunctions, action: &str, parameters: &Value) -> Result<Value, TaskError> {
    let Some(service) = Service::of("sfn") else {
        return Err(TaskError::new(
            predefined_errors::TASK_FAILED,
            "Step Functions cannot be called",
        ));
    };
    let operation = service.operation(action, parameters)?;
    let response = api.call(&operation.name(), json::body(operation, parameters)).await;
    let response = response.map_err(|error| error.in_style(Style::Sdk))?;
    let result = operation
        .output
        .map(|shape| json::from_wire(shape, &response, Times::Iso));
    Ok(result.unwrap_or_else(|| serde_json::Map::new().into()))
}
