//! The expressions of a definition, each text parsed once.

use std::collections::HashMap;

use crate::data::{Expression, JsonPath, JsonataExpressions, ReferencePath, SyntaxError};

/// What was parsed so far, by its text: the outline reads it first, and then whoever reads the fields.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    paths_and_calls: HashMap<Box<str>, Result<Expression, SyntaxError>>,
    pub(crate) jsonata: JsonataExpressions,
}

impl Expressions {
    /// The same as [`Expression::parse`].
    pub(crate) fn path_or_call(&mut self, text: &str) -> Result<Expression, SyntaxError> {
        if let Some(known) = self.paths_and_calls.get(text) {
            return known.clone();
        }
        let parsed = Expression::parse(text);
        self.paths_and_calls.insert(text.into(), parsed.clone());
        parsed
    }

    /// The same as [`JsonPath::parse`].
    pub(crate) fn json_path(&mut self, text: &str) -> Result<JsonPath, SyntaxError> {
        if text.starts_with('$')
            && let Expression::Path(path) = self.path_or_call(text)?
        {
            return Ok(path);
        }
        JsonPath::parse(text)
    }

    /// The same as [`ReferencePath::parse`].
    pub(crate) fn reference_path(&mut self, text: &str) -> Result<ReferencePath, SyntaxError> {
        match self.json_path(text) {
            Ok(path) => ReferencePath::of(path),
            // AWS has words of its own for some paths that cannot be parsed.
            Err(_) => ReferencePath::parse(text),
        }
    }
}
