//! The numbers that the paths of a Map find: `MaxConcurrencyPath` and its like.

use serde_json::Value;
use std::borrow::Cow;
use std::str::FromStr;

use crate::data::{Payload, ReferencePath};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;

pub(super) fn found(path: &ReferencePath, effective_input: &Payload, view: &StateView<'_>) -> Result<Value, Failure> {
    let found = path.evaluate(&view.scope(effective_input), &view.budget);
    found
        .map(Cow::into_owned)
        .map_err(|error| Failure::invalid_path(path.as_str(), &error))
}

/// The whole number selected by a path of a Map. A numeric text counts too, as recorded on AWS with variables and
/// measured with `MaxItemsPath`.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| parsed(value))
}

pub(super) fn parsed<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// The failure of a path that does not select a number.
pub(super) fn not_a(field: &str, value: &Value, kind: &str, path: &ReferencePath) -> Failure {
    let printed = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Failure::runtime(format!(
        "The {field} field refers to value \"{printed}\" which is not a valid {kind}: {}",
        path.as_str()
    ))
}
