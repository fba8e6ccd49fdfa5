use serde_json::Value;

use super::arguments::{Arguments, Refusal, text};
use super::java;
use crate::data::json::{NotJson, Source};
use crate::data::json_value;

/// `States.JsonMerge(left, right, false)`: a shallow merge, in which the right object's members win.
pub(super) fn merge(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [left, right, is_deep] = arguments.exactly()?;
    match (left, right) {
        // Anything but `true` counts as `false`; deep merging is in the specification, but not on AWS.
        (Value::Object(left), Value::Object(right)) if *is_deep != Value::Bool(true) => {
            let mut members = left.clone();
            members.extend(right.iter().map(|(name, member)| (name.clone(), member.clone())));
            let members: Vec<(String, Value)> = members.into_iter().collect();
            Ok(Value::Object(
                java::hash_map_order(members, |(name, _)| java::string_hash(name))
                    .into_iter()
                    .collect(),
            ))
        }
        _ => Err(Refusal::InvalidArguments),
    }
}

/// `States.JsonToString(value)`: compact JSON.
pub(super) fn to_string(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    match arguments.values {
        [value] => Ok(value.to_string().into()),
        _ => Err(Refusal::Other(
            "Invalid arguments in States.JsonToString: only a single argument is allowed.".to_owned(),
        )),
    }
}

/// `States.StringToJson(text)`: null for a blank text.
pub(super) fn from_string(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [json] = arguments.exactly()?;
    let json = text(json)?;
    match json.trim() {
        "" => Ok(Value::Null),
        _ => json_value(json).map_err(|_| {
            let cause = NotJson::of(json).message(Source::Redacted);
            Refusal::Other(format!(
                "Cannot convert String to Json in States.StringToJson, caused by: {cause}"
            ))
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::data::intrinsic::tests::{refused, value};
    use serde_json::json;

    #[test]
    fn merging_is_shallow() {
        let merged = value(
            r#"States.JsonMerge(States.StringToJson('{"a":{"x":1},"d":3,"b":2}'), States.StringToJson('{"a":{"y":1},"c":null}'), false)"#,
        );
        assert_eq!(merged.to_string(), r#"{"a":{"y":1},"b":2,"c":null,"d":3}"#);
        assert_eq!(
            refused("States.JsonMerge($, $, true)"),
            "Invalid arguments in States.JsonMerge"
        );
        assert_eq!(
            refused("States.JsonMerge($, null, false)"),
            "Invalid arguments in States.JsonMerge"
        );
    }

    #[test]
    fn to_text_and_back() {
        assert_eq!(value("States.JsonToString('a\"b')"), json!("\"a\\\"b\""));
        assert_eq!(value("States.StringToJson(' ')"), json!(null));
        assert_eq!(value("States.StringToJson(' -0 ')"), json!(0));
        assert_eq!(value("States.StringToJson('[1.50, 2]')"), json!([1.5, 2]));
        assert_eq!(
            refused("States.JsonToString()"),
            "Invalid arguments in States.JsonToString: only a single argument is allowed."
        );
        assert_eq!(
            refused("States.StringToJson(1)"),
            "Invalid arguments in States.StringToJson"
        );
        assert!(refused(&format!("States.StringToJson('{}')", "[".repeat(50_000))).contains("caused by"));
    }
}
