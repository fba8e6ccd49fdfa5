//! `aws-sdk:sfn:*` at the API of the same process.

use serde_json::Value;

use super::json_service::{JsonService, with_capital};
use super::scalar::Times;
use crate::TaskError;
use crate::server::StepFunctions;
use crate::services::step_functions::Style;

/// Calls an action of the API in the spelling of Step Functions.
pub(crate) async fn call(api: &StepFunctions, action: &str, parameters: &Value) -> Result<Value, TaskError> {
    let Some(service) = JsonService::of("sfn") else {
        return Err(TaskError::new("States.TaskFailed", "Step Functions cannot be called"));
    };
    let request = service.to_wire(action, parameters);
    let response = api.call(&with_capital(action), request).await;
    let response = response.map_err(|error| error.in_style(Style::Sdk))?;
    Ok(service.spelt(&response, Times::Iso))
}
