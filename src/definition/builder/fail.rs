//! The builder of Fail states.

use super::StateBuilder;
use super::fields::{FieldList, comment, query_language};
use super::state::fields_of;
use crate::definition::{FailState, StateType};

impl FailState {
    /// Builds a Fail state.
    pub fn builder() -> FailStateBuilder {
        FailStateBuilder(fields_of(StateType::Fail))
    }
}

/// Builds a Fail state (specification, "Fail state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct FailStateBuilder(FieldList);

impl FailStateBuilder {
    comment!();
    query_language!();

    /// `Error`: the error's name; in JSONata also an expression.
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.0.set("Error", error.into());
        self
    }

    /// `ErrorPath`: the same, computed by a path or an intrinsic function.
    pub fn error_path(mut self, expression: impl Into<String>) -> Self {
        self.0.set("ErrorPath", expression.into());
        self
    }

    /// `Cause`: an explanation for people; in JSONata also an expression.
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.0.set("Cause", cause.into());
        self
    }

    /// `CausePath`: the same, computed by a path or an intrinsic function.
    pub fn cause_path(mut self, expression: impl Into<String>) -> Self {
        self.0.set("CausePath", expression.into());
        self
    }
}

impl From<FailStateBuilder> for StateBuilder {
    fn from(state: FailStateBuilder) -> Self {
        Self::of(state.0)
    }
}
