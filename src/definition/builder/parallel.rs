//! The builder of Parallel states.

use super::fields::{
    FieldList, arguments, assign, comment, input_and_output, output, parameters, query_language, result_path,
    result_selector, transition,
};
use super::retry_and_catch::retry_and_catch;
use super::state::fields_of;
use super::{StateBuilder, StateGraphBuilder};
use crate::definition::{ParallelState, StateType};

impl ParallelState {
    /// Builds a Parallel state, which needs at least one branch.
    pub fn builder() -> ParallelStateBuilder {
        ParallelStateBuilder(fields_of(StateType::Parallel))
    }
}

/// Builds a Parallel state (specification, "Parallel state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct ParallelStateBuilder(FieldList);

impl ParallelStateBuilder {
    comment!();
    query_language!();
    input_and_output!();
    output!();
    arguments!();
    parameters!();
    result_selector!();
    result_path!();
    assign!();
    retry_and_catch!();
    transition!();

    /// `Branches`: adds a graph; all run in parallel.
    pub fn branch(mut self, branch: StateGraphBuilder) -> Self {
        self.0.push("Branches", branch.into_document());
        self
    }
}

impl From<ParallelStateBuilder> for StateBuilder {
    fn from(state: ParallelStateBuilder) -> Self {
        Self::of(state.0)
    }
}
