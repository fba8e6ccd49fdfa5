//! A task that calls a service: its action, its integration pattern, its result.

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};
use std::sync::Arc;

use super::api_gateway;
use super::call::Call;
use super::connection::Answer;
use super::endpoint::Endpoint;
use super::event_bus::AwsEventBridge;
use super::headers::metadata;
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
            _ => {}
        }
        if let Some(name) = resource_type.strip_prefix("aws-sdk:") {
            let service = Service::of(name).ok_or_else(|| format!("the service `{name}` cannot be called here"))?;
            return Ok(Self::Sdk { service, action });
        }
        let known = Integration::of(resource_type);
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
        } => service.lacks(action).or_else(|| {
            let is_sync = resource.pattern() == IntegrationPattern::Sync;
            is_sync.then(|| Job::of(integration.name, action).err()).flatten()
        }),
        _ => None,
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
        let of_host = |host: &str| services.endpoints.of_host(host, region::of_host(host));
        let endpoint = services.endpoints.find(api_gateway::SERVICE, region).map_err(failed)?;
        let role = role(services, context).await?;
        return api_gateway::invoke(endpoint, of_host, role, input).await;
    }
    let mut endpoint = services.endpoint(target.service(), region).map_err(failed)?;
    if let Some(credentials) = role(services, context).await? {
        endpoint = endpoint.with_credentials(credentials);
    }
    match target {
        Target::ApiGateway => Err(failed(services.uncalled(api_gateway::SERVICE))),
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
    let (result, answer) = call.ask(action, input).await?;
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
