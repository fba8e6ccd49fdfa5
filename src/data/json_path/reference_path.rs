use std::borrow::Cow;

use serde_json::{Map, Value};

use super::segment::Segment;
use super::straight;
use super::{JsonPath, PathError, Root, WriteError};
use crate::data::{Budget, MAX_NESTING, Payload, Scope, SyntaxError, nests_within};

/// A path that names a single value (ASL: "Reference Paths"): names and indices only.
///
/// `ResultPath` writes to one. `SecondsPath`, `TimestampPath`, `TimeoutSecondsPath` and others read from one.
///
/// ```
/// use asl_engine::data::ReferencePath;
/// use serde_json::json;
///
/// let mut order = json!({ "id": 7, "paid": false });
/// ReferencePath::parse("$.oven.minutes")?.write(&mut order, json!(8))?;
/// ReferencePath::parse("$.paid")?.write(&mut order, json!(true))?;
/// assert_eq!(order, json!({ "id": 7, "paid": true, "oven": { "minutes": 8 } }));
///
/// let refused = ReferencePath::parse("$.orders[*]").unwrap_err();
/// assert!(refused.message.contains('*'));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferencePath {
    path: JsonPath,
}

impl ReferencePath {
    /// Parses a Reference Path.
    ///
    /// Fails, with AWS's message where it has one, if the text is not a path or may name several values.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Self::check_text(text)?;
        Self::of_single(JsonPath::parse(text)?)
    }

    /// Turns a parsed path into a Reference Path.
    ///
    /// Fails if the path may name several values.
    pub(crate) fn of(path: JsonPath) -> Result<Self, SyntaxError> {
        Self::check_text(path.as_str())?;
        Self::of_single(path)
    }

    fn check_text(text: &str) -> Result<(), SyntaxError> {
        if !text.starts_with('$') {
            return Err(SyntaxError::new("Reference path didn't start with '$'", 0));
        }
        check_operators(text)
    }

    fn of_single(path: JsonPath) -> Result<Self, SyntaxError> {
        match path.0.stages.segments().iter().find(|segment| !is_single(segment)) {
            None => Ok(Self { path }),
            Some(segment) => Err(SyntaxError::new(format!("`{segment}` may name several values"), 0)),
        }
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        self.path.as_str()
    }

    /// The value that the path starts from.
    pub(crate) fn root(&self) -> &Root {
        self.path.root()
    }

    /// The name of the path's first segment, if that is a name.
    pub(crate) fn first_name(&self) -> Option<&str> {
        match self.path.0.stages.segments() {
            [Segment::Name(name), ..] => Some(name),
            _ => None,
        }
    }

    /// Whether the path is exactly `$`.
    pub fn is_identity(&self) -> bool {
        self.path.is_identity()
    }

    /// The path's value in `scope`.
    ///
    /// Fails if there is none, like [`JsonPath::evaluate`].
    pub(crate) fn evaluate<'a>(&self, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, PathError> {
        self.path.evaluate(scope, budget)
    }

    /// The path's value in `document`, which replaces the path's root.
    ///
    /// Fails if there is none, like [`JsonPath::evaluate_in`].
    pub fn evaluate_in<'a>(&self, document: &'a Value) -> Result<Cow<'a, Value>, PathError> {
        self.path.evaluate_in(document)
    }

    /// Writes `value` at the path, as `ResultPath` does (ASL: "`ResultPath`").
    ///
    /// Missing parents become objects. An existing key keeps its place, a new one goes last. An index must exist.
    ///
    /// Fails, and leaves `target` unchanged, if a name meets a value that is not an object, an index meets a value that
    /// is not an array or is outside of it, the path starts at `$$` or a variable, or the result would nest too deeply.
    pub fn write(&self, target: &mut Value, value: Value) -> Result<(), WriteError> {
        if self.path.0.root != Root::Input {
            return Err(WriteError::NotInput {
                path: self.as_str().to_owned(),
            });
        }
        if !nests_within(&value, MAX_NESTING.saturating_sub(self.path.0.stages.segments().len())) {
            return Err(WriteError::TooDeep);
        }
        // The common case, one name in an object, takes a single look-up.
        if let ([Segment::Name(name)], Value::Object(members)) = (self.path.0.stages.segments(), &mut *target) {
            match straight::member_mut(members, name) {
                Some(member) => *member = value,
                None => drop(members.insert(name.to_string(), value)),
            }
            return Ok(());
        }
        self.check(target)?;
        let mut place = target;
        for segment in self.path.0.stages.segments() {
            match segment_place(segment, place) {
                Some(next) => place = next,
                // INVARIANT: `check` has shown that every place exists or can be created.
                None => return Ok(()),
            }
        }
        *place = value;
        Ok(())
    }

    /// Writes a payload into another one, like [`write`](Self::write). A large payload is shared, not copied. The text
    /// of the target grows by no more than `growth`.
    pub(crate) fn write_payload(
        &self,
        target: &mut Payload,
        part: Cow<'_, Payload>,
        growth: usize,
    ) -> Result<(), WriteError> {
        let segments = self.path.0.stages.segments();
        let names: Option<Vec<&str>> = (target.takes_parts(&part) && self.path.0.root == Root::Input)
            .then(|| segments.iter().map(Segment::name).collect())
            .flatten();
        let Some(names) = names.filter(|names| !names.is_empty()) else {
            let value = match part {
                Cow::Borrowed(shared) => shared.to_value(),
                Cow::Owned(made) => made.into_value(),
            };
            return target.write(self.first_name(), growth, |target| self.write(target, value));
        };
        if !part.nests_within(MAX_NESTING.saturating_sub(names.len())) {
            return Err(WriteError::TooDeep);
        }
        if !straight::takes_names(&names, target) {
            self.check(target)?;
        }
        target.put(&names, part.into_owned(), growth);
        Ok(())
    }

    /// Fails if `write` could not reach the path's place, before anything is changed.
    fn check(&self, target: &Value) -> Result<(), WriteError> {
        let mut place = Some(target);
        for (position, segment) in self.path.0.stages.segments().iter().enumerate() {
            place = match (segment, place) {
                (Segment::Name(name), Some(Value::Object(members))) => members.get(&**name),
                (Segment::Name(_), None) => None,
                (Segment::Index(index), Some(Value::Array(items))) => {
                    let item = usize::try_from(*index).ok().and_then(|index| items.get(index));
                    Some(item.ok_or_else(|| WriteError::OutOfBounds {
                        path: self.way_to(position),
                        length: items.len(),
                        index: *index,
                    })?)
                }
                (_, place) => {
                    return Err(WriteError::Mismatch {
                        path: self.way_to(position),
                        found: place.map_or("missing", kind),
                        segment: segment.to_string(),
                    });
                }
            };
        }
        Ok(())
    }

    fn way_to(&self, position: usize) -> String {
        let segments = self.path.0.stages.segments().iter().take(position);
        std::iter::once("$".to_owned())
            .chain(segments.map(ToString::to_string))
            .collect()
    }
}

