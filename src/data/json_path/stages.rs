use jsonpath_lib::Compiled;
use serde_json::Value;

use super::segment::Segment;

/// A path's segments, with all that is known of them before a document is there.
#[derive(Clone, Debug)]
pub(super) struct Stages {
    segments: Vec<Segment>,
    /// What `jsonpath_lib` evaluates from a segment on: a last wildcard with the names behind it, and `..` with a name or
    /// a wildcard. The texts are rendered from the segments, never what the user wrote.
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

    /// Whether a name that is missing in the midst of the path finds nothing, rather than being an error.
    ///
    /// It does where the segment before it, or any behind it, is indefinite. Those further up are no matter, so that
    /// `$[*].a.b.c` forgives the missing `a` only; this is Jayway 2.0.0's rule.
    pub(super) fn forgives_missing_parent(&self, position: usize) -> bool {
        self.last_indefinite.is_some_and(|last| last + 1 >= position)
    }

    /// Whether the path may find one value several times.
    pub(super) fn may_repeat(&self) -> bool {
        self.segments
            .iter()
            .any(|segment| matches!(segment, Segment::Descendants | Segment::Indices(_)))
    }

    /// What `jsonpath_lib` finds below `value` from the segment at `position` on, if it is asked there.
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

/// A name in brackets, if it holds nothing that `jsonpath_lib` might take for syntax.
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

        /// What `jsonpath_lib` finds is what our own walk finds, in the same order.
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
