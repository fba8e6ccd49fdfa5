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

/// How requests name a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// As the task names it: by an ARN, it may be one of another account.
    AsGiven,
    /// By its name alone, which is all that emulators know.
    ByName,
}

/// Invokes the function of a resource.
pub(super) async fn invoke_directly(
    endpoint: &Endpoint,
    arn: &str,
    naming: Naming,
    payload: &Value,
) -> Result<Value, TaskError> {
    let (name, qualifier) = named(arn, naming)?;
    invoke(endpoint, &name.replace(':', "%3A"), qualifier, payload).await
}

/// The parameters of `lambda:invoke` with the version or the alias in a member of its own. Errors if they name no function.
pub(super) fn with_qualifier(parameters: &Value, naming: Naming) -> Result<Value, TaskError> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    // What is no text is refused with the other parameters.
    let Some(given) = text("FunctionName") else {
        return Ok(parameters.clone());
    };
    let (name, derived) = named(given, naming)?;
    let qualifier = text("Qualifier");
    qualifier.map_or(Ok(()), check_name)?;
    if derived.is_some() && qualifier.is_some() && derived != qualifier {
        // Lambda refuses it.
        return Ok(parameters.clone());
    }
    let mut members = parameters.as_object().cloned().unwrap_or_default();
    members.insert("FunctionName".to_owned(), name.into());
    if let Some(derived) = derived {
        members.insert("Qualifier".to_owned(), derived.into());
    }
    Ok(members.into())
}

/// A function's name or ARN without its version or alias, and that. Errors if it is none.
fn named(given: &str, naming: Naming) -> Result<(&str, Option<&str>), TaskError> {
    let function = FunctionName::parse(given).ok_or_else(|| no_name(given))?;
    for name in [function.name].into_iter().chain(function.qualifier) {
        check_name(name)?;
    }
    let name = match (naming, function.qualifier) {
        (Naming::ByName, _) => function.name,
        (Naming::AsGiven, Some(qualifier)) => given
            .strip_suffix(qualifier)
            .map_or(given, |name| name.trim_end_matches(':')),
        (Naming::AsGiven, None) => given,
    };
    Ok((name, function.qualifier))
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
