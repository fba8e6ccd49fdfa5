//! Large parts of the input, of a result or of a variable that an expression selects as they are: they are not copied.

use serde_json::Value;

use super::plain_path::PlainPath;
use crate::data::jsonata::scope::JsonataScope;
use crate::data::payload::Parts;
use crate::data::{Document, Payload};

/// The part on a path; `None` if it is small, missing, or reached through an array.
pub(super) fn part(path: &PlainPath, scope: &JsonataScope<'_>) -> Option<Payload> {
    let (document, from) = scope.borrowed(&path.variable, &path.names)?;
    match document {
        Document::Payload(payload) if payload.is_worth_sharing() => below(payload, path.names.get(from..)?),
        _ => None,
    }
}

fn below(payload: &Payload, names: &[String]) -> Option<Payload> {
    let [name, rest @ ..] = names else {
        return payload.is_worth_sharing().then(|| payload.clone());
    };
    let parts = match payload.parts() {
        Some(parts) => parts,
        // Taking apart what is whole pays only for most of it.
        None if payload.is_mostly(value_at(payload.value(), names)?) => payload.split()?,
        None => return None,
    };
    match parts {
        Parts::Object(members) => below(members.get(name)?, rest),
        Parts::Array(_) => None,
    }
}

fn value_at<'v>(value: &'v Value, names: &[String]) -> Option<&'v Value> {
    names.iter().try_fold(value, |value, name| value.as_object()?.get(name))
}
