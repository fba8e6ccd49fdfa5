//! # Integrations of Express workflows
//!
//! **What**: an Express workflow calls services only by request and response: no `.sync`, no `.waitForTaskToken`, no
//! activities. The same holds for the `EXPRESS` child executions of a Distributed Map.
//!
//! **Why**: an Express workflow lasts at most five minutes and may run twice, so it cannot wait for others.
//!
//! Bad:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true }
//! ```

use crate::data::json::Place;
use crate::definition::StateType;
use crate::definition::{IntegrationPattern, Resource, ResourceKind, WorkflowType};
use crate::loading::outline::{GraphOutline, GraphOwner, Outline, is_distributed};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, workflow_type: WorkflowType, report: &mut Report) {
    // A graph comes before the graphs inside it.
    let mut express = Vec::with_capacity(outline.graphs.len());
    for graph in &outline.graphs {
        let around = match (execution_type(graph), graph.parent) {
            (Some(execution_type), _) => execution_type == "EXPRESS",
            (None, Some(parent)) => express.get(parent).copied().unwrap_or(false),
            (None, None) => workflow_type == WorkflowType::Express,
        };
        express.push(around);
        if around {
            check_graph(graph, report);
        }
    }
}

/// The type of the child executions that run a graph; `None` if none do.
fn execution_type<'n>(graph: &GraphOutline<'n>) -> Option<&'n str> {
    let is_processor = graph.owner == GraphOwner::ItemProcessor && is_distributed(graph.node);
    let config = graph.node.field("ProcessorConfig").filter(|_| is_processor)?;
    config.field("ExecutionType")?.as_str()
}

fn check_graph(graph: &GraphOutline<'_>, report: &mut Report) {
    let tasks = graph
        .states
        .iter()
        .filter(|state| state.state_type == Some(StateType::Task));
    for state in tasks {
        let Some(node) = state.field("Resource") else { continue };
        let resource = node.as_str().filter(|_| !node.unresolved);
        let Some(resource) = resource.and_then(Resource::parse) else {
            continue;
        };
        let message = match (resource.kind(), resource.pattern()) {
            (ResourceKind::Activity, _) => "Express state machine does not support Activity ARN",
            (_, IntegrationPattern::Sync) => "Express state machine does not support '.sync' service integration",
            // The blank at the end is AWS's.
            (_, IntegrationPattern::WaitForTaskToken) => {
                "Express state machine does not support '.waitForTaskToken' service integration "
            }
            (_, IntegrationPattern::RequestResponse) => continue,
        };
        report
            .schema(Place::value(node), message)
            .help("a Standard workflow can wait for a job, a token or a worker");
    }
}

#[cfg(test)]
mod tests {
    use crate::definition::{Severity, WorkflowType};
    use crate::loading::Loader;
    use crate::loading::rules::testing::state;

    fn express(resource: &str) -> Vec<String> {
        let source = state(&format!(
            r#"{{ "Type": "Task", "Resource": "{resource}", "End": true }}"#
        ));
        let diagnostics = Loader::new().workflow_type(WorkflowType::Express).validate(&source);
        let errors = diagnostics
            .into_iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.map(|diagnostic| diagnostic.message).collect()
    }

    #[test]
    fn it_waits_for_nobody() {
        assert_eq!(
            express("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            ["Express state machine does not support '.waitForTaskToken' service integration "]
        );
        assert_eq!(
            express("arn:aws:states:::states:startExecution.sync:2"),
            ["Express state machine does not support '.sync' service integration"]
        );
        assert_eq!(
            express("arn:aws:states:eu-west-1:123456789012:activity:Bake"),
            ["Express state machine does not support Activity ARN"]
        );
    }

    #[test]
    fn request_and_response_is_fine() {
        assert_eq!(express("arn:aws:states:::sqs:sendMessage"), [""; 0]);
    }
}
