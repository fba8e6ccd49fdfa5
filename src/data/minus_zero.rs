//! The number `-0` in JSON texts: a whole number for AWS's parser, a float for `serde_json`.

use serde_json::{Error, Value};

/// Parses a JSON text as AWS does: `-0` is the whole number 0. (`-0.0` is a float, there as here.)
pub(crate) fn json_value(text: &str) -> Result<Value, Error> {
    let value = serde_json::from_str(text)?;
    match without_minus_zeroes(text) {
        Some(text) => serde_json::from_str(&text),
        None => Ok(value),
    }
}

/// A JSON text with `0` for each `-0`; `None` if it has none.
pub(crate) fn without_minus_zeroes(text: &str) -> Option<String> {
    // Dates and names are full of `-0`; the walk below tells them apart.
    if !text.contains("-0") {
        return None;
    }
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied();
    let mut replaced = String::new();
    let mut kept = 0;
    let mut index = 0;
    let mut is_in_string = false;
    while let Some(byte) = at(index) {
        match byte {
            b'\\' if is_in_string => index += 1,
            b'"' => is_in_string = !is_in_string,
            b'-' if !is_in_string && is_minus_zero(bytes, index) => {
                replaced.push_str(text.get(kept..index).unwrap_or_default());
                kept = index + 1;
            }
            _ => {}
        }
        index += 1;
    }
    if kept == 0 {
        return None;
    }
    replaced.push_str(text.get(kept..).unwrap_or_default());
    Some(replaced)
}

/// Whether the minus sign at this place begins the number `-0`, rather than a longer one or an exponent.
fn is_minus_zero(bytes: &[u8], minus: usize) -> bool {
    let before = minus.checked_sub(1).and_then(|before| bytes.get(before));
    let after = bytes.get(minus + 2);
    bytes.get(minus + 1) == Some(&b'0')
        && !matches!(before, Some(b'e' | b'E'))
        && !matches!(after, Some(b'0'..=b'9' | b'.' | b'e' | b'E'))
}

#[cfg(test)]
mod tests {
    use super::json_value;
    use crate::data::json::Substitutions;
    use crate::data::json::parse_with;

    #[test]
    fn it_is_zero_wherever_it_stands_and_nothing_else_is() {
        for (text, expected) in [
            ("-0", "0"),
            (" [-0,-0 ,\n-0] ", "[0,0,0]"),
            (r#"{"-0":-0,"a":"-0","b\"-0":-0}"#, r#"{"-0":0,"a":"-0","b\"-0":0}"#),
            ("[-0.0,-0e5,-0.5,1e-0,1E-0,-10]", "[-0.0,-0.0,-0.5,1.0,1.0,-10]"),
            (r#"["2026-01-01","\\",-0]"#, r#"["2026-01-01","\\",0]"#),
        ] {
            let value = json_value(text).unwrap();
            assert_eq!(value.to_string(), expected, "{text}");
            let parsed = parse_with(text, &Substitutions::new(), usize::MAX);
            assert_eq!(parsed.root.unwrap().to_value().to_string(), expected, "{text}");
        }
        for wrong in ["", "-", "-0-0", "[-00]", "{\"a\":-0"] {
            let error = json_value(wrong).unwrap_err().to_string();
            assert_eq!(
                error,
                serde_json::from_str::<serde_json::Value>(wrong)
                    .unwrap_err()
                    .to_string()
            );
        }
    }
}
