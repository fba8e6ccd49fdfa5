//! The REST protocols, in JSON and in XML: members stand in the path, the query, the headers and the body.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::connection::Answer;
use super::endpoint::Request;
use super::model::{Kind, Member, Model, Operation, Place, Protocol, Shape, TimeForm};
use super::scalar::{Times, number_or_boolean, text_of, time_to_wire};
use super::xml::{Element, document, from_element, members_of};
use super::{json, s3};
use crate::data::json_value;

/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The request of an operation. Errors with the problem of the parameters, in the words of the AWS SDK for Java 2.
pub(super) fn request(operation: Operation, input: &Value) -> Result<Request<'static>, String> {
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
            Place::Path => path = with_label(&path, member, value)?,
            Place::Query => query.extend(in_query(member, value)),
            Place::Header => headers.push((member.wire.to_lowercase(), in_header(member.shape, value))),
            Place::Headers => headers.extend(with_prefix(&member.wire, value)),
            Place::Payload => payload = Some((member, value)),
            Place::Body | Place::Attribute | Place::Status => {}
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let body = match payload {
        Some((member, value)) => body_of(operation.model, member, value, &mut headers),
        None => body_of_members(operation, &members, input, &mut headers),
    };
    let (given, sent) = (header(&headers, "content-length"), body.len().to_string());
    if let Some(given) = given.filter(|given| *given != sent) {
        let problem = "Data read has a different length than the expected";
        return Err(format!("{problem}: dataLength={sent}; expectedLength={given}"));
    }
    if s3::is_of(operation) && !body.is_empty() && header(&headers, "content-md5").is_none() {
        headers.push(s3::content_md5(&body));
    }
    let method = Method::from_bytes(operation.method.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Request {
        signing_name: operation.model.signing_name(),
        method,
        path,
        headers,
        body,
    })
}

/// Puts a value in place of its label. Errors if it would make the path that of another operation.
fn with_label(path: &str, member: &Member, value: &Value) -> Result<String, String> {
    let value = text_of(value);
    let encoded = utf8_percent_encode(&value, IN_PATH).to_string();
    let unfit = |problem: &str| Err(format!("Unable to marshall request to JSON: {} {problem}", member.wire));
    if value.is_empty() {
        return unfit("cannot be empty.");
    }
    let whole = format!("{{{}+}}", member.wire);
    if path.contains(&whole) {
        return Ok(path.replace(&whole, &encoded.replace("%2F", "/")));
    }
    if matches!(value.as_str(), "." | "..") {
        return unfit("cannot be a relative path.");
    }
    Ok(path.replace(&format!("{{{}}}", member.wire), &encoded))
}

fn in_query(member: &Member, value: &Value) -> Vec<String> {
    let encode = |text: &str| utf8_percent_encode(text, IN_PATH).to_string();
    match (member.shape.kind(), value) {
        (Kind::List { of, .. }, Value::Array(items)) => {
            let items = items.iter().map(|item| in_one_text(of, item, TimeForm::Iso));
            items
                .map(|item| format!("{}={}", encode(&member.wire), encode(&item)))
                .collect()
        }
        (Kind::Map { of, .. }, Value::Object(given)) => given
            .iter()
            .map(|(key, value)| format!("{}={}", encode(key), encode(&in_one_text(of, value, TimeForm::Iso))))
            .collect(),
        (_, value) => {
            let value = in_one_text(member.shape, value, TimeForm::Iso);
            vec![format!("{}={}", encode(&member.wire), encode(&value))]
        }
    }
}

fn in_header(shape: Shape, value: &Value) -> String {
    match (shape.kind(), value) {
        (Kind::List { of, .. }, Value::Array(items)) => {
            let items = items.iter().map(|item| in_one_text(of, item, TimeForm::Http));
            items.map(quoted).collect::<Vec<_>>().join(",")
        }
        (_, value) => in_one_text(shape, value, TimeForm::Http),
    }
}

