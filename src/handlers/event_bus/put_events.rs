//! `PutEvents`: the request, the response, and EventBridge's errors for refused entries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The most entries of a request (EventBridge API reference, `PutEvents`).
const MAX_ENTRIES: usize = 10;
/// The most bytes of a request's entries (EventBridge user guide, "Calculating `PutEvents` event entry size").
const MAX_TOTAL_SIZE: usize = 256 * 1024;
/// The size of a `Time` in an entry.
const TIME_SIZE: usize = 14;

/// An event bridge: EventBridge itself, or a [`LocalEventBus`](super::LocalEventBus) in its place.
#[async_trait]
pub trait EventBridge: Send + Sync {
    /// Puts up to ten events on event buses. An invalid entry fails alone; the response shows which.
    ///
    /// Source: EventBridge API reference, `PutEvents`. Fails with `EventBridge.ValidationException` for no entries,
    /// for more than ten, or for more than 256 KB of them.
    async fn put_events(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError>;
}

/// The request of `PutEvents`; serialises to the API's JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct PutEventsRequest {
    /// One to ten entries.
    pub entries: Vec<PutEventsRequestEntry>,
    /// The global endpoint; a local bus has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
}

impl PutEventsRequest {
    /// A request with these entries.
    pub fn new(entries: impl IntoIterator<Item = PutEventsRequestEntry>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            endpoint_id: None,
        }
    }
}

/// One event to put. Missing or malformed members are reported in the entry's result, since they come from outside.
///
/// ```
/// use asl_engine::handlers::event_bus::PutEventsRequestEntry;
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let entry = PutEventsRequestEntry::new("shop", "Order", &json!({ "total": 7 })).event_bus_name("orders");
/// let json = r#"{"Source":"shop","DetailType":"Order","Detail":"{\"total\":7}","EventBusName":"orders"}"#;
/// assert_eq!(serde_json::to_string(&entry)?, json);
/// assert_eq!(entry, serde_json::from_str(json)?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct PutEventsRequestEntry {
    /// The time of the event, in JSON seconds since 1970 or an RFC 3339 text; default: the time of arrival.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::epoch_seconds")]
    pub time: Option<DateTime<Utc>>,
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The ARNs of the resources concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
    /// The kind of event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail_type: Option<String>,
    /// The event, as the text of a JSON object. Other JSON is accepted too, as in Step Functions.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_of_json")]
    pub detail: Option<String>,
    /// The name or the ARN of the bus; without it, `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_bus_name: Option<String>,
    /// An X-Ray trace header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_header: Option<String>,
    /// The id that a local event bus gives the event, which is put again under it.
    #[serde(skip)]
    event_id: Option<String>,
}

impl PutEventsRequestEntry {
    /// An entry with the required members, for the default bus.
    pub fn new(source: impl Into<String>, detail_type: impl Into<String>, detail: &Value) -> Self {
        Self {
            source: Some(source.into()),
            detail_type: Some(detail_type.into()),
            detail: Some(detail.to_string()),
            ..Self::default()
        }
    }

    /// Puts it on another bus, by its name or ARN.
    #[must_use]
    pub fn event_bus_name(self, name: impl Into<String>) -> Self {
        Self {
            event_bus_name: Some(name.into()),
            ..self
        }
    }

