//! The failure of a task whose function returned an error.

use serde_json::Value;

use crate::TaskError;

/// The error of a task, from Lambda's form of a function's error: `errorType` is its name, the whole text its cause.
pub(crate) fn function_error(error: &Value) -> TaskError {
    match error.get("errorType").and_then(Value::as_str) {
        Some(name) => TaskError::new(name, error.to_string()),
        None => TaskError::new(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {error}"
            ),
        ),
    }
}
