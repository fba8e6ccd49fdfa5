//! JSONPath in AWS's dialect, Jayway 2.0.0 (ASL: "Paths", "Reference Paths").

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
use super::{Budget, Document, Payload, Scope, SyntaxError};

/// The value that a path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`: the input document.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

/// A compiled path (ASL: "Paths").
///
/// A *definite* path names one value, borrowed from the document; if it is missing, evaluation fails. Any other path
/// (wildcard, slice, filter, list of indices, `..`) gives an array of the values it finds, which may be empty.
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
/// Clones share the compiled path.
#[derive(Clone, Debug)]
pub struct JsonPath(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: Box<str>,
    root: Root,
    stages: Stages,
}

impl JsonPath {
    /// Parses a path: text that starts with `$`, `$$` or `$name`.
    ///
    /// Fails on text outside the dialect, on more than 64 segments or 4,096 bytes, and on filters nested more than 16
    /// levels deep.
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

    /// The value that the path starts from.
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

    /// Whether the path may read the member `name` of its root: it names this member, or reads all members.
    pub(crate) fn may_read(&self, name: &str) -> bool {
        match self.0.stages.segments().first() {
            None | Some(Segment::Wildcard | Segment::Descendants) => true,
            Some(Segment::Name(first)) => **first == *name,
            Some(Segment::Names(names)) => names.iter().any(|first| **first == *name),
            Some(_) => false,
        }
    }

    /// The path's value in `scope`, borrowed if the path is definite.
    ///
    /// Fails if a definite path finds nothing, an index or a slice meets a value that is not an array, the path's
    /// variable was never assigned, or the work exceeds the crate's bounds.
    #[inline]
    pub(crate) fn evaluate<'a>(&self, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, PathError> {
        // Nearly all paths are names in the input, and find their value.
        if self.0.root == Root::Input
            && let Some(value) = straight::walk(self.0.stages.segments(), scope.input)
        {
            return Ok(Cow::Borrowed(value));
        }
        self.evaluate_any(scope, budget)
    }

    /// The path's value, shared with the input or variable that it is a part of; `None` if it is small, missing, or not one
    /// part.
    #[inline]
    pub(crate) fn shared(&self, scope: &Scope<'_>) -> Option<Payload> {
        let document = match (&self.0.root, scope.input) {
            (Root::Input, Document::Payload(input)) => input,
            (Root::Variable(name), _) => scope.variables.variable(name)?,
            _ => return None,
        };
        document
            .is_worth_sharing()
            .then(|| straight::shared(self.0.stages.segments(), document))
            .flatten()
    }

    fn evaluate_any<'a>(&self, scope: &Scope<'a>, budget: &Budget) -> Result<Cow<'a, Value>, PathError> {
        match &self.0.root {
            Root::Input => evaluate::in_document(&self.0.stages, scope.input.value(), 0, budget),
            Root::Context => match scope.context.given() {
                None => evaluate::in_context(&self.0.stages, &scope.context.context_object(), budget),
                Some(given) => evaluate::in_document(&self.0.stages, given, 0, budget),
            },
            Root::Variable(name) => match scope.variables.variable(name) {
                Some(value) => match straight::walk(self.0.stages.segments(), value.into()) {
                    Some(part) => Ok(Cow::Borrowed(part)),
                    None => evaluate::in_document(&self.0.stages, value, 0, budget),
                },
                None => Err(PathError::undefined_variable(name)),
            },
        }
    }

    /// The path's value in `document`, which replaces the path's root.
    ///
    /// Fails if a definite path finds nothing, an index or a slice meets a value that is not an array, or the work
    /// exceeds the crate's bounds.
    pub fn evaluate_in<'a>(&self, document: &'a Value) -> Result<Cow<'a, Value>, PathError> {
        evaluate::in_document(&self.0.stages, document, 0, &Budget::new())
    }

    /// The whole document that the path reads.
    pub(super) fn document<'a>(&self, scope: &Scope<'a>) -> Cow<'a, Value> {
        match &self.0.root {
            Root::Input => Cow::Borrowed(scope.input.value()),
            Root::Context => match scope.context.given() {
                None => Cow::Owned(scope.context.context_object().to_value()),
                Some(given) => Cow::Borrowed(given),
            },
            Root::Variable(name) => {
                let value = scope.variables.variable(name);
                value.map_or_else(Cow::default, |value| Cow::Borrowed(value.value()))
            }
        }
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for JsonPath {}
