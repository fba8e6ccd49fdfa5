//! A service's error, as a task's error in the words of the SDK that Step Functions calls it by.

use serde_json::Value;

use super::connection::Answer;
use super::integration::Integration;
use super::model::{Model, Operation};
use super::s3;
use super::xml::Element;
use crate::TaskError;
use crate::data::json_value;

/// The codes, without `Exception` at their end, after which AWS's SDKs make a call again ("Retry behavior", AWS SDKs and tools
/// reference guide: throttling and transient errors of the standard mode).
const BUSY: [&str; 13] = [
    "BandwidthLimitExceeded",
    "EC2Throttled",
    "LimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "SlowDown",
    "Throttled",
    "Throttling",
    "TooManyRequests",
    "TransactionInProgress",
];

/// The spelling of results and errors.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style<'a> {
    /// `aws-sdk:`, with the class of the service in the AWS SDK for Java 2: `DynamoDb`.
    Sdk { class: &'a str },
    /// An optimised integration.
    Optimised(&'static Integration),
}

impl Style<'_> {
    /// The request could not be made, or no answer came.
    pub(super) fn client_error(self, cause: String) -> TaskError {
        TaskError::new(format!("{}.SdkClientException", self.prefix()), cause)
    }

    /// The answer cannot be read.
    pub(super) fn unreadable(self, problem: &str) -> TaskError {
        let cause = format!("the answer of the endpoint cannot be read: {problem}");
        self.client_error(cause)
    }

    fn prefix(&self) -> &str {
        match self {
            Self::Sdk { class } => class,
            Self::Optimised(integration) => integration.prefix,
        }
    }
}

/// What a service answered in place of a result.
#[derive(Debug)]
pub(super) struct ServiceError {
    code: Option<String>,
    /// The exception of this code, if the service's model names it.
    class: Option<String>,
    /// The code of the protocol that the service spoke before, if it still tells it.
    query_code: Option<String>,
    message: Option<String>,
    status: u16,
    request_id: String,
    extended_request_id: Option<String>,
}

impl ServiceError {
    /// The error in the answer to an operation, if there is one.
    pub(super) fn in_answer(answer: &Answer, operation: Operation) -> Option<Self> {
        let is_error = !(200..300).contains(&answer.status) || s3::is_late_error(answer, operation);
        is_error.then(|| Self::read(answer, operation))
    }

    fn read(answer: &Answer, operation: Operation) -> Self {
        let text = String::from_utf8_lossy(&answer.body);
        let (code, message) = if text.trim_start().starts_with('<') {
            in_xml(&text)
        } else {
            in_json(answer, &text)
        };
        let code = code.or_else(|| s3::code_of_head(answer, operation));
        let errors = operation.model.errors();
        let query_error = answer.header("x-amzn-query-error");
        Self {
            class: code.as_ref().and_then(|code| known_class(errors, code)),
            code,
            query_code: query_error.and_then(|error| Some(error.split(';').next()?.to_owned())),
            message,
            status: answer.status,
            request_id: answer.request_id().to_owned(),
            extended_request_id: answer.header("x-amz-id-2").map(str::to_owned),
        }
    }

    /// Whether the same call may succeed a little later: the service is busy, or has a problem of its own.
    pub(super) fn passes(&self) -> bool {
        let codes = [self.code.as_deref(), self.query_code.as_deref()];
        let is_known = |code: &str| BUSY.contains(&code.strip_suffix("Exception").unwrap_or(code));
        matches!(self.status, 429 | 500 | 502 | 503 | 504) || codes.into_iter().flatten().any(is_known)
    }

    /// The task's error.
    pub(super) fn into_task_error(self, style: Style<'_>) -> TaskError {
        let Self {
            code,
            class,
            query_code,
            message,
            status,
            request_id,
            extended_request_id,
        } = self;
        match style {
            Style::Sdk { class: service } => {
                let name = class.unwrap_or_else(|| format!("{service}Exception"));
                let extended = extended_request_id.filter(|_| service == "S3");
                let extended = extended.map_or_else(String::new, |id| format!(", Extended Request ID: {id}"));
                let message = message.map_or_else(String::new, |message| format!("{message} "));
                let cause = format!(
                    "{message}(Service: {service}, Status Code: {status}, Request ID: {request_id}{extended}) \
                     (SDK Attempt Count: 1)"
                );
                TaskError::new(format!("{service}.{name}"), cause)
            }
            Style::Optimised(Integration { prefix, service, .. }) => {
                let name = class.unwrap_or_else(|| format!("{service}Exception").replace("DynamoDBv2", "DynamoDB"));
                let code = query_code.or(code).unwrap_or_else(|| "null".to_owned());
                let message = message.unwrap_or_else(|| "null".to_owned());
                let cause = format!(
                    "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; \
                     Proxy: null)"
                );
                TaskError::new(format!("{prefix}.{name}"), cause)
            }
        }
    }
}

/// The error of an optimised integration in an answer, if there is one.
pub(crate) fn error_in(answer: &Answer, integration: &str, action: &str) -> Option<TaskError> {
    let integration = Integration::of(integration, action)?;
    let model = Model::of(integration.sdk_name)?;
    let error = ServiceError::in_answer(answer, model.operation(action)?)?;
    Some(error.into_task_error(Style::Optimised(integration)))
}

/// The class of an exception that a service's model names: `CODE` or `CODE=CLASS` in the list. Some emulators leave
/// `Exception` away.
fn known_class(known: &str, code: &str) -> Option<String> {
    known.split_whitespace().find_map(|entry| {
        let (listed, class) = entry.split_once('=').unwrap_or((entry, ""));
        if listed != code && listed.strip_suffix("Exception") != Some(code) {
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
