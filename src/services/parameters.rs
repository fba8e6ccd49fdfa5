//! Checks the parameters of a service integration, in AWS's words.

use serde_json::{Map, Value};

use crate::TaskError;
use crate::error::predefined_errors;

/// The failure of a task whose parameters are not a valid request.
pub(crate) fn refused(parameters: &Value, problems: &str) -> TaskError {
    let cause = format!("The Parameters '{parameters}' could not be used to start the Task: [{problems}]");
    TaskError::new(predefined_errors::RUNTIME, cause)
}

/// The problem of a field that the integration does not have.
pub(crate) fn unsupported(field: &str) -> String {
    format!("The field \"{field}\" is not supported by Step Functions")
}

/// The unknown fields of an object.
pub(crate) fn others<'a>(object: Option<&'a Map<String, Value>>, known: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let keys = object.into_iter().flat_map(Map::keys).map(String::as_str);
    keys.filter(move |key| !known.contains(key))
}

/// Refuses unknown fields.
pub(crate) fn only(parameters: &Value, known: &[&str]) -> Result<(), TaskError> {
    let unknown: Vec<_> = others(parameters.as_object(), known).map(unsupported).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(refused(parameters, &unknown.join(", ")))
}

/// An optional text field; `null` counts as absent.
pub(crate) fn text<'p>(parameters: &'p Value, field: &str) -> Result<Option<&'p str>, TaskError> {
    match parameters.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            let problem = format!("The value for the field '{field}' must be a STRING");
            Err(refused(parameters, &problem))
        }
    }
}

/// A required text field.
pub(crate) fn required_text<'p>(parameters: &'p Value, field: &str) -> Result<&'p str, TaskError> {
    text(parameters, field)?.ok_or_else(|| {
        let problem = format!("The field '{field}' is required but was missing");
        refused(parameters, &problem)
    })
}
