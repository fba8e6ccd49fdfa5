//! Functions of Lambda: invoked by their ARN, by `lambda:invoke`, or as the target of a rule.
//!
//! Source: Lambda API reference, "Invoke".

use http::Method;
use serde_json::Value;

use super::endpoint::{Endpoint, Request};
use super::service_error::error_in;
use crate::TaskError;
use crate::data::json_value;
use crate::services::lambda::{FunctionName, LATEST, function_error};

/// Lambda at an endpoint.
#[cfg(feature = "cli")]
#[derive(Debug, Clone)]
pub(crate) struct Lambda(Endpoint);

#[cfg(feature = "cli")]
impl Lambda {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Invokes a function and waits for its result.
    pub(crate) async fn invoke(
        &self,
        name: &str,
        qualifier: Option<&str>,
        payload: &Value,
    ) -> Result<Value, TaskError> {
        for name in [name].into_iter().chain(qualifier) {
            check_name(name)?;
        }
        invoke(&self.0, name, qualifier, payload).await
    }
}

/// Invokes the function of a resource. A function of another account is named by its ARN.
pub(super) async fn invoke_directly(endpoint: &Endpoint, arn: &str, payload: &Value) -> Result<Value, TaskError> {
    let Some(function) = FunctionName::parse(arn) else {
        return Err(no_name(arn));
    };
    for name in [function.name].into_iter().chain(function.qualifier) {
        check_name(name)?;
    }
    let unqualified = match function.qualifier {
        Some(qualifier) => arn.strip_suffix(qualifier).map_or(arn, |arn| arn.trim_end_matches(':')),
        None => arn,
    };
    invoke(endpoint, &unqualified.replace(':', "%3A"), function.qualifier, payload).await
}

/// The result of `lambda:invoke` from the response: the payload is JSON, and an error of the function fails the task.
pub(super) fn returned(mut result: Value) -> Result<Value, TaskError> {
    let Value::Object(members) = &mut result else {
        return Ok(result);
    };
    let has_failed = members.shift_remove("FunctionError").is_some();
    // AWS always tells it; some who serve functions do not.
    members.entry("ExecutedVersion").or_insert_with(|| LATEST.into());
    if let Some(payload) = members.get_mut("Payload") {
        let text = payload.as_str().unwrap_or_default();
        *payload = json_of("", text)?;
        if has_failed {
            return Err(function_error(payload));
        }
    }
    Ok(result)
}

async fn invoke(endpoint: &Endpoint, name: &str, qualifier: Option<&str>, payload: &Value) -> Result<Value, TaskError> {
    let qualifier = qualifier.map_or_else(String::new, |qualifier| format!("?Qualifier={qualifier}"));
    let headers = [
        ("content-type", "application/json"),
        ("x-amz-invocation-type", "RequestResponse"),
    ];
    let request = Request {
        signing_name: "lambda",
        method: Method::POST,
        path: format!("/2015-03-31/functions/{name}/invocations{qualifier}"),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: payload.to_string().into_bytes(),
    };
    let answer = endpoint.send(request).await;
    let answer = answer.map_err(|cause| TaskError::new("Lambda.SdkClientException", cause))?;
    if let Some(error) = error_in(&answer, "lambda", "invoke") {
        return Err(error);
    }
    let result = json_of(name, &String::from_utf8_lossy(&answer.body))?;
    if answer.header("x-amz-function-error").is_some() {
        return Err(function_error(&result));
    }
    Ok(result)
}

/// What a function returned; nothing is `null`.
fn json_of(name: &str, text: &str) -> Result<Value, TaskError> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    json_value(text).map_err(|error| {
        let cause = format!("the function `{name}` answered no JSON: {error}");
        TaskError::new("Lambda.Unknown", cause)
    })
}

/// Errors if the text may not be the name of a function, a version or an alias: it stands in a URL, and data may name it.
///
/// Source: Lambda API reference, "Invoke", `FunctionName` and `Qualifier`.
fn check_name(name: &str) -> Result<(), TaskError> {
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-_$.".contains(&letter);
    if (1..=140).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with('.') {
        return Ok(());
    }
    Err(no_name(name))
}

fn no_name(name: &str) -> TaskError {
    let cause = format!("`{name}` is no name of a function: letters, digits, `-` and `_` are");
    TaskError::new("Lambda.InvalidParameterValueException", cause)
}
