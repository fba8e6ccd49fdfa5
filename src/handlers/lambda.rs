//! `arn:aws:states:::lambda:invoke` over local functions (developer guide, "Call Lambda with Step Functions").

use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;

use super::function_name::FunctionName;
use super::{Handler, Registry, TaskContext};
use crate::TaskError;
use crate::data::{MAX_NESTING, within_nesting};
use crate::services::parameters::{others, refused, unsupported};

/// The resource that serves the functions, and its callback form.
const LAMBDA_INVOKE: [&str; 2] = [
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
];

const FIELDS: [&str; 5] = [
    "ClientContext",
    "FunctionName",
    "InvocationType",
    "Payload",
    "Qualifier",
];

/// The functions of a registry, and the resources that serve them.
#[derive(Debug)]
pub(crate) struct Functions {
    functions: Registry,
    resources: Vec<&'static str>,
}

impl Functions {
    /// Serves the functions of a registry at `lambda:invoke`, unless that has a handler.
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
        if !self.are_served_at(resource) || parameters.get("Qualifier.$").is_some() {
            return None;
        }
        let function = parameters.get("FunctionName")?.as_str()?;
        let qualifier = parameters.get("Qualifier").and_then(Value::as_str);
        // Other problems are failures of the task.
        match find(&self.functions, function, qualifier, execution_arn) {
            Ok(None) => Some(function),
            _ => None,
        }
    }
}

/// Calls the local function in `FunctionName` with `Payload` and wraps its answer in AWS's response.
#[derive(Debug)]
struct LambdaInvoke {
    functions: Registry,
}

#[async_trait]
impl Handler for LambdaInvoke {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let unknown: Vec<_> = others(input.as_object(), &FIELDS).map(unsupported).collect();
        if !unknown.is_empty() {
            return Err(refused(&input, &unknown.join(", ")));
        }
        let Some(function_name) = text(&input, "FunctionName")? else {
            return Err(refused(&input, "The field 'FunctionName' is required but was missing"));
        };
        check_invocation(&input)?;
        let qualifier = text(&input, "Qualifier")?;
        let Some(function) = find(&self.functions, function_name, qualifier, &context.execution_arn)? else {
            let version = match qualifier {
                Some(qualifier) => format!(":{qualifier}"),
                None if FunctionName::parse(function_name).is_some_and(|name| name.qualifier.is_none()) => {
                    ":$LATEST".to_owned()
                }
                None => String::new(),
            };
            let cause = format!(
                "Function not found: {function_name}{version} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: local; Proxy: null)"
            );
            return Err(TaskError::new("Lambda.ResourceNotFoundException", cause));
        };
        let payload = input.get("Payload").cloned().unwrap_or_else(|| json!({}));
        let payload = function.call(payload, context).await?;
        let payload = within_nesting(payload).ok_or_else(|| {
            let cause = format!("the answer nests deeper than {MAX_NESTING} levels");
            TaskError::new("InvalidOutput", cause)
        })?;
        Ok(envelope(payload))
    }
}

fn find<'r>(
    functions: &'r Registry,
    name: &str,
    qualifier: Option<&str>,
    execution_arn: &str,
) -> Result<Option<&'r Arc<dyn Handler>>, TaskError> {
    let Some(function) = FunctionName::parse(name) else {
        return Ok(None);
    };
    let qualifier = qualifier.filter(|qualifier| *qualifier != "$LATEST");
    if let (Some(derived), Some(given)) = (function.qualifier, qualifier)
        && derived != given
    {
        return Err(TaskError::new(
            "Lambda.InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        ));
    }
    Ok(functions.find_function(&function, qualifier.or(function.qualifier), execution_arn))
}

/// Refuses options that would not have their effect.
fn check_invocation(input: &Value) -> Result<(), TaskError> {
    if text(input, "ClientContext")?.is_some() {
        let cause = "the local `lambda:invoke` hands no client context on: leave `ClientContext` away";
        return Err(TaskError::new("NotSupported", cause));
    }
    let (error, cause) = match text(input, "InvocationType")? {
        None | Some("RequestResponse") => return Ok(()),
        Some("Event" | "DryRun") => (
            "NotSupported",
            "the local `lambda:invoke` waits for its function: `InvocationType` must be `RequestResponse`".to_owned(),
        ),
        Some(unknown) => (
            "Lambda.ValidationException",
            format!(
                "1 validation error detected: Value '{unknown}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            ),
        ),
    };
    Err(TaskError::new(error, cause))
}

fn text<'i>(input: &'i Value, field: &str) -> Result<Option<&'i str>, TaskError> {
    match input.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            let problem = format!("The value for the field '{field}' must be a STRING");
            Err(refused(input, &problem))
        }
    }
}

/// The response of the Lambda API in the form of Step Functions.
fn envelope(payload: Value) -> Value {
    json!({
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": { "AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200 },
        "SdkResponseMetadata": { "RequestId": "local" },
        "StatusCode": 200,
    })
}
