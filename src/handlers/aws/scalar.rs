//! Values that are one text on the wire: in a path, a header, a form, an element of XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Number, Value};

use super::model::TimeForm;
use crate::services::iso_8601;

/// How results are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// `aws-sdk:`: texts in ISO 8601.
    Iso,
    /// Optimised integrations: milliseconds.
    Milliseconds,
}

impl Times {
    pub(super) fn value(self, time: DateTime<Utc>) -> Value {
        match self {
            Self::Iso => iso_8601(time).into(),
            Self::Milliseconds => time.timestamp_millis().into(),
        }
    }

    /// A time that is a number of seconds; `None` for one that is too far away.
    pub(super) fn of_seconds(self, seconds: &Number) -> Option<Value> {
        let milliseconds = seconds.as_f64()? * 1_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "a time too far away is no time")]
        let time = DateTime::from_timestamp_millis(milliseconds.round() as i64)?;
        Some(self.value(time))
    }

    /// A time in a text, of any form.
    pub(super) fn of_text(self, text: &str) -> Option<Value> {
        let text = text.trim();
        let time = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
        match time {
            Ok(time) => Some(self.value(time.with_timezone(&Utc))),
            Err(_) => self.of_seconds(&serde_json::from_str(text).ok()?),
        }
    }
}

/// A time in a form, from a task's text in ISO 8601 or its seconds; what is no time stays as it is, and the service says so.
pub(super) fn time_to_wire(value: &Value, form: TimeForm) -> Value {
    let time = match value {
        Value::String(text) => DateTime::parse_from_rfc3339(text).ok(),
        _ => None,
    };
    let Some(time) = time.map(|time| time.with_timezone(&Utc)) else {
        return value.clone();
    };
    match form {
        TimeForm::Iso => iso_8601(time).into(),
        TimeForm::Http => time.format("%a, %d %b %Y %H:%M:%S GMT").to_string().into(),
        TimeForm::Epoch => match time.timestamp_subsec_millis() {
            0 => time.timestamp().into(),
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of any year fit")]
            _ => (time.timestamp_millis() as f64 / 1_000.0).into(),
        },
    }
}

/// A value as a text: a text as it is, anything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Bytes for a member that has them: those of a text, or of a value's JSON.
pub(super) fn to_base64(value: &Value) -> Value {
    STANDARD.encode(text_of(value)).into()
}

/// The text of a member that has bytes; bytes that are no text stay in Base64.
pub(super) fn from_base64(text: &str) -> Value {
    let bytes = STANDARD.decode(text).ok();
    let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or_else(|| text.into(), Value::from)
}

/// A number or a boolean in a text; anything else stays a text.
pub(super) fn number_or_boolean(text: &str) -> Value {
    match serde_json::from_str(text.trim()) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => text.into(),
    }
}
