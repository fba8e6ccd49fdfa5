//! The type of a workflow.

/// The type of a workflow: it limits the service integrations and the duration of executions (developer guide,
/// "Choosing workflow type").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkflowType {
    /// `STANDARD`
    #[default]
    Standard,
    /// `EXPRESS`: no `.sync`, no `.waitForTaskToken`, no activities; an execution takes at most five minutes.
    Express,
}
