//! Parameters that a service integration does not take, in AWS's words.

use serde_json::{Map, Value};

use crate::TaskError;

/// What a task fails with whose parameters are no request.
pub(super) fn refused(parameters: &Value, problems: &str) -> TaskError {
    let cause = format!("The Parameters '{parameters}' could not be used to start the Task: [{problems}]");
    TaskError::new("States.Runtime", cause)
}

/// What there is to say about a field that the integration does not have.
pub(super) fn unsupported(field: &str) -> String {
    format!("The field \"{field}\" is not supported by Step Functions")
}

/// The fields of an object that are not among the known ones.
pub(super) fn others<'a>(object: Option<&'a Map<String, Value>>, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let keys = object.into_iter().flat_map(Map::keys).map(String::as_str);
    keys.filter(move |key| !known.contains(key))
}
