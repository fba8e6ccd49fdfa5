//! JSON in the text of a test file, as people write YAML.

use serde_json::Value;

/// A name, in quotes unless it is a plain word.
pub(crate) fn key(name: &str) -> String {
    if is_plain(name, &[]) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

/// Whether a text of letters, digits and some signs is a text without quotes too.
fn is_plain(text: &str, signs: &[char]) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || signs.contains(&c);
    let is_taken = matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_word) && !is_taken
}

/// JSON, which is YAML too, with spaces as people write it.
pub(crate) fn json(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text, &['.', '/']) => text.clone(),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(json).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name), json(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        value => value.to_string(),
    }
}
