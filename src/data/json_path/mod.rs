//! JSONPath as AWS reads it: the dialect of Jayway 2.0.0 (ASL: "Paths", "Reference Paths").

mod error;
mod evaluate;
mod filter;
mod parse;
mod reference_path;
mod segment;
mod stages;
mod straight;
mod trail;
mod walk;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

pub use error::{PathError, WriteError};
pub use reference_path::ReferencePath;

use self::segment::Segment;
use self::stages::Stages;
use super::{Budget, Scope, SyntaxError};

/// What a path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`: the document in hand.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

/// A path, compiled (ASL: "Paths").
///
/// A *definite* path names one value, borrowed from the document; where that is missing, evaluation fails. Any other
/// path (wildcard, slice, filter, list of indices, `..`) gives an array of all it finds, empty where it finds nothing.
///
/// ```
/// use asl_engine::data::JsonPath;
/// use serde_json::json;
///
/// let bar = json!({ "orders": [{ "id": 1, "paid": true }, { "id": 2, "paid": false }] });
/// let read = |path: &str| JsonPath::parse(path).unwrap().evaluate_in(&bar).map(|value| value.into_owned());
///
/// assert_eq!(read("$.orders[0].id").unwrap(), json!(1));
/// assert_eq!(read("$.orders[*].id").unwrap(), json!([1, 2]));
/// assert_eq!(read("$.orders[?(@.paid == true)].id").unwrap(), json!([1]));
/// assert_eq!(read("$.tables[*]").unwrap(), json!([]));
/// assert_eq!(read("$.tables").unwrap_err().to_string(), "No results for path: $['tables']");
/// ```
///
/// Clones share what was compiled.
#[derive(Clone, Debug)]
pub struct JsonPath(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: Box<str>,
    root: Root,
    stages: Stages,
}

impl JsonPath {
    /// Reads a path: text that starts with `$`, `$$` or `$name`.
    ///
    /// Fails on text outside the dialect, on more than 64 segments, and on filters nested too deeply.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let (root, segments) = parse::path(text)?;
        Ok(Self(Arc::new(Compiled {
            text: text.into(),
            root,
            stages: Stages::new(segments),
        })))
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What the path starts from.
    pub(crate) fn root(&self) -> &Root {
        &self.0.root
    }

    /// Whether the path names one value, rather than giving an array of matches.
    pub fn is_definite(&self) -> bool {
        self.0.stages.is_definite()
    }

    /// Whether the path is exactly `$`.
    pub fn is_identity(&self) -> bool {
        self.0.root == Root::Input && self.0.stages.segments().is_empty()
    }

    /// Whether the path may read the member `name` of what it starts from: it goes there, or takes all members.
    pub(crate) fn may_read(&self, name: &str) -> bool {
        match self.0.stages.segments().first() {
            None | Some(Segment::Wildcard | Segment::Descendants) => true,
            Some(Segment::Name(first)) => **first == *name,
            Some(Segment::Names(names)) => names.iter().any(|first| **first == *name),
            Some(_) => false,
        }
    }

    /// The path's value in `scope`, borrowed where the path is definite.
    ///
    /// Fails where a definite path finds nothing, where an index or a slice meets something else than an array, and
    /// where the path's variable was never assigned.
    #[inline]
    pub(crate) fn evaluate<'a>(&self, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, PathError> {
        // Nearly all paths are names below the input, all of which are there.
        if self.0.root == Root::Input
            && let Some(value) = straight::walk_straight(self.0.stages.segments(), scope.input)
        {
            return Ok(Cow::Borrowed(value));
        }
        self.evaluate_any(scope, budget)
    }

    fn evaluate_any<'a>(&self, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, PathError> {
        match &self.0.root {
            Root::Input => evaluate::in_document(&self.0.stages, scope.input, 0, budget),
            Root::Context => match scope.context.given() {
                None => evaluate::in_context(&self.0.stages, &scope.context.context_object(), budget),
                Some(given) => evaluate::in_document(&self.0.stages, given, 0, budget),
            },
            Root::Variable(name) => match scope.variables.variable(name) {
                Some(value) => evaluate::in_document(&self.0.stages, value, 0, budget),
                None => Err(PathError::undefined_variable(name)),
            },
        }
    }

    /// The path's value in `document`, whatever the path's root is.
    ///
    /// Fails where a definite path finds nothing, and where an index or a slice meets something else than an array.
    pub fn evaluate_in<'a>(&self, document: &'a Value) -> Result<Cow<'a, Value>, PathError> {
        evaluate::in_document(&self.0.stages, document, 0, &Budget::new())
    }

    /// The document that the path reads.
    pub(super) fn document<'a>(&self, scope: &Scope<'a>) -> Cow<'a, Value> {
        match &self.0.root {
            Root::Input => Cow::Borrowed(scope.input),
            Root::Context => match scope.context.given() {
                None => Cow::Owned(scope.context.context_object().to_value()),
                Some(given) => Cow::Borrowed(given),
            },
            Root::Variable(name) => scope.variables.variable(name).map_or_else(Cow::default, Cow::Borrowed),
        }
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for JsonPath {}
