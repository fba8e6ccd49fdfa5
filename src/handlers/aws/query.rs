//! The protocol AWS Query: a form as the request, XML as the response.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::connection::Answer;
use super::endpoint::Request;
use super::model::{Kind, Operation, Shape, TimeForm};
use super::scalar::{Times, text_of, time_to_wire, to_base64};
use super::xml::{Element, members_in};

/// All that a form does not take as it is.
const IN_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The request of an operation.
pub(super) fn request(operation: Operation, version: &str, input: &Value) -> Request<'static> {
    let content_type = (
        "content-type".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
    );
    Request {
        signing_name: operation.model.signing_name(),
        method: Method::POST,
        path: "/".to_owned(),
        headers: vec![content_type],
        body: form(operation, version, input).into_bytes(),
    }
}

fn form(operation: Operation, version: &str, input: &Value) -> String {
    let mut fields = vec![
        ("Action".to_owned(), operation.name()),
        ("Version".to_owned(), version.to_owned()),
    ];
    if let Some(shape) = operation.input {
        add(&mut fields, "", shape, input);
    }
    let fields = fields.iter().map(|(name, value)| {
        let encode = |text| utf8_percent_encode(text, IN_FORM);
        format!("{}={}", encode(name.as_str()), encode(value.as_str()))
    });
    fields.collect::<Vec<_>>().join("&")
}

fn add(fields: &mut Vec<(String, String)>, prefix: &str, shape: Shape, value: &Value) {
    let below = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        }
    };
    match (shape.kind(), value) {
        (_, Value::Null) => {}
        (Kind::Structure, Value::Object(given)) => {
            for member in shape.members() {
                if let Some(value) = given.get(member.name) {
                    add(fields, &below(&member.wire), member.shape, value);
                }
            }
        }
        (Kind::List { of, item }, Value::Array(items)) => {
            let prefix = item.map_or_else(|| prefix.to_owned(), below);
            for (index, item) in items.iter().enumerate() {
                add(fields, &format!("{prefix}.{}", index + 1), of, item);
            }
        }
        (Kind::Map { of, key, value: name }, Value::Object(given)) => {
            for (index, (text, value)) in given.iter().enumerate() {
                let entry = below(&format!("entry.{}", index + 1));
                fields.push((format!("{entry}.{key}"), text.clone()));
                add(fields, &format!("{entry}.{name}"), of, value);
            }
        }
        (Kind::Bytes, value) => fields.push((prefix.to_owned(), text_of(&to_base64(value)))),
        (Kind::Time(form), value) => {
            let time = time_to_wire(value, form.unwrap_or(TimeForm::Iso));
            fields.push((prefix.to_owned(), text_of(&time)));
        }
        (_, value) => fields.push((prefix.to_owned(), text_of(value))),
    }
}

/// The result in an answer: `<PublishResponse><PublishResult>…`. Errors with what is wrong with it.
pub(super) fn result(operation: Operation, answer: &Answer, times: Times) -> Result<Value, String> {
    let Some(shape) = operation.output else {
        return Ok(Map::new().into());
    };
    let root = Element::parse(&String::from_utf8_lossy(&answer.body))?;
    let found = root.children().find(|child| child.name().ends_with("Result"));
    Ok(members_in(shape, found.unwrap_or(&root), times).into())
}
