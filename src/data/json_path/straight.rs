//! Evaluates segments that find at most one value, without a walk.

use serde_json::{Map, Value};

use super::PathError;
use super::error::Kind;
use super::segment::Segment;
use crate::data::{Document, Parts, Payload, java};

/// The value that definite segments find, if any.
///
/// Fails only if an index is applied to a value that is not an array; a filter takes every other failure as a missing
/// value.
pub(super) fn find<'v>(segments: &[Segment], value: &'v Value) -> Result<Option<&'v Value>, PathError> {
    let mut place = value;
    for (position, segment) in segments.iter().enumerate() {
        match child(segment, place) {
            Some(next) => place = next,
            None if is_wrong_container(segment, place) => {
                let rest = segments.get(position..).unwrap_or_default();
                return Err(PathError::new(Kind::Invalid, wrong_container(rest, place)));
            }
            None => return Ok(None),
        }
    }
    Ok(Some(place))
}

/// The shortcut for paths of names and indices whose values all exist; `None` otherwise.
pub(super) fn walk_straight<'v>(segments: &[Segment], document: &'v Value) -> Option<&'v Value> {
    segments
        .iter()
        .try_fold(document, |place, segment| child(segment, place))
}

/// Like [`walk_straight`], in a document that may be made of parts.
#[inline]
pub(super) fn walk<'v>(segments: &[Segment], document: Document<'v>) -> Option<&'v Value> {
    match document {
        Document::Value(value) => walk_straight(segments, value),
        Document::Payload(payload) => walk_payload(segments, payload),
    }
}

fn walk_payload<'v>(segments: &[Segment], payload: &'v Payload) -> Option<&'v Value> {
    match (segments, payload.parts()) {
        ([segment, below @ ..], Some(parts)) => walk_payload(below, part(segment, parts)?),
        _ => walk_straight(segments, payload.value()),
    }
}

/// The large part of a payload that segments find, shared with the payload. A whole is taken apart if the part is most
/// of it.
pub(super) fn shared(segments: &[Segment], payload: &Payload) -> Option<Payload> {
    let [segment, below @ ..] = segments else {
        return payload.is_worth_sharing().then(|| payload.clone());
    };
    let parts = match payload.parts() {
        Some(parts) => parts,
        None if payload.is_mostly(walk_straight(segments, payload.value())?) => payload.split()?,
        None => return None,
    };
    shared(below, part(segment, parts)?)
}

/// Whether each name meets an object, or nothing.
pub(super) fn takes_names(names: &[&str], payload: &Payload) -> bool {
    match (names, payload.parts()) {
        ([], _) => true,
        ([name, below @ ..], Some(Parts::Object(members))) => {
            members.get(*name).is_none_or(|member| takes_names(below, member))
        }
        (_, Some(Parts::Array(_))) => false,
        (names, None) => {
            let mut place = Some(payload.value());
            names.iter().all(|name| {
                let is_taken = place.is_none_or(Value::is_object);
                place = place.and_then(|place| place.get(name));
                is_taken
            })
        }
    }
}

fn part<'p>(segment: &Segment, parts: &'p Parts) -> Option<&'p Payload> {
    match (segment, parts) {
        (Segment::Name(name), Parts::Object(members)) => members.get(&**name),
        (segment, Parts::Array(items)) => item(segment, items),
        _ => None,
    }
}

/// The item of an array that a segment names.
fn item<'i, T>(segment: &Segment, items: &'i [T]) -> Option<&'i T> {
    match segment {
        Segment::Index(index) => items.get(usize::try_from(*index).ok()?),
        Segment::BeforeEnd(count) => items.get(items.len().checked_sub(usize::try_from(*count).ok()?)?),
        _ => None,
    }
}

fn child<'v>(segment: &Segment, place: &'v Value) -> Option<&'v Value> {
    match (segment, place) {
        (Segment::Name(name), Value::Object(members)) => member(members, name),
        (segment, Value::Array(items)) => item(segment, items),
        _ => None,
    }
}

/// The most members that are searched name by name, which takes less than to hash the name.
const FEW: usize = 8;

fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if members.len() > FEW {
        return members.get(name);
    }
    members.iter().find(|(key, _)| *key == name).map(|(_, member)| member)
}

/// Like [`Map::get_mut`].
pub(super) fn member_mut<'v>(members: &'v mut Map<String, Value>, name: &str) -> Option<&'v mut Value> {
    if members.len() > FEW {
        return members.get_mut(name);
    }
    members
        .iter_mut()
        .find(|(key, _)| *key == name)
        .map(|(_, member)| member)
}

/// Whether a segment for arrays meets a value of another type. Null counts as missing.
fn is_wrong_container(segment: &Segment, place: &Value) -> bool {
    !matches!(segment, Segment::Name(_)) && !place.is_array() && !place.is_null()
}

/// Jayway's message if the first of `segments`, which is for arrays, meets a value of another type.
pub(super) fn wrong_container(segments: &[Segment], place: &Value) -> String {
    let segments: String = segments.iter().map(ToString::to_string).collect();
    format!(
        "Filter: {segments} can only be applied to arrays. Current context is: {}",
        java::text(place)
    )
}
