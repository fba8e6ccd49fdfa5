//! `--lambda-endpoint`: functions that an emulator of Lambda, or the Lambda of SAM (`sam local start-lambda`), serves.
//!
//! Source: Lambda API reference, "Invoke".

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::TaskError;
use crate::data::json_value;
use crate::programs::function_error;

/// The longest answer that is read: Lambda's quota.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024 + 100_000;

#[derive(Clone)]
pub(super) struct LambdaEndpoint {
    url: String,
    client: Client<HttpConnector, Body>,
}

/// An endpoint that can be called: `http://HOST:PORT`.
pub(super) fn url(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|error| format!("it is no URL: {error}"))?;
    let is_bare = uri.query().is_none();
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(_)) if is_bare => Ok(text.trim_end_matches('/').to_owned()),
        (Some("https"), _) => Err("only endpoints on `http://` can be called".to_owned()),
        _ => Err("write it as http://HOST:PORT".to_owned()),
    }
}

impl LambdaEndpoint {
    pub(super) fn new(url: String) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { url, client }
    }

    /// Invokes a function and waits for its result.
    pub(super) async fn invoke(
        &self,
        name: &str,
        qualifier: Option<&str>,
        payload: &Value,
    ) -> Result<Value, TaskError> {
        let qualifier = qualifier.map_or_else(String::new, |qualifier| format!("?Qualifier={qualifier}"));
        let request = Request::post(format!(
            "{}/2015-03-31/functions/{name}/invocations{qualifier}",
            self.url
        ))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-amz-invocation-type", "RequestResponse")
        .body(Body::from(payload.to_string()))
        .map_err(|error| TaskError::new("Lambda.InvalidParameterValueException", error.to_string()))?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let (head, body) = response.into_parts();
        let body = to_bytes(Body::new(body), LONGEST_ANSWER)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let text = String::from_utf8_lossy(&body);
        if !head.status.is_success() {
            return Err(service_error(head.status.as_u16(), &head.headers, &text));
        }
        let result = if text.trim().is_empty() {
            Value::Null
        } else {
            json_value(&text).map_err(|error| {
                let cause = format!("the function `{name}` answered no JSON: {error}");
                TaskError::new("Lambda.Unknown", cause)
            })?
        };
        if head.headers.contains_key("x-amz-function-error") {
            return Err(function_error(&result));
        }
        Ok(result)
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> TaskError {
        let reason = std::iter::successors(Some(error), |error| error.source()).last();
        let reason = reason.map_or_else(String::new, ToString::to_string);
        let cause = format!("the Lambda endpoint `{}` did not answer: {reason}", self.url);
        TaskError::new("Lambda.SdkClientException", cause)
    }
}

/// An error of Lambda itself.
fn service_error(status: u16, headers: &HeaderMap, body: &str) -> TaskError {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    // `Code:http://…` in some protocols of AWS.
    let code = header("x-amzn-errortype").and_then(|code| code.split(':').next());
    let code = code.unwrap_or(if status == 404 {
        "ResourceNotFoundException"
    } else {
        "ServiceException"
    });
    let message = ["Message", "message"].iter().find_map(|name| body.get(name)?.as_str());
    let request_id = header("x-amzn-requestid").unwrap_or("local");
    let cause = format!(
        "{} (Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)",
        message.unwrap_or_default()
    );
    TaskError::new(format!("Lambda.{code}"), cause)
}
