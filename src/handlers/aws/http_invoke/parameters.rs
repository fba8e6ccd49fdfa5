//! The parameters of `http:invoke`.

use http::{Method, Uri};
use serde_json::{Map, Value};
use std::net::IpAddr;

use super::authorization::Authorized;
use super::encoding::{self, ArrayFormat};
use crate::TaskError;
use crate::handlers::aws::invoked::METHODS;
use crate::services::parameters::{only, refused, required_text, text};

const FIELDS: [&str; 8] = [
    "ApiEndpoint",
    "Authentication",
    "Headers",
    "InvocationConfig",
    "Method",
    "QueryParameters",
    "RequestBody",
    "Transform",
];

/// The problem of another endpoint.
pub(super) const MUST_BE_HTTPS: &str = "The value of the field 'ApiEndpoint' must begin with https://";

/// Headers that a task may not set, and the beginnings of others.
const FORBIDDEN: [&str; 34] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
    "www-authenticate",
];
const FORBIDDEN_STARTS: [&str; 2] = ["x-forwarded", "x-amz"];

/// A task's request, still without what the connection adds.
pub(super) struct Task<'i> {
    input: &'i Value,
    pub(super) endpoint: &'i str,
    pub(super) method: Method,
    /// The ARN of the connection.
    pub(super) connection: &'i str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    /// The form of arrays if the body is a form.
    form: Option<ArrayFormat>,
}

/// The body of a request.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: &'static str,
}

impl<'i> Task<'i> {
    /// Reads the parameters. Errors if they are no request.
    pub(super) fn read(input: &'i Value) -> Result<Self, TaskError> {
        only(input, &FIELDS)?;
        let endpoint = required_text(input, "ApiEndpoint")?;
        check_endpoint(endpoint).map_err(|problem| refused(input, &problem))?;
        let method = required_text(input, "Method")?;
        let method = METHODS.into_iter().find(|known| known.as_str() == method);
        let headers = pairs(input, "Headers")?;
        for (name, _) in &headers {
            let name = name.to_lowercase();
            if FORBIDDEN.contains(&name.as_str()) || FORBIDDEN_STARTS.iter().any(|start| name.starts_with(start)) {
                return Err(refused(input, &format!("The header '{name}' is not supported")));
            }
        }
        Ok(Self {
            input,
            endpoint,
            method: method.ok_or_else(|| invalid(input, "Method"))?,
            connection: connection(input)?,
            headers,
            query: pairs(input, "QueryParameters")?,
            form: form(input)?,
        })
    }

    /// The body, with the parameters that the connection adds to it; `None` if there is none.
    pub(super) fn body(&self, authorized: &Authorized) -> Result<Option<Body>, TaskError> {
        let given = self.input.get("RequestBody").filter(|body| !body.is_null());
        let merged = match (given, authorized.body.is_empty()) {
            (given, true) => given.cloned(),
            (None, false) => Some(authorized.body.clone().into()),
            (Some(Value::Object(members)), false) => {
                let added = authorized.body.clone();
                Some(Value::Object(members.clone().into_iter().chain(added).collect()))
            }
            (Some(_), false) => {
                let problem =
                    "The value for the field 'RequestBody' must be an OBJECT, since the connection adds to it";
                return Err(refused(self.input, problem));
            }
        };
        let Some(body) = merged else { return Ok(None) };
        Ok(Some(match (&body, self.form) {
            // A text is sent as it is, whatever it holds.
            (Value::String(text), None) => Body {
                bytes: text.clone().into_bytes(),
                content_type: encoding::JSON,
            },
            (body, None) => Body {
                bytes: body.to_string().into_bytes(),
                content_type: encoding::JSON,
            },
            (Value::Object(members), Some(arrays)) => Body {
                bytes: encoding::form_of(members, arrays)
                    .map_err(|problem| refused(self.input, &problem))?
                    .into_bytes(),
                content_type: encoding::FORM,
            },
            (_, Some(_)) => {
                let problem = "The value for the field 'RequestBody' must be an OBJECT";
                return Err(refused(self.input, problem));
            }
        }))
    }
}

/// Errors if an endpoint is not one that is called: HTTPS, or HTTP on this machine.
pub(super) fn check_endpoint(endpoint: &str) -> Result<(), String> {
    let invalid = || "The value of the field 'ApiEndpoint' has an invalid format".to_owned();
    let uri: Uri = endpoint.parse().map_err(|_| invalid())?;
    let host = uri.host().ok_or_else(invalid)?;
    if endpoint.contains(['#', '@']) {
        return Err(invalid());
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_here => Ok(()),
        _ => Err(MUST_BE_HTTPS.to_owned()),
    }
}

/// The connection of `InvocationConfig`, or of `Authentication` as it was named before.
fn connection(input: &Value) -> Result<&str, TaskError> {
    let mut found = None;
    for field in ["InvocationConfig", "Authentication"] {
        let Some(config) = input.get(field).filter(|config| !config.is_null()) else {
            continue;
        };
        if !config.is_object() {
            return Err(refused(
                input,
                &format!("The value for the field '{field}' must be an OBJECT"),
            ));
        }
        only(config, &["ConnectionArn"])?;
        found = text(config, "ConnectionArn")?.or(found);
    }
    found.ok_or_else(|| refused(input, "The field 'ConnectionArn' is required but was missing"))
}

