//! The services of AWS: which are called, and where.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;

use super::api::SERVICES;
use super::connection;
use super::credentials::CachedCredentials;
use super::endpoint::Endpoint;
use super::endpoints::Endpoints;
use super::hosts;
use super::http_invoke::{self, Tokens};
#[cfg(feature = "cli")]
use super::lambda;
use super::lambda::Naming;
use super::roles::Roles;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use crate::TaskError;
use crate::error::{Error, ErrorKind, predefined_errors};

/// The services of AWS, which do the work of tasks: AWS's own over HTTPS, or an emulator's.
///
/// A task's parameters become a request in the protocol of its service, and the response becomes the task's result as Step
/// Functions gives it, names of errors included. A call is made once, since `Retry` is there for more; Step Functions turns off its
/// SDK's retries too. What is asked about a job of `.sync` is asked again if the service is busy.
///
/// The future of a task is the call: if the task times out or the execution stops, the connection is closed, and a job of
/// `.sync` is stopped. With a store, a task that was not answered when the process ended is done again: so is its job, as
/// with any handler.
///
/// ```no_run
/// use asl_engine::Interpreter;
/// use asl_engine::handlers::aws::AwsServices;
///
/// # async fn example() -> Result<(), asl_engine::Error> {
/// let interpreter = Interpreter::new().aws(AwsServices::from_env().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AwsServices {
    pub(super) endpoints: Endpoints,
    /// The services that may be called, by their names in `aws-sdk:`; `None` for all.
    only: Option<Vec<String>>,
    pub(super) roles: Roles,
    pub(super) tokens: Tokens,
}

impl AwsServices {
    /// AWS, with the region, the credentials and the endpoints of the environment and the configuration files, as AWS's SDKs
    /// read them: `AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_DYNAMODB`, single sign-on, roles of
    /// containers and instances, `AWS_CA_BUNDLE`, `HTTPS_PROXY`.
    ///
    /// Errors if they name no region, or an endpoint that is no URL. Credentials are looked for at the first call, and again
    /// before they expire.
    pub async fn from_env() -> Result<Self, Error> {
        Self::in_region(None).await
    }

    /// The same in this region, if there is one.
    pub(crate) async fn in_region(region: Option<String>) -> Result<Self, Error> {
        let tls = connection::trusted().map_err(refused)?;
        let mut config = aws_config::defaults(BehaviorVersion::latest()).http_client(connection::client(tls));
        if let Some(region) = region {
            config = config.region(Region::new(region));
        }
        Self::from_config(&config.load().await)
    }

    /// AWS as a configuration of its SDK says: region, credentials, endpoints.
    ///
    /// Errors if it has no region or no credentials, or an endpoint that is no URL.
    pub fn from_config(config: &SdkConfig) -> Result<Self, Error> {
        let region = config.region().ok_or_else(|| {
            refused("there is no region of AWS: set `AWS_REGION`, or `region` in the profile".to_owned())
        })?;
        let credentials = config
            .credentials_provider()
            .ok_or_else(|| refused("the configuration has no credentials of AWS".to_owned()))?;
        if config.use_fips() == Some(true) || config.use_dual_stack() == Some(true) {
            let which = "endpoints of FIPS and dual-stack endpoints";
            return Err(refused(format!(
                "{which} are not called: name the endpoints with `AWS_ENDPOINT_URL_SERVICE`, or leave the option away"
            )));
        }
        let tls = connection::trusted().map_err(refused)?;
        let credentials = SharedCredentialsProvider::new(CachedCredentials::new(credentials));
        let mut endpoints = Endpoints::new(region.to_string(), credentials, Some(tls));
        let of_all = config.endpoint_url().filter(|url| !url.is_empty());
        if let Some(url) = of_all {
            endpoints.set_all(checked_url("AWS_ENDPOINT_URL", url)?);
        }
        // What a program has set goes before what the environment says.
        let is_of_program = config.get_origin("endpoint_url").is_client_config();
        for service in names().filter(|_| !is_of_program) {
            let Some(id) = hosts::id(service) else { continue };
            let key = ServiceConfigKey::builder()
                .service_id(id)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build();
            let (Ok(key), Some(own)) = (key, config.service_config()) else {
                continue;
            };
            // Without one of its own it is that of all.
            let url = own.load_config(key);
            if let Some(url) = url.filter(|url| !url.is_empty() && Some(url.as_str()) != of_all) {
                endpoints.set(service, checked_url(&format!("AWS_ENDPOINT_URL_{id}"), &url)?);
            }
        }
        Ok(Self::of(endpoints))
    }

    /// An emulator of AWS, such as moto or `LocalStack`, which serves all services. Requests are signed with the keys of
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or with such as emulators take.
    ///
    /// Errors if it is no URL.
    pub fn emulator(url: &str, region: &str) -> Result<Self, Error> {
        Self::nowhere(region).endpoint_url(url)
    }

