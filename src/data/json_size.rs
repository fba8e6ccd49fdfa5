use std::fmt::{self, Write};

use serde_json::{Number, Value};

/// The bytes of a value's compact JSON text, counted without building it.
///
/// Quotas are in these bytes. Nesting may be of any depth: the walk keeps its own stack.
#[inline]
pub(crate) fn json_size(value: &Value) -> usize {
    match value {
        Value::Array(_) | Value::Object(_) => nested_size(value),
        Value::String(text) => string_size(text),
        Value::Number(number) => number_size(number),
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
    }
}

fn nested_size(value: &Value) -> usize {
    let mut size: usize = 0;
    // Holds arrays and objects only: most values are flat, and cost no allocation.
    let mut pending = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        size += match value {
            Value::Array(items) => {
                let scalars: usize = items.iter().filter_map(|item| scalar_size(item, &mut pending)).sum();
                // Two brackets, and a comma between two items.
                2 + items.len().saturating_sub(1) + scalars
            }
            Value::Object(members) => {
                let scalars: usize = members
                    .iter()
                    .map(|(name, member)| string_size(name) + 1 + scalar_size(member, &mut pending).unwrap_or(0))
                    .sum();
                2 + members.len().saturating_sub(1) + scalars
            }
            scalar => json_size(scalar),
        };
        next = pending.pop();
    }
    size
}

/// The size of a value that does not nest; pushes an array or object to `pending` instead.
fn scalar_size<'a>(value: &'a Value, pending: &mut Vec<&'a Value>) -> Option<usize> {
    if matches!(value, Value::Array(_) | Value::Object(_)) {
        pending.push(value);
        return None;
    }
    Some(json_size(value))
}

/// An estimate of the bytes of memory that a value takes.
pub(crate) fn held_size<'v>(value: &'v Value) -> usize {
    /// A member's entry in the map and in its index, besides the name's text and the value.
    const ENTRY: usize = size_of::<String>() + 3 * size_of::<usize>() + ALLOCATION;
    /// An allocation beyond the bytes asked for.
    const ALLOCATION: usize = 16;
    let mut size = size_of::<Value>();
    // Holds arrays and objects only: most values are flat, and cost no allocation.
    let mut pending = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        let mut take = |value: &'v Value| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => size += text.len() + ALLOCATION,
            Value::Array(_) | Value::Object(_) => pending.push(value),
        };
        match value {
            Value::Array(items) => {
                items.iter().for_each(&mut take);
                size += items.len() * size_of::<Value>();
            }
            Value::Object(members) => {
                members.values().for_each(&mut take);
                let names: usize = members.keys().map(|name| name.len() + ENTRY).sum();
                size += names + members.len() * size_of::<Value>();
            }
            scalar => take(scalar),
        }
        next = pending.pop();
    }
    size
}

fn number_size(number: &Number) -> usize {
    /// Counts a text that nobody keeps.
    struct Length(usize);
    impl Write for Length {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    if let Some(whole) = number.as_u64() {
        return whole.checked_ilog10().map_or(1, |power| power as usize + 1);
    }
    let mut length = Length(0);
    // Counting cannot fail.
    let _ = write!(length, "{number}");
    length.0
}

/// The bytes of a text with its quotes and escapes.
pub(super) fn string_size(text: &str) -> usize {
    // Nearly no text has anything to escape, and without an early end the search reads many bytes at once.
    let odd = |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    let is_escaped = text.bytes().fold(0, |any, byte| any | odd(byte)) != 0;
    let escapes = if is_escaped {
        text.bytes().map(extra_bytes).sum()
    } else {
        0
    };
    text.len() + 2 + escapes
}

/// How many bytes `serde_json` adds to this byte when it escapes it.
fn extra_bytes(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | 0x08 | b'\t' | b'\n' | 0x0C | b'\r' => 1,
        0x00..=0x1F => 5,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::json_size;
    use serde_json::{Value, json};

    #[test]
    fn is_the_length_of_the_text() {
        for value in [
            json!(null),
            json!([true, false]),
            json!([0, 9, 10, -10, u64::MAX, i64::MIN, 1.5, -0.0, 1e300]),
            json!({}),
            json!([]),
            json!({ "a": [[], {}], "\u{0}\u{1f}\u{7f}\u{8}\u{c}\t\r\n\"\\/": "é" }),
        ] {
            assert_eq!(json_size(&value), value.to_string().len(), "{value}");
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        let mut value = Value::Null;
        for _ in 0..100_000 {
            value = Value::Array(vec![value]);
        }
        assert_eq!(json_size(&value), 200_004);
        // Dropping such a value recurses in `serde_json`, so it is taken apart by hand.
        while let Value::Array(mut items) = value {
            value = items.pop().unwrap_or_default();
        }
    }
}
