use jsonpath_lib::Compiled;
use serde_json::Value;

use super::segment::Segment;

/// A path's segments, with the facts known before there is a document.
#[derive(Clone, Debug)]
pub(super) struct Stages {
    segments: Vec<Segment>,
    /// For each segment, the path that `jsonpath_lib` evaluates from there: a wildcard followed only by names, or `..`
    /// with a name or a wildcard. Its text is printed from the segments, and is never the user's.
    selections: Vec<Option<Compiled>>,
    last_indefinite: Option<usize>,
}

impl Stages {
    pub(super) fn new(segments: Vec<Segment>) -> Self {
        let selections = (0..segments.len())
            .map(|position| compile(segments.get(position..)?))
            .collect();
        let last_indefinite = segments.iter().rposition(|segment| !segment.is_definite());
        Self {
            segments,
            selections,
            last_indefinite,
        }
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(super) fn is_definite(&self) -> bool {
        self.last_indefinite.is_none()
    }

    pub(super) fn is_last(&self, position: usize) -> bool {
        position + 1 >= self.segments.len()
    }

    /// Whether a name that is missing in the middle of the path finds nothing instead of failing.
    ///
    /// It does if the segment before it, or any after it, is indefinite. Earlier segments do not count, so `$[*].a.b.c`
    /// only forgives a missing `a`. This is Jayway 2.0.0's rule.
    pub(super) fn forgives_missing_parent(&self, position: usize) -> bool {
        self.last_indefinite.is_some_and(|last| last + 1 >= position)
    }

    /// Whether the path may find one value several times.
    pub(super) fn may_repeat(&self) -> bool {
        self.segments
            .iter()
            .any(|segment| matches!(segment, Segment::Descendants | Segment::Indices(_)))
    }

    /// The values that `jsonpath_lib` finds in `value` for the segments from `position` on; `None` if it does not
    /// evaluate them.
    pub(super) fn select<'v>(&self, position: usize, value: &'v Value) -> Option<Vec<&'v Value>> {
        self.selections.get(position)?.as_ref()?.select(value).ok()
    }
}

fn compile(segments: &[Segment]) -> Option<Compiled> {
    let mut text = "$".to_owned();
    match segments {
        [Segment::Wildcard, names @ ..] => {
            text.push_str("[*]");
            for segment in names {
                text.push_str(&rendered_name(segment)?);
            }
        }
        [Segment::Descendants, Segment::Wildcard, ..] => text.push_str("..*"),
        [Segment::Descendants, name, ..] => {
            text.push_str("..");
            text.push_str(&rendered_name(name)?);
        }
        _ => return None,
    }
    Compiled::compile(&text).ok()
}

/// A name in brackets; `None` if `jsonpath_lib` might take some of it for syntax.
fn rendered_name(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Name(name) if name.chars().all(|next| next.is_alphanumeric() || next == '_') => {
            Some(segment.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::data::json_path::evaluate;
    use crate::data::{Budget, JsonPath};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(json!(1)),
            Just(json!("x")),
            Just(json!([])),
            Just(json!({}))
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec(("[abc]", inner), 0..4).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// `jsonpath_lib` finds the same values as our own walk, in the same order.
        #[test]
        fn the_library_agrees_with_the_walk(document in documents(), path in 0_usize..6) {
            let paths = ["$[*]", "$[*].a", "$[*].a.b", "$..a", "$..*", "$..a[*]"];
            let path = JsonPath::parse(paths[path]).unwrap();
            let mut own = path.0.stages.clone();
            own.selections = vec![None; own.segments.len()];
            let found = evaluate::in_document(&own, &document, 0, &Budget::new());
            prop_assert_eq!(path.evaluate_in(&document), found);
        }
    }
}
