//! What a connection adds to a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Client;
use super::connection::{Added, Connection};
use crate::TaskError;
use crate::error::predefined_errors;

/// The additions of a connection. Where the task has a header, a parameter of the query or a member of the body of the same
/// name, the connection's is sent: "values from the Connection take precedence" (EventBridge API reference, `HttpParameters`).
pub(super) struct Authorized {
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Map<String, Value>,
    token: Option<String>,
}

const INVOCATION: &str = "InvocationHttpParameters";

impl Connection {
    /// What the connection adds to a request; a token is fetched if there is none that is valid.
    pub(super) async fn authorize(&self, client: &Client<'_>) -> Result<Authorized, TaskError> {
        let mut headers = self.added(INVOCATION, Added::Headers)?;
        let mut token = None;
        let (name, value) = match self.authorization.as_str() {
            "API_KEY" => (
                self.text("ApiKeyName")?.to_owned(),
                self.text("ApiKeyValue")?.to_owned(),
            ),
            "BASIC" => {
                let pair = format!("{}:{}", self.text("Username")?, self.text("Password")?);
                ("authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair)))
            }
            "OAUTH_CLIENT_CREDENTIALS" => {
                let text = client.tokens.token(self, client).await?;
                let value = format!("Bearer {text}");
                token = Some(text);
                ("authorization".to_owned(), value)
            }
            other => {
                let cause = format!(
                    "The connection {} has the authorization type {other}, which is not known.",
                    self.arn
                );
                return Err(TaskError::new(predefined_errors::TASK_FAILED, cause));
            }
        };
        headers.retain(|(given, _)| !given.eq_ignore_ascii_case(&name));
        headers.push((name, value));
        let body = self.added(INVOCATION, Added::Body)?;
        Ok(Authorized {
            headers,
            query: self.added(INVOCATION, Added::Query)?,
            body: body.into_iter().map(|(name, value)| (name, value.into())).collect(),
            token,
        })
    }
}

impl Authorized {
    /// The token, in whose place a new one may be accepted.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(super) fn has_query(&self, name: &str) -> bool {
        self.query.iter().any(|(added, _)| added == name)
    }
}
