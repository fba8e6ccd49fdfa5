//! A service of AWS, whichever protocol it speaks: an action with its parameters becomes a request, and an answer a result.

use axum::http::Method;
use serde_json::Value;

use super::endpoint::{Answer, Endpoint, Request};
use super::json_service::JsonService;
use super::model::{Model, Operation, Protocol, Shape};
use super::scalar::Times;
use super::service_error::{ServiceError, Style};
use super::{query, rest};
use crate::TaskError;
use crate::data::json_value;
use crate::services::parameters::{others, refused, unsupported};

#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    Json(JsonService),
    Modelled(&'static Model),
}

impl Service {
    /// A service by its name in `aws-sdk:`; `None` if this version cannot call it.
    pub(super) fn of(name: &str) -> Option<Self> {
        let modelled = Model::of(name).map(Self::Modelled);
        modelled.or_else(|| JsonService::of(name).map(Self::Json))
    }

    /// Its class in the AWS SDK for Java 2.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Json(service) => service.class,
            Self::Modelled(model) => model.class(),
        }
    }

    fn errors(self) -> &'static str {
        match self {
            Self::Json(service) => service.errors,
            Self::Modelled(model) => model.errors(),
        }
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
        let operation = match self {
            Self::Json(_) => None,
            Self::Modelled(model) => Some(operation(model, action, parameters)?),
        };
        let request = self.request(operation, action, parameters)?;
        let answer = endpoint.send(request).await.map_err(|cause| style.unreachable(cause))?;
        if !(200..300).contains(&answer.status) {
            return Err(ServiceError::read(&answer).into_task_error(style, self.errors()));
        }
        let result = self.result(operation, &answer, times);
        Ok((result.map_err(|problem| style.unreadable(&problem))?, answer))
    }

    fn request(
        self,
        operation: Option<Operation>,
        action: &str,
        parameters: &Value,
    ) -> Result<Request<'static>, TaskError> {
        let headers = |pairs: [(&str, String); 1]| pairs.map(|(name, value)| (name.to_owned(), value)).to_vec();
        match (self, operation) {
            (Self::Modelled(model), Some(operation)) if model.protocol() == Protocol::Query => Ok(Request {
                signing_name: model.signing_name(),
                method: Method::POST,
                path: "/".to_owned(),
                headers: headers([("content-type", "application/x-www-form-urlencoded".to_owned())]),
                body: query::form(model, operation, parameters).into_bytes(),
            }),
            (Self::Modelled(model), Some(operation)) => {
                rest::request(model, operation, parameters).map_err(|problem| refused(parameters, &problem))
            }
            (Self::Modelled(model), None) => Err(no_action(model.class(), action)),
            (Self::Json(service), _) => {
                let mut headers = headers([("content-type", format!("application/x-amz-json-{}", service.version))]);
                headers.push(("x-amz-target".to_owned(), service.target(action)));
                Ok(Request {
                    signing_name: service.signing_name,
                    method: Method::POST,
                    path: "/".to_owned(),
                    headers,
                    body: service.to_wire(action, parameters).to_string().into_bytes(),
                })
            }
        }
    }

    fn result(self, operation: Option<Operation>, answer: &Answer, times: Times) -> Result<Value, String> {
        match (self, operation) {
            (Self::Modelled(model), Some(operation)) if model.protocol() == Protocol::Query => {
                let text = String::from_utf8_lossy(&answer.body);
                Ok(query::result(operation, &text, times)?.into())
            }
            (Self::Modelled(model), Some(operation)) => rest::result(model, operation, answer, times),
            (Self::Json(service), _) if !answer.body.is_empty() => {
                let text = String::from_utf8_lossy(&answer.body);
                let response: Value = json_value(&text).map_err(|error| error.to_string())?;
                Ok(service.spelt(&response, times))
            }
            _ => Ok(Value::Object(serde_json::Map::new())),
        }
    }
}

/// The operation of an action. Errors if there is none, or if the parameters do not fit it.
fn operation(model: &'static Model, action: &str, parameters: &Value) -> Result<Operation, TaskError> {
    let operation = model
        .operation(action)
        .ok_or_else(|| no_action(model.class(), action))?;
    let members: Vec<_> = operation.input.into_iter().flat_map(Shape::members).collect();
    let names: Vec<_> = members.iter().map(|member| member.name).collect();
    let mut problems: Vec<_> = others(parameters.as_object(), &names).map(unsupported).collect();
    let given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    let missing = members
        .iter()
        .filter(|member| member.is_required && !given(member.name));
    problems.extend(missing.map(|member| format!("The field '{}' is required but was missing", member.name)));
    if problems.is_empty() {
        return Ok(operation);
    }
    Err(refused(parameters, &problems.join(", ")))
}

fn no_action(class: &str, action: &str) -> TaskError {
    TaskError::new(
        "States.TaskFailed",
        format!("{class} has no action `{action}` that can be called here"),
    )
}
