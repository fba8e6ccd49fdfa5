//! The builder of Pass states.

use super::StateBuilder;
use super::fields::{
    FieldList, assign, comment, input_and_output, output, parameters, query_language, result_path, transition,
};
use super::state::fields_of;
use crate::definition::{PassState, StateType};

impl PassState {
    /// Builds a Pass state.
    pub fn builder() -> PassStateBuilder {
        PassStateBuilder(fields_of(StateType::Pass))
    }
}

/// Builds a Pass state (specification, "Pass state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct PassStateBuilder(FieldList);

impl PassStateBuilder {
    comment!();
    query_language!();
    input_and_output!();
    output!();
    parameters!();
    result_path!();
    assign!();
    transition!();

    /// `Result`: the result, word for word; nothing in it is evaluated.
    pub fn result(mut self, result: impl Into<serde_json::Value>) -> Self {
        self.0.set("Result", result.into());
        self
    }
}

impl From<PassStateBuilder> for StateBuilder {
    fn from(state: PassStateBuilder) -> Self {
        Self::of(state.0)
    }
}
