//! The tasks that no program serves: another endpoint does, or they fail and say what would serve them.

use async_trait::async_trait;
use serde_json::Value;

use super::lambda_endpoint::LambdaEndpoint;
use crate::TaskError;
use crate::handlers::{Handler, TaskContext};
use crate::services::lambda::{FunctionName, Invocation, is_invoke, response};

pub(super) struct Others {
    pub(super) lambda: Option<LambdaEndpoint>,
}

#[async_trait]
impl Handler for Others {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let arn = context.resource.arn();
        if is_invoke(&context.resource) {
            let invocation = Invocation::read(&input)?;
            let Some(function) = invocation.function else {
                return Err(invocation.not_found());
            };
            return Ok(response(self.invoke(&function, &invocation.payload()).await?));
        }
        match FunctionName::parse(arn).filter(|name| name.region.is_some()) {
            Some(function) => self.invoke(&function, &input).await,
            None => Err(unserved(format!("`asl serve` does not serve `{arn}`"))),
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
}

fn unserved(cause: String) -> TaskError {
    TaskError::new("States.TaskFailed", cause)
}
