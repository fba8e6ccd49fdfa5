//! The builder of Wait states.

use super::StateBuilder;
use super::fields::{FieldList, assign, comment, input_and_output, output, query_language, transition};
use super::state::fields_of;
use crate::definition::{StateType, WaitState};

impl WaitState {
    /// Builds a Wait state; it needs one of `seconds`, `seconds_path`, `timestamp` and `timestamp_path`.
    pub fn builder() -> WaitStateBuilder {
        WaitStateBuilder(fields_of(StateType::Wait))
    }
}

/// Builds a Wait state (specification, "Wait state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct WaitStateBuilder(FieldList);

impl WaitStateBuilder {
    comment!();
    query_language!();
    input_and_output!();
    output!();
    assign!();
    transition!();

    /// `Seconds`: the time to wait in seconds; in JSONata also an expression.
    pub fn seconds(mut self, seconds: impl Into<serde_json::Value>) -> Self {
        self.0.set("Seconds", seconds.into());
        self
    }

    /// `SecondsPath`: the same, read from the input.
    pub fn seconds_path(mut self, path: impl Into<String>) -> Self {
        self.0.set("SecondsPath", path.into());
        self
    }

    /// `Timestamp`: waits until a time such as `2026-08-14T18:30:00Z`; in JSONata also an expression.
    pub fn timestamp(mut self, timestamp: impl Into<String>) -> Self {
        self.0.set("Timestamp", timestamp.into());
        self
    }

    /// `TimestampPath`: the same, read from the input.
    pub fn timestamp_path(mut self, path: impl Into<String>) -> Self {
        self.0.set("TimestampPath", path.into());
        self
    }
}

impl From<WaitStateBuilder> for StateBuilder {
    fn from(state: WaitStateBuilder) -> Self {
        Self::of(state.0)
    }
}
