//! A target's input in place of the whole event: `Input`, `InputPath` or `InputTransformer`.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

use super::{Event, Rule};
use crate::data::{JsonPath, Root};

/// The most entries of an `InputPathsMap` (EventBridge API reference, `InputTransformer`).
const MAX_INPUT_PATHS: usize = 100;
/// The most characters of an `InputTemplate` (EventBridge API reference, `InputTransformer`).
const MAX_TEMPLATE: usize = 8192;
/// The most bytes of an expanded template, the same as of an event.
const MAX_PAYLOAD: usize = 256 * 1024;

/// A target's input in place of the whole event.
///
/// Source: EventBridge user guide, "Amazon EventBridge input transformation".
///
/// ```
/// use asl_engine::services::event_bridge::TargetInput;
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let always_the_same = TargetInput::constant(json!({ "wake": true }));
/// let part = TargetInput::path("$.detail.total")?;
/// let made_of_it = TargetInput::transformer(
///     [("total", "$.detail.total")],
///     r#"{ "text": "an order of <total> by <aws.events.rule-name>", "total": <total> }"#,
/// )?;
/// # let _ = (always_the_same, part, made_of_it);
/// assert_eq!(
///     TargetInput::transformer([("a", "$.a")], r#""<b>""#).unwrap_err().to_string(),
///     "InputTemplate contains invalid placeholder b."
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TargetInput(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Constant(Value),
    Path(JsonPath),
    Transformer(Vec<Part>),
}

/// A piece of an `InputTemplate`.
#[derive(Debug, Clone)]
enum Part {
    Text(String),
    /// `<name>`, within quotes or not.
    Placeholder(Placeholder, bool),
}

#[derive(Debug, Clone)]
enum Placeholder {
    Path(JsonPath),
    RuleArn,
    RuleName,
    IngestionTime,
    /// The event without its detail.
    Envelope,
    Event,
}

/// The error of an invalid target input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidTargetInput {
    message: String,
}

/// A transformer's expanded template is larger than an event may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the transformed input is larger than 256 KB")]
pub struct PayloadTooLarge;

impl TargetInput {
    /// `Input`: a constant.
    pub fn constant(input: Value) -> Self {
        Self(Kind::Constant(input))
    }

    /// `InputPath`: a part of the event; `null` if the event does not have it. Errors if it is not a JSONPath.
    pub fn path(path: &str) -> Result<Self, InvalidTargetInput> {
        Ok(Self(Kind::Path(json_path(path)?)))
    }

    /// `InputTransformer`: a template in which `<name>` is replaced by a path's selection from the event.
    ///
    /// Without quotes around it, a placeholder is JSON; within, it is text. A path that finds nothing gives an empty
    /// text. A result that is no JSON is a text. Fails for broken paths, more than 100 of them, more than 8192
    /// characters of template, or a placeholder without a path.
    pub fn transformer<'a>(
        input_paths: impl IntoIterator<Item = (&'a str, &'a str)>,
        input_template: &str,
    ) -> Result<Self, InvalidTargetInput> {
        let mut paths = HashMap::new();
        for (name, path) in input_paths {
            paths.insert(name, json_path(path)?);
        }
        if paths.len() > MAX_INPUT_PATHS {
            return Err(invalid(format!(
                "InputPathsMap has more than {MAX_INPUT_PATHS} entries."
            )));
        }
        if input_template.chars().count() > MAX_TEMPLATE {
            return Err(invalid(format!(
                "InputTemplate has more than {MAX_TEMPLATE} characters."
            )));
        }
        Ok(Self(Kind::Transformer(parts(input_template, &paths)?)))
    }

    /// The payload that a target of this rule gets for an event, which its bus took at `ingestion_time`. Fails where a
    /// transformer's template grows beyond 256 KB.
    pub fn payload(&self, event: &Event, rule: &Rule, ingestion_time: DateTime<Utc>) -> Result<Value, PayloadTooLarge> {
        let parts = match &self.0 {
            Kind::Constant(input) => return Ok(input.clone()),
            Kind::Path(path) => return Ok(found(path, &event.to_value()).unwrap_or_default()),
            Kind::Transformer(parts) => parts,
        };
        let source = Source {
            event: event.to_value(),
            rule_name: rule.name(),
            rule_arn: rule.arn(&event.region, &event.account),
            ingestion_time,
        };
        transform(parts, &source)
    }
}

fn json_path(text: &str) -> Result<JsonPath, InvalidTargetInput> {
    match JsonPath::parse(text) {
        Ok(path) if *path.root() == Root::Input => Ok(path),
        Ok(_) => Err(invalid(format!("`{text}` is not a path into the event"))),
        Err(error) => Err(invalid(format!("`{text}` is not a valid JSONPath: {error}"))),
    }
}

fn invalid(message: String) -> InvalidTargetInput {
    InvalidTargetInput { message }
}

fn found(path: &JsonPath, event: &Value) -> Option<Value> {
    path.evaluate_in(event).ok().map(Cow::into_owned)
}

