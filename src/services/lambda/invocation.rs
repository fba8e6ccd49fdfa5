//! One call of `lambda:invoke`.

use serde_json::{Value, json};

use super::{FunctionName, LATEST};
use crate::TaskError;
use crate::services::parameters::{others, refused, unsupported};

const FIELDS: [&str; 5] = [
    "ClientContext",
    "FunctionName",
    "InvocationType",
    "Payload",
    "Qualifier",
];

/// The function that a task invokes, and its payload.
#[derive(Debug, Clone)]
pub(crate) struct Invocation<'i> {
    text: &'i str,
    given_qualifier: Option<&'i str>,
    /// `None` if `FunctionName` has none of its three forms: there is no such function.
    pub(crate) function: Option<FunctionName<'i>>,
    payload: Option<&'i Value>,
}

impl<'i> Invocation<'i> {
    /// Reads the effective input of a task. Errors in AWS's words if it is no request, or asks for anything that a
    /// local function cannot do.
    pub(crate) fn read(input: &'i Value) -> Result<Self, TaskError> {
        let unknown: Vec<_> = others(input.as_object(), &FIELDS).map(unsupported).collect();
        if !unknown.is_empty() {
            return Err(refused(input, &unknown.join(", ")));
        }
        let Some(function_name) = text(input, "FunctionName")? else {
            return Err(refused(input, "The field 'FunctionName' is required but was missing"));
        };
        check_invocation(input)?;
        let mut invocation = Self::of(function_name, text(input, "Qualifier")?)?;
        invocation.payload = input.get("Payload");
        Ok(invocation)
    }

    /// An invocation without a payload. Errors if the name has another qualifier than the one given with it.
    pub(crate) fn of(function_name: &'i str, qualifier: Option<&'i str>) -> Result<Self, TaskError> {
        let mut function = FunctionName::parse(function_name);
        if let Some(function) = &mut function {
            let given = qualifier.filter(|qualifier| *qualifier != LATEST);
            if let (Some(derived), Some(given)) = (function.qualifier, given)
                && derived != given
            {
                return Err(TaskError::new(
                    "Lambda.InvalidParameterValueException",
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            function.qualifier = given.or(function.qualifier);
        }
        Ok(Self {
            text: function_name,
            given_qualifier: qualifier,
            function,
            payload: None,
        })
    }

    /// The event that the function gets; `{}` without a `Payload`.
    pub(crate) fn payload(&self) -> Value {
        self.payload.cloned().unwrap_or_else(|| json!({}))
    }

    /// The failure of a task whose function does not exist.
    #[cfg_attr(
        not(feature = "runtime"),
        expect(dead_code, reason = "a simulation asks for an answer instead")
    )]
    pub(crate) fn not_found(&self) -> TaskError {
        let version = match self.given_qualifier {
            Some(qualifier) => format!(":{qualifier}"),
            None if self.function.is_some_and(|name| name.qualifier.is_none()) => format!(":{LATEST}"),
            None => String::new(),
        };
        let cause = format!(
            "Function not found: {}{version} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: local; Proxy: null)",
            self.text
        );
        TaskError::new("Lambda.ResourceNotFoundException", cause)
    }
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
pub(crate) fn response(payload: Value) -> Value {
    json!({
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": { "AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200 },
        "SdkResponseMetadata": { "RequestId": "local" },
        "StatusCode": 200,
    })
}
