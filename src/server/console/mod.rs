//! The console: what runs, in a browser, and a debugger. `asl serve` has it at `/console/`.
//!
//! The page is plain HTML, CSS and JavaScript in the binary. What it asks for is `/console/api/…`, as JSON:
//!
//! | request | answer |
//! |---|---|
//! | `GET about` | the version, region and account; whether it may change something; where executions live |
//! | `POST call/ACTION` | what the Step Functions API answers to the action; see [`StepFunctions::call`] |
//! | `GET events?executionArn=ARN&after=ID` | server-sent events: `status`, a `DescribeExecution` whenever it changes; `events`, the history as it grows |
//! | `GET executions?stateMachineArn=ARN&statusFilter=…` | server-sent events: `executions`, the first page of `ListExecutions` whenever it changes |
//! | `GET diagram?stateMachineArn=ARN` or `?executionArn=ARN` | the places of states and transitions |
//! | `GET tokens?executionArn=ARN` | the tasks that wait for an answer by their token |
//! | `GET map-run?mapRunArn=ARN` | the child executions of a Map Run, as far as they are known |
//! | `POST check` | a definition's diagnostics and diagram |
//! | `POST replay` | an execution run again in virtual time from its history: each visit to a state with each stage of its data, each call of a task, and where it would have gone with other answers |
//! | `POST simulate` | the same of a definition with scripted tasks |
//! | `POST test-file` | such a run as a file for `asl test` |
//! | `POST evaluate` | an expression on data |
//! | `POST finish` | what an edited definition would do with the running executions |
//!
//! An error has a status from 400 on, a code in `__type` and a `message`.
//!
//! # Who may look, and who may change something
//!
//! A console [reads alone](Console::read_only) or may change what the API may change. With an [access key](Console::access_key)
//! a browser asks for it (as a name and password, HTTP's Basic authentication); without one, only a browser that calls it by a
//! name of this machine is answered, so that no page from elsewhere looks in under a name that was made to lead here. Requests
//! that other pages make are refused, and every `POST` needs the header `X-Asl-Console`, which other pages cannot send.

mod about;
mod checked;
mod debugger;
mod drawing;
mod guard;
mod live;
mod map_run;
mod page;
mod tokens;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Service, StepFunctions};
use crate::services::step_functions::StepFunctionsError;

/// The longest body of a request: a definition has 1 MiB at most, and so has what is told beside it.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// How long a client may take to send its request.
const TO_SEND: Duration = Duration::from_secs(30);

/// The console of an API, as an axum service at `/console/`.
#[derive(Debug, Clone)]
#[must_use]
pub struct Console {
    api: StepFunctions,
    is_read_only: bool,
    /// The base64 texts of HTTP's Basic authentication.
    credentials: Vec<String>,
}

impl Console {
    /// A console that may change what the API may change, for browsers of this machine.
    pub fn new(api: StepFunctions) -> Self {
        Self {
            api,
            is_read_only: false,
            credentials: Vec::new(),
        }
    }

    /// Only looks: starts, stops, answers nothing.
    pub fn read_only(mut self, is_read_only: bool) -> Self {
        self.is_read_only = is_read_only;
        self
    }

    /// Lets only those in who know this access key, or another one that was added: the id is the user's name, the secret the
    /// password.
    pub fn access_key(mut self, id: &str, secret: &str) -> Self {
        self.credentials.push(guard::credentials(id, secret));
        self
    }

