//! Measures the engine's values. The engine can print values, but does not report their sizes.

use std::fmt::{self, Write as _};

use jlens_core::audit::{CaptureLimits, ValueRef};
use serde_json::Value;

use super::limits::MAX_VALUE_BYTES;

/// Captures only the number of an array's items.
const LENGTH: CaptureLimits = CaptureLimits {
    max_items: 0,
    max_string: 0,
    max_depth: 1,
    max_rejected: 0,
    max_nodes: 0,
    max_source: 0,
};

/// Captures how many items each of an array's first items has.
const FIRST: CaptureLimits = CaptureLimits {
    max_items: 64,
    max_depth: 2,
    ..LENGTH
};

/// The bytes of a text; 0 for other values.
pub(super) fn text_bytes(value: ValueRef<'_>) -> usize {
    value.to_json().as_ref().and_then(Value::as_str).map_or(0, str::len)
}

/// The bytes of a value's JSON text; `usize::MAX` if it is too long, since the engine would print up to 256 MiB.
pub(super) fn json_bytes(value: ValueRef<'_>) -> usize {
    if value.type_name() == "array" && items(value) >= FIRST.max_items && items_of_first(value) > MAX_VALUE_BYTES {
        return usize::MAX;
    }
    let mut bytes = Bytes(0);
    match write!(bytes, "{value:?}") {
        Ok(()) => bytes.0,
        Err(fmt::Error) => usize::MAX,
    }
}

/// Counts the bytes written.
struct Bytes(usize);

impl fmt::Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The engine prints `<invalid>`, which is not JSON, in place of a text that is too long.
        let bytes = if text.starts_with('<') { usize::MAX } else { text.len() };
        self.0 = self.0.saturating_add(bytes);
        Ok(())
    }
}

/// The number of an array's items or of an object's members.
pub(super) fn items(container: ValueRef<'_>) -> usize {
    container.capture(&LENGTH).as_ref().map_or(0, left_out)
}

/// The number of items in the first items of an array.
fn items_of_first(array: ValueRef<'_>) -> usize {
    let shown = array.capture(&FIRST);
    let items = shown.as_ref().and_then(Value::as_array);
    items.map_or(0, |items| items.iter().map(left_out).sum())
}

/// How many items or members the engine left out. It says so after those it prints: `"… 7 more"`, `"…": "7 more"`.
fn left_out(shown: &Value) -> usize {
    let told = match shown {
        Value::Array(items) => items
            .last()
            .and_then(Value::as_str)
            .and_then(|told| told.strip_prefix("… ")),
        Value::Object(members) => members.get("…").and_then(Value::as_str),
        _ => None,
    };
    told.and_then(|told| told.split(' ').next()?.parse().ok()).unwrap_or(0)
}
