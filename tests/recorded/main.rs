//! The recordings, and how what they hold is compared. `ASL_CORPUS` names another folder of them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod pairs;
mod recordings;

use serde_json::{Map, Value};
use std::path::PathBuf;

/// A recording and its file.
type Recording = (PathBuf, Value);

/// The recordings in a folder, or all of them; none where they are not there, and need not be.
fn cases(folder: &str) -> Vec<Recording> {
    let files = recordings::files(&recordings::root("ASL_CORPUS", "corpus").join(folder));
    let read = |file: PathBuf| {
        let case = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        (file, case)
    };
    files.into_iter().map(read).collect()
}

/// The recordings write JSON texts that start with a brace as objects, and leave others as texts.
fn document(recorded: &Value) -> Value {
    match recorded {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| recorded.clone()),
        _ => recorded.clone(),
    }
}

/// What the recordings write in the place of a text that differs from run to run.
const STAND_INS: [&str; 3] = ["<uuid:1>", "date", "generated-uuid"];

/// Equality with key order.
fn is_same(recorded: &Value, actual: &Value) -> bool {
    match (recorded, actual) {
        (Value::Object(recorded), Value::Object(actual)) => {
            let keys = |members: &Map<String, Value>| members.keys().cloned().collect::<Vec<_>>();
            keys(recorded) == keys(actual) && recorded.iter().all(|(key, value)| is_same(value, &actual[key]))
        }
        (Value::Array(recorded), Value::Array(actual)) => {
            recorded.len() == actual.len() && recorded.iter().zip(actual).all(|(left, right)| is_same(left, right))
        }
        (Value::String(recorded), Value::String(_)) if STAND_INS.contains(&recorded.as_str()) => true,
        (recorded, actual) => recorded == actual,
    }
}
