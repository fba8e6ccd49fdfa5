//! Replaces the engine if the feature `jsonata` is off: nothing compiles, so nothing is evaluated.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::error::Failure;
use super::scope::JsonataScope;
use super::{JsonataDialect, JsonataSyntaxError, References};
use crate::data::{Piece, Random};

/// A compiled expression, which cannot exist without the engine.
#[derive(Debug)]
pub(super) enum Compiled {}

/// The state that an engine would keep between evaluations.
#[derive(Debug, Default)]
pub(super) struct Prepared {}

impl Compiled {
    pub(super) fn new(_text: &str, _dialect: JsonataDialect) -> Result<Self, JsonataSyntaxError> {
        Err(JsonataSyntaxError {
            code: "U1000".to_owned(),
            message: "JSONata needs the feature `jsonata` of this crate, which is off".to_owned(),
            offset: 0,
        })
    }

    pub(super) fn references(&self) -> &References {
        match *self {}
    }

    pub(super) fn evaluate_in(
        &self,
        _input: Option<&Value>,
        _variables: &Map<String, Value>,
        _dialect: JsonataDialect,
        _now: DateTime<Utc>,
        _random: &Random,
    ) -> Result<Value, Failure> {
        match *self {}
    }

    pub(super) fn evaluate(&self, _scope: &JsonataScope<'_>, _prepared: &Prepared) -> Result<Piece, Failure> {
        match *self {}
    }
}