/// An item of a list in a header, in quotes if it would be two.
fn quoted(item: String) -> String {
    if !item.contains(['"', ',']) {
        return item;
    }
    format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))
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
fn body_of(model: &Model, member: &Member, value: &Value, headers: &mut Vec<(String, String)>) -> Vec<u8> {
    match (member.shape.kind(), model.protocol()) {
        (Kind::Bytes | Kind::Text, _) => text_of(value).into_bytes(),
        (_, Protocol::RestXml { version }) => {
            content_type(headers, "application/xml");
            document(&member.wire, &namespace(model, version), member.shape, value).into_bytes()
        }
        _ => {
            content_type(headers, "application/json");
            json::to_wire(member.shape, value).to_string().into_bytes()
        }
    }
}

fn body_of_members(
    operation: Operation,
    members: &[Member],
    input: &Value,
    headers: &mut Vec<(String, String)>,
) -> Vec<u8> {
    let in_body = members.iter().any(|member| member.place == Place::Body);
    let Some(shape) = operation.input.filter(|_| in_body) else {
        return Vec::new();
    };
    if let Protocol::RestXml { version } = operation.model.protocol() {
        content_type(headers, "application/xml");
        let name = format!("{}Request", operation.name());
        return document(&name, &namespace(operation.model, version), shape, input).into_bytes();
    }
    content_type(headers, "application/json");
    json::to_wire(shape, input).to_string().into_bytes()
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let (_, value) = headers.iter().find(|(given, _)| given == name)?;
    Some(value)
}

fn content_type(headers: &mut Vec<(String, String)>, usual: &str) {
    if header(headers, "content-type").is_none() {
        headers.push(("content-type".to_owned(), usual.to_owned()));
    }
}

fn namespace(model: &Model, version: &str) -> String {
    format!("http://{}.amazonaws.com/doc/{version}/", model.signing_name())
}

/// The result in an answer, with the members in the order of their names, and one that is the whole body behind them
/// (recorded). Errors with what is wrong with it.
pub(super) fn result(operation: Operation, answer: &Answer, times: Times) -> Result<Value, String> {
    let mut result = Map::new();
    let Some(shape) = operation.output else {
        return Ok(result.into());
    };
    let mut payload = None;
    for member in shape.members() {
        let value = match member.place {
            Place::Header => answer
                .header(&member.wire)
                .map(|text| from_text(member.shape, text, times)),
            Place::Headers => Some(headers_with(answer, &member.wire)),
            Place::Status => Some(answer.status.into()),
            Place::Payload => {
                payload = Some(member);
                continue;
            }
            Place::Body | Place::Attribute | Place::Path | Place::Query => None,
        };
        if let Some(value) = value {
            result.insert(member.name.to_owned(), value);
        }
    }
    if payload.is_none() && !answer.body.is_empty() {
        let text = text_in(answer)?;
        result.extend(match operation.model.protocol() {
            Protocol::RestXml { .. } => members_of(shape, &Element::parse(text)?, times),
            _ => json::members_in(shape, text, times)?,
        });
    }
    if s3::is_of(operation) {
        result = s3::decoded(result);
    }
    result.sort_keys();
    if let Some(member) = payload
        && let Some(value) = from_body(operation.model, &member, answer, times)?
    {
        result.insert(member.name.to_owned(), value);
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

/// Bytes that are no text cannot be in a result.
fn from_body(model: &Model, member: &Member, answer: &Answer, times: Times) -> Result<Option<Value>, String> {
    let text = text_in(answer)?;
    Ok(match (member.shape.kind(), model.protocol()) {
        (Kind::Bytes | Kind::Text, _) => Some(text.into()),
        _ if text.is_empty() => None,
        (_, Protocol::RestXml { .. }) => Some(from_element(member.shape, &Element::parse(text)?, times)),
        _ => {
            let value: Value = json_value(text).map_err(|error| error.to_string())?;
            Some(json::from_wire(member.shape, &value, times))
        }
    })
}

fn text_in(answer: &Answer) -> Result<&str, String> {
    std::str::from_utf8(&answer.body).map_err(|error| error.to_string())
}
