//! The tasks that no program serves: an endpoint does, or they fail and say what would serve them.

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::watch;

use super::lambda_endpoint::LambdaEndpoint;
use crate::TaskError;
use crate::aws::{AwsServices, call_step_functions};
use crate::error::predefined_errors;
use crate::handlers::{Handler, TaskContext};
use crate::server::StepFunctions;
use crate::services::lambda::{FunctionName, Invocation, is_invoke, response};

pub(super) struct Others {
    pub(super) lambda: Option<LambdaEndpoint>,
    pub(super) aws: AwsServices,
    /// The API, once there is one.
    pub(super) api: watch::Receiver<Option<StepFunctions>>,
}

#[async_trait]
impl Handler for Others {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        if is_invoke(&context.resource) {
            let invocation = Invocation::read(&input)?;
            let Some(function) = invocation.function else {
                return Err(invocation.not_found());
            };
            return Ok(response(self.invoke(&function, &invocation.payload()).await?));
        }
        let arn = context.resource.arn();
        if let Some(function) = FunctionName::parse(arn).filter(|name| name.region.is_some()) {
            return self.invoke(&function, &input).await;
        }
        if let Some(("aws-sdk:sfn", action)) = context.resource.service() {
            let action = action.split('.').next().unwrap_or(action);
            return self.step_functions(action, &input).await;
        }
        match self.aws.call(&input, &context).await {
            Some(answer) => answer,
            None => Err(unserved(format!(
                "nothing serves `{arn}`: start `asl serve` with `--aws-endpoint URL` if an emulator of AWS does, or with \
                 `--answer '{arn}=FILE'` or a mock file"
            ))),
        }
    }
}

impl Others {
    async fn invoke(&self, function: &FunctionName<'_>, payload: &Value) -> Result<Value, TaskError> {
        let name = function.name;
        match &self.lambda {
            Some(lambda) => lambda.invoke(name, function.qualifier, payload).await,
            None => Err(unserved(format!(
                "no function `{name}` is served: start `asl serve` with `--function '{name}=COMMAND'`, or with \
                 `--lambda-endpoint URL` if something else serves it"
            ))),
        }
    }

    async fn step_functions(&self, action: &str, input: &Value) -> Result<Value, TaskError> {
        let mut api = self.api.clone();
        let api = api.wait_for(Option::is_some).await.ok().and_then(|api| api.clone());
        match api {
            Some(api) => call_step_functions(&api, action, input).await,
            None => Err(unserved("`asl serve` ends".to_owned())),
        }
    }
}

fn unserved(cause: String) -> TaskError {
    TaskError::new(predefined_errors::TASK_FAILED, cause)
}
