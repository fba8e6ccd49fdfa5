//! A connection of EventBridge: how an endpoint is authorized, and what is added to its requests.
//!
//! Source: EventBridge API reference, `DescribeConnection`; EventBridge user guide, "Connections for HTTP endpoint targets".

use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};

use super::Client;
use crate::TaskError;
use crate::data::json_value;
use crate::error::predefined_errors;
use crate::handlers::aws::region;
use crate::handlers::aws::scalar::Times;
use crate::handlers::aws::service::Service;
use crate::handlers::aws::service_error::Style;

/// A connection with its secret. It has no `Debug`, so that no secret is told by accident.
pub(super) struct Connection {
    pub(super) arn: String,
    /// `BASIC`, `API_KEY`, `OAUTH_CLIENT_CREDENTIALS`.
    pub(super) authorization: String,
    /// What is no secret.
    parameters: Value,
    secret: Value,
    /// The version of the secret.
    pub(super) version: String,
}

/// What a list of parameters is added to.
#[derive(Clone, Copy)]
pub(super) enum Added {
    Headers,
    Query,
    Body,
}

impl Connection {
    /// Asks EventBridge for a connection, and Secrets Manager for its secret.
    pub(super) async fn of(
        client: &Client<'_>,
        role: Option<SharedCredentialsProvider>,
        arn: &str,
    ) -> Result<Self, TaskError> {
        let region = region::in_arn(arn, "events");
        let name = arn.split(":connection/").nth(1).and_then(|rest| rest.split('/').next());
        let Some(name) = name.filter(|_| region.is_some()) else {
            let cause = format!("`{arn}` is no ARN of a connection");
            return Err(TaskError::new(predefined_errors::RUNTIME, cause));
        };
        let ask = async |service: &str, action: &str, parameters: Value| {
            let failed = |cause: String| TaskError::new(predefined_errors::TASK_FAILED, cause);
            let endpoint = client.endpoints.find(service, region).map_err(failed)?;
            let found = endpoint.zip(Service::of(service));
            let (mut endpoint, service) =
                found.ok_or_else(|| failed(format!("the service `{service}` is not called")))?;
            if let Some(credentials) = role.clone() {
                endpoint = endpoint.with_credentials(credentials);
            }
            let style = Style::Sdk { class: service.class() };
            let asked = service.call_patiently(&endpoint, action, &parameters, style, Times::Iso);
            asked.await.map(|(result, _)| result)
        };
        let described = ask("eventbridge", "describeConnection", json!({ "Name": name })).await?;
        let of = |name: &str| described.get(name).and_then(Value::as_str).unwrap_or_default();
        let state = of("ConnectionState");
        if state != "AUTHORIZED" {
            let cause = format!("The connection {name} is in the state {state}, not AUTHORIZED.");
            return Err(TaskError::new(
                "Events.ConnectionResource.InvalidConnectionState",
                cause,
            ));
        }
        let question = json!({ "SecretId": of("SecretArn") });
        let secret = ask("secretsmanager", "getSecretValue", question).await?;
        let text = secret.get("SecretString").and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            arn: arn.to_owned(),
            authorization: of("AuthorizationType").to_owned(),
            parameters: described.get("AuthParameters").cloned().unwrap_or_default(),
            // Nothing of it is told, not even why it is no JSON.
            secret: json_value(text).unwrap_or_default(),
            version: secret
                .get("VersionId")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// A text of the secret, which stands there or in the parameters. Errors if it is in neither.
    pub(super) fn text(&self, name: &str) -> Result<&str, TaskError> {
        let found = find(&self.secret, name).or_else(|| find(&self.parameters, name));
        found.and_then(Value::as_str).ok_or_else(|| self.lacks(name))
    }

    /// A list of the parameters that the connection adds, `InvocationHttpParameters` or `OAuthHttpParameters`.
    pub(super) fn added(&self, group: &str, to: Added) -> Result<Vec<(String, String)>, TaskError> {
        let list = match to {
            Added::Headers => "HeaderParameters",
            Added::Query => "QueryStringParameters",
            Added::Body => "BodyParameters",
        };
        let of = |whole| {
            find(whole, group)
                .and_then(|group| find(group, list))
                .and_then(Value::as_array)
        };
        let known = of(&self.secret).or_else(|| of(&self.parameters));
        let entries = known.into_iter().flatten().map(|entry| {
            let text = |name: &str| find(entry, name).and_then(Value::as_str);
            let key = text("Key").unwrap_or_default();
            let value = text("Value").ok_or_else(|| self.lacks(key))?;
            Ok((key.to_owned(), value.to_owned()))
        });
        entries.collect()
    }

    /// The error for a parameter without a value.
    fn lacks(&self, name: &str) -> TaskError {
        let cause = format!("The connection {} has no value of {name}.", self.arn);
        TaskError::new(predefined_errors::TASK_FAILED, cause)
    }
}

/// A member of an object or of one in it, by its name. Secrets spell names with small letters and underscores.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let wanted = plain(name);
    let members = value.as_object()?;
    let own = members.iter().find(|(name, _)| plain(name) == wanted);
    let inner = || members.values().find_map(|value| find(value, name));
    own.map(|(_, value)| value).or_else(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(parameters: Value, secret: Value) -> Connection {
        Connection {
            arn: "arn".to_owned(),
            authorization: "API_KEY".to_owned(),
            parameters,
            secret,
            version: String::new(),
        }
    }

    #[test]
    fn a_secret_is_found_however_it_is_spelt() {
        for secret in [
            json!({ "client_id": "me" }),
            json!({ "client_parameters": { "client_id": "me" } }),
            json!({ "ClientParameters": { "ClientID": "me" } }),
        ] {
            assert_eq!(connection(json!({}), secret).text("ClientID").unwrap(), "me");
        }
        let error = connection(json!({}), json!({})).text("Password").unwrap_err();
        assert_eq!(error.cause(), "The connection arn has no value of Password.");
    }

    #[test]
    fn a_secret_value_that_is_nowhere_is_an_error() {
        let parameters = |value: Value| json!({ "InvocationHttpParameters": { "HeaderParameters": [value] } });
        let plain = parameters(json!({ "Key": "Shop", "Value": "bar", "IsValueSecret": false }));
        let added = connection(plain, json!({})).added("InvocationHttpParameters", Added::Headers);
        assert_eq!(added.unwrap(), [("Shop".to_owned(), "bar".to_owned())]);
        let hidden = parameters(json!({ "Key": "Pin", "IsValueSecret": true }));
        let secret = json!({ "invocation_http_parameters": { "header_parameters": [{ "key": "Pin", "value": "7" }] } });
        let added = connection(hidden.clone(), secret).added("InvocationHttpParameters", Added::Headers);
        assert_eq!(added.unwrap(), [("Pin".to_owned(), "7".to_owned())]);
        assert!(
            connection(hidden, json!({}))
                .added("InvocationHttpParameters", Added::Headers)
                .is_err()
        );
    }
}
