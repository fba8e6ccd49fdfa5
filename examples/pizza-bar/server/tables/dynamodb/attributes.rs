//! JSON as `DynamoDB` has it: each value with its type.

use serde_json::{Map, Number, Value, json};

pub(super) fn to_attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Number(value) => json!({ "N": value.to_string() }),
        Value::String(value) => json!({ "S": value }),
        Value::Array(values) => json!({ "L": values.iter().map(to_attribute).collect::<Vec<_>>() }),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), to_attribute(value)));
            json!({ "M": members.collect::<Map<_, _>>() })
        }
    }
}

/// `None` if it is of another type than those of JSON.
pub(super) fn from_attribute(attribute: &Value) -> Option<Value> {
    // An SDK may write all types, those that it is not as null.
    let mut types = attribute.as_object()?.iter().filter(|(_, value)| !value.is_null());
    let (name, value) = types.next()?;
    Some(match name.as_str() {
        "NULL" => Value::Null,
        "BOOL" | "S" => value.clone(),
        "N" => Value::Number(value.as_str()?.parse::<Number>().ok()?),
        "L" => value.as_array()?.iter().map(from_attribute).collect::<Option<_>>()?,
        "M" => {
            let members = value.as_object()?.iter();
            let members = members.map(|(name, value)| Some((name.clone(), from_attribute(value)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        let value = json!({ "a": [1, -2.5, "x", true, null, {}, []], "": { "b": { "c": [[]] } } });
        assert_eq!(from_attribute(&to_attribute(&value)), Some(value));
        assert_eq!(from_attribute(&json!({ "SS": ["a"] })), None);
    }
}
