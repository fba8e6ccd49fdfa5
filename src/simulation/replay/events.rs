//! Reads the output of `aws stepfunctions get-execution-history`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::RecordingError;
use crate::data::json_value;
use crate::history::{ErrorOutput, HistoryEvent};

/// One event of a history, as AWS or this crate prints it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RecordedEvent {
    pub(super) id: u64,
    pub(super) previous: u64,
    pub(super) at: DateTime<Utc>,
    pub(super) kind: String,
    /// The details member of the type; empty where there is none.
    pub(super) details: Map<String, Value>,
}

impl RecordedEvent {
    /// A text member of the details.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.details.get(member)?.as_str()
    }

    /// The state's name in an event of a state.
    pub(super) fn state(&self) -> Option<&str> {
        self.text("name").or_else(|| self.text("state"))
    }

    /// A member of the details that holds JSON text.
    pub(super) fn data(&self, member: &str) -> Option<Value> {
        json_value(self.text(member)?).ok()
    }

    pub(super) fn error(&self) -> ErrorOutput {
        ErrorOutput {
            error: self.text("error").map(str::to_owned),
            cause: self.text("cause").map(str::to_owned),
        }
    }

    pub(super) fn of(event: &HistoryEvent) -> Self {
        let mut json = event.to_json();
        Self {
            id: event.id,
            previous: event.previous_event_id,
            at: event.timestamp,
            kind: event.event_type().to_owned(),
            details: details_of(&mut json),
        }
    }
}

/// The events of all pages, in the order of their ids.
pub(super) fn read(text: &str) -> Result<Vec<RecordedEvent>, RecordingError> {
    let mut events = Vec::new();
    for page in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let page = page.map_err(|error| RecordingError::NoJson {
            problem: error.to_string(),
        })?;
        add_page(page, &mut events)?;
    }
    events.sort_by_key(|event| event.id);
    // Pages may overlap, but they are those of one execution.
    events.dedup();
    let twice = events.iter().zip(events.iter().skip(1)).find(|(a, b)| a.id == b.id);
    if let Some((event, _)) = twice {
        return Err(RecordingError::Conflicting { event: event.id });
    }
    check(&events)?;
    check_end(&events)?;
    Ok(events)
}

/// The events of an execution that may still run.
#[cfg(feature = "console")]
pub(super) fn so_far(history: &[HistoryEvent]) -> Result<Vec<RecordedEvent>, RecordingError> {
    let events: Vec<_> = history.iter().map(RecordedEvent::of).collect();
    check(&events)?;
    Ok(events)
}

/// A page is an object with `events`, or the array of them, or an array of pages.
fn add_page(page: Value, events: &mut Vec<RecordedEvent>) -> Result<(), RecordingError> {
    let items = match page {
        Value::Array(items) => items,
        Value::Object(mut page) => match page.remove("events") {
            Some(Value::Array(items)) => items,
            _ => return Err(no_history("an object without the array `events`")),
        },
        _ => return Err(no_history("neither an object with `events` nor an array")),
    };
    for item in items {
        if item.get("events").is_some() {
            add_page(item, events)?;
        } else {
            events.push(event(item)?);
        }
    }
    Ok(())
}

fn event(mut json: Value) -> Result<RecordedEvent, RecordingError> {
    let number = |member: &str| json.get(member).and_then(Value::as_u64);
    let id = number("id").ok_or_else(|| no_history("an event without `id`"))?;
    let broken = |what: &str| no_history(&format!("the event {id} without `{what}`"));
    let previous = number("previousEventId").unwrap_or_default();
    let kind = json
        .get("type")
        .and_then(Value::as_str)
        .ok_or_else(|| broken("type"))?
        .to_owned();
    let at = json
        .get("timestamp")
        .and_then(time)
        .ok_or_else(|| broken("timestamp"))?;
    let event = RecordedEvent {
        id,
        previous,
        at,
        kind,
        details: details_of(&mut json),
    };
    if let Some((member, _)) = event
        .details
        .iter()
        .find(|(_, value)| value.get("truncated") == Some(&true.into()))
    {
        return Err(RecordingError::Truncated {
            event: id,
            member: member.trim_end_matches("Details").to_owned(),
        });
    }
    Ok(event)
}

/// The value of the one member whose name ends with `EventDetails`.
fn details_of(json: &mut Value) -> Map<String, Value> {
    let members = json.as_object_mut().into_iter().flat_map(Map::iter_mut);
    let mut details = members.filter(|(name, _)| name.ends_with("EventDetails"));
    match details.next().map(|(_, details)| details.take()) {
        Some(Value::Object(details)) => details,
        _ => Map::new(),
    }
}

/// Seconds since 1970, as the API has it, or ISO 8601, as the AWS CLI prints it.
fn time(json: &Value) -> Option<DateTime<Utc>> {
    match json {
        Value::String(text) => Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()),
        Value::Number(seconds) => {
            let milliseconds = (seconds.as_f64()? * 1000.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a time outside the clock's range is refused"
            )]
            DateTime::from_timestamp_millis(milliseconds as i64)
        }
        _ => None,
    }
}

/// Checks that the history is complete and can be replayed.
fn check(events: &[RecordedEvent]) -> Result<(), RecordingError> {
    let first = events.first().ok_or_else(|| no_history("no event at all"))?;
    if first.id != 1 || first.kind != "ExecutionStarted" {
        return Err(RecordingError::Missing {
            first: 1,
            last: first.id.max(2) - 1,
        });
    }
    for (event, next) in events.iter().zip(events.iter().skip(1)) {
        if next.id != event.id + 1 {
            return Err(RecordingError::Missing {
                first: event.id + 1,
                last: next.id - 1,
            });
        }
    }
    for event in events {
        if event.kind == "ExecutionRedriven" || event.kind == "MapRunRedriven" {
            return Err(RecordingError::Unsupported {
                event: event.id,
                kind: event.kind.clone(),
            });
        }
    }
    let is_result = |event: &&RecordedEvent| {
        let results = ["TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded"];
        results.contains(&&*event.kind)
    };
    let has_results = events
        .iter()
        .filter(is_result)
        .all(|event| event.data("output").is_some());
    if first.data("input").is_none() || !has_results {
        return Err(RecordingError::NoData);
    }
    Ok(())
}

impl RecordedEvent {
    /// Whether the execution ends with it.
    pub(super) fn is_end(&self) -> bool {
        let ends = [
            "ExecutionSucceeded",
            "ExecutionFailed",
            "ExecutionTimedOut",
            "ExecutionAborted",
        ];
        ends.contains(&&*self.kind)
    }
}

fn check_end(events: &[RecordedEvent]) -> Result<(), RecordingError> {
    match events.last() {
        Some(last) if last.is_end() => Ok(()),
        last => Err(RecordingError::Unfinished {
            last: last.map_or(0, |event| event.id),
        }),
    }
}

fn no_history(problem: &str) -> RecordingError {
    RecordingError::NoHistory {
        problem: problem.to_owned(),
    }
}
