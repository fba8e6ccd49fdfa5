//! The builder of Succeed states.

use super::StateBuilder;
use super::fields::{FieldList, comment, input_and_output, output, query_language};
use super::state::fields_of;
use crate::definition::{StateType, SucceedState};

impl SucceedState {
    /// Builds a Succeed state.
    pub fn builder() -> SucceedStateBuilder {
        SucceedStateBuilder(fields_of(StateType::Succeed))
    }
}

/// Builds a Succeed state (specification, "Succeed state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct SucceedStateBuilder(FieldList);

impl SucceedStateBuilder {
    comment!();
    query_language!();
    input_and_output!();
    output!();
}

impl From<SucceedStateBuilder> for StateBuilder {
    fn from(state: SucceedStateBuilder) -> Self {
        Self::of(state.0)
    }
}
