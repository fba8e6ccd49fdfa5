//! A task that calls a service: its action, its integration pattern, its result.

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};
use std::sync::Arc;

use super::api_gateway;
use super::call::Call;
use super::connection::Answer;
use super::elasticmapreduce;
use super::endpoint::Endpoint;
use super::event_bus::AwsEventBridge;
use super::headers::metadata;
use super::hosts;
use super::http_invoke;
use super::integration::Integration;
use super::job::Job;
use super::lambda;
use super::region;
use super::roles::role_of;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use super::services::AwsServices;
use crate::TaskError;
use crate::data::json_value;
use crate::definition::{IntegrationPattern, Resource, ResourceKind};
use crate::error::predefined_errors;
use crate::handlers::{Handler, PutEvents, TaskContext};

#[async_trait]
impl Handler for AwsServices {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        perform(self, &input, &context).await
    }

    fn refusal(&self, resource: &Resource) -> Option<String> {
        refusal(self, resource)
    }
}

/// What a resource calls.
enum Target<'r> {
    /// A function by its ARN.
    Function,
    ApiGateway,
    Events,
    Http,
    Sdk {
        service: Service,
        action: &'r str,
    },
    Optimised {
        integration: &'static Integration,
        service: Service,
        action: &'r str,
    },
}

impl<'r> Target<'r> {
    /// The target of a resource. Errors with the reason if nothing here can call it.
    fn of(resource: &'r Resource) -> Result<Self, String> {
        let Some((resource_type, action)) = resource.service() else {
            return match resource.kind() {
                ResourceKind::LambdaFunction => Ok(Self::Function),
                _ => Err("AWS's services do no work of activities".to_owned()),
            };
        };
        let action = action.split('.').next().unwrap_or(action);
        match resource_type {
            "apigateway" => return Ok(Self::ApiGateway),
            "events" => return Ok(Self::Events),
            "http" => return Ok(Self::Http),
            _ => {}
        }
        if let Some(name) = resource_type.strip_prefix("aws-sdk:") {
            let service = Service::of(name).ok_or_else(|| format!("the service `{name}` cannot be called here"))?;
            return Ok(Self::Sdk { service, action });
        }
        if let ("eks", "call" | "runJob") = (resource_type, action) {
            return Err(format!(
                "`eks:{action}` cannot be called here: it speaks to the cluster itself, in the protocol of Kubernetes"
            ));
        }
        let known = Integration::of(resource_type, action);
        let found = known.and_then(|integration| Some((integration, Service::of(integration.sdk_name)?)));
        let (integration, service) =
            found.ok_or_else(|| format!("the integration `{resource_type}:{action}` cannot be called here"))?;
        Ok(Self::Optimised {
            integration,
            service,
            action,
        })
    }

    /// The service, by its name in `aws-sdk:`.
    fn service(&self) -> &'static str {
        match self {
            Self::Function => "lambda",
            Self::ApiGateway => api_gateway::SERVICE,
            Self::Events => "eventbridge",
            Self::Http => http_invoke::SERVICE,
            Self::Sdk { service, .. } | Self::Optimised { service, .. } => service.name(),
        }
    }
}

/// Why the tasks of a resource cannot be done; `None` if they can.
fn refusal(services: &AwsServices, resource: &Resource) -> Option<String> {
    let target = match Target::of(resource) {
        Ok(target) => target,
        Err(problem) => {
            let is_sdk = resource.service().is_some_and(|(name, _)| name.starts_with("aws-sdk:"));
            return Some(if is_sdk {
                format!("{problem}, {}", services.called())
            } else {
                problem
            });
        }
    };
    if !services.has(target.service()) {
        return Some(services.uncalled(target.service()));
    }
    match target {
        Target::Sdk { service, action } => service.lacks(action),
        Target::Optimised {
            integration,
            service,
            action,
        } => lacks(integration, service, action).or_else(|| {
            let is_sync = resource.pattern() == IntegrationPattern::Sync;
            is_sync.then(|| Job::of(integration.name, action).err()).flatten()
        }),
        _ => None,
    }
}

/// The sentence for an action that an integration does not have; `None` if it has it.
fn lacks(integration: &Integration, service: Service, action: &str) -> Option<String> {
    match integration.name {
        elasticmapreduce::NAME => elasticmapreduce::lacks(action),
        _ => service.lacks(action),
    }
}

