use serde_json::{Map, Value, json};

use crate::data::{ExecutionContext, StateMachineContext, timestamp_text};
use crate::execution::outcome::Outcome;
use crate::execution::time::Timestamp;

/// The full description of an ended child execution for a `ResultWriter`, with members in AWS's order.
pub(crate) fn record_of(
    context: &ExecutionContext,
    state_machine: &StateMachineContext,
    outcome: &Outcome,
    now: Timestamp,
) -> Value {
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    if let Some(error) = outcome.error() {
        if let Some(cause) = &error.cause {
            set("Cause", cause.clone().into());
        }
        if let Some(name) = &error.error {
            set("Error", name.clone().into());
        }
    }
    set("ExecutionArn", context.id.as_ref().into());
    set("Input", context.input.to_text().as_str().into());
    set("InputDetails", json!({ "Included": true }));
    set("Name", context.name().into());
    if let Outcome::Succeeded { output } = outcome {
        set("Output", output.to_text().as_str().into());
        set("OutputDetails", json!({ "Included": true }));
    }
    set("RedriveCount", context.redrive_count.unwrap_or(0).into());
    let status = outcome.status();
    if matches!(outcome, Outcome::Succeeded { .. }) {
        set("RedriveStatus", "NOT_REDRIVABLE".into());
        set(
            "RedriveStatusReason",
            format!("Execution is {status} and cannot be redriven").into(),
        );
    } else {
        set("RedriveStatus", "REDRIVABLE_BY_MAP_RUN".into());
    }
    set("StartDate", timestamp_text(context.start_time).into());
    set("StateMachineArn", state_machine.id.clone().into());
    set("Status", status.into());
    set("StopDate", timestamp_text(now).into());
    Value::Object(members)
}
