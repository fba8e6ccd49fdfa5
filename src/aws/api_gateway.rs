//! `apigateway:invoke` (developer guide, "Call API Gateway with Step Functions").

use axum::http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::endpoint::{Answer, Endpoint, Request};
use super::scalar::text_of;
use crate::TaskError;
use crate::data::json_value;
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

/// Calls an API: the request goes to the endpoint, and says in `Host` which API it is for.
pub(super) async fn invoke(endpoint: &Endpoint, input: &Value) -> Result<Value, TaskError> {
    let request = request(input)?;
    let answer = endpoint.send(request).await;
    let answer = answer.map_err(|cause| TaskError::new("ApiGateway.SdkClientException", cause))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if !(200..300).contains(&answer.status) {
        return Err(TaskError::new(format!("ApiGateway.{}", answer.status), text));
    }
    Ok(result(&answer, text))
}

fn request(input: &Value) -> Result<Request<'static>, TaskError> {
    only(input, &FIELDS)?;
    let host = required_text(input, "ApiEndpoint")?;
    let method = required_text(input, "Method")?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| {
        refused(
            input,
            &format!("The value '{method}' for the field 'Method' is not supported"),
        )
    })?;
    let mut path = String::new();
    for part in [text(input, "Stage")?, text(input, "Path")?].into_iter().flatten() {
        let part = part.trim_start_matches('/');
        if !part.is_empty() {
            path.push('/');
            path.push_str(&utf8_percent_encode(part, IN_PATH).to_string());
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    let query = pairs(input, "QueryParameters")?;
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| {
            let encode = |text| utf8_percent_encode(text, IN_QUERY).to_string();
            format!("{}={}", encode(name), encode(value))
        })
        .collect();
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let mut headers = pairs(input, "Headers")?;
    for (name, _) in &mut headers {
        *name = name.to_lowercase();
        if FORBIDDEN.contains(&name.as_str()) || name.starts_with("x-forwarded") || name.starts_with("x-amz") {
            return Err(refused(input, &format!("The header '{name}' is not supported")));
        }
    }
    let body = input.get("RequestBody").filter(|body| !body.is_null());
    if body.is_some() && headers.iter().all(|(name, _)| name != "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    headers.push(("host".to_owned(), host.to_owned()));
    Ok(Request {
        signing_name: "execute-api",
        method,
        path,
        headers,
        body: body.map(|body| text_of(body).into_bytes()).unwrap_or_default(),
    })
}

/// The entries of an object of arrays of texts.
fn pairs(input: &Value, field: &str) -> Result<Vec<(String, String)>, TaskError> {
    let mut pairs = Vec::new();
    let given = match input.get(field) {
        None | Some(Value::Null) => return Ok(pairs),
        Some(Value::Object(given)) => given,
        Some(_) => {
            return Err(refused(
                input,
                &format!("The value for the field '{field}' must be an object"),
            ));
        }
    };
    for (name, values) in given {
        let Value::Array(values) = values else {
            let problem = format!("The value for the field '{name}' in '{field}' must be an ARRAY");
            return Err(refused(input, &problem));
        };
        pairs.extend(values.iter().map(|value| (name.clone(), text_of(value))));
    }
    Ok(pairs)
}

fn result(answer: &Answer, text: String) -> Value {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        let values = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        if let (Value::Array(values), Ok(value)) = (values, value.to_str()) {
            values.push(value.into());
        }
    }
    let status = StatusCode::from_u16(answer.status).ok();
    let body = json_value(&text).unwrap_or_else(|_| Value::from(text));
    json!({
        "Headers": headers,
        "ResponseBody": body,
        "StatusCode": answer.status,
        "StatusText": status.and_then(|status| status.canonical_reason()).unwrap_or_default(),
    })
}
