//! `--aws-endpoint`: an emulator of AWS, which serves the services that tasks call.

use clap::Args;
use std::collections::HashMap;

use crate::aws::{AwsServices, Endpoint, Place, is_service};
use crate::cli::failure::Failure;
use crate::cli::stores::tell;

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
    /// Endpoint of an emulator of AWS, which serves the services that tasks call; with a name as in `aws-sdk:` before it
    /// (`sqs=URL`), that one service; may be given more than once. `SQS_ENDPOINT` and such are followed too
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
    /// The services at their endpoints. Errors if a service has two, or a variable holds no URL.
    pub(super) fn services(&self, place: &Place, is_quiet: bool) -> Result<AwsServices, Failure> {
        let mut own = HashMap::new();
        for (variable, service) in VARIABLES {
            if let Some(url) = variable_url(variable)? {
                own.insert(service.to_owned(), Endpoint::new(&url, place));
            }
        }
        if variable_url(OF_ITSELF)?.is_some() && !is_quiet {
            tell(&format!("`{OF_ITSELF}` is not followed: nested executions run here"));
        }
        let mut all = None;
        let mut given: Vec<Option<&str>> = Vec::new();
        for (service, url) in &self.endpoints {
            if given.contains(&service.as_deref()) {
                let of = service.as_deref().unwrap_or("all services");
                return Err(Failure::new(format!("`--aws-endpoint` is given twice for {of}")));
            }
            given.push(service.as_deref());
            let endpoint = Endpoint::new(url, place);
            match service {
                Some(service) => drop(own.insert(service.clone(), endpoint)),
                None => all = Some(endpoint),
            }
        }
        Ok(AwsServices::new(all, own))
    }
}

fn variable_url(variable: &str) -> Result<Option<String>, Failure> {
    let value = std::env::var(variable).unwrap_or_default();
    if value.is_empty() {
        return Ok(None);
    }
    let url = Endpoint::url(&value);
    url.map(Some)
        .map_err(|problem| Failure::new(format!("`{variable}` is `{value}`: {problem}")))
}
