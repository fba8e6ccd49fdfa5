//! Evaluates segments that find at most one value, without a walk.

use serde_json::Value;

use super::PathError;
use super::error::Kind;
use super::segment::Segment;
use crate::data::java;

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

fn child<'v>(segment: &Segment, place: &'v Value) -> Option<&'v Value> {
    match (segment, place) {
        (Segment::Name(name), Value::Object(members)) => members.get(&**name),
        (Segment::Index(index), Value::Array(items)) => usize::try_from(*index).ok().and_then(|index| items.get(index)),
        (Segment::BeforeEnd(count), Value::Array(items)) => usize::try_from(*count)
            .ok()
            .and_then(|count| items.len().checked_sub(count))
            .and_then(|index| items.get(index)),
        _ => None,
    }
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