    /// The service, to be merged with the one of the API.
    pub fn into_router(self) -> Router {
        let console = Arc::new(self);
        let api = Router::new()
            .route("/about", get(about::about))
            .route("/call/{action}", post(about::call))
            .route("/check", post(drawing::check))
            .route("/diagram", get(drawing::diagram))
            .route("/evaluate", post(debugger::evaluate))
            .route("/events", get(live::events))
            .route("/executions", get(live::executions))
            .route("/finish", post(debugger::finish))
            .route("/map-run", get(map_run::executions))
            .route("/replay", post(debugger::replay))
            .route("/simulate", post(debugger::simulate))
            .route("/test-file", post(debugger::test_file))
            .route("/tokens", get(tokens::tokens))
            .fallback(nothing)
            .with_state(Arc::clone(&console));
        let page = Router::new()
            .route("/", get(page::index))
            .route("/{*file}", get(page::file));
        Router::new()
            .route("/console", get(page::elsewhere))
            .nest("/console/api", api)
            .nest("/console/", page)
            .layer(from_fn_with_state(console, guard::guard))
    }

    fn service(&self) -> &Arc<Service> {
        &self.api.service
    }
}

type Answer = Result<Value, Refused>;

/// A request that is refused.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        let (status, message) = (StatusCode::BAD_REQUEST, message.into());
        Self { status, code, message }
    }

    fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    fn forbidden(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            ..Self::new("AccessDeniedException", message)
        }
    }

    fn internal(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("InternalServerError", message)
        }
    }

    fn to_json(&self) -> Value {
        serde_json::json!({ "__type": self.code, "message": self.message })
    }
}

impl From<StepFunctionsError> for Refused {
    fn from(error: StepFunctionsError) -> Self {
        Self {
            status: StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST),
            code: error.code(),
            message: error.message().to_owned(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self.to_json())).into_response()
    }
}

/// An answer in JSON.
struct Json(Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        // All keys are texts, so that it cannot fail.
        let text = serde_json::to_vec(&self.0).unwrap_or_default();
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    }
}

fn answered(answer: Answer) -> Response {
    answer.map(Json).into_response()
}

/// The JSON of a request's body, an object.
async fn body(request: Request) -> Result<Map<String, Value>, Refused> {
    let body = timeout(TO_SEND, to_bytes(request.into_body(), LONGEST_BODY)).await;
    let body = body
        .map_err(|_| Refused::validation(format!("the body did not come within {} seconds", TO_SEND.as_secs())))?
        .map_err(|_| Refused::validation(format!("the body is cut, or longer than {LONGEST_BODY} bytes")))?;
    let read: Value = match body.len() {
        0 => Value::Object(Map::new()),
        _ => serde_json::from_slice(&body)
            .map_err(|error| Refused::validation(format!("the body is no JSON: {error}")))?,
    };
    match crate::data::within_nesting(read) {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(Refused::validation("the body is no object")),
        None => Err(Refused::validation("the body is nested too deeply")),
    }
}

/// A member of a request that has to be there.
fn text<'m>(members: &'m Map<String, Value>, name: &str) -> Result<&'m str, Refused> {
    let text = members.get(name).and_then(Value::as_str);
    text.ok_or_else(|| Refused::validation(format!("the request has no text `{name}`")))
}

/// A parameter of a request's query.
fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query()?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    let value = value.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&value).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn required(uri: &Uri, name: &str) -> Result<String, Refused> {
    parameter(uri, name).ok_or_else(|| Refused::validation(format!("the request has no parameter `{name}`")))
}

/// Computes something that takes its time, on a thread where nobody else waits for a turn; a few at a time, in whatever order.
/// What is being computed goes on to its end, also if the client leaves.
async fn apart<T: Send + 'static>(compute: impl FnOnce() -> Result<T, Refused> + Send + 'static) -> Result<T, Refused> {
    static PLACES: Semaphore = Semaphore::const_new(2);
    // It is never closed.
    let place = PLACES.acquire().await.ok();
    let computed = tokio::task::spawn_blocking(move || {
        let _place = place;
        compute()
    });
    computed.await.unwrap_or_else(|_| {
        Err(Refused::internal(
            "the server panicked while it answered; its log says where",
        ))
    })
}

async fn nothing() -> Refused {
    Refused {
        status: StatusCode::NOT_FOUND,
        ..Refused::new("UnknownOperationException", "the console has no such part")
    }
}
