use std::borrow::Cow;

use serde_json::Value;

use super::PathError;
use super::error::Kind;
use super::segment::Segment;
use crate::data::ContextObject;

/// Evaluates in the context object, of which only the part read is built.
pub(super) fn in_context<'a>(
    segments: &[Segment],
    context: &ContextObject<'a>,
) -> Result<Cow<'a, Value>, PathError> {
    if let [Segment::Name(first), Segment::Name(second), rest @ ..] = segments
        && let Some(part) = context.part((first, second))
    {
        let prefix = segments.get(..2).unwrap_or_default();
        return in_part(rest, part, prefix);
    }
    if let [
        Segment::Name(map),
        Segment::Name(item),
        Segment::Name(value),
        rest @ ..,
    ] = segments
        && (&**map, &**item, &**value) == ("Map", "Item", "Value")
        && let Some(value) = context.map_item_value()
    {
        return in_document(rest, value, segments.get(..3).unwrap_or_default());
    }
    in_part(segments, Cow::Owned(context.to_value()), &[])
}

fn in_part<'a>(
    segments: &[Segment],
    part: Cow<'a, Value>,
    prefix: &[Segment],
) -> Result<Cow<'a, Value>, PathError> {
    match part {
        Cow::Borrowed(part) => in_document(segments, part, prefix),
        Cow::Owned(part) if segments.is_empty() => Ok(Cow::Owned(part)),
        Cow::Owned(part) => {
            in_document(segments, &part, prefix).map(|value| Cow::Owned(value.into_owned()))
        }
    }
}

/// Evaluates in a document that was reached over `prefix`.
pub(super) fn in_document<'a>(
    segments: &[Segment],
    document: &'a Value,
    prefix: &[Segment],
) -> Result<Cow<'a, Value>, PathError> {
    let _ = prefix;
    let mut nodes = vec![document];
    let mut definite = true;
    for segment in segments {
        definite &= segment.is_definite();
        nodes = nodes
            .into_iter()
            .flat_map(|node| children(segment, node))
            .collect();
    }
    if !definite {
        return Ok(Cow::Owned(nodes.into_iter().cloned().collect()));
    }
    nodes
        .first()
        .map(|node| Cow::Borrowed(*node))
        .ok_or_else(|| {
            let path: String = segments.iter().map(ToString::to_string).collect();
            PathError::new(Kind::NotFound, format!("No results for path: ${path}"))
        })
}

fn children<'a>(segment: &Segment, node: &'a Value) -> Vec<&'a Value> {
    match (segment, node) {
        (Segment::Name(name), Value::Object(members)) => members.get(&**name).into_iter().collect(),
        (Segment::Index(index), Value::Array(items)) => usize::try_from(*index)
            .ok()
            .and_then(|index| items.get(index))
            .into_iter()
            .collect(),
        (Segment::Wildcard, Value::Array(items)) => items.iter().collect(),
        (Segment::Wildcard, Value::Object(members)) => members.values().collect(),
        _ => Vec::new(),
    }
}
