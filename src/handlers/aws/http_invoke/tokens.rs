//! Tokens of OAuth 2.0, which a connection gets for its client's credentials.
//!
//! Source: RFC 6749, section 4.4, "Client Credentials Grant"; EventBridge API reference,
//! `CreateConnectionOAuthRequestParameters`.

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;

use super::connection::{Added, Connection};
use super::parameters::check_endpoint;
use super::{Client, call, encoding};
use crate::TaskError;
use crate::data::json_value;
use crate::error::predefined_errors;

/// Tokens are not used in the last seconds before they expire.
const SPARE: TimeDelta = TimeDelta::seconds(30);
const PARAMETERS: &str = "OAuthHttpParameters";

/// The tokens of connections; a clone shares them.
#[derive(Clone, Default)]
pub(in crate::handlers::aws) struct Tokens {
    known: Arc<std::sync::Mutex<HashMap<String, Entry>>>,
}

/// The token of one connection, once it was asked for.
type Entry = Arc<Mutex<Option<Token>>>;

struct Token {
    text: String,
    /// The version of the secret that it was given for.
    version: String,
    /// `None` if nobody said when it expires.
    expiry: Option<DateTime<Utc>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// The token of a connection, kept until it expires.
    pub(super) async fn token(&self, connection: &Connection, client: &Client<'_>) -> Result<String, TaskError> {
        // Concurrent tasks wait for one answer.
        let mut known = self.entry(connection).lock_owned().await;
        let is_valid = |token: &&Token| {
            let is_fresh = token.expiry.is_none_or(|expiry| expiry - SPARE > now());
            token.version == connection.version && is_fresh
        };
        if let Some(token) = known.as_ref().filter(is_valid) {
            return Ok(token.text.clone());
        }
        let token = fetch(connection, client).await?;
        let text = token.text.clone();
        *known = Some(token);
        Ok(text)
    }

    /// Forgets a token that was not accepted, unless there is another one already.
    pub(super) async fn forget(&self, connection: &Connection, token: &str) {
        let mut known = self.entry(connection).lock_owned().await;
        if known.as_ref().is_some_and(|known| known.text == token) {
            *known = None;
        }
    }

    fn entry(&self, connection: &Connection) -> Entry {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(connection.arn.clone()).or_default())
    }
}

/// Asks the connection's authorization endpoint. An error tells nothing of the answer but its status: some quote the request.
async fn fetch(connection: &Connection, client: &Client<'_>) -> Result<Token, TaskError> {
    let endpoint = connection.text("AuthorizationEndpoint")?;
    let failed = |problem: &str| {
        let cause = format!("The authorization endpoint {endpoint} gave no token: {problem}.");
        TaskError::new(predefined_errors::TASK_FAILED, cause)
    };
    check_endpoint(endpoint).map_err(|_| failed("it is no HTTPS endpoint"))?;
    let asked_at = now();
    let answer = call(client, endpoint, request(connection, endpoint)?).await?;
    if !(200..300).contains(&answer.status) {
        return Err(failed(&format!("it answered {}", answer.status)));
    }
    let answer: Value = json_value(&String::from_utf8_lossy(&answer.body)).unwrap_or_default();
    let text = answer.get("access_token").and_then(Value::as_str);
    let lasts = answer.get("expires_in").and_then(Value::as_i64);
    Ok(Token {
        text: text
            .ok_or_else(|| failed("its answer has no `access_token`"))?
            .to_owned(),
        version: connection.version.clone(),
        expiry: lasts.and_then(|seconds| asked_at.checked_add_signed(TimeDelta::try_seconds(seconds)?)),
    })
}

fn request(connection: &Connection, endpoint: &str) -> Result<http::Request<Vec<u8>>, TaskError> {
    let invalid = |what: &str| {
        let cause = format!("The connection {} has {what} that cannot be sent.", connection.arn);
        TaskError::new(predefined_errors::TASK_FAILED, cause)
    };
    let mut fields = connection.added(PARAMETERS, Added::Body)?;
    for (name, value) in [
        ("grant_type", "client_credentials"),
        ("client_id", connection.text("ClientID")?),
        ("client_secret", connection.text("ClientSecret")?),
    ] {
        if fields.iter().all(|(given, _)| given != name) {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut query = connection.added(PARAMETERS, Added::Query)?;
    let method = Method::from_bytes(connection.text("HttpMethod")?.as_bytes()).map_err(|_| invalid("a method"))?;
    if method == Method::GET {
        query.append(&mut fields);
    }
    let mut url = endpoint.to_owned();
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&encoding::form(&query));
    }
    let mut request = http::Request::new(Vec::new());
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().map_err(|_| invalid("parameters of a query"))?;
    let content_type = HeaderValue::from_static(encoding::FORM);
    if !fields.is_empty() {
        request.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    }
    for (name, value) in connection.added(PARAMETERS, Added::Headers)? {
        let name = HeaderName::try_from(name).map_err(|_| invalid("a header"))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| invalid("a header"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    let sent_as = request.headers().get(http::header::CONTENT_TYPE);
    let is_json = sent_as.is_some_and(|value| value.to_str().is_ok_and(|value| value.starts_with(encoding::JSON)));
    *request.body_mut() = if is_json && !fields.is_empty() {
        let members: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        Value::from(members).to_string().into_bytes()
    } else {
        encoding::form(&fields).into_bytes()
    };
    Ok(request)
}

#[expect(clippy::disallowed_methods, reason = "tokens expire by the system's time")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
