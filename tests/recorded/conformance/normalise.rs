//! What the recordings do not keep: the only differences that are not looked at.
//!
//! The recordings were cleaned before they were stored. Both sides are brought to that form:
//!
//! * the fields of an event are sorted by name; texts that hold a JSON object are read as that object, in which the
//!   order of the keys counts, and every payload as what it holds;
//! * times with a zone are `date`, and what stands under a key that speaks of a timestamp is `timestamp`;
//! * names made up for the definition, and task tokens, go back to the recording's placeholders; the partition of an
//!   ARN is one;
//! * UUIDs, and the input that a cause quotes are placeholders without a number;
//! * a `Cause` that holds a JSON object is read as that object: the recordings lost its blanks;
//! * what the names in calls of the API stand for is told by [`placeholders`](crate::placeholders);
//! * `RedriveCount` is left out of the context object in recordings from before AWS added it.

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::case::Case;
use crate::replay::Replayed;

/// The fields whose texts are JSON, whatever they begin with.
const PAYLOADS: [&str; 3] = ["input", "output", "parameters"];
pub(crate) const TIME: &str = r"-?[0-9]{4}-(1[0-2]|0[1-9])-(3[01]|0[1-9]|[12][0-9])T(2[0-3]|[01][0-9]):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?(Z|[+-](?:2[0-3]|[01][0-9]):[0-5][0-9])";
/// When AWS began to redrive executions.
const REDRIVES: &str = "2023-11-15";
const LOCAL_TIME: &str = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?";
const UUID: &str = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// The patterns, and the names of one case.
pub(crate) struct Normaliser {
    /// A case's made-up name and the recording's name for it, the longest first.
    names: Vec<(String, String)>,
    /// A task token and the recording's name for it.
    tokens: Vec<(String, String)>,
    has_redrives: bool,
    patterns: Vec<(Regex, &'static str)>,
}

impl Normaliser {
    pub(crate) fn new(case: &Case, replayed: Option<&Replayed>) -> Self {
        let placeholders = case.json["placeholders"].as_object();
        let mut names: Vec<(String, String)> = placeholders
            .into_iter()
            .flatten()
            .filter_map(|(raw, name)| Some((raw.clone(), name.as_str()?.to_owned())))
            .collect();
        // A name that shows in the definition alone is in no list.
        resources(&case.json["definition_raw"], &case.json["definition"], &mut names);
        names.sort_by_key(|(raw, _)| std::cmp::Reverse(raw.len()));
        // Only recordings that lost the input hide it; the others are compared with what they print.
        let quoted = if case.json["expected"].to_string().contains("'<json-input:") {
            r"(?s)could not be found in the input '.*'"
        } else {
            "<no input is lost>"
        };
        let pattern = |pattern: &str, name| (Regex::new(pattern).unwrap(), name);
        Self {
            names,
            tokens: replayed.map(|replayed| replayed.tokens.clone()).unwrap_or_default(),
            has_redrives: case.json["aws_validated"].as_str().is_none_or(|date| date >= REDRIVES),
            patterns: vec![
                pattern(UUID, "<uuid>"),
                pattern(r"<uuid:\d+>|\bgenerated-uuid\b", "<uuid>"),
                pattern(r"<MapRunArnPart\d_\d+idx>", "<uuid>"),
                pattern(quoted, "could not be found in the input '…'"),
                pattern(TIME, "date"),
                pattern(LOCAL_TIME, "date"),
                pattern("<([a-z-]+-)?(time|date|timestamp)>", "date"),
            ],
        }
    }

    /// A recorded event: its texts are parsed and its fields sorted already.
    pub(crate) fn recorded(&self, event: &Value) -> Value {
        self.event(event)
    }

    /// An event of the replay.
    pub(crate) fn replayed(&self, event: &Value) -> Value {
        self.event(&sorted(event))
    }

    /// A record of a log, recorded or replayed.
    pub(crate) fn log_record(&self, record: &Value) -> Value {
        self.event(&self.value(&sorted(record)))
    }

    fn event(&self, event: &Value) -> Value {
        let mut event = event.clone();
        let Some(members) = event.as_object_mut() else {
            return event;
        };
        members.shift_remove("timestamp");
        let holds_details = |name: &str| name.ends_with("EventDetails") || name == "details";
        for (_, details) in members.iter_mut().filter(|(name, _)| holds_details(name)) {
            let Some(fields) = details.as_object_mut() else {
                continue;
            };
            for (name, field) in fields.iter_mut() {
                let is_payload = PAYLOADS.contains(&name.as_str());
                if name == "assignedVariables" {
                    for (_, variable) in field.as_object_mut().into_iter().flat_map(Map::iter_mut) {
                        *variable = self.value(&parsed(variable, true));
                    }
                } else {
                    *field = self.value(&parsed(field, is_payload));
                }
            }
        }
        event
    }

    /// Data, at every depth.
    pub(crate) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => members
                .iter()
                .filter(|(name, _)| self.has_redrives || *name != "RedriveCount")
                .map(|(name, value)| {
                    let value = if name == "Cause" {
                        self.value(&parsed(value, false))
                    } else if name.to_lowercase().contains("timestamp") {
                        "timestamp".into()
                    } else {
                        self.value(value)
                    };
                    (name.clone(), value)
                })
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// A text.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (raw, name) in self.tokens.iter().chain(&self.names) {
            text = text.replace(raw, name);
        }
        text = text.replace("arn:<partition>:", "arn:aws:");
        for (pattern, name) in &self.patterns {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        text
    }
}

/// A text that holds JSON as what it holds. The recordings did so for objects, and some for every payload.
fn parsed(field: &Value, is_payload: bool) -> Value {
    let text = match field {
        Value::String(text) => text,
        other => return other.clone(),
    };
    match serde_json::from_str(text) {
        Ok(object @ Value::Object(_)) => object,
        Ok(other) if is_payload => other,
        _ => field.clone(),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            members.into_iter().collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The resources of a definition with their names in the recording.
fn resources(raw: &Value, recorded: &Value, names: &mut Vec<(String, String)>) {
    match (raw, recorded) {
        (Value::Object(raw), Value::Object(recorded)) => {
            for (name, raw) in raw {
                match (raw, recorded.get(name).unwrap_or(&Value::Null)) {
                    (Value::String(raw), Value::String(recorded)) if name == "Resource" && raw != recorded => {
                        names.push((raw.clone(), recorded.clone()));
                    }
                    (raw, recorded) => resources(raw, recorded, names),
                }
            }
        }
        (Value::Array(raw), Value::Array(recorded)) => {
            for (raw, recorded) in raw.iter().zip(recorded) {
                resources(raw, recorded, names);
            }
        }
        _ => {}
    }
}
