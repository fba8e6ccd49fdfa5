//! Values of a shape in JSON.

use serde_json::{Map, Value};

use super::integration::text_of;
use super::model::{Kind, Place, Shape};
use super::scalar::{TimeForm, Times, from_base64, time_to_wire, to_base64};

/// A task's value as the service spells it. What does not fit its shape stays as it is, and the service says so.
pub(super) fn to_wire(shape: Shape, value: &Value) -> Value {
    match (shape.kind(), value) {
        (_, Value::Null) | (Kind::Anything, _) => value.clone(),
        (Kind::Structure, Value::Object(given)) => {
            let members = shape.members().filter(|member| member.place == Place::Body);
            let there = members.filter_map(|member| {
                let value = given.get(member.name)?;
                Some((member.wire.to_owned(), to_wire(member.shape, value)))
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

/// A service's value as Step Functions spells it; members that the shape does not have are left out.
pub(super) fn from_wire(shape: Shape, value: &Value, times: Times) -> Value {
    match (shape.kind(), value) {
        (Kind::Structure, Value::Object(given)) => {
            let members = shape.members().filter(|member| member.place == Place::Body);
            let mut there = Map::new();
            for member in members {
                match given.get(member.wire) {
                    None | Some(Value::Null) => {}
                    Some(value) => {
                        there.insert(member.name.to_owned(), from_wire(member.shape, value, times));
                    }
                }
            }
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
