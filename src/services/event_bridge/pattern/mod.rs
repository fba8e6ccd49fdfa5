//! The event pattern language, which selects a rule's events.

mod bits;
mod cidr;
mod comparison;
mod matcher;
mod numeric;
mod parse;
mod path_tree;
mod wildcard;

use serde_json::Value;
use std::str::FromStr;

use super::event::Event;
use crate::data::json::{NotJson, Source};
use crate::data::nests_within;
use matcher::Matcher;

/// The most characters a pattern has (EventBridge API reference, `PutRule`, `EventPattern`).
const MAX_CHARACTERS: usize = 4096;
/// The deepest nesting of a pattern; what `serde_json` reads of a text is no deeper.
const MAX_NESTING: usize = 127;

/// An event pattern, compiled once and matched as often as events come.
///
/// It is a JSON object. Each of its leaves is a non-empty array of alternatives of which one must match; all its
/// keys must match; fields of the event which it does not mention are ignored.
///
/// | operator | form |
/// |---|---|
/// | (literal) | `"text"`, `12`, `true`, `null` |
/// | `prefix`, `suffix` | `{"prefix": "ab"}`, `{"prefix": {"equals-ignore-case": "ab"}}` |
/// | `equals-ignore-case` | `{"equals-ignore-case": "ab"}` |
/// | `wildcard` | `{"wildcard": "a*b"}` |
/// | `anything-but` | a literal, a list of literals, or one of the four operators above with a text or a list of texts |
/// | `numeric` | `{"numeric": ["=", 5]}`, `{"numeric": [">", 0, "<=", 5]}` |
/// | `exists` | `{"exists": true}`, `{"exists": false}` |
/// | `cidr` | `{"cidr": "10.0.0.0/24"}` |
/// | `$or` | `{"$or": [{…}, {…}]}` in place of a key |
///
/// An array in an event matches by any of its elements; several keys below one array of objects are to be met by the
/// same element. A key with dots in it and the nested spelling are one path: `{"a.b": …}` is `{"a": {"b": …}}`.
///
/// Source: EventBridge user guide, "Creating Amazon EventBridge event patterns" and "Comparison operators for use in
/// event patterns".
///
/// ```
/// use asl_engine::services::event_bridge::EventPattern;
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pattern: EventPattern = r#"{ "source": ["shop"], "detail": { "total": [{ "numeric": [">", 100] }] } }"#.parse()?;
/// assert!(pattern.matches_value(&json!({ "source": "shop", "detail": { "total": 101, "currency": "EUR" } })));
/// assert!(!pattern.matches_value(&json!({ "source": "shop", "detail": { "total": "101" } })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EventPattern {
    source: Value,
    matcher: Matcher,
}

/// The error of an invalid event pattern, in EventBridge's words.
///
/// Source: EventBridge API reference, `InvalidEventPatternException`.
///
/// ```
/// use asl_engine::services::event_bridge::EventPattern;
///
/// let error = r#"{ "source": "shop" }"#.parse::<EventPattern>().unwrap_err();
/// assert_eq!(error.to_string(), r#"Event pattern is not valid. Reason: "source" must be an object or an array"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid. Reason: {reason}")]
pub struct InvalidEventPattern {
    reason: String,
}

impl InvalidEventPattern {
    /// The part of the message after `Reason: `.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<String> for InvalidEventPattern {
    fn from(reason: String) -> Self {
        Self { reason }
    }
}

impl EventPattern {
    /// Compiles a pattern from JSON. Errors as [`EventPattern::from_str`] does.
    ///
    /// ```
    /// use asl_engine::services::event_bridge::EventPattern;
    /// use serde_json::json;
    ///
    /// assert!(EventPattern::from_json(&json!({ "source": [{ "prefix": "shop." }] })).is_ok());
    /// assert!(EventPattern::from_json(&json!({ "source": [{ "PREFIX": "shop." }] })).is_err());
    /// ```
    pub fn from_json(pattern: &Value) -> Result<Self, InvalidEventPattern> {
        // The nesting is checked first: everything after it recurses.
        if !nests_within(pattern, MAX_NESTING) {
            return Err(too_deep().into());
        }
        check_length(&pattern.to_string())?;
        Self::compile(pattern.clone())
    }

    /// Whether the event matches.
    pub fn matches(&self, event: &Event) -> bool {
        self.matches_value(&event.to_value())
    }

    /// Whether an event given as JSON matches. It may be any JSON: a pattern checks only the fields it names.
    pub fn matches_value(&self, event: &Value) -> bool {
        self.matcher.matches(event)
    }

    /// The pattern as JSON.
    pub fn as_json(&self) -> &Value {
        &self.source
    }

