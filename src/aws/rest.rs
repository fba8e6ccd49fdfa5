//! The REST protocols, in JSON and in XML: members stand in the path, the query, the headers and the body.

use axum::http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::endpoint::{Answer, Request};
use super::integration::text_of;
use super::model::{Kind, Member, Model, Operation, Place, Protocol, Shape};
use super::scalar::{TimeForm, Times, number_or_boolean, time_to_wire};
use super::xml::{Element, document, from_element, members_in};
use super::{json, xml};
use crate::data::json_value;

/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The request of an operation. Errors with the problem of the parameters.
pub(super) fn request<'m>(model: &'m Model, operation: Operation, input: &Value) -> Result<Request<'m>, String> {
    let (path, query) = operation.path.split_once('?').unwrap_or((operation.path, ""));
    let mut path = path.to_owned();
    let mut query: Vec<String> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let mut headers = Vec::new();
    let mut payload = None;
    let members: Vec<_> = operation.input.into_iter().flat_map(Shape::members).collect();
    for member in &members {
        let value = input.get(member.name).filter(|value| !value.is_null());
        let Some(value) = value else { continue };
        match member.place {
            Place::Path => path = with_segment(&path, member, value),
            Place::Query => query.extend(in_query(member, value)),
            Place::Header => headers.push((member.wire.to_lowercase(), in_header(member.shape, value))),
            Place::Headers => headers.extend(with_prefix(member.wire, value)),
            Place::Payload => payload = Some((*member, value)),
            Place::Body | Place::Status => {}
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let body = match payload {
        Some((member, value)) => body_of(model, member, value, &mut headers),
        None => body_of_members(model, operation, &members, input, &mut headers),
    };
    let method = Method::from_bytes(operation.method.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Request {
        signing_name: model.signing_name(),
        method,
        path,
        headers,
        body,
    })
}

fn with_segment(path: &str, member: &Member, value: &Value) -> String {
    let value = text_of(value);
    let encoded = utf8_percent_encode(&value, IN_PATH).to_string();
    let whole = format!("{{{}+}}", member.wire);
    if path.contains(&whole) {
        return path.replace(&whole, &encoded.replace("%2F", "/"));
    }
    path.replace(&format!("{{{}}}", member.wire), &encoded)
}

fn in_query(member: &Member, value: &Value) -> Vec<String> {
    let encode = |text: &str| utf8_percent_encode(text, IN_PATH).to_string();
    match (member.shape.kind(), value) {
        (Kind::List { of, .. }, Value::Array(items)) => {
            let items = items.iter().map(|item| in_one_text(of, item, TimeForm::Iso));
            items
                .map(|item| format!("{}={}", encode(member.wire), encode(&item)))
                .collect()
        }
        (Kind::Map { of, .. }, Value::Object(given)) => given
            .iter()
            .map(|(key, value)| format!("{}={}", encode(key), encode(&in_one_text(of, value, TimeForm::Iso))))
            .collect(),
        (_, value) => {
            let value = in_one_text(member.shape, value, TimeForm::Iso);
            vec![format!("{}={}", encode(member.wire), encode(&value))]
        }
    }
}

fn in_header(shape: Shape, value: &Value) -> String {
    match (shape.kind(), value) {
        (Kind::List { of, .. }, Value::Array(items)) => {
            let items = items.iter().map(|item| in_one_text(of, item, TimeForm::Http));
            items.collect::<Vec<_>>().join(",")
        }
        (_, value) => in_one_text(shape, value, TimeForm::Http),
    }
}

fn with_prefix(prefix: &str, value: &Value) -> Vec<(String, String)> {
    let given = value.as_object().into_iter().flatten();
    given
        .map(|(key, value)| (format!("{prefix}{key}").to_lowercase(), text_of(value)))
        .collect()
}

fn in_one_text(shape: Shape, value: &Value, usual: TimeForm) -> String {
    match shape.kind() {
        Kind::Time(form) => text_of(&time_to_wire(value, form.unwrap_or(usual))),
        _ => text_of(value),
    }
}

/// The whole body is one member: bytes or a text as they are, or a structure.
fn body_of(model: &Model, member: Member, value: &Value, headers: &mut Vec<(String, String)>) -> Vec<u8> {
    match member.shape.kind() {
        Kind::Bytes | Kind::Text => text_of(value).into_bytes(),
        _ if model.protocol() == Protocol::RestXml => {
            content_type(headers, "application/xml");
            document(member.wire, &namespace(model), member.shape, value).into_bytes()
        }
        _ => {
            content_type(headers, "application/json");
            json::to_wire(member.shape, value).to_string().into_bytes()
        }
    }
}

fn body_of_members(
    model: &Model,
    operation: Operation,
    members: &[Member],
    input: &Value,
    headers: &mut Vec<(String, String)>,
) -> Vec<u8> {
    let in_body = members.iter().any(|member| member.place == Place::Body);
    let Some(shape) = operation.input.filter(|_| in_body) else {
        return Vec::new();
    };
    if model.protocol() == Protocol::RestXml {
        content_type(headers, "application/xml");
        let mut name = operation.name.to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        return document(&format!("{name}Request"), &namespace(model), shape, input).into_bytes();
    }
    content_type(headers, "application/json");
    json::to_wire(shape, input).to_string().into_bytes()
}

fn content_type(headers: &mut Vec<(String, String)>, usual: &str) {
    if headers.iter().all(|(name, _)| name != "content-type") {
        headers.push(("content-type".to_owned(), usual.to_owned()));
    }
}

fn namespace(model: &Model) -> String {
    format!("http://{}.amazonaws.com/doc/{}/", model.signing_name(), model.version())
}

/// The result in an answer. Errors with what is wrong with it.
pub(super) fn result(model: &Model, operation: Operation, answer: &Answer, times: Times) -> Result<Value, String> {
    let mut result = Map::new();
    let Some(shape) = operation.output else {
        return Ok(result.into());
    };
    let members: Vec<_> = shape.members().collect();
    for member in &members {
        let value = match member.place {
            Place::Header => answer
                .header(member.wire)
                .map(|text| from_text(member.shape, text, times)),
            Place::Headers => Some(headers_with(answer, member.wire)),
            Place::Status => Some(answer.status.into()),
            Place::Payload => from_body(model, *member, answer, times)?,
            Place::Body | Place::Path | Place::Query => None,
        };
        if let Some(value) = value {
            result.insert(member.name.to_owned(), value);
        }
    }
    let has_payload = members.iter().any(|member| member.place == Place::Payload);
    if !has_payload && !answer.body.is_empty() {
        let text = text_in(answer)?;
        let in_body = match model.protocol() {
            Protocol::RestXml => members_in(shape, &Element::parse(text)?, times),
            _ => match json::from_wire(shape, &json_value(text).map_err(|error| error.to_string())?, times) {
                Value::Object(members) => members,
                _ => return Err("it is no JSON object".to_owned()),
            },
        };
        result.extend(in_body);
    }
    Ok(result.into())
}

fn from_text(shape: Shape, text: &str, times: Times) -> Value {
    match shape.kind() {
        Kind::Number | Kind::Boolean => number_or_boolean(text),
        Kind::Time(_) => times.of_text(text).unwrap_or_else(|| text.into()),
        _ => text.into(),
    }
}

fn headers_with(answer: &Answer, prefix: &str) -> Value {
    let prefix = prefix.to_lowercase();
    let there = answer.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix(&prefix)?;
        Some((name.to_owned(), value.to_str().ok()?.into()))
    });
    Value::Object(there.collect())
}

fn from_body(model: &Model, member: Member, answer: &Answer, times: Times) -> Result<Option<Value>, String> {
    Ok(match member.shape.kind() {
        // Bytes that are no text cannot be in a result.
        Kind::Bytes | Kind::Text => Some(String::from_utf8_lossy(&answer.body).into()),
        _ if answer.body.is_empty() => None,
        _ if model.protocol() == Protocol::RestXml => Some(from_element(
            member.shape,
            &xml::Element::parse(text_in(answer)?)?,
            times,
        )),
        _ => {
            let value: Value = json_value(text_in(answer)?).map_err(|error| error.to_string())?;
            Some(json::from_wire(member.shape, &value, times))
        }
    })
}

fn text_in(answer: &Answer) -> Result<&str, String> {
    std::str::from_utf8(&answer.body).map_err(|error| error.to_string())
}
