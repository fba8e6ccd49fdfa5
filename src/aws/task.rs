//! A task that calls a service: its action, its integration pattern, its result.

use serde_json::{Value, json};
use std::collections::HashMap;

use super::api_gateway;
use super::call::Call;
use super::endpoint::{Answer, Endpoint};
use super::headers::metadata;
use super::integration::Integration;
use super::job::Job;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use crate::TaskError;
use crate::definition::IntegrationPattern;
use crate::error::predefined_errors;
use crate::handlers::TaskContext;

/// The endpoints of AWS's services.
#[derive(Debug, Clone, Default)]
pub(crate) struct AwsServices {
    /// Of all that have none of their own.
    all: Option<Endpoint>,
    own: HashMap<String, Endpoint>,
}

/// Whether a service can be called, by its name in `aws-sdk:`.
pub(crate) fn is_service(name: &str) -> bool {
    name == api_gateway::SERVICE || Service::of(name).is_some()
}

impl AwsServices {
    /// One endpoint for all services, and others for some, by their names in `aws-sdk:`.
    pub(crate) fn new(all: Option<Endpoint>, own: HashMap<String, Endpoint>) -> Self {
        Self { all, own }
    }

    /// The endpoint of a service by its name in `aws-sdk:`.
    pub(crate) fn endpoint(&self, service: &str) -> Option<&Endpoint> {
        self.own.get(service).or(self.all.as_ref())
    }

    /// Does a task whose resource is a service integration; `None` if there is no endpoint for its service.
    pub(crate) async fn call(&self, input: &Value, context: &TaskContext) -> Option<Result<Value, TaskError>> {
        let (resource_type, action) = context.resource.service()?;
        let action = action.split('.').next().unwrap_or(action);
        if resource_type == "apigateway" {
            let endpoint = self.endpoint(api_gateway::SERVICE)?;
            return Some(api_gateway::invoke(endpoint, input).await);
        }
        let optimised = Integration::of(resource_type);
        let name = optimised.map_or_else(|| resource_type.trim_start_matches("aws-sdk:"), |known| known.sdk_name);
        let endpoint = self.endpoint(name)?;
        let Some(service) = Service::of(name) else {
            return Some(Err(TaskError::new(
                predefined_errors::TASK_FAILED,
                format!(
                    "`asl serve` cannot call the service `{name}`: mock `{}`, or answer it with `--answer`",
                    context.resource
                ),
            )));
        };
        Some(match optimised {
            None => {
                let style = Style::Sdk { class: service.class() };
                let called = service.call(endpoint, action, input, style, Times::Iso).await;
                called.map(|(result, _)| result)
            }
            Some(integration) => {
                let call = Call {
                    service,
                    endpoint: endpoint.clone(),
                    integration,
                };
                integrate(call, action, input, context).await
            }
        })
    }
}

/// Does the task of an optimised integration.
async fn integrate(call: Call, action: &str, input: &Value, context: &TaskContext) -> Result<Value, TaskError> {
    let is_sync = context.resource.pattern() == IntegrationPattern::Sync;
    let job = if is_sync {
        Some(Job::of(call.integration.name, action)?)
    } else {
        None
    };
    let (result, answer) = call.ask(action, input).await?;
    let submitted = with_metadata(result.clone(), &answer);
    if context.resource.pattern() != IntegrationPattern::RequestResponse && was_not_started(&call, &result) {
        return Err(TaskError::new("AmazonECS.Unknown", submitted.to_string()));
    }
    let Some(job) = job else {
        return Ok(submitted);
    };
    context.submitted(submitted);
    job.wait(call, input, &result).await
}

/// Whether nothing will tell how a task of ECS goes, such as where a cluster has no room for it.
fn was_not_started(call: &Call, result: &Value) -> bool {
    let failures = result.get("Failures").and_then(Value::as_array);
    call.integration.name == "ecs" && failures.is_some_and(|failures| !failures.is_empty())
}

/// A result with what the SDK tells of the answer.
fn with_metadata(result: Value, answer: &Answer) -> Value {
    let Value::Object(mut members) = result else {
        return result;
    };
    members.insert("SdkHttpMetadata".to_owned(), metadata(&answer.headers, answer.status));
    members.insert(
        "SdkResponseMetadata".to_owned(),
        json!({ "RequestId": answer.request_id() }),
    );
    members.sort_keys();
    members.into()
}
