//! What a client is told when something is not done: JSON with a code for programs and a message for people.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::service::orders::OrderError;

/// An error as a client sees it.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// In so many seconds the same request may be answered otherwise.
    retry_after: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequest", message)
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self {
            retry_after: Some("5"),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Unavailable", message)
        }
    }
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::NotFound => Self::new(StatusCode::NOT_FOUND, "NoSuchOrder", "there is no order with this id"),
            OrderError::Conflict(message) => Self::new(StatusCode::CONFLICT, "OrderConflict", message),
            OrderError::NotYet(message) => Self {
                retry_after: Some("1"),
                ..Self::new(StatusCode::CONFLICT, "NotYet", message)
            },
            OrderError::Unavailable(message) => {
                tracing::error!(message, "a request is not answered");
                Self::unavailable("nothing can be written now: the same request can be sent again")
            }
            OrderError::Internal(message) => {
                tracing::error!(message, "a request is not answered");
                let message = "the service made a mistake, which is in its log";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal", message)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message }).to_string();
        let retry_after = self.retry_after.map(|seconds| [(RETRY_AFTER, seconds)]);
        let content_type: [(HeaderName, _); 1] = [(CONTENT_TYPE, "application/json")];
        match retry_after {
            Some(retry_after) => (self.status, content_type, retry_after, body).into_response(),
            None => (self.status, content_type, body).into_response(),
        }
    }
}