    fn compile(source: Value) -> Result<Self, InvalidEventPattern> {
        let matcher = Matcher::new(&parse::parse(&source)?);
        Ok(Self { source, matcher })
    }
}

/// Compiles a pattern from its JSON text. Fails for broken JSON, an unknown operator, an operand of the wrong type,
/// more than 4096 characters, more than 1000 combinations by `$or`, or a `wildcard` which is too complex.
impl FromStr for EventPattern {
    type Err = InvalidEventPattern;

    fn from_str(text: &str) -> Result<Self, InvalidEventPattern> {
        check_length(text)?;
        let source: Value = match serde_json::from_str(text) {
            Ok(source) => source,
            Err(_) if text.trim().is_empty() => return Err("Filter is not an object".to_owned().into()),
            Err(_) => return Err(NotJson::of(text).problem(Source::Quoted).into()),
        };
        if !nests_within(&source, MAX_NESTING) {
            return Err(too_deep().into());
        }
        Self::compile(source)
    }
}

impl PartialEq for EventPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

fn check_length(text: &str) -> Result<(), String> {
    if text.chars().count() > MAX_CHARACTERS {
        return Err(format!("it must have length less than or equal to {MAX_CHARACTERS}"));
    }
    Ok(())
}

fn too_deep() -> String {
    format!("Document nesting depth exceeds the maximum allowed ({MAX_NESTING})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn leaf() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-c*\\\\./:0-9]{0,6}".prop_map(Value::from),
        ]
    }

    /// The words of the language and a few others, so that many patterns get far.
    fn key() -> impl Strategy<Value = String> {
        let words = [
            "a",
            "b",
            "a.b",
            "",
            "$or",
            "prefix",
            "suffix",
            "wildcard",
            "anything-but",
            "equals-ignore-case",
            "numeric",
            "exists",
            "cidr",
            "exactly",
        ];
        prop::sample::select(words.to_vec()).prop_map(str::to_owned)
    }

    fn value() -> impl Strategy<Value = Value> {
        leaf().prop_recursive(6, 64, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key(), inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// The pattern that asks for each leaf of an object, if it has any.
    fn literal_pattern(value: &Value) -> Option<Value> {
        match value {
            Value::Object(fields) => {
                // `$or` is no key in a pattern.
                let fields = fields
                    .iter()
                    .filter(|(key, _)| *key != "$or")
                    .filter_map(|(key, value)| Some((key.clone(), literal_pattern(value)?)));
                let fields: serde_json::Map<_, _> = fields.collect();
                (!fields.is_empty()).then_some(Value::Object(fields))
            }
            Value::Array(_) => None,
            leaf => Some(json!([leaf])),
        }
    }

    proptest! {
        #[test]
        fn no_pattern_and_no_event_panics(pattern in value(), event in value()) {
            if let Ok(pattern) = EventPattern::from_json(&pattern) {
                pattern.matches_value(&event);
            }
        }

        #[test]
        fn no_text_panics(text in "[{}\\[\\]\",:a-d\\\\ $0-9\n]{0,40}") {
            let _ = text.parse::<EventPattern>();
        }

        #[test]
        fn an_event_matches_the_pattern_of_its_own_leaves(
            event in prop::collection::vec(("[a-z]{1,3}", value()), 1..5)
        ) {
            let event = Value::Object(event.into_iter().collect());
            if let Some(pattern) = literal_pattern(&event) {
                prop_assert!(EventPattern::from_json(&pattern).unwrap().matches_value(&event), "{pattern} {event}");
            }
        }
    }

    #[test]
    fn broken_json_is_refused_in_the_words_of_jackson() {
        let reason = |text: &str| text.parse::<EventPattern>().unwrap_err().reason().to_owned();
        let rest = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        assert_eq!(reason("this is no JSON"), format!("Unrecognized token 'this': {rest}"));
        assert_eq!(
            reason("{'a': 1}"),
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name"
        );
        assert_eq!(
            reason(r#"{"a": 1"#),
            r#"Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"a": 1"; line: 1, column: 1])"#
        );
        assert_eq!(reason(" "), "Filter is not an object");
    }

    #[test]
    fn size_and_nesting_are_bounded() {
        let long = json!({ "a": ["x".repeat(MAX_CHARACTERS)] });
        assert!(EventPattern::from_json(&long).is_err());
        let mut deep = json!(["x"]);
        for _ in 0..1000 {
            deep = Value::Object([("a".to_owned(), deep)].into_iter().collect());
        }
        assert!(
            EventPattern::from_json(&deep)
                .unwrap_err()
                .reason()
                .starts_with("Document nesting depth")
        );
        let text = format!("{}[1]{}", r#"{"a":"#.repeat(500), "}".repeat(500));
        assert!(text.parse::<EventPattern>().is_err());
    }
}
