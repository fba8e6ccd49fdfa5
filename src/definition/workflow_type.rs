//! The type of a workflow.

/// The type of a workflow, which limits the service integrations it may use and the time that its executions take
/// (developer guide, "Choosing workflow type").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkflowType {
    /// `STANDARD`
    #[default]
    Standard,
    /// `EXPRESS`: no `.sync`, no `.waitForTaskToken`, no activities; an execution takes five minutes at the most.
    Express,
}