fn is_single(segment: &Segment) -> bool {
    matches!(segment, Segment::Name(_) | Segment::Index(_))
}

/// Rejects the operators that a Reference Path may only hold in quotes or after a backslash.
fn check_operators(text: &str) -> Result<(), SyntaxError> {
    let mut in_quotes = false;
    let mut characters = text.char_indices().peekable();
    while let Some((offset, next)) = characters.next() {
        let follows = characters.peek().map(|(_, follows)| *follows);
        match next {
            '\'' => in_quotes = !in_quotes,
            '\\' => drop(characters.next()),
            _ if in_quotes => {}
            '[' if matches!(follows, Some('"' | 'A'..='Z' | 'a'..='z' | '_')) => {
                return Err(SyntaxError::new("'[' must be followed by ' or '['", offset));
            }
            '@' | ',' | ':' | '?' | '*' => {
                return Err(SyntaxError::new(format!("a Reference Path holds no `{next}`"), offset));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The place that a segment names in `place`, created if it is missing.
fn segment_place<'v>(segment: &Segment, place: &'v mut Value) -> Option<&'v mut Value> {
    match (segment, place) {
        (Segment::Name(name), Value::Object(members)) => Some(members.entry(&**name).or_insert(Value::Null)),
        (Segment::Name(name), missing @ Value::Null) => {
            *missing = Value::Object(Map::new());
            missing
                .as_object_mut()
                .map(|members| members.entry(&**name).or_insert(Value::Null))
        }
        (Segment::Index(index), Value::Array(items)) => {
            usize::try_from(*index).ok().and_then(|index| items.get_mut(index))
        }
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::ReferencePath;
    use serde_json::{Value, json};

    fn refusal(text: &str) -> String {
        ReferencePath::parse(text).map_or_else(|error| error.message, |_| "none".to_owned())
    }

    fn written(path: &str, mut target: Value) -> String {
        let before = target.clone();
        match ReferencePath::parse(path).unwrap().write(&mut target, json!("new")) {
            Ok(()) => target.to_string(),
            Err(error) => {
                assert_eq!(target, before, "a failure leaves the target alone");
                error.to_string()
            }
        }
    }

    #[test]
    fn paths_of_the_specification() {
        for text in [
            "$",
            r"$.store\.book",
            r"$.store\.\@x\,\:\?\*",
            "$.&Ж中.\u{10346}",
            "$.ledgers[0][22][315].foo",
            "$['store'][0]['a, b: @?*']",
            "$.foo-bar",
            "$$.Map.Item.Value",
            "$order.items",
        ] {
            assert_eq!(refusal(text), "none", "{text}");
        }
    }

    #[test]
    fn paths_that_may_name_several_values() {
        assert_eq!(refusal("store"), "Reference path didn't start with '$'");
        assert_eq!(refusal("$.a[*]"), "a Reference Path holds no `*`");
        assert_eq!(refusal("$.a[0:1]"), "a Reference Path holds no `:`");
        assert_eq!(refusal("$[(@.length-1)]"), "a Reference Path holds no `@`");
        assert_eq!(refusal("$.a[\"b\"]"), "'[' must be followed by ' or '['");
        assert_eq!(refusal("$..a"), "`..` may name several values");
        assert_eq!(refusal("$['a','b']"), "a Reference Path holds no `,`");
    }

    #[test]
    fn writing_keeps_the_order_of_keys() {
        let order = json!({ "id": 1, "items": [{ "n": 1 }], "paid": false });
        assert_eq!(written("$", order.clone()), "\"new\"");
        assert_eq!(
            written("$.id", order.clone()),
            r#"{"id":"new","items":[{"n":1}],"paid":false}"#
        );
        assert_eq!(
            written("$.items", order.clone()),
            r#"{"id":1,"items":"new","paid":false}"#
        );
        assert_eq!(
            written("$.items[0].m", order.clone()),
            r#"{"id":1,"items":[{"n":1,"m":"new"}],"paid":false}"#
        );
        assert_eq!(written("$.a.b.c", json!({})), r#"{"a":{"b":{"c":"new"}}}"#);
    }

    #[test]
    fn writing_into_what_is_no_object() {
        assert_eq!(
            written("$.a", json!("foo")),
            "the value at `$` is a string, which `['a']` cannot be written into"
        );
        assert_eq!(
            written("$.a.b", json!({ "a": null })),
            "the value at `$['a']` is null, which `['b']` cannot be written into"
        );
        assert_eq!(
            written("$.a[1]", json!({ "a": [1] })),
            "the array at `$['a']` has 1 items, so that `[1]` is outside it"
        );
        assert_eq!(
            written("$.a[0]", json!({})),
            "the value at `$['a']` is missing, which `[0]` cannot be written into"
        );
        assert_eq!(
            written("$$.State", json!({})),
            "`$$.State` does not start at `$`, so that nothing can be written there"
        );
    }
}
