use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::engine::Compiled;
use super::error::{Bound, Failure};
use super::{Expected, JsonataBindings, JsonataDialect, JsonataError, JsonataSyntaxError, Location, References};
use crate::data::Piece;

/// A compiled JSONata expression. Clones share it; two are equal if their texts are.
#[derive(Clone, Debug)]
pub struct JsonataExpression {
    text: Arc<str>,
    compiled: Arc<Compiled>,
}

/// The parsed expressions of a definition. A definition is read more than once, so each text is parsed only the first
/// time.
#[derive(Debug, Default)]
pub(crate) struct JsonataExpressions(HashMap<Box<str>, Result<JsonataExpression, JsonataSyntaxError>>);

impl JsonataExpressions {
    /// Like [`JsonataExpression::parse`], but parses a known text only once.
    pub(crate) fn parse(&mut self, text: &str) -> Result<JsonataExpression, JsonataSyntaxError> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let parsed = JsonataExpression::parse(text);
        self.0.insert(text.into(), parsed.clone());
        parsed
    }
}

impl JsonataExpression {
    /// Compiles the text between `{%` and `%}`, with or without blanks around it.
    ///
    /// Fails if JSONata 2.0.6 does, and always if the feature `jsonata` is off. The error's offset counts from the
    /// start of `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, JsonataSyntaxError> {
        let trimmed = text.trim();
        match Compiled::new(trimmed, JsonataDialect::Aws) {
            Ok(compiled) => Ok(Self {
                text: trimmed.into(),
                compiled: Arc::new(compiled),
            }),
            Err(error) => Err(JsonataSyntaxError {
                offset: error.offset + (text.len() - text.trim_start().len()),
                ..error
            }),
        }
    }

    /// The text without blanks around it, as AWS quotes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The outside values that the expression refers to; offsets count from the start of [`JsonataExpression::as_str`].
    pub(crate) fn references(&self) -> &References {
        self.compiled.references()
    }

    /// Computes the expression's value for a field; `location` is AWS's name for the field, such as `Output` or
    /// `Arguments/Name`.
    ///
    /// Fails if there is no value, or the field does not accept it.
    pub(crate) fn evaluate(
        &self,
        location: &Location<'_>,
        expected: Expected,
        bindings: &JsonataBindings<'_>,
    ) -> Result<Value, JsonataError> {
        self.compiled
            .evaluate(&bindings.scope, &bindings.prepared)
            .and_then(|piece| expected.of(piece.into_value()).map_err(Failure::Misfit))
            .map_err(|failure| self.error(location, failure))
    }

    /// The same; a large part of the input stays shared with it.
    pub(super) fn evaluate_piece(
        &self,
        location: &Location<'_>,
        expected: Expected,
        bindings: &JsonataBindings<'_>,
    ) -> Result<Piece, JsonataError> {
        self.compiled
            .evaluate(&bindings.scope, &bindings.prepared)
            .and_then(|piece| expected.of_piece(piece).map_err(Failure::Misfit))
            .map_err(|failure| self.error(location, failure))
    }

    fn error(&self, location: &Location<'_>, failure: Failure) -> JsonataError {
        JsonataError {
            location: location.to_string(),
            expression: self.as_str().to_owned(),
            failure: Box::new(as_of_2_0_6(failure)),
        }
    }
}

/// Adapts an error to JSONata 2.0.6, which has another limit in `D2014`, and no error for too long a result of `$pad`.
fn as_of_2_0_6(failure: Failure) -> Failure {
    match failure {
        Failure::Raised { code, message } if code == "D2014" => Failure::Raised {
            message: message.replace("must not exceed 1e7", "must not exceed 1e6"),
            code,
        },
        Failure::Raised { code, .. } if code == "D2016" => Failure::Exceeded(Bound::Memory),
        failure => failure,
    }
}

impl PartialEq for JsonataExpression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
