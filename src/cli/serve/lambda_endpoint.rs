//! `--lambda-endpoint`: functions that an emulator of Lambda, or the Lambda of SAM (`sam local start-lambda`), serves.
//!
//! Source: Lambda API reference, "Invoke".

use axum::http::Method;
use serde_json::Value;

use crate::TaskError;
use crate::aws::{Endpoint, Request, error_in};
use crate::data::json_value;
use crate::programs::function_error;

#[derive(Clone)]
pub(super) struct LambdaEndpoint(Endpoint);

impl LambdaEndpoint {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self(endpoint)
    }

    /// Invokes a function and waits for its result.
    pub(super) async fn invoke(
        &self,
        name: &str,
        qualifier: Option<&str>,
        payload: &Value,
    ) -> Result<Value, TaskError> {
        for name in [name].into_iter().chain(qualifier) {
            check_name(name)?;
        }
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
        let answer = self.0.send(request).await;
        let answer = answer.map_err(|cause| TaskError::new("Lambda.SdkClientException", cause))?;
        if let Some(error) = error_in(&answer, "lambda", "invoke") {
            return Err(error);
        }
        let text = String::from_utf8_lossy(&answer.body);
        let result = if text.trim().is_empty() {
            Value::Null
        } else {
            json_value(&text).map_err(|error| {
                let cause = format!("the function `{name}` answered no JSON: {error}");
                TaskError::new("Lambda.Unknown", cause)
            })?
        };
        if answer.header("x-amz-function-error").is_some() {
            return Err(function_error(&result));
        }
        Ok(result)
    }
}

/// Errors if the text may not be the name of a function, a version or an alias: it stands in a URL, and data may name it.
///
/// Source: Lambda API reference, "Invoke", `FunctionName` and `Qualifier`.
fn check_name(name: &str) -> Result<(), TaskError> {
    let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || b"-_$.".contains(&letter);
    if (1..=140).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with('.') {
        return Ok(());
    }
    let cause = format!("`{name}` is no name of a function: letters, digits, `-` and `_` are");
    Err(TaskError::new("Lambda.InvalidParameterValueException", cause))
}
