//! The parsed expressions of a definition. Each text is parsed only once.

use std::collections::HashMap;

use crate::data::{Expression, JsonPath, JsonataExpressions, ReferencePath, SyntaxError};

/// The results of parsing, by text. The outline parses an expression first, and reading the fields asks for it again.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    paths_and_calls: HashMap<Box<str>, Result<Expression, SyntaxError>>,
    pub(crate) jsonata: JsonataExpressions,
}

impl Expressions {
    /// Like [`Expression::parse`], but parses a known text only once.
    pub(crate) fn path_or_call(&mut self, text: &str) -> Result<Expression, SyntaxError> {
        if let Some(known) = self.paths_and_calls.get(text) {
            return known.clone();
        }
        let parsed = Expression::parse(text);
        self.paths_and_calls.insert(text.into(), parsed.clone());
        parsed
    }

    /// Like [`JsonPath::parse`], but parses a known text only once.
    pub(crate) fn json_path(&mut self, text: &str) -> Result<JsonPath, SyntaxError> {
        if text.starts_with('$')
            && let Expression::Path(path) = self.path_or_call(text)?
        {
            return Ok(path);
        }
        JsonPath::parse(text)
    }

    /// Like [`ReferencePath::parse`], but parses a known text only once.
    pub(crate) fn reference_path(&mut self, text: &str) -> Result<ReferencePath, SyntaxError> {
        match self.json_path(text) {
            Ok(path) => ReferencePath::of(path),
            // AWS has special messages for some paths that cannot be parsed, which `ReferencePath::parse` gives.
            Err(_) => ReferencePath::parse(text),
        }
    }
}
