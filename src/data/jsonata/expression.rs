use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::engine::Compiled;
use super::error::{Bound, Failure};
use super::{Expected, JsonataBindings, JsonataDialect, JsonataError, JsonataSyntaxError, Location, References};

/// A JSONata expression, compiled. Clones share it; two are equal where their texts are.
#[derive(Clone, Debug)]
pub struct JsonataExpression {
    text: Arc<str>,
    compiled: Arc<Compiled>,
}

/// The expressions of a definition, each text parsed once: a definition is read more than once.
#[derive(Debug, Default)]
pub(crate) struct JsonataExpressions(HashMap<Box<str>, Result<JsonataExpression, JsonataSyntaxError>>);

impl JsonataExpressions {
    /// The same as [`JsonataExpression::parse`].
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
    /// Compiles what stands between `{%` and `%}`, blanks around it or not.
    ///
    /// Fails where JSONata 2.0.6 would, and always where the feature `jsonata` is off. Offsets are those of `text`.
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

    /// What the expression refers to outside itself; offsets are those of [`JsonataExpression::as_str`].
    pub(crate) fn references(&self) -> &References {
        self.compiled.references()
    }

    /// The expression's value for a field; `location` is how AWS names the field: `Output`, `Arguments/Name`.
    ///
    /// Fails where there is no value, or one that the field does not take.
    pub(crate) fn evaluate(
        &self,
        location: &Location<'_>,
        expected: Expected,
        bindings: &JsonataBindings<'_>,
    ) -> Result<Value, JsonataError> {
        self.compiled
            .evaluate(&bindings.scope, &bindings.prepared)
            .and_then(|value| expected.of(value).map_err(Failure::Misfit))
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

/// An error as JSONata 2.0.6 has it: another number in one, and none for what `$pad` makes.
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
