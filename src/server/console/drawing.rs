//! Diagrams, also of definitions with errors.

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

use super::checked::Checked;
use super::{Answer, Console, Refused, answered, apart, body, parameter};
use crate::diagram::Diagram;

pub(super) async fn diagram(State(console): State<Arc<Console>>, uri: Uri) -> Response {
    answered(console.diagram(&uri).await)
}

pub(super) async fn check(request: Request) -> Response {
    let checked = async {
        let request = body(request).await?;
        apart(move || Ok(Checked::read(&request)?.told())).await
    };
    answered(checked.await)
}

impl Console {
    async fn diagram(&self, uri: &Uri) -> Answer {
        let (action, member) = match (parameter(uri, "executionArn"), parameter(uri, "stateMachineArn")) {
            (Some(arn), _) => ("DescribeStateMachineForExecution", json!({ "executionArn": arn })),
            (None, Some(arn)) => ("DescribeStateMachine", json!({ "stateMachineArn": arn })),
            (None, None) => return Err(Refused::validation("give an `executionArn` or a `stateMachineArn`")),
        };
        let described = self.api.call(action, member).await?;
        let definition = described
            .get("definition")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        apart(move || {
            let definition = serde_json::from_str(&definition).unwrap_or_default();
            let drawn = Diagram::of_definition(&definition).to_places();
            drawn.map_err(|error| Refused::new("NoDiagram", error.to_string()))
        })
        .await
    }
}
