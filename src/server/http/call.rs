//! One request: from its head to the answer.

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

use super::protocol::{action, response, unknown, unreadable};
use super::{Access, HttpApi};
use crate::services::step_functions::StepFunctionsError;

/// AWS's quota of a request.
///
/// Source: Step Functions developer guide, "Quotas related to API requests".
const LONGEST_BODY: usize = 1024 * 1024;

/// How long a client may take to send its request.
const TO_SEND: Duration = Duration::from_secs(30);

pub(super) async fn call(State(http): State<Arc<HttpApi>>, request: Request) -> Response {
    let began = now();
    let request_id = http.request_ids.next();
    let (head, body) = request.into_parts();
    let action = action(&head.headers);
    let named = action.as_ref().ok().map(|&action| action.to_owned());
    let result = match action {
        Ok(action) => http.answer(action, &head, body).await,
        Err(error) => Err(error),
    };
    let response = response(&result, &request_id);
    let error = result.err();
    if let Some(error) = error.as_ref().filter(|error| error.status() >= 500) {
        tracing::error!(request_id, error = error.message(), "a request could not be answered");
    }
    if let Some(log) = &http.log {
        let client = head.extensions.get::<ConnectInfo<SocketAddr>>();
        log(&Access {
            client: client.map(|ConnectInfo(client)| *client),
            action: named,
            status: response.status().as_u16(),
            error: error.map(|error| error.code().to_owned()),
            duration: began.elapsed(),
            request_id,
        });
    }
    response
}

/// Whether calls are served.
pub(super) async fn health() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], r#"{"status":"ok"}"#).into_response()
}

/// The answer to any other method or path.
pub(super) async fn elsewhere(State(http): State<Arc<HttpApi>>) -> Response {
    let error = unknown(
        "this is the Step Functions API: `POST /` with a header `X-Amz-Target: AWSStepFunctions.<action>`, and nothing else",
    );
    let mut response = response(&Err(error), &http.request_ids.next());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

impl HttpApi {
    async fn answer(&self, action: &str, head: &Parts, body: Body) -> Result<Value, StepFunctionsError> {
        check_origin(&head.headers)?;
        let body = timeout(TO_SEND, to_bytes(body, LONGEST_BODY)).await;
        let body = body
            .map_err(|_| unreadable(format!("the body did not come within {} seconds", TO_SEND.as_secs())))?
            .map_err(|_| unreadable(format!("the body is cut, or longer than {LONGEST_BODY} bytes")))?;
        if !self.keys.is_empty() {
            super::signature::check(&self.keys, head, &body)?;
        }
        let request = if body.is_empty() {
            Value::Object(Map::new())
        } else {
            serde_json::from_slice(&body).map_err(|error| unreadable(format!("the body is no JSON: {error}")))?
        };
        drop(body);
        let answered = AssertUnwindSafe(self.api.call(action, request)).catch_unwind();
        #[cfg(feature = "otel")]
        let answered = crate::telemetry::asked_by(&head.headers, answered);
        let answered = answered.await;
        answered.unwrap_or_else(|_| {
            Err(StepFunctionsError::internal(
                "the server panicked while it answered; its log says where",
            ))
        })
    }
}

/// Refuses what a page from elsewhere sends by a browser on this machine, also under a name that was made to lead here.
fn check_origin(headers: &HeaderMap) -> Result<(), StepFunctionsError> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let uri = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let is_here = uri.as_ref().and_then(Uri::host).is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    });
    if is_here {
        return Ok(());
    }
    let message = "a page in a browser may call this only from this machine";
    Err(StepFunctionsError::new("AccessDeniedException", message))
}

#[expect(clippy::disallowed_methods, reason = "a server tells how long its answers take")]
fn now() -> Instant {
    Instant::now()
}