    /// No services yet, for endpoints of emulators.
    pub(crate) fn nowhere(region: &str) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let id = variable("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "test".to_owned());
        let secret = variable("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned());
        let token = variable("AWS_SESSION_TOKEN");
        let credentials = Credentials::new(id, secret, token, None, "environment");
        let credentials = SharedCredentialsProvider::new(credentials);
        Self::of(Endpoints::new(region.to_owned(), credentials, None))
    }

    fn of(endpoints: Endpoints) -> Self {
        Self {
            endpoints,
            only: None,
            roles: Roles::default(),
            tokens: Tokens::default(),
        }
    }

    /// Calls all services at a URL, but those with a URL of their own. Errors if it is none.
    pub fn endpoint_url(mut self, url: &str) -> Result<Self, Error> {
        self.endpoints.set_all(checked_url("the endpoint", url)?);
        self.roles = Roles::default();
        Ok(self)
    }

    /// Calls one service at a URL, by its name in `aws-sdk:`. Errors if there is no such service, or if it is no URL.
    pub fn service_endpoint_url(mut self, service: &str, url: &str) -> Result<Self, Error> {
        known(service)?;
        self.endpoints.set(service, checked_url("the endpoint", url)?);
        self.roles = Roles::default();
        Ok(self)
    }

    /// Calls only these services, by their names in `aws-sdk:`: `dynamodb`, `sqs`, `eventbridge`; `http` is `http:invoke`. A
    /// machine that needs another one is refused at its start. A state's `Credentials` ask STS nevertheless.
    ///
    /// Errors if there is no such service.
    pub fn only(mut self, services: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, Error> {
        let services: Vec<String> = services.into_iter().map(Into::into).collect();
        let mut others = services.iter().filter(|service| *service != http_invoke::SERVICE);
        others.try_for_each(|service| known(service))?;
        self.only = Some(services);
        Ok(self)
    }

    /// Calls an action of a service with the names of `aws-sdk:`, such as `dynamodb` and `getItem`, outside a state machine.
    ///
    /// Errors as a task of `aws-sdk:dynamodb:getItem` fails: `DynamoDb.ResourceNotFoundException`.
    pub async fn call(&self, service: &str, action: &str, parameters: &Value) -> Result<Value, TaskError> {
        let failed = |cause: String| TaskError::new(predefined_errors::TASK_FAILED, cause);
        let endpoint = self.endpoint(service, None).map_err(failed)?;
        let service = Service::of(service).ok_or_else(|| failed(format!("no service `{service}` can be called")))?;
        let style = Style::Sdk { class: service.class() };
        let called = service.call(&endpoint, action, parameters, style, Times::Iso).await;
        called.map(|(result, _)| result)
    }

    /// Invokes a function by its ARN, as the target of a rule, and waits for its result.
    #[cfg(feature = "cli")]
    pub(crate) async fn invoke(&self, arn: &str, payload: &Value) -> Result<Value, TaskError> {
        let region = arn.split(':').nth(3);
        let endpoint = self.endpoint("lambda", region);
        let endpoint = endpoint.map_err(|cause| TaskError::new(predefined_errors::TASK_FAILED, cause))?;
        lambda::invoke_directly(&endpoint, arn, self.naming(), payload).await
    }

    /// How functions are named where they are called.
    pub(super) fn naming(&self) -> Naming {
        if self.endpoints.is_of_aws() {
            Naming::AsGiven
        } else {
            Naming::ByName
        }
    }

    /// The region of resources that are named without one.
    #[cfg(feature = "cli")]
    pub(crate) fn region(&self) -> &str {
        &self.endpoints.region
    }

    /// Whether no service is called.
    #[cfg(feature = "cli")]
    pub(crate) fn is_empty(&self) -> bool {
        !names().any(|name| self.has(name))
    }

    /// Whether a service is called, by its name in `aws-sdk:`.
    pub(crate) fn has(&self, service: &str) -> bool {
        let is_allowed = self
            .only
            .as_ref()
            .is_none_or(|only| only.iter().any(|name| name == service));
        let called: &[&str] = match service {
            http_invoke::SERVICE => &http_invoke::ASKED,
            _ => &[service],
        };
        is_allowed && called.iter().all(|service| self.endpoints.has(service))
    }

    /// The endpoint of a service. Errors with the reason if it is not called, or not in this region.
    pub(super) fn endpoint(&self, service: &str, region: Option<&str>) -> Result<Endpoint, String> {
        let found = if self.has(service) {
            self.endpoints.find(service, region)?
        } else {
            None
        };
        found.ok_or_else(|| self.uncalled(service))
    }

    /// The sentence for a service that is not called, which names those that are.
    pub(super) fn uncalled(&self, service: &str) -> String {
        format!("the service `{service}` is not called, {}", self.called())
    }

    /// The services that are called, as a half sentence.
    pub(super) fn called(&self) -> String {
        let names = names().chain([http_invoke::SERVICE]);
        let called: Vec<_> = names.filter(|name| self.has(name)).collect();
        format!("but these are: {}", called.join(", "))
    }
}

/// The names of all services that can be called.
fn names() -> impl Iterator<Item = &'static str> {
    SERVICES
        .iter()
        .map(|(name, _)| *name)
        .chain([super::api_gateway::SERVICE])
}

/// Whether a service can be called, by its name in `aws-sdk:`.
pub(crate) fn is_service(name: &str) -> bool {
    names().any(|known| known == name)
}

fn known(service: &str) -> Result<(), Error> {
    if is_service(service) {
        return Ok(());
    }
    Err(refused(format!(
        "no service `{service}` can be called; write its name as in `aws-sdk:{service}:…`"
    )))
}

fn checked_url(of: &str, url: &str) -> Result<String, Error> {
    Endpoint::url(url).map_err(|problem| {
        // It may have a password.
        let shown = if url.contains('@') { "URL" } else { url };
        refused(format!("{of} is `{shown}`: {problem}"))
    })
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Aws, message)
}
