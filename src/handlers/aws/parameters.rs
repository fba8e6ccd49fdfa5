//! A task's parameters, checked against the input of the action before anything is sent (developer guide, "Passing parameters
//! to a service API").

use serde_json::{Map, Value};
use std::borrow::Cow;
use uuid::Uuid;

use super::integration::is_json;
use super::model::{Kind, Operation, Shape};
use crate::TaskError;
use crate::services::parameters::{refused, unsupported};

/// Errors if the action does not have a field, lacks one that it requires, or takes another type of value in it.
pub(super) fn check(operation: Operation, parameters: &Value) -> Result<(), TaskError> {
    let mut problems = Vec::new();
    match parameters {
        Value::Null => {}
        Value::Object(given) => structure(operation.input, given, &mut problems),
        _ => problems.push("The parameters must be an OBJECT".to_owned()),
    }
    let given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    let members = operation.input.into_iter().flat_map(Shape::members);
    let missing = members.filter(|member| member.is_required && !given(member.name));
    problems.extend(missing.map(|member| format!("The field '{}' is required but was missing", member.name)));
    if problems.is_empty() {
        return Ok(());
    }
    Err(refused(parameters, &problems.join(", ")))
}

/// The parameters with a new id for each token that the SDK makes.
pub(super) fn with_tokens(operation: Operation, parameters: &Value) -> Cow<'_, Value> {
    let mut given = Cow::Borrowed(parameters);
    let members = operation.input.into_iter().flat_map(Shape::members);
    for member in members.filter(|member| member.is_token) {
        let is_absent = given.get(member.name).is_none_or(Value::is_null);
        if is_absent && let Value::Object(given) = given.to_mut() {
            given.insert(member.name.to_owned(), new_token().into());
        }
    }
    given
}

#[expect(
    clippy::disallowed_methods,
    reason = "a token is no part of what an execution computes"
)]
fn new_token() -> String {
    Uuid::new_v4().to_string()
}

fn structure(shape: Option<Shape>, given: &Map<String, Value>, problems: &mut Vec<String>) {
    let members: Vec<_> = shape.into_iter().flat_map(Shape::members).collect();
    for (name, value) in given {
        match members.iter().find(|member| member.name == name) {
            Some(member) => field(name, member.shape, value, problems),
            None => problems.push(unsupported(name)),
        }
    }
}

/// Checks a field, or an item of a list in it.
fn field(name: &str, shape: Shape, value: &Value, problems: &mut Vec<String>) {
    let is_scalar = value.is_number() || value.is_boolean();
    let expected = match (shape.kind(), value) {
        (Kind::Structure, Value::Object(given)) => return structure(Some(shape), given, problems),
        (Kind::Map { of, .. }, Value::Object(given)) => {
            return given.values().for_each(|value| field(name, of, value, problems));
        }
        (Kind::List { of, .. }, Value::Array(items)) => {
            return items.iter().for_each(|item| field(name, of, item, problems));
        }
        (Kind::Structure | Kind::Map { .. }, _) => "an OBJECT",
        (Kind::List { .. }, _) => "an ARRAY",
        // Objects and arrays in place of a text are printed.
        (Kind::Text, _) if is_scalar && !is_json(shape.model.name, name) => "a STRING",
        (Kind::Time(_), value) if !value.is_string() && !value.is_number() => "a STRING",
        (Kind::Number, value) if !value.is_number() => "a NUMBER",
        (Kind::Boolean, value) if !value.is_boolean() => "a BOOLEAN",
        _ => return,
    };
    if !value.is_null() {
        problems.push(format!("The value for the field '{name}' must be {expected}"));
    }
}