    /// Sets the ARNs of the resources concerned.
    #[must_use]
    pub fn resources(self, arns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            resources: Some(arns.into_iter().map(Into::into).collect()),
            ..self
        }
    }

    /// Sets the time of the event.
    #[must_use]
    pub fn time(self, time: DateTime<Utc>) -> Self {
        Self {
            time: Some(time),
            ..self
        }
    }

    /// Sets the event's id, for one that may be put more than once.
    #[cfg(feature = "restate")]
    pub(crate) fn event_id(self, id: String) -> Self {
        Self {
            event_id: Some(id),
            ..self
        }
    }

    /// Its size by EventBridge's rules.
    fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail].into_iter().flatten();
        let time = self.time.map(|_| TIME_SIZE);
        texts
            .chain(self.resources.iter().flatten())
            .map(String::len)
            .chain(time)
            .sum()
    }

    /// The required members, or the entry's error if one is missing.
    pub(super) fn validate(self) -> Result<ValidEntry, PutEventsResultEntry> {
        let source = required("Source", self.source)?;
        let detail_type = required("DetailType", self.detail_type)?;
        let detail = required("Detail", self.detail)?;
        let Ok(detail) = serde_json::from_str(&detail) else {
            return Err(PutEventsResultEntry::failed("MalformedDetail", "Detail is malformed."));
        };
        Ok(ValidEntry {
            event_id: self.event_id,
            time: self.time,
            source,
            resources: self.resources.unwrap_or_default(),
            detail_type,
            detail,
            event_bus_name: self.event_bus_name.unwrap_or_else(|| "default".to_owned()),
        })
    }
}

/// A valid entry.
#[derive(Debug)]
pub(super) struct ValidEntry {
    pub(super) event_id: Option<String>,
    pub(super) time: Option<DateTime<Utc>>,
    pub(super) source: String,
    pub(super) resources: Vec<String>,
    pub(super) detail_type: String,
    pub(super) detail: Map<String, Value>,
    pub(super) event_bus_name: String,
}

fn required(name: &str, value: Option<String>) -> Result<String, PutEventsResultEntry> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        PutEventsResultEntry::failed("InvalidArgument", message)
    })
}

/// EventBridge's checks of a request before those of its entries.
pub(crate) fn validate_request(request: &PutEventsRequest) -> Result<(), EventBridgeError> {
    let length = |bound: &str| {
        EventBridgeError::validation(format!(
            "1 validation error detected: Value '[...]' at 'entries' failed to satisfy constraint: Member must have \
             length {bound}"
        ))
    };
    if request.entries.is_empty() {
        return Err(length("greater than or equal to 1"));
    }
    if request.entries.len() > MAX_ENTRIES {
        return Err(length("less than or equal to 10"));
    }
    if request.entries.iter().map(PutEventsRequestEntry::size).sum::<usize>() > MAX_TOTAL_SIZE {
        return Err(EventBridgeError::validation(
            "Total size of the entries in the request is over the limit.",
        ));
    }
    Ok(())
}

/// The response of `PutEvents`; serialises to the API's JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct PutEventsResponse {
    /// The result of each entry, in the order of the request.
    pub entries: Vec<PutEventsResultEntry>,
    /// The number of failed entries.
    pub failed_entry_count: usize,
}

impl PutEventsResponse {
    /// A response with these results.
    pub fn new(entries: impl IntoIterator<Item = PutEventsResultEntry>) -> Self {
        let entries: Vec<_> = entries.into_iter().collect();
        let failed = entries
            .iter()
            .filter(|entry| matches!(entry, PutEventsResultEntry::Failed { .. }));
        Self {
            failed_entry_count: failed.count(),
            entries,
        }
    }

    /// The error of a Task of `events:putEvents` whose entries failed: `EventBridge.FailedEntry`,
    /// with the response as its message (Step Functions developer guide, "Call EventBridge with Step Functions").
    pub(crate) fn failed_entry_error(&self) -> Option<EventBridgeError> {
        if self.failed_entry_count == 0 {
            return None;
        }
        let cause = serde_json::to_string(self).unwrap_or_default();
        Some(EventBridgeError::new("EventBridge.FailedEntry", cause))
    }
}

/// The result of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
pub enum PutEventsResultEntry {
    /// The event was accepted.
    Accepted {
        /// The id of the event.
        event_id: String,
    },
    /// The event was refused.
    Failed {
        /// `InvalidArgument`, `MalformedDetail`, `ThrottlingException`, …
        error_code: String,
        /// The reason, for people.
        error_message: String,
    },
}

