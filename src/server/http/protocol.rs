//! AWS JSON 1.0: where a request names its action, and the form of answers.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use crate::services::step_functions::StepFunctionsError;

const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AWSStepFunctions";
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// The longest name of an action that a log repeats.
const LONGEST_ACTION: usize = 64;

/// The action that a request names.
pub(super) fn action(headers: &HeaderMap) -> Result<&str, StepFunctionsError> {
    let Some(target) = headers.get(TARGET) else {
        return Err(unknown(&format!(
            "the request has no header `X-Amz-Target: {SERVICE}.<action>`"
        )));
    };
    let action = target.to_str().ok().and_then(|target| target.split_once('.'));
    match action {
        Some((SERVICE, action)) if is_name(action) => Ok(action),
        _ => Err(unknown(&format!(
            "this is the Step Functions API, and takes only requests with a header `X-Amz-Target: {SERVICE}.<action>`"
        ))),
    }
}

fn is_name(action: &str) -> bool {
    (1..=LONGEST_ACTION).contains(&action.len()) && action.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

/// The answer to what is no call of an action.
pub(super) fn unknown(message: &str) -> StepFunctionsError {
    StepFunctionsError::new("UnknownOperationException", message)
}

/// A request that cannot be read.
pub(super) fn unreadable(message: impl Into<String>) -> StepFunctionsError {
    StepFunctionsError::new("SerializationException", message)
}

/// The response of an action.
pub(super) fn response(result: &Result<Value, StepFunctionsError>, request_id: &str) -> Response {
    let (status, body) = match result {
        // Twice as fast as its `Display`; all keys are texts, so that it cannot fail.
        Ok(answer) => (StatusCode::OK, serde_json::to_vec(answer).unwrap_or_default()),
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, error.to_json().to_string().into_bytes())
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Err(error) = result {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error.code()));
    }
    response
}
