//! `arn:aws:states:::lambda:invoke` over local functions (developer guide, "Call Lambda with Step Functions").

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Handler, Registry, TaskContext};
use crate::TaskError;
use crate::data::{MAX_NESTING, within_nesting};

/// The resource that it stands behind.
pub(crate) const LAMBDA_INVOKE: &str = "arn:aws:states:::lambda:invoke";

/// Calls the local function that `FunctionName` names with `Payload`, and answers with AWS's result envelope.
#[derive(Debug)]
pub(crate) struct LambdaInvoke {
    functions: Registry,
}

impl LambdaInvoke {
    pub(crate) fn over(functions: Registry) -> Self {
        Self { functions }
    }
}

#[async_trait]
impl Handler for LambdaInvoke {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let function_name = input.get("FunctionName").and_then(Value::as_str).ok_or_else(|| {
            TaskError::new(
                "Lambda.ValidationException",
                "the field `FunctionName` is missing or is no string",
            )
        })?;
        let Some(function) = self.functions.find_function(function_name) else {
            let cause = format!(
                "Function not found: {function_name}:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: local; Proxy: null)"
            );
            return Err(TaskError::new("Lambda.ResourceNotFoundException", cause));
        };
        let payload = input.get("Payload").cloned().unwrap_or_else(|| json!({}));
        if input.get("InvocationType").and_then(Value::as_str) == Some("Event") {
            return Err(TaskError::new(
                "NotSupported",
                "the local `lambda:invoke` waits for its function: `InvocationType` must be `RequestResponse`",
            ));
        }
        let payload = function.call(payload, context).await?;
        let payload = within_nesting(payload).ok_or_else(|| {
            let cause = format!("the answer nests deeper than {MAX_NESTING} levels");
            TaskError::new("InvalidOutput", cause)
        })?;
        Ok(envelope(payload))
    }
}

/// The response of the Lambda API as Step Functions hands it on.
fn envelope(payload: Value) -> Value {
    json!({
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": { "AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200 },
        "SdkResponseMetadata": { "RequestId": "local" },
        "StatusCode": 200,
    })
}
