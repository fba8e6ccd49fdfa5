//! A service of AWS, whichever protocol it speaks: an action with its parameters becomes a request, and an answer a result.

use serde_json::Value;

use super::connection::Answer;
use super::endpoint::{Endpoint, Request};
use super::model::{Model, Operation, Protocol};
use super::scalar::Times;
use super::service_error::{ServiceError, Style};
use super::{json, parameters, query, rest};
use crate::TaskError;
use crate::error::predefined_errors;

#[derive(Debug, Clone, Copy)]
pub(super) struct Service(&'static Model);

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

    /// Calls an action, and gives its result with the answer that it was in.
    pub(super) async fn call(
        self,
        endpoint: &Endpoint,
        action: &str,
        parameters: &Value,
        style: Style<'_>,
        times: Times,
    ) -> Result<(Value, Answer), TaskError> {
        let operation = self.operation(action, parameters)?;
        let request = request(operation, parameters);
        let request = request.map_err(|problem| style.client_error(problem))?;
        let answer = endpoint.send(request).await;
        let answer = answer.map_err(|cause| style.client_error(cause))?;
        if let Some(error) = ServiceError::in_answer(&answer, operation) {
            return Err(error.into_task_error(style));
        }
        let result = result(operation, &answer, times);
        Ok((result.map_err(|problem| style.unreadable(&problem))?, answer))
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
