//! Descriptions of executions for the tasks that started them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::super::iso_8601;
use super::Style;
use crate::TaskError;
use crate::error::predefined_errors;
use crate::execution::Outcome;
use crate::history::ErrorOutput;

/// The longest cause that AWS keeps, in characters.
const LONGEST_CAUSE: usize = 32_768;

/// The response to a start: the execution's ARN and start time.
pub(crate) fn started(style: Style, execution_arn: &str, start_date: DateTime<Utc>) -> Value {
    match style {
        Style::Optimised => json!({
            "ExecutionArn": execution_arn,
            "SdkHttpMetadata": { "AllHttpHeaders": {}, "HttpHeaders": {}, "HttpStatusCode": 200 },
            "SdkResponseMetadata": { "RequestId": "local" },
            "StartDate": start_date.timestamp_millis(),
        }),
        Style::Sdk => json!({ "ExecutionArn": execution_arn, "StartDate": iso_8601(start_date) }),
    }
}

/// An ended execution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Description<'a> {
    pub(crate) execution_arn: &'a str,
    pub(crate) state_machine_arn: &'a str,
    pub(crate) name: &'a str,
    pub(crate) input: &'a str,
    pub(crate) start_date: DateTime<Utc>,
    pub(crate) stop_date: DateTime<Utc>,
    pub(crate) outcome: &'a Outcome,
    /// How often it was redriven.
    pub(crate) redrive_count: u32,
}

impl Description<'_> {
    /// The answer of `.sync` and, with input and output `as_json`, of `.sync:2`. An execution that did not succeed
    /// fails the task, with its description as the cause.
    pub(crate) fn of_run(&self, as_json: bool) -> Result<Value, TaskError> {
        if self.outcome.output().is_some() {
            return Ok(self.members(as_json, self.error().cause).into());
        }
        Err(TaskError::new(predefined_errors::TASK_FAILED, self.cause()))
    }

    /// The description with AWS's members in AWS's order.
    fn members(&self, as_json: bool, cause: Option<String>) -> Map<String, Value> {
        let mut members = Map::new();
        let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        if let Some(cause) = cause {
            set("Cause", cause.into());
        }
        if let Some(error) = self.error().error {
            set("Error", error.into());
        }
        set("ExecutionArn", self.execution_arn.into());
        set("Input", text(self.input, as_json));
        set("InputDetails", json!({ "Included": true }));
        set("Name", self.name.into());
        if let Some(output) = self.outcome.output() {
            let output = if as_json {
                output.clone()
            } else {
                output.to_string().into()
            };
            set("Output", output);
            set("OutputDetails", json!({ "Included": true }));
        }
        set("RedriveCount", self.redrive_count.into());
        if self.outcome.output().is_some() {
            set("RedriveStatus", "NOT_REDRIVABLE".into());
            set(
                "RedriveStatusReason",
                "Execution is SUCCEEDED and cannot be redriven".into(),
            );
        } else {
            set("RedriveStatus", "REDRIVABLE".into());
        }
        set("StartDate", self.start_date.timestamp_millis().into());
        set("StateMachineArn", self.state_machine_arn.into());
        set("Status", self.outcome.status().into());
        set("StopDate", self.stop_date.timestamp_millis().into());
        members
    }

    /// The description as a cause. One that is too long leaves the input away, and then the end of the inner cause: it
    /// stays JSON, and causes that quote causes do not grow without bounds.
    fn cause(&self) -> String {
        let fits = |text: &str| text.chars().nth(LONGEST_CAUSE).is_none();
        let mut cause = self.error().cause;
        let whole = Value::from(self.members(false, cause.clone())).to_string();
        if fits(&whole) {
            return whole;
        }
        loop {
            let mut members = self.members(false, cause.clone());
            members.shift_remove("Input");
            members.insert("InputDetails".to_owned(), json!({ "Included": false }));
            let text = Value::from(members).to_string();
            match &mut cause {
                Some(cause) if !fits(&text) && !cause.is_empty() => {
                    let half = cause.chars().count() / 2;
                    *cause = cause.chars().take(half).collect();
                }
                _ => return text,
            }
        }
    }

    /// The answer of `startSyncExecution`, which is the same whether the execution succeeded or not.
    pub(crate) fn of_sync_execution(&self) -> Value {
        let mut members = Map::new();
        let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        let took = (self.stop_date - self.start_date).num_milliseconds();
        set(
            "BillingDetails",
            json!({
                "BilledDurationInMilliseconds": (took.max(1) + 99) / 100 * 100,
                "BilledMemoryUsedInMB": 64,
            }),
        );
        let ErrorOutput { error, cause } = self.error();
        if let Some(cause) = cause {
            set("Cause", cause.into());
        }
        if let Some(error) = error {
            set("Error", error.into());
        }
        set("ExecutionArn", self.execution_arn.into());
        set("Input", self.input.into());
        set("InputDetails", json!({ "Included": true }));
        set("Name", self.name.into());
        if let Some(output) = self.outcome.output() {
            set("Output", output.to_string().into());
        }
        set("OutputDetails", json!({ "Included": true }));
        set("StartDate", iso_8601(self.start_date).into());
        set("StateMachineArn", self.state_machine_arn.into());
        set("Status", self.outcome.status().into());
        set("StopDate", iso_8601(self.stop_date).into());
        members.into()
    }

    /// Its error and cause; none for a timeout.
    fn error(&self) -> ErrorOutput {
        match self.outcome {
            Outcome::Failed(error) | Outcome::Aborted(error) => error.clone(),
            Outcome::Succeeded { .. } | Outcome::TimedOut(_) => ErrorOutput::default(),
        }
    }
}

fn text(text: &str, as_json: bool) -> Value {
    let parsed = as_json.then(|| serde_json::from_str(text).ok()).flatten();
    parsed.unwrap_or_else(|| text.into())
}
