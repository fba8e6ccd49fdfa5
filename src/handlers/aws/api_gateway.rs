//! `apigateway:invoke` (developer guide, "Create API Gateway REST APIs with Step Functions").

use aws_credential_types::provider::SharedCredentialsProvider;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::endpoint::{Endpoint, Request};
use super::invoked::{self, METHODS};
use crate::TaskError;
use crate::services::parameters::{only, refused, required_text, text};

/// The service as an endpoint is named for it.
pub(super) const SERVICE: &str = "apigateway";

const FIELDS: [&str; 9] = [
    "AllowNullValues",
    "ApiEndpoint",
    "AuthType",
    "Headers",
    "Method",
    "Path",
    "QueryParameters",
    "RequestBody",
    "Stage",
];

/// The methods whose requests may have a body.
const WITH_BODY: [Method; 3] = [Method::PATCH, Method::POST, Method::PUT];

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const IN_PATH: &AsciiSet = &IN_QUERY.remove(b'/');

/// Headers that a task may not set.
const FORBIDDEN: [&str; 14] = [
    "authorization",
    "connection",
    "content-md5",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
];

/// Calls an API at its own host, or at an endpoint that serves all of them: the request says in `Host` which API it is for.
pub(super) async fn invoke(
    endpoint: Option<Endpoint>,
    of_host: impl FnOnce(&str) -> Option<Endpoint>,
    credentials: Option<SharedCredentialsProvider>,
    input: &Value,
) -> Result<Value, TaskError> {
    let request = request(input)?;
    let host = required_text(input, "ApiEndpoint")?;
    let endpoint = endpoint.or_else(|| of_host(host));
    let mut endpoint = endpoint.ok_or_else(|| invalid(input, "ApiEndpoint"))?;
    if let Some(credentials) = credentials {
        endpoint = endpoint.with_credentials(credentials);
    }
    let answer = if is_signed(input)? {
        endpoint.send(request).await
    } else {
        endpoint.send_unsigned(request).await
    };
    let answer = answer.map_err(|cause| TaskError::new("ApiGateway.SdkClientException", cause))?;
    if !(200..300).contains(&answer.status) {
        return Err(TaskError::new(
            format!("ApiGateway.{}", answer.status),
            invoked::text(&answer),
        ));
    }
    Ok(invoked::result(&answer))
}

/// Whether the API wants to know who calls it.
fn is_signed(input: &Value) -> Result<bool, TaskError> {
    match text(input, "AuthType")? {
        None | Some("NO_AUTH") => Ok(false),
        Some("IAM_ROLE" | "RESOURCE_POLICY") => Ok(true),
        Some(_) => Err(invalid(input, "AuthType")),
    }
}

fn request(input: &Value) -> Result<Request<'static>, TaskError> {
    only(input, &FIELDS)?;
    let host = required_text(input, "ApiEndpoint")?;
    if !host
        .bytes()
        .all(|letter| letter.is_ascii_alphanumeric() || b"-._:".contains(&letter))
    {
        return Err(invalid(input, "ApiEndpoint"));
    }
    let method = required_text(input, "Method")?;
    let method = METHODS.into_iter().find(|known| known.as_str() == method);
    let method = method.ok_or_else(|| invalid(input, "Method"))?;
    let body = body(input)?;
    if body.is_some() && !WITH_BODY.contains(&method) {
        let problem = format!("The field 'RequestBody' is not supported for the method '{method}'");
        return Err(refused(input, &problem));
    }
    let mut headers = pairs(input, "Headers")?;
    for (name, _) in &mut headers {
        *name = name.to_lowercase();
        if FORBIDDEN.contains(&name.as_str()) || name.starts_with("x-forwarded") || name.starts_with("x-amz") {
            return Err(refused(input, &format!("The header '{name}' is not supported")));
        }
    }
    if body.is_some() && headers.iter().all(|(name, _)| name != "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    headers.push(("host".to_owned(), host.to_owned()));
    Ok(Request {
        signing_name: "execute-api",
        method,
        path: path(input)?,
        headers,
        body: body.unwrap_or_default(),
    })
}

/// `/stage/path?query`
fn path(input: &Value) -> Result<String, TaskError> {
    let mut path = String::new();
    for part in [text(input, "Stage")?, text(input, "Path")?].into_iter().flatten() {
        let part = part.trim_start_matches('/');
        if !part.is_empty() {
            path.push('/');
            path.extend(utf8_percent_encode(part, IN_PATH));
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    for (index, (name, value)) in pairs(input, "QueryParameters")?.iter().enumerate() {
        path.push(if index == 0 { '?' } else { '&' });
        path.extend(utf8_percent_encode(name, IN_QUERY));
        path.push('=');
        path.extend(utf8_percent_encode(value, IN_QUERY));
    }
    Ok(path)
}

/// The body, as JSON; fields that are `null` are sent only if `AllowNullValues` says so.
fn body(input: &Value) -> Result<Option<Vec<u8>>, TaskError> {
    let allows_null = match input.get("AllowNullValues") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(allows)) => *allows,
        Some(_) => return Err(invalid(input, "AllowNullValues")),
    };
    let body = input.get("RequestBody").filter(|body| !body.is_null());
    Ok(body.map(|body| {
        let body = if allows_null { body.clone() } else { without_nulls(body) };
        body.to_string().into_bytes()
    }))
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        value => value.clone(),
    }
}

/// The entries of an object of arrays of texts.
fn pairs(input: &Value, field: &str) -> Result<Vec<(String, String)>, TaskError> {
    let mut pairs = Vec::new();
    let given = match input.get(field) {
        None | Some(Value::Null) => return Ok(pairs),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(invalid(input, field)),
    };
    for (name, values) in given {
        let values = values.as_array().ok_or_else(|| invalid(input, field))?;
        for value in values {
            let value = value.as_str().ok_or_else(|| invalid(input, field))?;
            pairs.push((name.clone(), value.to_owned()));
        }
    }
    Ok(pairs)
}

/// A value of another form than the field takes (recorded for `Headers`).
fn invalid(input: &Value, field: &str) -> TaskError {
    refused(
        input,
        &format!("The value of the field '{field}' has an invalid format"),
    )
}
