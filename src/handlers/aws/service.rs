//! A service of AWS, whichever protocol it speaks: an action with its parameters becomes a request, and an answer a result.

use serde_json::Value;
use std::time::Duration;

use super::connection::Answer;
use super::endpoint::{Endpoint, Request};
use super::model::{Model, Operation, Protocol};
use super::scalar::Times;
use super::service_error::{ServiceError, Style};
use super::{json, parameters, query, rest};
use crate::TaskError;
use crate::error::predefined_errors;

/// The pauses before a call is made again; the longest is that of AWS's SDKs.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The most calls while a service is busy, which take some minutes.
const MOST_CALLS: usize = 15;

#[derive(Debug, Clone, Copy)]
pub(super) struct Service(&'static Model);

/// A call without a result.
struct Failure {
    error: TaskError,
    /// Whether the same call may succeed a little later.
    passes: bool,
}

impl Failure {
    fn lasting(error: TaskError) -> Self {
        Self { error, passes: false }
    }
}

impl Service {
    /// A service by its name in `aws-sdk:`; `None` if this version cannot call it.
    pub(super) fn of(name: &str) -> Option<Self> {
        Model::of(name).map(Self)
    }

    /// Its class in the AWS SDK for Java 2.
    pub(super) fn class(self) -> &'static str {
        self.0.class()
    }

    /// Its name in `aws-sdk:`.
    pub(super) fn name(self) -> &'static str {
        self.0.name
    }

    /// The sentence for an action that it does not have; `None` if it has it.
    pub(super) fn lacks(self, action: &str) -> Option<String> {
        let is_there = self.0.operation(action).is_some();
        (!is_there).then(|| format!("{} has no action `{action}` that can be called here", self.class()))
    }

    /// The operation of an action. Errors if there is none, or if the parameters do not fit it.
    pub(super) fn operation(self, action: &str, parameters: &Value) -> Result<Operation, TaskError> {
        let operation = self
            .0
            .operation(action)
            .ok_or_else(|| TaskError::new(predefined_errors::TASK_FAILED, self.lacks(action).unwrap_or_default()))?;
        parameters::check(operation, parameters)?;
        Ok(operation)
    }

    /// Calls an action once, and gives its result with the answer that it was in.
    pub(super) async fn call(
        self,
        endpoint: &Endpoint,
        action: &str,
        parameters: &Value,
        style: Style<'_>,
        times: Times,
    ) -> Result<(Value, Answer), TaskError> {
        let called = self.try_call(endpoint, action, parameters, style, times).await;
        called.map_err(|failure| failure.error)
    }

    /// Calls an action that may be called again, as often as the service is busy and with growing pauses.
    pub(super) async fn call_patiently(
        self,
        endpoint: &Endpoint,
        action: &str,
        parameters: &Value,
        style: Style<'_>,
        times: Times,
    ) -> Result<(Value, Answer), TaskError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MOST_CALLS {
            match self.try_call(endpoint, action, parameters, style, times).await {
                Err(failure) if failure.passes => {}
                called => return called.map_err(|failure| failure.error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.call(endpoint, action, parameters, style, times).await
    }

    async fn try_call(
        self,
        endpoint: &Endpoint,
        action: &str,
        parameters: &Value,
        style: Style<'_>,
        times: Times,
    ) -> Result<(Value, Answer), Failure> {
        let operation = self.operation(action, parameters).map_err(Failure::lasting)?;
        let request = request(operation, &parameters::with_tokens(operation, parameters));
        let request = request.map_err(|problem| Failure::lasting(style.client_error(problem)))?;
        let answer = endpoint.for_action(self.name(), action).send(request).await;
        let answer = answer.map_err(|cause| Failure {
            error: style.client_error(cause),
            passes: true,
        })?;
        if let Some(error) = ServiceError::in_answer(&answer, operation) {
            return Err(Failure {
                passes: error.passes(),
                error: error.into_task_error(style),
            });
        }
        let result = result(operation, &answer, times);
        let result = result.map_err(|problem| Failure::lasting(style.unreadable(&problem)))?;
        Ok((result, answer))
    }
}

fn request(operation: Operation, parameters: &Value) -> Result<Request<'static>, String> {
    match operation.model.protocol() {
        Protocol::Json(json) => Ok(json::request(operation, json, parameters)),
        Protocol::Query { version } => Ok(query::request(operation, version, parameters)),
        Protocol::RestJson | Protocol::RestXml { .. } => rest::request(operation, parameters),
    }
}

fn result(operation: Operation, answer: &Answer, times: Times) -> Result<Value, String> {
    match operation.model.protocol() {
        Protocol::Json(_) => json::result(operation, answer, times),
        Protocol::Query { .. } => query::result(operation, answer, times),
        Protocol::RestJson | Protocol::RestXml { .. } => rest::result(operation, answer, times),
    }
}
