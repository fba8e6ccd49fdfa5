//! The protocol AWS JSON, and values of a shape in JSON.

use http::Method;
use serde_json::{Map, Value};

use super::connection::Answer;
use super::endpoint::Request;
use super::model::{AwsJson, Kind, Operation, Place, Shape, TimeForm};
use super::scalar::{Times, from_base64, text_of, time_to_wire, to_base64};
use crate::data::json_value;

/// The request of an operation.
pub(super) fn request(operation: Operation, json: AwsJson, input: &Value) -> Request<'static> {
    let mut headers = vec![
        ("content-type", format!("application/x-amz-json-{}", json.version)),
        ("x-amz-target", format!("{}.{}", json.target_prefix, operation.name())),
    ];
    if json.was_query {
        headers.push(("x-amzn-query-mode", "true".to_owned()));
    }
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
    Request {
        signing_name: operation.model.signing_name(),
        method: Method::POST,
        path: "/".to_owned(),
        headers: headers.collect(),
        body: body(operation, input).to_string().into_bytes(),
    }
}

/// The body of a request.
pub(super) fn body(operation: Operation, input: &Value) -> Value {
    let body = operation.input.map(|shape| to_wire(shape, input));
    body.filter(Value::is_object).unwrap_or_else(|| Map::new().into())
}

/// The result in an answer. Errors with what is wrong with it.
pub(super) fn result(operation: Operation, answer: &Answer, times: Times) -> Result<Value, String> {
    let body = String::from_utf8_lossy(&answer.body);
    match operation.output {
        Some(shape) if !body.is_empty() => Ok(members_in(shape, &body, times)?.into()),
        _ => Ok(Map::new().into()),
    }
}

/// The members of a structure that stand in a body. Errors with what is wrong with it.
pub(super) fn members_in(shape: Shape, body: &str, times: Times) -> Result<Map<String, Value>, String> {
    let value: Value = json_value(body).map_err(|error| error.to_string())?;
    match from_wire(shape, &value, times) {
        Value::Object(members) => Ok(members),
        _ => Err("it is no JSON object".to_owned()),
    }
}

/// A task's value as the service spells it.
pub(super) fn to_wire(shape: Shape, value: &Value) -> Value {
    match (shape.kind(), value) {
        (_, Value::Null) | (Kind::Anything, _) => value.clone(),
        (Kind::Structure, Value::Object(given)) => {
            let members = shape.members().filter(|member| member.place == Place::Body);
            let there = members.filter_map(|member| {
                let value = given.get(member.name)?;
                Some((member.wire.into_owned(), to_wire(member.shape, value)))
            });
            Value::Object(there.collect())
        }
        (Kind::List { of, .. }, Value::Array(items)) => items.iter().map(|item| to_wire(of, item)).collect(),
        (Kind::Map { of, .. }, Value::Object(given)) => {
            let entries = given.iter().map(|(key, value)| (key.clone(), to_wire(of, value)));
            Value::Object(entries.collect())
        }
        (Kind::Text, _) => text_of(value).into(),
        (Kind::Bytes, _) => to_base64(value),
        (Kind::Time(form), _) => time_to_wire(value, form.unwrap_or(TimeForm::Epoch)),
        _ => value.clone(),
    }
}

/// A service's value as Step Functions spells it, with the members of structures in the order of their names (recorded);
/// members that the shape does not have are left out.
pub(super) fn from_wire(shape: Shape, value: &Value, times: Times) -> Value {
    match (shape.kind(), value) {
        (Kind::Structure, Value::Object(given)) => {
            let members = shape.members().filter(|member| member.place == Place::Body);
            let mut there = Map::new();
            for member in members {
                match given.get(&*member.wire) {
                    None | Some(Value::Null) => {}
                    Some(value) => {
                        there.insert(member.name.to_owned(), from_wire(member.shape, value, times));
                    }
                }
            }
            there.sort_keys();
            there.into()
        }
        (Kind::List { of, .. }, Value::Array(items)) => items.iter().map(|item| from_wire(of, item, times)).collect(),
        (Kind::Map { of, .. }, Value::Object(given)) => {
            let entries = given
                .iter()
                .map(|(key, value)| (key.clone(), from_wire(of, value, times)));
            Value::Object(entries.collect())
        }
        (Kind::Bytes, Value::String(text)) => from_base64(text),
        (Kind::Time(_), Value::Number(seconds)) => times.of_seconds(seconds).unwrap_or_else(|| value.clone()),
        (Kind::Time(_), Value::String(text)) => times.of_text(text).unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    }
}
