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

/// The event of an execution that runs, newly or again.
pub(super) fn running(execution: &ExecutionHandle, begun: &Begun) -> PutEventsRequestEntry {
    let time = begun.redrive_time.unwrap_or(execution.start_time());
    entry(execution, begun, None, time)
}

/// The event of an execution that has ended.
pub(super) fn ended(
    execution: &ExecutionHandle,
    begun: &Begun,
    outcome: &Outcome,
    time: DateTime<Utc>,
) -> PutEventsRequestEntry {
    entry(execution, begun, Some((outcome, time)), time)
}

fn entry(
    execution: &ExecutionHandle,
    begun: &Begun,
    end: Option<(&Outcome, DateTime<Utc>)>,
    time: DateTime<Utc>,
) -> PutEventsRequestEntry {
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
    let redrivable = match (outcome, execution.check_redrivable()) {
        // It may have ended by now, but this tells of the moment of the change.
        (None, _) => Err(NotRedrivable::Running),
        // It was redriven meanwhile.
        (Some(_), Err(NotRedrivable::Running)) => Ok(()),
        (Some(_), redrivable) => redrivable,
    };
    let detail = json!({
        "executionArn": execution.arn(),
        "stateMachineArn": begun.state_machine_arn,
        "name": begun.name,
        "status": outcome.map_or("RUNNING", Outcome::status),
        "startDate": execution.start_time().timestamp_millis(),
        "stopDate": end.map(|(_, time)| time.timestamp_millis()),
        "input": input,
        "output": shown_output,
        "stateMachineVersionArn": begun.version_arn.as_deref(),
        "stateMachineAliasArn": begun.alias_arn.as_deref(),
        "redriveCount": begun.redrive_count,
        "redriveDate": begun.redrive_time.map(|time| time.timestamp_millis()),
        "redriveStatus": if redrivable.is_ok() { "REDRIVABLE" } else { "NOT_REDRIVABLE" },
        "redriveStatusReason": redrivable.err().map(|reason| reason.to_string()),
        "inputDetails": { "included": input.is_some() },
        "outputDetails": output.as_ref().map(|_| json!({ "included": shown_output.is_some() })),
        "error": error.error,
        "cause": error.cause,
    });
    PutEventsRequestEntry::new("aws.states", "Step Functions Execution Status Change", &detail)
        .resources([execution.arn()])
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