/// Does a task.
async fn perform(services: &AwsServices, input: &Value, context: &TaskContext) -> Result<Value, TaskError> {
    let failed = |cause: String| TaskError::new(predefined_errors::TASK_FAILED, cause);
    let target = Target::of(&context.resource).map_err(failed)?;
    let region = region::of_task(&context.resource, input, target.service());
    if let Target::ApiGateway = target
        && services.has(api_gateway::SERVICE)
    {
        let of_host = |host: &str| services.endpoints.of_host(host, hosts::region_of_api(host)?);
        let endpoint = services.endpoints.find(api_gateway::SERVICE, region).map_err(failed)?;
        let role = role(services, context).await?;
        return api_gateway::invoke(endpoint, of_host, role, input).await;
    }
    if let Target::Http = target
        && services.has(http_invoke::SERVICE)
    {
        let client = http_invoke::Client {
            endpoints: &services.endpoints,
            tokens: &services.tokens,
        };
        let role = role(services, context).await?;
        return http_invoke::invoke(&client, role, input).await;
    }
    let mut endpoint = services.endpoint(target.service(), region).map_err(failed)?;
    if let Some(credentials) = role(services, context).await? {
        endpoint = endpoint.with_credentials(credentials);
    }
    match target {
        Target::ApiGateway | Target::Http => Err(failed(services.uncalled(target.service()))),
        Target::Function => lambda::invoke_directly(&endpoint, context.resource.arn(), services.naming(), input).await,
        Target::Events => {
            let bridge = AwsEventBridge::at(endpoint);
            PutEvents::new(Arc::new(bridge))
                .call(input.clone(), context.clone())
                .await
        }
        Target::Sdk { service, action } => {
            let style = Style::Sdk { class: service.class() };
            let called = service.call(&endpoint, action, input, style, Times::Iso).await;
            called.map(|(result, _)| result)
        }
        Target::Optimised {
            integration,
            service,
            action,
        } => {
            let mut call = Call {
                service,
                endpoint,
                integration,
            };
            if integration.name == "s3" {
                // Only Maps have this integration.
                call.endpoint = call.endpoint.of_objects();
            }
            if integration.name == "lambda" {
                let input = lambda::with_qualifier(input, services.naming())?;
                return integrate(call, action, &input, context).await;
            }
            integrate(call, action, input, context).await
        }
    }
}

/// The credentials of the state's role, if it has one.
async fn role(services: &AwsServices, context: &TaskContext) -> Result<Option<SharedCredentialsProvider>, TaskError> {
    let Some(role) = role_of(context) else { return Ok(None) };
    let sts = services.endpoints.find("sts", None);
    let sts: Option<Endpoint> = sts.map_err(|cause| TaskError::new(predefined_errors::TASK_FAILED, cause))?;
    match sts {
        Some(sts) => services.roles.assume(role, context, sts).await.map(Some),
        None => Err(TaskError::new(
            predefined_errors::TASK_FAILED,
            format!("The task state's role, {role}, cannot be assumed: no endpoint serves STS"),
        )),
    }
}

/// Does the task of an optimised integration.
async fn integrate(call: Call, action: &str, input: &Value, context: &TaskContext) -> Result<Value, TaskError> {
    let is_sync = context.resource.pattern() == IntegrationPattern::Sync;
    let job = if is_sync {
        let job = Job::of(call.integration.name, action);
        Some(job.map_err(|cause| TaskError::new(predefined_errors::TASK_FAILED, cause))?)
    } else {
        None
    };
    let (result, answer) = match call.integration.name {
        elasticmapreduce::NAME => elasticmapreduce::start(&call, action, input).await?,
        _ => call.start(action, input).await?,
    };
    let result = match call.integration.name {
        "lambda" => lambda::returned(result)?,
        _ => result,
    };
    let submitted = with_metadata(result.clone(), &answer);
    if context.resource.pattern() != IntegrationPattern::RequestResponse && was_not_started(&call, &result) {
        return Err(TaskError::new("AmazonECS.Unknown", submitted.to_string()));
    }
    let Some(job) = job else {
        return Ok(submitted);
    };
    context.submitted(submitted);
    let ended = job.wait(call, input, &result).await?;
    let gives_json = context.resource.arn().ends_with(".sync:2");
    Ok(if gives_json { with_json(ended) } else { ended })
}

/// The description of an execution with its input and output as JSON.
fn with_json(mut description: Value) -> Value {
    for name in ["Input", "Output"] {
        if let Some(text) = description.get_mut(name)
            && let Some(json) = text.as_str().and_then(|text| json_value(text).ok())
        {
            *text = json;
        }
    }
    description
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

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("integrations.md");

    /// The cell of the table for a resource.
    fn cell(service: &str, action: &str) -> &'static str {
        let (action, pattern) = action.split_once('.').unwrap_or((action, ""));
        let start = format!("| `{service}:{action}` |");
        let line = TABLE.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("the table has no {service}:{action}"));
        let column = match pattern {
            "" => 2,
            "sync" | "sync:2" => 3,
            _ => 4,
        };
        line.split('|').nth(column).unwrap().trim()
    }

    #[test]
    fn every_integration_works_or_is_refused_as_the_table_says() {
        let services = AwsServices::emulator("http://127.0.0.1:9", "us-east-1").unwrap();
        let mut names = Vec::new();
        for resource in Resource::optimised() {
            let (service, action) = resource.service().unwrap();
            let name = format!("{service}:{}", action.split('.').next().unwrap());
            match (cell(service, action), refusal(&services, &resource)) {
                ("works", None) => {}
                (cell, Some(refusal)) if cell.starts_with("refused: ") => {
                    assert!(
                        refusal.contains(&name) && refusal.contains("cannot be called here"),
                        "{refusal}"
                    );
                }
                (cell, refusal) => panic!("{resource}: {cell}, but {refusal:?}"),
            }
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        let rows = TABLE.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<_> = rows.map(|line| line.split('`').nth(1).unwrap()).collect();
        assert_eq!(rows, names);
    }
}
