//! The builder of Task states.

use super::StateBuilder;
use super::fields::{
    FieldList, arguments, assign, comment, input_and_output, output, parameters, query_language, result_path,
    result_selector, transition,
};
use super::retry_and_catch::retry_and_catch;
use super::state::fields_of;
use crate::definition::{StateType, TaskState};

impl TaskState {
    /// Builds a Task state that calls `resource`, an ARN such as `arn:aws:states:::lambda:invoke`.
    pub fn builder(resource: impl Into<String>) -> TaskStateBuilder {
        let mut fields = fields_of(StateType::Task);
        fields.set("Resource", resource.into());
        TaskStateBuilder(fields)
    }
}

/// Builds a Task state (specification, "Task state").
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct TaskStateBuilder(FieldList);

impl TaskStateBuilder {
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

    /// `TimeoutSeconds`: the longest time of one attempt in seconds; in JSONata also an expression.
    pub fn timeout_seconds(mut self, seconds: impl Into<serde_json::Value>) -> Self {
        self.0.set("TimeoutSeconds", seconds.into());
        self
    }

    /// `TimeoutSecondsPath`: the same, read from the raw input.
    pub fn timeout_seconds_path(mut self, path: impl Into<String>) -> Self {
        self.0.set("TimeoutSecondsPath", path.into());
        self
    }

    /// `HeartbeatSeconds`: the longest time between heartbeats in seconds; in JSONata also an expression.
    pub fn heartbeat_seconds(mut self, seconds: impl Into<serde_json::Value>) -> Self {
        self.0.set("HeartbeatSeconds", seconds.into());
        self
    }

    /// `HeartbeatSecondsPath`: the same, read from the raw input.
    pub fn heartbeat_seconds_path(mut self, path: impl Into<String>) -> Self {
        self.0.set("HeartbeatSecondsPath", path.into());
        self
    }

    /// `Credentials`: a payload template with a `RoleArn`, or a `RoleArn.$`; in JSONata a value with expressions.
    pub fn credentials(mut self, template: impl Into<serde_json::Value>) -> Self {
        self.0.set("Credentials", template.into());
        self
    }
}

impl From<TaskStateBuilder> for StateBuilder {
    fn from(state: TaskStateBuilder) -> Self {
        Self::of(state.0)
    }
}
