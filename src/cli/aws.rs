//! `--aws` and `--aws-endpoint`: AWS, or an emulator of it, which serves the services that tasks call.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::stores::tell;
use crate::error::Error;
use crate::handlers::aws::{AwsServices, Endpoint, is_service};

/// The region of emulators' resources, unless another one is named.
const REGION: &str = "us-east-1";

/// The variables of Step Functions Local for single services, by the services' names in `aws-sdk:`.
const VARIABLES: [(&str, &str); 7] = [
    ("BATCH_ENDPOINT", "batch"),
    ("DYNAMODB_ENDPOINT", "dynamodb"),
    ("ECS_ENDPOINT", "ecs"),
    ("GLUE_ENDPOINT", "glue"),
    ("SAGE_MAKER_ENDPOINT", "sagemaker"),
    ("SNS_ENDPOINT", "sns"),
    ("SQS_ENDPOINT", "sqs"),
];

/// Its variable for nested executions, which run here.
const OF_ITSELF: &str = "STEP_FUNCTIONS_ENDPOINT";

/// Options for the services of AWS.
#[derive(Args)]
pub(super) struct AwsOptions {
    /// Call AWS for the services that tasks call, with the region, credentials and endpoints of the environment, as the AWS CLI
    /// does
    #[arg(long)]
    aws: bool,
    /// Endpoint of an emulator of AWS, which serves the services that tasks call; with a name as in `aws-sdk:` before it
    /// (`sqs=URL`), that one service; may be given more than once
    #[arg(long = "aws-endpoint", value_name = "[SERVICE=]URL", value_parser = endpoint)]
    endpoints: Vec<(Option<String>, String)>,
}

fn endpoint(text: &str) -> Result<(Option<String>, String), String> {
    match text.split_once('=') {
        // Another `=` may be part of a URL.
        Some((service, url)) if !service.contains([':', '/']) => {
            if !is_service(service) {
                return Err(format!(
                    "no service `{service}` can be called; write its name as in `aws-sdk:{service}:…`"
                ));
            }
            Ok((Some(service.to_owned()), Endpoint::url(url)?))
        }
        _ => Ok((None, Endpoint::url(text)?)),
    }
}

impl AwsOptions {
    /// Whether there are any.
    pub(super) fn are_given(&self) -> bool {
        self.aws || !self.endpoints.is_empty()
    }

    /// The services, if the options name some. Errors as [`AwsOptions::services`] does.
    pub(super) async fn called(&self) -> Result<Option<AwsServices>, Failure> {
        if !self.are_given() {
            return Ok(None);
        }
        let variable = |name: &&str| std::env::var(name).ok().filter(|region| !region.is_empty());
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(variable);
        let services = self.begun(region.as_deref()).await?;
        self.at_endpoints(services).map(Some)
    }

    /// The services at the endpoints of the options and of Step Functions Local's variables. Errors if a service has two, if a
    /// variable holds no URL, or if AWS cannot be called.
    pub(super) async fn services(
        &self,
        region: Option<&str>,
        lambda: Option<&str>,
        is_quiet: bool,
    ) -> Result<AwsServices, Failure> {
        let mut services = self.begun(region).await?;
        for (variable, service) in VARIABLES {
            if let Some(url) = variable_url(variable)? {
                services = services.service_endpoint_url(service, &url).map_err(refused)?;
            }
        }
        if variable_url(OF_ITSELF)?.is_some() && !is_quiet {
            tell(&format!("`{OF_ITSELF}` is not followed: nested executions run here"));
        }
        services = self.at_endpoints(services)?;
        match lambda {
            Some(url) => services.service_endpoint_url("lambda", url).map_err(refused),
            None => Ok(services),
        }
    }

    /// The services without endpoints of options. A region goes before the one of the environment.
    async fn begun(&self, region: Option<&str>) -> Result<AwsServices, Failure> {
        if self.aws {
            return AwsServices::in_region(region.map(str::to_owned)).await.map_err(refused);
        }
        Ok(AwsServices::nowhere(region.unwrap_or(REGION)))
    }

    fn at_endpoints(&self, mut services: AwsServices) -> Result<AwsServices, Failure> {
        let mut given: Vec<Option<&str>> = Vec::new();
        for (service, url) in &self.endpoints {
            if given.contains(&service.as_deref()) {
                let of = service.as_deref().unwrap_or("all services");
                return Err(Failure::new(format!("`--aws-endpoint` is given twice for {of}")));
            }
            given.push(service.as_deref());
            services = match service {
                Some(service) => services.service_endpoint_url(service, url),
                None => services.endpoint_url(url),
            }
            .map_err(refused)?;
        }
        Ok(services)
    }
}

fn refused(error: Error) -> Failure {
    Failure::new(error.to_string())
}

fn variable_url(variable: &str) -> Result<Option<String>, Failure> {
    let value = std::env::var(variable).unwrap_or_default();
    if value.is_empty() {
        return Ok(None);
    }
    let url = Endpoint::url(&value);
    url.map(Some).map_err(|problem| {
        // It may have a password.
        let shown = if value.contains('@') { "URL" } else { &value };
        Failure::new(format!("`{variable}` is `{shown}`: {problem}"))
    })
}
