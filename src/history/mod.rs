//! AWS's execution history: its event types, letter by letter.
//!
//! The `HistoryEvent` of the AWS Step Functions API: an id counted from 1, the id of the event that caused it, a
//! time, a type and the details of that type.

mod event_details;
mod event_type;
mod log;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use event_details::{ErrorOutput, EventDetails, MapIteration, TaskCredentials};
pub use log::{LogLevel, log_records};

/// How much of the history is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum HistoryLevel {
    /// No events. They are still counted, for the ids in error causes and for the limit.
    Off,
    /// Every event with all its data.
    #[default]
    Full,
}

/// One event of an execution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// 1, 2, 3 … in the order of emission.
    pub id: u64,
    /// The id of the event that caused it, or 0.
    pub previous_event_id: u64,
    /// The time of the event.
    pub timestamp: DateTime<Utc>,
    /// The type with its details.
    pub details: EventDetails,
}

impl HistoryEvent {
    /// Creates an event.
    pub(crate) fn new(id: u64, previous_event_id: u64, timestamp: DateTime<Utc>, details: EventDetails) -> Self {
        Self {
            id,
            previous_event_id,
            timestamp,
            details,
        }
    }

    /// AWS's name of the type: `PassStateEntered`, `TaskScheduled`.
    pub fn event_type(&self) -> &'static str {
        self.details.event_type()
    }

    /// The event as `GetExecutionHistory` prints it; the timestamp is seconds since 1970 with milliseconds.
    pub fn to_json(&self) -> Value {
        let mut event = Map::new();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 need 41 of 52 bits")]
        let seconds = self.timestamp.timestamp_millis() as f64 / 1000.0;
        event.insert("timestamp".into(), json!(seconds));
        event.insert("type".into(), self.event_type().into());
        event.insert("id".into(), self.id.into());
        event.insert("previousEventId".into(), self.previous_event_id.into());
        if let Some((member, details)) = self.details.to_json() {
            event.insert(member, details);
        }
        Value::Object(event)
    }
}
