//! What stands in for the engine where the feature `jsonata` is off: nothing compiles, so that nothing is evaluated.

use serde_json::Value;

use super::error::Failure;
use super::{JsonataBindings, JsonataSyntaxError, References};

/// An expression that cannot come to be.
#[derive(Debug)]
pub(super) enum Compiled {}

/// What an engine would keep between two evaluations.
#[derive(Debug, Default)]
pub(super) struct Prepared;

impl Compiled {
    pub(super) fn new(_text: &str) -> Result<Self, JsonataSyntaxError> {
        Err(JsonataSyntaxError {
            code: "U1000".to_owned(),
            message: "JSONata needs the feature `jsonata` of this crate, which is off".to_owned(),
            offset: 0,
        })
    }

    pub(super) fn references(&self) -> &References {
        match *self {}
    }

    pub(super) fn evaluate(&self, _bindings: &JsonataBindings<'_>) -> Result<Value, Failure> {
        match *self {}
    }
}