impl PutEventsResultEntry {
    pub(crate) fn failed(code: &str, message: impl Into<String>) -> Self {
        Self::Failed {
            error_code: code.to_owned(),
            error_message: message.into(),
        }
    }
}

/// The error of a call that failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {message}")]
#[non_exhaustive]
pub struct EventBridgeError {
    /// The error name as a `Task` state sees it, such as `EventBridge.ValidationException`.
    pub error: String,
    /// The reason, for people.
    pub message: String,
}

impl EventBridgeError {
    /// An error with the name that `ErrorEquals` can match.
    pub fn new(error: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            message: message.into(),
        }
    }

    fn validation(message: impl Into<String>) -> Self {
        Self::new("EventBridge.ValidationException", message)
    }
}

fn text_of_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> PutEventsRequestEntry {
        PutEventsRequestEntry::new("shop", "Order", &json!({}))
    }

    fn failure(entry: PutEventsRequestEntry) -> Value {
        serde_json::to_value(entry.validate().unwrap_err()).unwrap()
    }

    #[test]
    fn source_detail_type_and_detail_are_required() {
        for name in ["Source", "DetailType", "Detail"] {
            let mut json = serde_json::to_value(entry()).unwrap();
            json.as_object_mut().unwrap().remove(name);
            let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            assert_eq!(
                failure(serde_json::from_value(json).unwrap()),
                json!({ "ErrorCode": "InvalidArgument", "ErrorMessage": message })
            );
        }
    }

    #[test]
    fn the_detail_is_an_object() {
        for detail in ["text", "[1]", r#""{}""#, r#"{"a":"#, "null"] {
            let entry = PutEventsRequestEntry {
                detail: Some(detail.to_owned()),
                ..entry()
            };
            assert_eq!(
                failure(entry),
                json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." })
            );
        }
    }

    #[test]
    fn a_request_is_bounded() {
        let message = |entries| validate_request(&PutEventsRequest::new(entries)).unwrap_err().message;
        assert!(message(Vec::new()).ends_with("Member must have length greater than or equal to 1"));
        assert!(message(vec![entry(); 11]).ends_with("Member must have length less than or equal to 10"));
        let fitting = PutEventsRequestEntry {
            time: Some(DateTime::UNIX_EPOCH),
            detail: Some("x".repeat(MAX_TOTAL_SIZE - "shopOrder".len() - TIME_SIZE)),
            ..entry()
        };
        assert_eq!(validate_request(&PutEventsRequest::new([fitting.clone()])), Ok(()));
        assert_eq!(
            message(vec![fitting.resources(["x"])]),
            "Total size of the entries in the request is over the limit."
        );
    }

    #[test]
    fn step_functions_may_give_the_detail_as_json_and_the_time_in_seconds() {
        let json = json!({ "Source": "shop", "DetailType": "Order", "Detail": { "a": 1 }, "Time": 1.7e9 });
        let entry: PutEventsRequestEntry = serde_json::from_value(json).unwrap();
        assert_eq!(entry.detail.as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(entry.time.unwrap().timestamp(), 1_700_000_000);
    }

    #[test]
    fn failed_entries_are_an_error_to_a_task() {
        let accepted = PutEventsResultEntry::Accepted {
            event_id: "1".to_owned(),
        };
        assert_eq!(PutEventsResponse::new([accepted.clone()]).failed_entry_error(), None);
        let failed = PutEventsResultEntry::failed("MalformedDetail", "Detail is malformed.");
        let error = PutEventsResponse::new([accepted, failed]).failed_entry_error().unwrap();
        assert_eq!(error.error, "EventBridge.FailedEntry");
        assert_eq!(
            error.message,
            r#"{"Entries":[{"EventId":"1"},{"ErrorCode":"MalformedDetail","ErrorMessage":"Detail is malformed."}],"FailedEntryCount":1}"#
        );
    }
}
