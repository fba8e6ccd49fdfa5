use std::borrow::Cow;

use serde_json::Value;

use super::PathError;
use super::error::Kind;
use super::segment::Segment;
use super::stages::Stages;
use super::straight::walk_straight;
use super::walk::Walk;
use crate::data::{Budget, ContextObject, json_size};

/// How many bytes of JSON text can be copied in the time that a walk takes to look at a value.
const BYTES_PER_VISIT: usize = 8;

/// Evaluates in the context object, and builds only the part that the path reads.
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
        // Beside it the item's value would be copied.
        [Segment::Name(map), Segment::Name(item), Segment::Name(index)]
            if (&**map, &**item, &**index) == ("Map", "Item", "Index") =>
        {
            context.map_item.map(|item| (3, Cow::Owned(item.index.into())))
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

/// Evaluates the segments from `start` on in a document that the segments before it lead to.
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
