//! The bounds that every value keeps which paths, templates and expressions compute.

use asl_engine::data::{MAX_NESTING, MAX_RESULT_BYTES};
use serde_json::Value;

/// Fails where a value nests too deeply or is too large. What a template adds around values of paths is allowed for.
pub(crate) fn check(value: &Value) {
    assert!(depth(value) <= MAX_NESTING + 2);
    assert!(value.to_string().len() <= 2 * MAX_RESULT_BYTES);
}

fn depth(value: &Value) -> usize {
    let below = |values: &mut dyn Iterator<Item = &Value>| values.map(depth).max().unwrap_or_default() + 1;
    match value {
        Value::Array(items) => below(&mut items.iter()),
        Value::Object(members) => below(&mut members.values()),
        _ => 0,
    }
}
