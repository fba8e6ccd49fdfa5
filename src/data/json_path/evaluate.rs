use std::borrow::Cow;

use serde_json::Value;

use super::PathError;
use super::error::Kind;
use super::segment::Segment;
use super::stages::Stages;
use super::walk::Walk;
use crate::data::intrinsic::java;
use crate::data::{Budget, ContextObject, json_size};

/// How many bytes of JSON text are copied in the time that a walk takes to look at a value.
const BYTES_PER_VISIT: usize = 8;

/// Evaluates in the context object, of which only the part read is built.
pub(super) fn in_context<'a>(
    stages: &Stages,
    context: &ContextObject<'a>,
    budget: &Budget,
) -> Result<Cow<'a, Value>, PathError> {
    let part = match stages.segments() {
        [Segment::Name(map), Segment::Name(item), Segment::Name(value), ..]
            if (&**map, &**item, &**value) == ("Map", "Item", "Value") =>
        {
            context.map_item_value().map(|value| (3, Cow::Borrowed(value)))
        }
        [Segment::Name(first), Segment::Name(second), ..] => context.part((first, second)).map(|part| (2, part)),
        _ => None,
    };
    match part {
        Some((start, Cow::Borrowed(part))) => in_document(stages, part, start, budget),
        Some((start, Cow::Owned(part))) => in_built(stages, part, start, budget),
        None => {
            // The whole object holds a copy of the execution's input.
            let whole = context.to_value();
            budget
                .visit(json_size(&whole) / BYTES_PER_VISIT)
                .map_err(|_| PathError::too_much())?;
            in_built(stages, whole, 0, budget)
        }
    }
}

fn in_built<'a>(stages: &Stages, document: Value, start: usize, budget: &Budget) -> Result<Cow<'a, Value>, PathError> {
    if stages.segments().len() == start {
        return Ok(Cow::Owned(document));
    }
    in_document(stages, &document, start, budget).map(|value| Cow::Owned(value.into_owned()))
}

/// Evaluates in a document that the segments before `start` have reached.
pub(super) fn in_document<'a>(
    stages: &Stages,
    document: &'a Value,
    start: usize,
    budget: &Budget,
) -> Result<Cow<'a, Value>, PathError> {
    let segments = stages.segments().get(start..).unwrap_or_default();
    if let Some(value) = walk_straight(segments, document) {
        return Ok(Cow::Borrowed(value));
    }
    if document.is_null() && start == 0 {
        return Err(PathError::new(Kind::Invalid, "root can not be null"));
    }
    Walk::new(stages, document, start, budget).run(start)
}

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
