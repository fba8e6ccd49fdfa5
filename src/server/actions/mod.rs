//! The actions of the API, grouped by subject.

mod activities;
mod aliases;
mod definitions;
mod descriptions;
mod dispatch;
mod executions;
mod map_runs;
mod redrives;
mod state_machines;
mod tags;
mod task_answers;
mod versions;

#[cfg(feature = "console")]
pub(super) use executions::event_json;

use super::request::Request;
use crate::definition::is_name;
use crate::services::step_functions::StepFunctionsError;

/// The longest ARN in characters.
const ARN: std::ops::RangeInclusive<usize> = 1..=256;
/// The longest ARN of a Map Run in characters.
const LONG_ARN: std::ops::RangeInclusive<usize> = 1..=2_000;
const NAME: std::ops::RangeInclusive<usize> = 1..=80;
const DESCRIPTION: std::ops::RangeInclusive<usize> = 0..=256;
/// The longest input or output in bytes.
const DATA: std::ops::RangeInclusive<usize> = 0..=262_144;
/// The longest `nextToken` of most lists.
const TOKEN: usize = 1_024;

/// Reads a request whose only member is an ARN.
fn only_arn<'r>(request: &'r serde_json::Value, member: &str) -> Result<&'r str, StepFunctionsError> {
    let mut request = Request::of(request, &[member])?;
    let arn = request.required_text(member, ARN);
    request.check()?;
    Ok(arn)
}

/// Errors if a name has forbidden characters.
fn check_name(name: &str) -> Result<(), StepFunctionsError> {
    if is_name(name) {
        return Ok(());
    }
    Err(StepFunctionsError::invalid_name(name))
}

/// Whether a request asks for all data rather than `METADATA_ONLY`.
fn includes_data(request: &mut Request<'_>) -> bool {
    request.one_of("includedData", &["ALL_DATA", "METADATA_ONLY"]) != Some("METADATA_ONLY")
}