/// The form of arrays if the body is to be a form.
fn form(input: &Value) -> Result<Option<ArrayFormat>, TaskError> {
    let Some(transform) = input.get("Transform").filter(|transform| !transform.is_null()) else {
        return Ok(None);
    };
    if !transform.is_object() {
        return Err(invalid(input, "Transform"));
    }
    only(transform, &["RequestBodyEncoding", "RequestEncodingOptions"])?;
    let options = transform
        .get("RequestEncodingOptions")
        .filter(|options| !options.is_null());
    if options.is_some_and(|options| !options.is_object()) {
        return Err(invalid(input, "RequestEncodingOptions"));
    }
    let options = options.unwrap_or(&Value::Null);
    only(options, &["ArrayFormat"])?;
    let arrays = match text(options, "ArrayFormat")? {
        None => ArrayFormat::Indices,
        Some(name) => ArrayFormat::of(name).ok_or_else(|| invalid(input, "ArrayFormat"))?,
    };
    match text(transform, "RequestBodyEncoding")? {
        None | Some("NONE") => Ok(None),
        Some("URL_ENCODED") => Ok(Some(arrays)),
        Some(_) => Err(invalid(input, "RequestBodyEncoding")),
    }
}

/// The entries of an object whose values are texts, numbers, booleans, or arrays of such.
fn pairs(input: &Value, field: &str) -> Result<Vec<(String, String)>, TaskError> {
    let empty = Map::new();
    let given = match input.get(field) {
        None | Some(Value::Null) => &empty,
        Some(Value::Object(given)) => given,
        Some(_) => return Err(invalid(input, field)),
    };
    let mut pairs = Vec::new();
    for (name, value) in given {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            let text = encoding::scalar(value).ok_or_else(|| invalid(input, field))?;
            pairs.push((name.clone(), text));
        }
    }
    Ok(pairs)
}

/// A value of another form than the field takes.
fn invalid(input: &Value, field: &str) -> TaskError {
    refused(
        input,
        &format!("The value of the field '{field}' has an invalid format"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem_of(changes: Value) -> String {
        let mut input = json!({
            "ApiEndpoint": "https://bar.example.com/orders",
            "Method": "GET",
            "InvocationConfig": { "ConnectionArn": "arn" },
        });
        for (name, value) in changes.as_object().unwrap() {
            input[name] = value.clone();
        }
        match Task::read(&input) {
            Ok(_) => String::new(),
            Err(error) => {
                assert_eq!(error.error(), "States.Runtime");
                error
                    .cause()
                    .rsplit_once('[')
                    .unwrap()
                    .1
                    .trim_end_matches(']')
                    .to_owned()
            }
        }
    }

    #[test]
    fn only_https_is_called_but_on_this_machine() {
        for endpoint in [
            "https://bar.example.com",
            "https://bar.example.com/a?b=c",
            "http://127.0.0.1:80/",
            "http://localhost:1/",
            "http://[::1]:1/",
        ] {
            assert_eq!(problem_of(json!({ "ApiEndpoint": endpoint })), "", "{endpoint}");
        }
        for endpoint in [
            "http://bar.example.com",
            "http://127.0.0.1.example.com/",
            "ftp://127.0.0.1/",
            "https://me:secret@bar.example.com",
            "http://localhost@bar.example.com/",
            "bar.example.com",
            "/orders",
            "",
        ] {
            assert_ne!(problem_of(json!({ "ApiEndpoint": endpoint })), "", "{endpoint}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (changes, problem) in [
            (
                json!({ "Method": "TRACE" }),
                "The value of the field 'Method' has an invalid format",
            ),
            (
                json!({ "Stage": "live" }),
                "The field \"Stage\" is not supported by Step Functions",
            ),
            (
                json!({ "InvocationConfig": {} }),
                "The field 'ConnectionArn' is required but was missing",
            ),
            (
                json!({ "Headers": { "Authorization": "Bearer" } }),
                "The header 'authorization' is not supported",
            ),
            (
                json!({ "Headers": { "X-Amzn-Trace-Id": "1" } }),
                "The header 'x-amzn-trace-id' is not supported",
            ),
            (
                json!({ "Headers": { "Kind": { "a": 1 } } }),
                "The value of the field 'Headers' has an invalid format",
            ),
            (
                json!({ "Transform": { "RequestBodyEncoding": "BASE64" } }),
                "The value of the field 'RequestBodyEncoding' has an invalid format",
            ),
            (
                json!({ "Transform": { "RequestEncodingOptions": { "ArrayFormat": "NONE" } } }),
                "The value of the field 'ArrayFormat' has an invalid format",
            ),
        ] {
            assert_eq!(problem_of(changes), problem);
        }
    }
}
