//! The JSON texts of a test.

use serde_json::Value;

use crate::data::within_nesting;

/// The value of a text, if it is JSON that nests no deeper than the data of an execution may.
pub(super) fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().and_then(within_nesting)
}
