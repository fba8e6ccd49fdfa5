//! Step Functions as a service for its own tasks: they start executions and answer tasks by token (developer guide,
//! "Start a workflow from a running execution").

mod closed_names;
mod description;
mod error;
mod lineage;
#[cfg(feature = "runtime")]
mod redrive_tokens;
#[cfg(feature = "runtime")]
mod revision;
mod send_task;
mod start_execution;
#[cfg(feature = "cli")]
mod started;
mod state_machines;

use crate::TaskError;
use crate::definition::Resource;

pub use error::StepFunctionsError;

pub(crate) use closed_names::ClosedNames;
pub(crate) use description::{Description, started};
pub(crate) use lineage::{Lineage, Parent};
#[cfg(feature = "runtime")]
pub(crate) use redrive_tokens::RedriveTokens;
#[cfg(feature = "runtime")]
pub(crate) use revision::{Configuration, Definition, Revision};
pub(crate) use send_task::{SendTask, TaskAnswer};
pub(crate) use start_execution::StartExecution;
#[cfg(feature = "cli")]
pub(crate) use started::{is_started_by, started_arns};
#[cfg(feature = "runtime")]
pub(crate) use state_machines::Deployment;
pub(crate) use state_machines::{StateMachines, Target};

/// The operation of a resource, and the form of its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) action: Action,
    pub(crate) style: Style,
}

/// The operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// `startExecution`, also `.waitForTaskToken`: answers as soon as the execution has started.
    StartExecution,
    /// `startExecution.sync`: waits for its end; its output is a text.
    RunExecution,
    /// `startExecution.sync:2`: the same; its output is JSON.
    RunExecutionForJson,
    /// `startSyncExecution` of an Express workflow.
    StartSyncExecution,
    SendTaskSuccess,
    SendTaskFailure,
    SendTaskHeartbeat,
}

/// The kind of integration, which determines the names of errors and the form of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `arn:aws:states:::states:…`
    Optimised,
    /// `arn:aws:states:::aws-sdk:sfn:…`
    Sdk,
}

impl Operation {
    /// The operation of a resource, if it is one of these.
    pub(crate) fn of(resource: &Resource) -> Option<Self> {
        let (service, action) = resource.service()?;
        let style = match service {
            "states" => Style::Optimised,
            "aws-sdk:sfn" => Style::Sdk,
            _ => return None,
        };
        let action = match (style, action) {
            (_, "startExecution" | "startExecution.waitForTaskToken") => Action::StartExecution,
            (Style::Optimised, "startExecution.sync") => Action::RunExecution,
            (Style::Optimised, "startExecution.sync:2") => Action::RunExecutionForJson,
            (Style::Sdk, "startSyncExecution") => Action::StartSyncExecution,
            (Style::Sdk, "sendTaskSuccess") => Action::SendTaskSuccess,
            (Style::Sdk, "sendTaskFailure") => Action::SendTaskFailure,
            (Style::Sdk, "sendTaskHeartbeat") => Action::SendTaskHeartbeat,
            _ => return None,
        };
        Some(Self { action, style })
    }

    /// Whether it starts an execution.
    pub(crate) fn starts_executions(self) -> bool {
        !matches!(
            self.action,
            Action::SendTaskSuccess | Action::SendTaskFailure | Action::SendTaskHeartbeat
        )
    }

    /// Errors if the operation is not available for the state machine's type.
    pub(crate) fn check_type(self, is_express: bool) -> Result<(), StepFunctionsError> {
        let is_supported = match self.action {
            Action::StartSyncExecution => is_express,
            // An Express execution cannot be described, so its end cannot be awaited.
            Action::RunExecution | Action::RunExecutionForJson => !is_express,
            _ => true,
        };
        if is_supported {
            Ok(())
        } else {
            Err(StepFunctionsError::type_not_supported())
        }
    }

    /// The response to a task whose execution has ended.
    pub(crate) fn ended(self, description: &Description<'_>) -> Result<serde_json::Value, TaskError> {
        match self.action {
            Action::RunExecutionForJson => description.of_run(true),
            Action::StartSyncExecution => Ok(description.of_sync_execution()),
            _ => description.of_run(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(resource: &str) -> Option<Action> {
        Operation::of(&Resource::parse(resource)?).map(|operation| operation.action)
    }

    #[test]
    fn a_resource_says_what_it_calls() {
        let of_states = |action: &str| format!("arn:aws:states:::states:{action}");
        let of_sdk = |action: &str| format!("arn:aws:states:::aws-sdk:sfn:{action}");
        for (resource, wanted) in [
            (of_states("startExecution"), Some(Action::StartExecution)),
            (
                of_states("startExecution.waitForTaskToken"),
                Some(Action::StartExecution),
            ),
            (of_states("startExecution.sync"), Some(Action::RunExecution)),
            (of_states("startExecution.sync:2"), Some(Action::RunExecutionForJson)),
            (of_sdk("startExecution"), Some(Action::StartExecution)),
            (of_sdk("startSyncExecution"), Some(Action::StartSyncExecution)),
            (of_sdk("sendTaskSuccess"), Some(Action::SendTaskSuccess)),
            (of_sdk("listExecutions"), None),
            ("arn:aws:states:::sqs:sendMessage".to_owned(), None),
            ("arn:aws:lambda:us-east-1:1:function:F".to_owned(), None),
        ] {
            assert_eq!(action(&resource), wanted, "{resource}");
        }
    }
}
