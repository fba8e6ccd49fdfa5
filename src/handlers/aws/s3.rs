//! S3, where it is otherwise than its protocol.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use md5::{Digest as _, Md5};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::connection::Answer;
use super::model::{Operation, Place, Shape};
use super::xml::Element;

/// As `aws-sdk:` names it.
const NAME: &str = "s3";

/// Members of listings that are encoded as in URLs if the answer says so (S3 API reference, "`ListObjectsV2`", `encoding-type`).
const ENCODED: [&str; 8] = [
    "Delimiter",
    "Key",
    "KeyMarker",
    "Marker",
    "NextKeyMarker",
    "NextMarker",
    "Prefix",
    "StartAfter",
];

/// Whether an operation is one of S3.
pub(super) fn is_of(operation: Operation) -> bool {
    operation.model.name == NAME
}

/// The sum of a body, without which S3 refuses some documents.
pub(super) fn content_md5(body: &[u8]) -> (String, String) {
    ("content-md5".to_owned(), STANDARD.encode(Md5::digest(body)))
}

/// Whether a document tells of an error that happened after the status was sent: "200 OK responses may contain an error"
/// (S3 API reference, "`CopyObject`").
pub(super) fn is_late_error(answer: &Answer, operation: Operation) -> bool {
    let is_object = operation.output.into_iter().flat_map(Shape::members);
    let is_object = is_object
        .into_iter()
        .any(|member| member.place == Place::Payload && !member.shape.is_structure());
    let is_error = |text: &str| Element::parse(text).is_ok_and(|root| root.name() == "Error");
    is_of(operation)
        && !is_object
        && std::str::from_utf8(&answer.body).is_ok_and(|text| text.contains("<Error") && is_error(text))
}

/// The code of an error in the answer to a `HEAD`, which has no body to tell it: the SDK puts the name there.
pub(super) fn code_of_head(answer: &Answer, operation: Operation) -> Option<String> {
    if operation.method != Method::HEAD || answer.status != StatusCode::NOT_FOUND {
        return None;
    }
    match operation.action {
        "headObject" => Some("NoSuchKey".to_owned()),
        "headBucket" => Some("NoSuchBucket".to_owned()),
        _ => None,
    }
}

/// A result whose names are as they were given.
pub(super) fn decoded(result: Map<String, Value>) -> Map<String, Value> {
    if result.get("EncodingType").and_then(Value::as_str) != Some("url") {
        return result;
    }
    match decoded_in(result.into()) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn decoded_in(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| match value {
                Value::String(text) if ENCODED.contains(&name.as_str()) => {
                    let text = text.replace('+', " ");
                    let text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
                    (name, text.into())
                }
                value => (name, decoded_in(value)),
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().map(decoded_in).collect(),
        value => value,
    }
}
