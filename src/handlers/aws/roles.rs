//! The roles of states: `Credentials.RoleArn`, assumed by STS.
//!
//! Source: developer guide, "Accessing resources in other AWS accounts in Step Functions".

use aws_credential_types::Credentials;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;
use tokio::sync::Mutex;

use super::endpoint::Endpoint;
use super::scalar::Times;
use super::service::Service;
use super::service_error::Style;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::handlers::TaskContext;

/// Credentials are not used in the last minutes before they expire.
const SPARE: TimeDelta = TimeDelta::minutes(5);
/// The name of sessions, which AWS's logs show.
const SESSION: &str = "asl-engine";

/// The credentials of assumed roles; a clone shares them.
#[derive(Clone, Default)]
pub(super) struct Roles {
    known: Arc<std::sync::Mutex<HashMap<Session, Entry>>>,
}

/// The credentials of one session, once they were asked for.
type Entry = Arc<Mutex<Option<Assumed>>>;

/// A role, and the state machine that it is assumed for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Session {
    role: String,
    state_machine: Arc<str>,
}

#[derive(Clone)]
struct Assumed {
    credentials: Credentials,
    expiry: DateTime<Utc>,
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roles").finish_non_exhaustive()
    }
}

/// The role that a task's state asks for.
pub(super) fn role_of(context: &TaskContext) -> Option<&str> {
    context.request.credentials.as_ref()?.get("RoleArn")?.as_str()
}

impl Roles {
    /// The credentials of a role. As on AWS, the state machine's ARN is the external id that the role's trust policy may ask for.
    pub(super) async fn assume(
        &self,
        role: &str,
        context: &TaskContext,
        sts: &Endpoint,
    ) -> Result<Credentials, TaskError> {
        let session = Session {
            role: role.to_owned(),
            state_machine: Arc::clone(&context.state_machine_arn),
        };
        let known = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(session).or_default())
        };
        // Who comes meanwhile waits for the one answer.
        let mut known = known.lock().await;
        if let Some(assumed) = known.as_ref().filter(|assumed| assumed.expiry - SPARE > now()) {
            return Ok(assumed.credentials.clone());
        }
        let assumed = assume(role, &context.state_machine_arn, sts).await?;
        let credentials = assumed.credentials.clone();
        *known = Some(assumed);
        Ok(credentials)
    }
}

async fn assume(role: &str, state_machine: &str, sts: &Endpoint) -> Result<Assumed, TaskError> {
    let failed = |cause: String| TaskError::new(predefined_errors::TASK_FAILED, cause);
    let service = Service::of("sts").ok_or_else(|| failed("STS cannot be called".to_owned()))?;
    let parameters = json!({ "RoleArn": role, "RoleSessionName": SESSION, "ExternalId": state_machine });
    let style = Style::Sdk { class: service.class() };
    let called = service.call(sts, "assumeRole", &parameters, style, Times::Iso).await;
    let (result, _) = called.map_err(|error| failed(refusal(role, &error)))?;
    credentials(&result).ok_or_else(|| failed(format!("STS gave no credentials of the role {role}.")))
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

fn credentials(result: &Value) -> Option<Assumed> {
    let given = result.get("Credentials")?;
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let expiry: DateTime<Utc> = text("Expiration")?.parse().ok()?;
    let credentials = Credentials::new(
        text("AccessKeyId")?,
        text("SecretAccessKey")?,
        text("SessionToken").map(str::to_owned),
        Some(SystemTime::from(expiry)),
        "AssumeRole",
    );
    Some(Assumed { credentials, expiry })
}

#[expect(clippy::disallowed_methods, reason = "credentials expire by the system's time")]
fn now() -> DateTime<Utc> {
    Utc::now()
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
