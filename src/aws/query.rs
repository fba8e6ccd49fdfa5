//! The protocol AWS Query: a form as the request, XML as the response.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::integration::text_of;
use super::model::{Kind, Model, Operation, Shape};
use super::scalar::{TimeForm, Times, time_to_wire, to_base64};
use super::xml::{Element, members_in};

/// All that a form does not take as it is.
const IN_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The form of a request.
pub(super) fn form(model: &Model, operation: Operation, input: &Value) -> String {
    let mut first = operation.name.chars();
    let action: String = first
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(first)
        .collect();
    let mut fields = vec![
        ("Action".to_owned(), action),
        ("Version".to_owned(), model.version().to_owned()),
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
                    add(fields, &below(member.wire), member.shape, value);
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

/// The result in a response: `<PublishResponse><PublishResult>…`. Errors with what is wrong with it.
pub(super) fn result(operation: Operation, body: &str, times: Times) -> Result<Map<String, Value>, String> {
    let Some(shape) = operation.output else {
        return Ok(Map::new());
    };
    let root = Element::parse(body)?;
    let found = root.children().find(|child| child.name().ends_with("Result"));
    Ok(members_in(shape, found.unwrap_or(&root), times))
}
