//! `--substitutions FILE`: the values of placeholders in a file.

use serde_json::{Map, Value};

/// The names and values of a file, in its order: a JSON object, or lines `NAME=VALUE`.
#[derive(Clone)]
pub(super) struct Values(pub(super) Vec<(String, String)>);

/// Reads the text of a file of values.
pub(super) fn read(text: &str) -> Result<Values, String> {
    if text.trim_start().starts_with('{') {
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
        let values = object.into_iter().map(|(name, value)| match value {
            Value::String(text) => (name, text),
            value => (name, value.to_string()),
        });
        return Ok(Values(values.collect()));
    }
    let values = text.lines().enumerate().filter_map(|(index, line)| {
        let read = line_value(line).transpose()?;
        Some(read.map_err(|problem| format!("line {}: {problem}", index + 1)))
    });
    values.collect::<Result<_, _>>().map(Values)
}

/// The name and value of a line; `None` if it has none. Quotes around a value are no part of it.
fn line_value(line: &str) -> Result<Option<(String, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("write it as NAME=VALUE")?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() {
        return Err("write it as NAME=VALUE");
    }
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = inside('"').or_else(|| inside('\'')).unwrap_or(value);
    Ok(Some((name.to_owned(), value.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_name_and_a_value() {
        let read = |line: &str| line_value(line).unwrap();
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        for (line, expected) in [
            ("Nap=30", pair("Nap", "30")),
            (" export Arn = arn:aws:lambda:a=b ", pair("Arn", "arn:aws:lambda:a=b")),
            ("Say=\"hello  you\"", pair("Say", "hello  you")),
            ("Say='\"'", pair("Say", "\"")),
            ("Say=\"", pair("Say", "\"")),
            ("Empty=", pair("Empty", "")),
            ("# Nap=30", None),
            ("  ", None),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
        assert!(line_value("Nap").is_err());
        assert!(line_value("=30").is_err());
    }
}
