//! A service's error, as a task's error in the words of the SDK that Step Functions calls it by.

use serde_json::Value;

use super::endpoint::Answer;
use super::integration::Integration;
use super::xml::Element;
use crate::TaskError;
use crate::data::json_value;

/// The spelling of results and errors.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style<'a> {
    /// `aws-sdk:`, with the class of the service in the AWS SDK for Java 2: `DynamoDb`.
    Sdk { class: &'a str },
    /// An optimised integration.
    Optimised(&'static Integration),
}

impl Style<'_> {
    /// No answer came.
    pub(super) fn unreachable(self, cause: String) -> TaskError {
        TaskError::new(format!("{}.SdkClientException", self.prefix()), cause)
    }

    /// The answer cannot be read.
    pub(super) fn unreadable(self, problem: &str) -> TaskError {
        let cause = format!("the answer of the endpoint cannot be read: {problem}");
        TaskError::new(format!("{}.SdkClientException", self.prefix()), cause)
    }

    pub(super) fn prefix(&self) -> &str {
        match self {
            Self::Sdk { class } => class,
            Self::Optimised(integration) => integration.prefix,
        }
    }
}

/// What a service answered in place of a result.
#[derive(Debug)]
pub(super) struct ServiceError {
    code: String,
    message: String,
    status: u16,
    request_id: String,
    extended_request_id: Option<String>,
}

impl ServiceError {
    /// The error in an answer whose status tells of one. `code_header` is the header that may have its code.
    pub(super) fn read(answer: &Answer) -> Self {
        let text = String::from_utf8_lossy(&answer.body);
        let (code, message) = if text.trim_start().starts_with('<') {
            in_xml(&text)
        } else {
            in_json(answer, &text)
        };
        Self {
            code: code.unwrap_or_else(|| of_status(answer.status).to_owned()),
            message: message.unwrap_or_default(),
            status: answer.status,
            request_id: answer.request_id().to_owned(),
            extended_request_id: answer.header("x-amz-id-2").map(str::to_owned),
        }
    }

    /// The task's error; `known` has the codes that the service's model names, with their classes.
    pub(super) fn into_task_error(self, style: Style<'_>, known: &str) -> TaskError {
        let class = known_class(known, &self.code);
        let Self {
            code,
            message,
            status,
            request_id,
            ..
        } = &self;
        match style {
            Style::Sdk { class: service } => {
                let name = class.unwrap_or_else(|| format!("{service}Exception"));
                let extended = self.extended_request_id.as_deref().filter(|_| service == "S3");
                let extended = extended.map_or_else(String::new, |id| format!(", Extended Request ID: {id}"));
                let cause = format!(
                    "{message} (Service: {service}, Status Code: {status}, Request ID: {request_id}{extended}) \
                     (SDK Attempt Count: 1)"
                );
                TaskError::new(format!("{service}.{name}"), cause)
            }
            Style::Optimised(Integration { prefix, service, .. }) => {
                let name = class.unwrap_or_else(|| format!("{service}Exception").replace("DynamoDBv2", "DynamoDB"));
                let cause = format!(
                    "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; \
                     Proxy: null)"
                );
                TaskError::new(format!("{prefix}.{name}"), cause)
            }
        }
    }
}

/// The class of an exception that a service's model names: `CODE` or `CODE=CLASS` in the list.
fn known_class(known: &str, code: &str) -> Option<String> {
    known.split_whitespace().find_map(|entry| {
        let (listed, class) = entry.split_once('=').unwrap_or((entry, ""));
        if listed != code {
            return None;
        }
        Some(match class {
            "" if code.ends_with("Exception") => code.to_owned(),
            "" => format!("{code}Exception"),
            class => class.to_owned(),
        })
    })
}

/// A code in JSON: `__type` or the header; both may have a namespace before it and more behind it.
fn in_json(answer: &Answer, text: &str) -> (Option<String>, Option<String>) {
    let body: Value = json_value(text).unwrap_or_default();
    let member = |name: &str| body.get(name).and_then(Value::as_str);
    let code = answer.header("x-amzn-errortype");
    let code = code.or_else(|| member("__type")).or_else(|| member("code"));
    let code = code.and_then(|code| code.split(':').next()?.rsplit('#').next());
    let message = ["message", "Message", "errorMessage"].into_iter().find_map(member);
    (code.map(str::to_owned), message.map(str::to_owned))
}

/// A code in XML: `<ErrorResponse><Error><Code>`, or `<Error><Code>` in S3.
fn in_xml(text: &str) -> (Option<String>, Option<String>) {
    let Ok(root) = Element::parse(text) else {
        return (None, None);
    };
    let error = root.child("Error").unwrap_or(&root);
    let text = |name: &str| error.child(name).map(|child| child.text.trim().to_owned());
    (text("Code"), text("Message"))
}

/// For answers without a body, such as those to `HEAD`.
fn of_status(status: u16) -> &'static str {
    match status {
        301 => "PermanentRedirect",
        403 => "AccessDenied",
        404 => "NotFound",
        412 => "PreconditionFailed",
        429 => "TooManyRequestsException",
        500.. => "ServiceUnavailable",
        _ => "BadRequest",
    }
}
