//! The type of a plain scalar: the core schema of YAML 1.2.

use serde_json::Number;

use crate::data::json::Kind;

/// The value of an unquoted text; `None` if it is text, an error for a number that JSON cannot have.
pub(super) fn plain(text: &str) -> Result<Option<Kind>, &'static str> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Kind::Null),
        "true" | "True" | "TRUE" => Some(Kind::Boolean(true)),
        "false" | "False" | "FALSE" => Some(Kind::Boolean(false)),
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) => None,
        _ => number(text)?.map(Kind::Number),
    })
}

/// Whether the text is a boolean in YAML 1.1 but a text in YAML 1.2.
pub(super) fn is_boolean_in_yaml_1_1(text: &str) -> bool {
    let words = [
        "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF",
    ];
    words.contains(&text)
}

fn number(text: &str) -> Result<Option<Number>, &'static str> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(text, ".nan" | ".NaN" | ".NAN") || matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err("JSON has no such number");
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return Ok(u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    let (whole, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (unsigned.get(..at).unwrap_or_default(), unsigned.get(at + 1..)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = exponent.is_none_or(|text| is_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    let digits = whole.replacen('.', "", 1);
    if !is_exponent || !is_digits(&digits) {
        return Ok(None);
    }
    if exponent.is_none() && !whole.contains('.') {
        let integer = text.strip_prefix('+').unwrap_or(text);
        if let Ok(integer) = integer.parse::<i64>() {
            return Ok(Some(integer.into()));
        }
        if let Ok(integer) = integer.parse::<u64>() {
            return Ok(Some(integer.into()));
        }
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map(Some).ok_or("the number is beyond 64-bit floating-point")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn value(text: &str) -> Value {
        match plain(text).unwrap() {
            None => json!(text),
            Some(Kind::Number(number)) => Value::Number(number),
            Some(Kind::Boolean(value)) => json!(value),
            Some(_) => Value::Null,
        }
    }

    #[test]
    fn numbers_booleans_and_null_are_told_from_texts() {
        for (text, expected) in [
            ("7", json!(7)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("007", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("~", json!(null)),
            ("True", json!(true)),
            ("yes", json!("yes")),
            ("1.2.3", json!("1.2.3")),
            ("2024-01-01T00:00:00Z", json!("2024-01-01T00:00:00Z")),
            ("-", json!("-")),
            (".", json!(".")),
            ("1e", json!("1e")),
            ("$.a", json!("$.a")),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        assert!(plain(".inf").is_err());
        assert!(plain("1e999").is_err());
    }
}
