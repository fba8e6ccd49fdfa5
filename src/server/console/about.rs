//! What the console is, and the calls of the API.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use super::{Answer, Console, Refused, answered, body};
use crate::services::step_functions::StepFunctionsError;

/// The actions that change nothing.
const READING: [&str; 16] = [
    "DescribeActivity",
    "DescribeExecution",
    "DescribeMapRun",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "DescribeStateMachineForExecution",
    "GetExecutionHistory",
    "ListActivities",
    "ListExecutions",
    "ListMapRuns",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "ListStateMachines",
    "ListTagsForResource",
    "TestState",
    "ValidateStateMachineDefinition",
];

/// The actions that change something. A worker's poll is not among them: the page would have to wait for its answer.
const CHANGING: [&str; 20] = [
    "CreateActivity",
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteActivity",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "PublishStateMachineVersion",
    "RedriveExecution",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendTaskSuccess",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "TagResource",
    "UntagResource",
    "UpdateMapRun",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
];

pub(super) async fn about(State(console): State<Arc<Console>>) -> Response {
    let service = console.service();
    let (region, account) = service.interpreter.place();
    answered(Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "region": region,
        "account": account,
        "readOnly": console.is_read_only,
        "storage": service.storage(),
        "time": service.interpreter.now().to_rfc3339(),
    })))
}

pub(super) async fn call(
    State(console): State<Arc<Console>>,
    Path(action): Path<String>,
    request: Request,
) -> Response {
    answered(console.answer(&action, request).await)
}

impl Console {
    async fn answer(&self, action: &str, request: Request) -> Answer {
        if CHANGING.contains(&action) {
            self.check_writes()?;
            tracing::info!(action, "the console changes something");
        } else if !READING.contains(&action) {
            return Err(Refused::new(
                "UnknownOperationException",
                format!("the console does not call `{action}`"),
            ));
        }
        let request = Value::Object(body(request).await?);
        let answered = AssertUnwindSafe(self.api.call(action, request)).catch_unwind().await;
        let panicked = || StepFunctionsError::internal("the server panicked while it answered; its log says where");
        Ok(answered.unwrap_or_else(|_| Err(panicked()))?)
    }

    fn check_writes(&self) -> Result<(), Refused> {
        if self.is_read_only {
            return Err(Refused::forbidden(
                "this console only looks: `asl serve --console write` lets it change something",
            ));
        }
        Ok(())
    }
}
