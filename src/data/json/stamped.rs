//! Gives a value that is not in the source the place where it is inserted.

use super::text_map::TextMap;
use super::{Kind, MAX_DEPTH, Member, Node, Object, Span};

/// A value as a node, all of it at `span`; `None` if it nests too deeply.
pub(super) fn stamped(value: serde_json::Value, span: Span, depth: usize) -> Option<Node> {
    use serde_json::Value;
    if depth > MAX_DEPTH {
        return None;
    }
    let text_map = value
        .as_str()
        .map(|text| Box::new(TextMap::of_all(text, span.start, span.end)));
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(value) => Kind::Boolean(value),
        Value::Number(number) => Kind::Number(number),
        Value::String(text) => Kind::String(text),
        Value::Array(elements) => Kind::Array(
            elements
                .into_iter()
                .map(|element| stamped(element, span, depth + 1))
                .collect::<Option<_>>()?,
        ),
        Value::Object(fields) => {
            let member = |(key, value)| {
                Some(Member {
                    key,
                    key_span: span,
                    key_unresolved: false,
                    value: stamped(value, span, depth + 1)?,
                })
            };
            Kind::Object(Object {
                members: fields.into_iter().map(member).collect::<Option<_>>()?,
            })
        }
    };
    Some(Node {
        span,
        kind,
        unresolved: false,
        text_map,
    })
}
