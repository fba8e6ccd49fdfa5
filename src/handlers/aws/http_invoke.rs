//! `http:invoke`: an HTTPS endpoint, called with the authorization of a connection of EventBridge.
//!
//! Source: developer guide, "Call HTTPS APIs in Step Functions workflows".

mod authorization;
mod connection;
mod encoding;
mod parameters;
mod tokens;

use aws_credential_types::provider::SharedCredentialsProvider;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::Value;
use std::time::Duration;

use self::authorization::Authorized;
use self::connection::Connection;
use self::parameters::{MUST_BE_HTTPS, Task};
use super::connection::Answer;
use super::endpoints::Endpoints;
use super::invoked;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::services::parameters::refused;

pub(super) use tokens::Tokens;

/// The service as `only` names it.
pub(super) const SERVICE: &str = "http";

/// The services that are asked about connections.
pub(super) const ASKED: [&str; 2] = ["eventbridge", "secretsmanager"];

/// The longest wait for an answer (developer guide, "HTTP Task").
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The longest answer that is read: the endpoint is asked for 256 KiB, which is the longest result of a task.
const LONGEST_ANSWER: usize = 1024 * 1024;
const RANGE: &str = "bytes=0-262144";

/// What endpoints are called with, and asked about connections.
pub(super) struct Client<'s> {
    pub(super) endpoints: &'s Endpoints,
    pub(super) tokens: &'s Tokens,
}

/// Does a task.
pub(super) async fn invoke(
    client: &Client<'_>,
    role: Option<SharedCredentialsProvider>,
    input: &Value,
) -> Result<Value, TaskError> {
    let task = Task::read(input)?;
    if task.endpoint.starts_with("http://")
        && client.endpoints.is_of_aws()
        && client.endpoints.url("eventbridge").is_none()
    {
        // The secrets of AWS's connections are sent encrypted alone.
        return Err(refused(input, MUST_BE_HTTPS));
    }
    let connection = Connection::of(client, role, task.connection).await?;
    let authorized = connection.authorize(client).await?;
    let mut answer = send(client, &task, &authorized).await?;
    if let Some(token) = authorized.token().filter(|_| answer.status == 401) {
        // The token may have been taken back before its time.
        client.tokens.forget(&connection, token).await;
        let authorized = connection.authorize(client).await?;
        answer = send(client, &task, &authorized).await?;
    }
    if (200..300).contains(&answer.status) {
        return Ok(invoked::result(&answer));
    }
    let text = invoked::text(&answer);
    let cause = if text.is_empty() {
        invoked::status_text(&answer).to_owned()
    } else {
        text
    };
    Err(TaskError::new(
        format!("States.Http.StatusCode.{}", answer.status),
        cause,
    ))
}

/// Sends the request with what the connection adds to it. No secret of the connection stands in an error.
async fn send(client: &Client<'_>, task: &Task<'_>, authorized: &Authorized) -> Result<Answer, TaskError> {
    let body = task.body(authorized)?;
    let query = task.query.iter().filter(|(name, _)| !authorized.has_query(name));
    let query = encoding::form(query.chain(&authorized.query));
    let mut url = task.endpoint.to_owned();
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query);
    }
    let unsent = |problem: &str| {
        let cause = format!("the request to `{}` cannot be made: {problem}", task.endpoint);
        TaskError::new(predefined_errors::RUNTIME, cause)
    };
    let url: Uri = url.parse().map_err(|_| unsent("its query makes no URL"))?;
    let headers = headers(client, task, authorized, body.as_ref().map(|body| body.content_type));
    let mut request = http::Request::new(body.map(|body| body.bytes).unwrap_or_default());
    *request.method_mut() = task.method.clone();
    *request.uri_mut() = url;
    *request.headers_mut() =
        headers.map_err(|name| unsent(&format!("the header `{name}` has no value of a header")))?;
    call(client, task.endpoint, request).await
}

/// Sends a request, and reads the answer in time.
async fn call(client: &Client<'_>, url: &str, request: http::Request<Vec<u8>>) -> Result<Answer, TaskError> {
    let socket = |problem: String| TaskError::new("States.Http.Socket", format!("`{url}` did not answer: {problem}"));
    let connection = client.endpoints.connection(url);
    let answer = tokio::time::timeout(LONGEST_WAIT, connection.send(request, LONGEST_ANSWER)).await;
    let answer = answer.map_err(|_| socket(format!("{LONGEST_WAIT:?} passed")))?;
    answer.map_err(socket)
}

/// The headers: Step Functions' own, the task's, the connection's; the later ones replace the earlier. Errors with the name of
/// one that cannot be sent.
fn headers(
    client: &Client<'_>,
    task: &Task<'_>,
    authorized: &Authorized,
    content_type: Option<&str>,
) -> Result<HeaderMap, String> {
    let agent = format!("Amazon|StepFunctions|HttpInvoke|{}", client.endpoints.region);
    let usual = [("user-agent", agent.as_str()), ("range", RANGE)];
    let usual = usual
        .into_iter()
        .chain(content_type.map(|value| ("content-type", value)));
    let usual: Vec<_> = usual.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut headers = HeaderMap::new();
    for given in [&usual, &task.headers, &authorized.headers] {
        let mut own = HeaderMap::new();
        for (name, value) in given {
            let parsed = HeaderName::try_from(name.as_str()).ok();
            let parsed = parsed.zip(HeaderValue::try_from(value.as_str()).ok());
            let (parsed, mut value) = parsed.ok_or_else(|| name.clone())?;
            value.set_sensitive(true);
            own.append(parsed, value);
        }
        for name in own.keys() {
            headers.remove(name);
        }
        headers.extend(own);
    }
    Ok(headers)
}