fn parts(template: &str, paths: &HashMap<&str, JsonPath>) -> Result<Vec<Part>, InvalidTargetInput> {
    let mut parts = Vec::new();
    let mut quoted = false;
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('<') {
        quoted ^= has_odd_quotes(text);
        let name = after.split_once('>').filter(|(name, _)| is_name(name));
        let Some((name, after)) = name else {
            parts.push(Part::Text(format!("{text}<")));
            rest = after;
            continue;
        };
        let placeholder = match name {
            "aws.events.rule-arn" => Placeholder::RuleArn,
            "aws.events.rule-name" => Placeholder::RuleName,
            "aws.events.event.ingestion-time" => Placeholder::IngestionTime,
            "aws.events.event" => Placeholder::Envelope,
            "aws.events.event.json" => Placeholder::Event,
            name => match paths.get(name) {
                Some(path) => Placeholder::Path(path.clone()),
                None => return Err(invalid(format!("InputTemplate contains invalid placeholder {name}."))),
            },
        };
        parts.push(Part::Text(text.to_owned()));
        parts.push(Part::Placeholder(placeholder, quoted));
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

/// Whether a text changes between outside and inside of quotes.
fn has_odd_quotes(text: &str) -> bool {
    let (mut odd, mut escaped) = (false, false);
    for character in text.chars() {
        match character {
            '"' if !escaped => odd = !odd,
            _ => {}
        }
        escaped = character == '\\' && !escaped;
    }
    odd
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The values of a template's placeholders.
struct Source<'r> {
    event: Value,
    rule_name: &'r str,
    rule_arn: String,
    ingestion_time: DateTime<Utc>,
}

fn transform(parts: &[Part], source: &Source<'_>) -> Result<Value, PayloadTooLarge> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Placeholder(placeholder, quoted) => {
                let value = placeholder.value(source);
                text.push_str(&if *quoted { spliced(&value) } else { value.to_string() });
            }
        }
        // A short template that repeats a long detail must not fill the memory.
        if text.len() > MAX_PAYLOAD {
            return Err(PayloadTooLarge);
        }
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

impl Placeholder {
    fn value(&self, source: &Source<'_>) -> Value {
        match self {
            Self::Path(path) => found(path, &source.event).unwrap_or_else(|| Value::String(String::new())),
            Self::RuleArn => Value::String(source.rule_arn.clone()),
            Self::RuleName => Value::String(source.rule_name.to_owned()),
            Self::IngestionTime => Value::String(source.ingestion_time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Envelope => {
                let mut envelope = source.event.clone();
                if let Value::Object(fields) = &mut envelope {
                    fields.shift_remove("detail");
                }
                envelope
            }
            Self::Event => source.event.clone(),
        }
    }
}

/// A value as text within quotes; objects and arrays lose the quotes they have themselves.
fn spliced(value: &Value) -> String {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string().replace('"', "")),
    };
    let quoted = Value::String(text.into_owned()).to_string();
    quoted
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule() -> Rule {
        Rule::new("orders", r#"{ "source": ["shop"] }"#.parse().unwrap())
    }

    fn payload(input: &TargetInput) -> Value {
        let event = json!({
            "version": "0", "id": "1", "detail-type": "Order", "source": "shop", "account": "123456789012",
            "time": "2025-01-02T03:04:05Z", "region": "us-east-1", "resources": [],
            "detail": { "name": "a \"b\"", "total": 7, "ids": { "acc_id": "0a78", "sf_id": "baz" } },
        });
        let event = serde_json::from_value(event).unwrap();
        input.payload(&event, &rule(), DateTime::UNIX_EPOCH).unwrap()
    }

    fn transformed(template: &str) -> Value {
        let paths = [
            ("name", "$.detail.name"),
            ("total", "$.detail.total"),
            ("ids", "$.detail.ids"),
            ("no", "$.no"),
        ];
        payload(&TargetInput::transformer(paths, template).unwrap())
    }

    #[test]
    fn a_path_gives_a_part_of_the_event() {
        assert_eq!(payload(&TargetInput::path("$.detail.total").unwrap()), json!(7));
        assert_eq!(payload(&TargetInput::path("$.detail.nothing").unwrap()), json!(null));
    }

    #[test]
    fn placeholders_without_quotes_are_json() {
        assert_eq!(
            transformed(r#"{"name": <name>, "total": <total>, "ids": <ids>, "none": <no>}"#),
            json!({
                "name": "a \"b\"", "total": 7, "ids": { "acc_id": "0a78", "sf_id": "baz" }, "none": "",
            })
        );
    }

    #[test]
    fn placeholders_within_quotes_are_text() {
        assert_eq!(transformed(r#""<total> by <name>, <no>""#), json!("7 by a \"b\", "));
        assert_eq!(
            transformed(r#"{"t": "<ids>"}"#),
            json!({ "t": "{acc_id:0a78,sf_id:baz}" })
        );
    }

    #[test]
    fn some_placeholders_are_always_there() {
        assert_eq!(
            transformed(r#"["<aws.events.rule-name>", <aws.events.rule-arn>, <aws.events.event.ingestion-time>]"#),
            json!([
                "orders",
                "arn:aws:events:us-east-1:123456789012:rule/orders",
                "1970-01-01T00:00:00Z"
            ])
        );
        assert_eq!(transformed("<aws.events.event>").get("detail"), None);
        assert_eq!(transformed("<aws.events.event.json>")["detail"]["total"], 7);
    }

    #[test]
    fn what_is_no_json_is_text() {
        assert_eq!(transformed("1 < 2 is <total>?"), json!("1 < 2 is 7?"));
    }

    #[test]
    fn a_template_does_not_grow_without_bound() {
        let event: Event = serde_json::from_value(json!({
            "version": "0", "id": "1", "detail-type": "t", "source": "s", "account": "1", "region": "r",
            "time": "2025-01-02T03:04:05Z", "resources": [], "detail": { "long": "x".repeat(100_000) },
        }))
        .unwrap();
        let input = TargetInput::transformer([("l", "$.detail.long")], &"<l>".repeat(1000)).unwrap();
        assert_eq!(
            input.payload(&event, &rule(), DateTime::UNIX_EPOCH),
            Err(PayloadTooLarge)
        );
    }
}
