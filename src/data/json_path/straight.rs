//! Segments that find one value at the most, followed without a walk.

use serde_json::Value;

use super::PathError;
use super::error::Kind;
use super::segment::Segment;
use crate::data::java;

/// The value that definite segments find, if they do.
///
/// Fails only where an index is applied to something else than an array: the one failure that a filter does not take
/// for "missing".
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

/// The shortcut for names and indices that are all there.
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

/// Whether a segment that is made for arrays meets something else. A null counts as missing.
fn is_wrong_container(segment: &Segment, place: &Value) -> bool {
    !matches!(segment, Segment::Name(_)) && !place.is_array() && !place.is_null()
}

/// What Jayway says where the first of `segments`, which is made for arrays, meets something else.
pub(super) fn wrong_container(segments: &[Segment], place: &Value) -> String {
    let segments: String = segments.iter().map(ToString::to_string).collect();
    format!(
        "Filter: {segments} can only be applied to arrays. Current context is: {}",
        java::text(place)
    )
}
