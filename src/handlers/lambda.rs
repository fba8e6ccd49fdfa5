//! `arn:aws:states:::lambda:invoke` over local functions (developer guide, "Call Lambda with Step Functions").

use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

use super::{Handler, Registry, TaskContext};
use crate::TaskError;
use crate::data::{MAX_NESTING, within_nesting};
use crate::definition::Resource;
use crate::services::lambda::{Invocation, response};

/// The resource that serves the functions, and its callback form.
const LAMBDA_INVOKE: [&str; 2] = [
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
];

/// The functions of a registry, and the resources that serve them.
#[derive(Debug)]
pub(crate) struct Functions {
    functions: Registry,
    resources: Vec<&'static str>,
}

impl Functions {
    /// Serves the functions of a registry at `lambda:invoke`, unless that has a handler. Its fallback serves the others.
    pub(crate) fn serve(handlers: &mut Registry) -> Self {
        let functions = handlers.clone();
        let has_functions = functions.has_functions();
        let is_free = |resource: &&str| has_functions && functions.find(resource).is_none();
        let resources: Vec<_> = LAMBDA_INVOKE.into_iter().filter(is_free).collect();
        for resource in &resources {
            let functions = functions.clone();
            handlers.register(resource, Arc::new(LambdaInvoke { functions }));
        }
        Self { functions, resources }
    }

    /// Whether a resource invokes these functions.
    pub(crate) fn are_served_at(&self, resource: &str) -> bool {
        self.resources.contains(&resource)
    }

    /// The missing function of a task with these `Parameters`, if they name it literally.
    pub(crate) fn missing<'p>(&self, resource: &str, parameters: &'p Value, execution_arn: &str) -> Option<&'p str> {
        let others = Resource::parse(resource).and_then(|resource| {
            let fallback = self.functions.fallback(&resource)?;
            fallback.refusal(&resource).is_none().then_some(())
        });
        if others.is_some() || !self.are_served_at(resource) || parameters.get("Qualifier.$").is_some() {
            return None;
        }
        let function = parameters.get("FunctionName")?.as_str()?;
        let qualifier = parameters.get("Qualifier").and_then(Value::as_str);
        // Other problems are failures of the task.
        let invocation = Invocation::of(function, qualifier).ok()?;
        match find(&self.functions, &invocation, execution_arn) {
            None => Some(function),
            Some(_) => None,
        }
    }
}

/// Calls the local function in `FunctionName` with `Payload` and wraps its answer in AWS's response.
#[derive(Debug)]
struct LambdaInvoke {
    functions: Registry,
}

impl LambdaInvoke {
    /// Whether one of the functions is meant, whatever else is asked of it.
    fn has(&self, input: &Value, execution_arn: &str) -> bool {
        let text = |name: &str| input.get(name).and_then(Value::as_str);
        let invocation = text("FunctionName").map(|name| Invocation::of(name, text("Qualifier")));
        invocation.is_some_and(|meant| meant.is_ok_and(|meant| find(&self.functions, &meant, execution_arn).is_some()))
    }
}

#[async_trait]
impl Handler for LambdaInvoke {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let fallback = self.functions.fallback(&context.resource);
        let fallback = fallback.filter(|fallback| fallback.refusal(&context.resource).is_none());
        if let Some(fallback) = fallback
            && !self.has(&input, &context.execution_arn)
        {
            return fallback.call(input, context).await;
        }
        let invocation = Invocation::read(&input)?;
        let Some(function) = find(&self.functions, &invocation, &context.execution_arn) else {
            return Err(invocation.not_found());
        };
        let payload = function.call(invocation.payload(), context).await?;
        let payload = within_nesting(payload).ok_or_else(|| {
            let cause = format!("the answer nests deeper than {MAX_NESTING} levels");
            TaskError::new("InvalidOutput", cause)
        })?;
        Ok(response(payload))
    }
}

fn find<'r>(functions: &'r Registry, invocation: &Invocation<'_>, execution_arn: &str) -> Option<&'r Arc<dyn Handler>> {
    functions.find_function(invocation.function.as_ref()?, execution_arn)
}
