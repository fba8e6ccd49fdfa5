//! The tasks that no program serves: AWS or an emulator does, or they fail and say what would serve them.

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::watch;

use crate::TaskError;
use crate::definition::{Resource, ResourceKind};
use crate::error::predefined_errors;
use crate::handlers::aws::{AwsServices, StepFunctionsCall};
use crate::handlers::{Handler, TaskContext};
use crate::server::StepFunctions;
use crate::services::lambda::{FunctionName, Invocation, is_invoke};
use crate::services::step_functions::Style;

pub(super) struct Others {
    pub(super) aws: AwsServices,
    /// The API, once there is one.
    pub(super) api: watch::Receiver<Option<StepFunctions>>,
}

#[async_trait]
impl Handler for Others {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        if let Some(("aws-sdk:sfn", action)) = context.resource.service() {
            let action = action.split('.').next().unwrap_or(action);
            return self.step_functions(action, &input).await;
        }
        if let Some(cause) = unserved(&self.aws, &context.resource, &input)? {
            return Err(TaskError::new(predefined_errors::TASK_FAILED, cause));
        }
        Handler::call(&self.aws, input, context).await
    }
}

impl Others {
    async fn step_functions(&self, action: &str, input: &Value) -> Result<Value, TaskError> {
        let mut api = self.api.clone();
        let api = api.wait_for(Option::is_some).await.ok().and_then(|api| api.clone());
        let Some(api) = api else {
            return Err(TaskError::new(predefined_errors::TASK_FAILED, "`asl serve` ends"));
        };
        let call = StepFunctionsCall::new(action, input)?;
        let response = api.call(&call.operation(), call.request.clone()).await;
        Ok(call.result(&response.map_err(|error| error.in_style(Style::Sdk))?))
    }
}

/// The cause for a task that nothing serves: it says what would. Errors if its parameters name no function.
fn unserved(aws: &AwsServices, resource: &Resource, input: &Value) -> Result<Option<String>, TaskError> {
    let arn = resource.arn();
    let function = if aws.has("lambda") {
        None
    } else if is_invoke(resource) {
        let invocation = Invocation::read(input)?;
        Some(invocation.function.ok_or_else(|| invocation.not_found())?.name)
    } else if *resource.kind() == ResourceKind::LambdaFunction {
        FunctionName::parse(arn).map(|function| function.name)
    } else {
        None
    };
    Ok(match function {
        Some(name) => Some(format!(
            "no function `{name}` is served: start `asl serve` with `--function '{name}=COMMAND'`, or with \
             `--lambda-endpoint URL` if something else serves it"
        )),
        None if aws.is_empty() => Some(format!(
            "nothing serves `{arn}`: start `asl serve` with `--aws-endpoint URL` if an emulator of AWS does, with `--aws` if \
             AWS does, or with `--answer '{arn}=FILE'` or a mock file"
        )),
        None => aws
            .refusal(resource)
            .map(|reason| format!("{reason}; `--answer '{arn}=FILE'` or a mock file answers it")),
    })
}
