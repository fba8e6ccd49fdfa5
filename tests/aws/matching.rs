//! Results as cases give them: references to earlier results, and values of which a part is given.

use serde_json::Value;
use std::collections::HashMap;

/// Replaces `${name.Member.0}` in all texts.
pub(crate) fn resolved(value: &Value, known: &HashMap<String, Value>) -> Value {
    match value {
        Value::String(text) => text_of(text, known),
        Value::Array(items) => items.iter().map(|item| resolved(item, known)).collect(),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), resolved(value, known)));
            Value::Object(members.collect())
        }
        value => value.clone(),
    }
}

fn text_of(text: &str, known: &HashMap<String, Value>) -> Value {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, rest) = part.split_once('}').expect("the end of a reference");
        let (name, place) = reference.split_once('.').unwrap_or((reference, ""));
        let value = known
            .get(name)
            .unwrap_or_else(|| panic!("nothing is known as `{name}`"));
        let pointer = place.split('.').filter(|part| !part.is_empty());
        let pointer: String = pointer.flat_map(|part| ["/", part]).collect();
        let found = value
            .pointer(&pointer)
            .unwrap_or_else(|| panic!("`{reference}` is not in {value}"));
        match found {
            Value::String(found) => out.push_str(found),
            found if out.is_empty() && rest.is_empty() => return found.clone(),
            found => out.push_str(&found.to_string()),
        }
        out.push_str(rest);
    }
    out.into()
}

/// Errors with the first difference between what is given of a value and the value.
pub(crate) fn check(given: &Value, value: &Value) -> Result<(), String> {
    let differs = || Err(format!("expected {given}, found {value}"));
    match (given, value) {
        (Value::Object(members), Value::Object(found)) => members.iter().try_for_each(|(name, given)| {
            let found = found
                .get(name)
                .ok_or_else(|| format!("there is no `{name}` in {value}"))?;
            check(given, found).map_err(|problem| format!("{name}: {problem}"))
        }),
        (Value::Array(items), Value::Array(found)) if items.len() == found.len() => items
            .iter()
            .zip(found)
            .try_for_each(|(given, found)| check(given, found)),
        (Value::String(pattern), Value::String(text)) if fits(pattern, text) => Ok(()),
        (given, value) if given == value => Ok(()),
        _ => differs(),
    }
}

/// Whether a text has the form of a pattern, in which `*` matches anything.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    let ends = text.char_indices().map(|(index, _)| index).chain([text.len()]);
    ends.into_iter().any(|index| fits(rest, &text[index..]))
}
