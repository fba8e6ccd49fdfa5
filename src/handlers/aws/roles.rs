//! The roles of states: `Credentials.RoleArn`, assumed by STS.
//!
//! Source: developer guide, "Accessing resources in other AWS accounts in Step Functions".

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::connection::first_cause;
use super::credentials::CachedCredentials;
use super::endpoint::Endpoint;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::handlers::TaskContext;

/// The name of sessions, which AWS's logs show.
const SESSION: &str = "asl-engine";
/// The most sessions that are kept; data may name roles.
const MOST: usize = 1000;

/// The sessions of assumed roles; a clone shares them.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles {
    known: Arc<Mutex<HashMap<Session, SharedCredentialsProvider>>>,
}

/// A role, and the state machine that it is assumed for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Session {
    role: String,
    state_machine: Arc<str>,
}

/// Assumes a role.
#[derive(Debug)]
struct Assuming {
    session: Session,
    sts: Endpoint,
}

/// The role that a task's state asks for.
pub(super) fn role_of(context: &TaskContext) -> Option<&str> {
    context.request.credentials.as_ref()?.get("RoleArn")?.as_str()
}

impl Roles {
    /// The credentials of a role, for as long as a task takes. As on AWS, the state machine's ARN is the external id that the
    /// role's trust policy may ask for. Errors if STS does not give them.
    pub(super) async fn assume(
        &self,
        role: &str,
        context: &TaskContext,
        sts: Endpoint,
    ) -> Result<SharedCredentialsProvider, TaskError> {
        let session = Session {
            role: role.to_owned(),
            state_machine: Arc::clone(&context.state_machine_arn),
        };
        let provider = self.provider(session, sts);
        match provider.provide_credentials().await {
            Ok(_) => Ok(provider),
            Err(error) => Err(TaskError::new(predefined_errors::TASK_FAILED, first_cause(&error))),
        }
    }

    fn provider(&self, session: Session, sts: Endpoint) -> SharedCredentialsProvider {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&session) {
            known.clear();
        }
        let of_session = known.entry(session.clone()).or_insert_with(|| {
            let assuming = SharedCredentialsProvider::new(Assuming { session, sts });
            SharedCredentialsProvider::new(CachedCredentials::new(assuming))
        });
        of_session.clone()
    }
}

impl ProvideCredentials for Assuming {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(async { self.assume().await.map_err(CredentialsError::provider_error) })
    }
}

impl Assuming {
    /// Errors with the cause of the task that fails.
    async fn assume(&self) -> Result<Credentials, String> {
        let Session { role, state_machine } = &self.session;
        let service = Service::of("sts").ok_or("STS cannot be called")?;
        let parameters = json!({ "RoleArn": role, "RoleSessionName": SESSION, "ExternalId": state_machine });
        let style = Style::Sdk { class: service.class() };
        let called = service.call(&self.sts, "assumeRole", &parameters, style, Times::Iso);
        let (result, _) = called.await.map_err(|error| refusal(role, &error))?;
        credentials(&result).ok_or_else(|| format!("STS gave no credentials of the role {role}."))
    }
}

/// The cause for a role that STS does not give (recorded); the one who asked is named by STS alone.
fn refusal(role: &str, error: &TaskError) -> String {
    let asked = error.cause().split_once("User: ").map(|(_, rest)| rest);
    match asked.and_then(|rest| rest.split_once(" is not authorized to perform: sts:AssumeRole")) {
        Some((asking, _)) => {
            format!("The role {asking} is not authorized to assume the task state's role, {role}.")
        }
        None => format!(
            "The task state's role, {role}, cannot be assumed: {}: {}",
            error.error(),
            error.cause()
        ),
    }
}

fn credentials(result: &Value) -> Option<Credentials> {
    let given = result.get("Credentials")?;
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let expiry: DateTime<Utc> = text("Expiration")?.parse().ok()?;
    let token = text("SessionToken").map(str::to_owned);
    let (id, secret) = (text("AccessKeyId")?, text("SecretAccessKey")?);
    Some(Credentials::new(
        id,
        secret,
        token,
        Some(SystemTime::from(expiry)),
        "AssumeRole",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_role_is_told_in_the_words_of_aws() {
        let role = "arn:aws:iam::123456789012:role/Audit";
        let error = TaskError::new(
            "Sts.StsException",
            format!(
                "User: arn:aws:iam::123456789012:user/Bar is not authorized to perform: sts:AssumeRole on resource: {role} \
                 (Service: Sts, Status Code: 403, Request ID: 1)"
            ),
        );
        assert_eq!(
            refusal(role, &error),
            format!(
                "The role arn:aws:iam::123456789012:user/Bar is not authorized to assume the task state's role, {role}."
            )
        );
        let error = TaskError::new("Sts.SdkClientException", "Unable to execute HTTP request: no answer");
        assert_eq!(
            refusal(role, &error),
            format!(
                "The task state's role, {role}, cannot be assumed: Sts.SdkClientException: Unable to execute HTTP request: no \
                 answer"
            )
        );
    }
}
