//! The event for rules and targets.

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

/// An event: the put entry in EventBridge's envelope.
///
/// It serialises to and from AWS's JSON, with keys in AWS's order.
/// Source: EventBridge user guide, "AWS service event metadata".
///
/// ```
/// use asl_engine::services::event_bridge::Event;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let json = r#"{"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":"Order","source":"shop","account":"123456789012","time":"2025-01-02T03:04:05Z","region":"us-east-1","resources":[],"detail":{"total":7}}"#;
/// let event: Event = serde_json::from_str(json)?;
/// assert_eq!(event.detail_type, "Order");
/// assert_eq!(event.detail["total"], 7);
/// assert_eq!(event.to_string(), json);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Event {
    /// Always `0`.
    pub version: String,
    /// The `EventId` from the response of `PutEvents`.
    pub id: String,
    /// The kind of event, defined by the source.
    pub detail_type: String,
    /// The source.
    pub source: String,
    /// The account of the bus.
    pub account: String,
    /// The time in whole seconds: the entry's `Time`, or the time of arrival.
    #[serde(serialize_with = "whole_seconds", deserialize_with = "rounded_down")]
    pub time: DateTime<Utc>,
    /// The region of the bus.
    pub region: String,
    /// The ARNs of the resources concerned.
    pub resources: Vec<String>,
    /// The event itself.
    pub detail: Map<String, Value>,
}

impl Event {
    /// The event as JSON.
    pub fn to_value(&self) -> Value {
        json!({
            "version": self.version,
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": time_text(&self.time),
            "region": self.region,
            "resources": self.resources,
            "detail": self.detail,
        })
    }
}

/// The JSON text of the event.
impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_value().fmt(f)
    }
}

fn time_text(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn whole_seconds<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time_text(time))
}

fn rounded_down<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    DateTime::<Utc>::deserialize(deserializer).map(|time| time.trunc_subsecs(0))
}
