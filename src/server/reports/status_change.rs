//! "Step Functions Execution Status Change": the event of an execution that starts, ends or is redriven.
//!
//! Source: Step Functions developer guide, "Automating Step Functions event delivery with EventBridge".

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::begun::Begun;
use crate::execution::{NotRedrivable, Outcome};
use crate::handlers::event_bus::PutEventsRequestEntry;
use crate::history::ErrorOutput;
use crate::runtime::ExecutionHandle;

/// The most bytes of an execution's data in an event, escaped as JSON text; the input goes first, then the output.
const MOST_DATA: usize = 248 * 1024;

/// The most characters of an error and of a cause on AWS, which here may be longer (API reference, `DescribeExecution`).
const MOST_ERROR: usize = 256;
const MOST_CAUSE: usize = 32_768;

/// A change of an execution's status.
pub(in crate::server) struct StatusChange<'a> {
    pub(in crate::server) arn: &'a str,
    pub(in crate::server) start_time: DateTime<Utc>,
    pub(in crate::server) begun: &'a Begun,
    /// `None` for one that runs, newly or again.
    pub(in crate::server) end: Option<(&'a Outcome, DateTime<Utc>)>,
    /// Whether it can be redriven, and why not.
    pub(in crate::server) redrivable: Result<(), String>,
}

impl<'a> StatusChange<'a> {
    /// An execution that runs, newly or again.
    pub(super) fn running(execution: &'a ExecutionHandle, begun: &'a Begun) -> Self {
        Self::of(execution, begun, None)
    }

    /// An execution that has ended.
    pub(super) fn ended(
        execution: &'a ExecutionHandle,
        begun: &'a Begun,
        outcome: &'a Outcome,
        time: DateTime<Utc>,
    ) -> Self {
        Self::of(execution, begun, Some((outcome, time)))
    }

    fn of(execution: &'a ExecutionHandle, begun: &'a Begun, end: Option<(&'a Outcome, DateTime<Utc>)>) -> Self {
        let redrivable = match (end, execution.check_redrivable()) {
            // It may have ended by now, but this tells of the moment of the change.
            (None, _) => Err(NotRedrivable::Running),
            // It was redriven meanwhile.
            (Some(_), Err(NotRedrivable::Running)) => Ok(()),
            (Some(_), redrivable) => redrivable,
        };
        Self {
            arn: execution.arn(),
            start_time: execution.start_time(),
            begun,
            end,
            redrivable: redrivable.map_err(|reason| reason.to_string()),
        }
    }

    /// Its event.
    pub(in crate::server) fn entry(self) -> PutEventsRequestEntry {
        entry(self)
    }
}

fn entry(change: StatusChange<'_>) -> PutEventsRequestEntry {
    let StatusChange {
        arn,
        start_time,
        begun,
        end,
        redrivable,
    } = change;
    let began = begun.redrive_time.unwrap_or(start_time);
    let time = end.map_or(began, |(_, time)| time);
    let outcome = end.map(|(outcome, _)| outcome);
    let output = outcome.and_then(Outcome::output).map(ToString::to_string);
    // AWS shows neither error nor cause of a timeout.
    let error = match outcome {
        Some(Outcome::Failed(ErrorOutput { error, cause }) | Outcome::Aborted(ErrorOutput { error, cause })) => {
            ErrorOutput {
                error: error.as_deref().map(|error| beginning(error, MOST_ERROR).into()),
                cause: cause.as_deref().map(|cause| beginning(cause, MOST_CAUSE).into()),
            }
        }
        _ => ErrorOutput::default(),
    };
    let output_size = output.as_deref().map_or(0, escaped_size);
    let others = [&error.error, &error.cause].into_iter().flatten();
    let size = escaped_size(&begun.input) + output_size + others.map(|text| escaped_size(text)).sum::<usize>();
    let input = Some(&*begun.input).filter(|_| size <= MOST_DATA);
    let shown_output = output.as_deref().filter(|_| output_size <= MOST_DATA);
    let detail = json!({
        "executionArn": arn,
        "stateMachineArn": begun.state_machine_arn,
        "name": begun.name,
        "status": outcome.map_or("RUNNING", Outcome::status),
        "startDate": start_time.timestamp_millis(),
        "stopDate": end.map(|(_, time)| time.timestamp_millis()),
        "input": input,
        "output": shown_output,
        "stateMachineVersionArn": begun.version_arn.as_deref(),
        "stateMachineAliasArn": begun.alias_arn.as_deref(),
        "redriveCount": begun.redrive_count,
        "redriveDate": begun.redrive_time.map(|time| time.timestamp_millis()),
        "redriveStatus": if redrivable.is_ok() { "REDRIVABLE" } else { "NOT_REDRIVABLE" },
        "redriveStatusReason": redrivable.err(),
        "inputDetails": { "included": input.is_some() },
        "outputDetails": output.as_ref().map(|_| json!({ "included": shown_output.is_some() })),
        "error": error.error,
        "cause": error.cause,
    });
    PutEventsRequestEntry::new("aws.states", "Step Functions Execution Status Change", &detail)
        .resources([arn])
        .time(time)
}

/// The first characters of a text.
fn beginning(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The bytes of a text as a JSON string.
fn escaped_size(text: &str) -> usize {
    Value::from(text).to_string().len()
}
