//! The JSON texts of a test.

use serde_json::Value;

use crate::data::within_nesting;

/// Parses a text; `None` if it is not JSON or nests too deeply for an execution's data.
pub(super) fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().and_then(within_nesting)
}
