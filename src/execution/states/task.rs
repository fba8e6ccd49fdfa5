//! The Task state.

use serde_json::Value;
use std::sync::Arc;

use crate::data::{Payload, ReferencePath};
use crate::definition::{
    IntegrationPattern, JsonPathTask, JsonataTask, JsonataValue, Resource, ResourceKind, TaskData, TaskDuration,
    TaskState,
};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::inspection::Stage;
use crate::execution::intent::Intent;
use crate::execution::limits::Limits;
use crate::execution::parameters;
use crate::execution::query::Query;
use crate::execution::task_request::TaskRequest;

/// AWS's longest `TimeoutSeconds` and `HeartbeatSeconds`.
const LONGEST: u64 = 99_999_999;

pub(super) fn enter(state: &TaskState, raw_input: &Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let resource = &state.resource;
    let state = match &state.data {
        TaskData::JsonPath(state) => state,
        TaskData::Jsonata(state) => return enter_jsonata(state, resource, raw_input, view),
    };
    let timeout_seconds = seconds(state.timeout.as_ref(), "TimeoutSecondsPath", raw_input, view)?;
    let heartbeat_seconds = seconds(state.heartbeat.as_ref(), "HeartbeatSecondsPath", raw_input, view)?;
    let filtered_input = view.select(&state.input_path, raw_input.clone())?;
    view.inspect(Stage::AfterInputPath, &filtered_input);
    let credentials = state
        .credentials
        .as_ref()
        .map(|template| view.fill(template, &filtered_input))
        .transpose()?;
    let effective_input = view.apply(state.parameters.as_ref(), filtered_input)?;
    view.inspect(Stage::AfterParameters, &effective_input);
    let request = TaskRequest {
        effective_input,
        timeout_seconds,
        heartbeat_seconds,
        token: view.task_token.map(str::to_owned),
        credentials,
    };
    invoke(resource, request, view)
}

fn enter_jsonata(
    state: &JsonataTask,
    resource: &Resource,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let query = Query::new(view, raw_input);
    let seconds = |field, value: &Option<JsonataValue<u32>>| {
        let seconds = value.as_ref().map(|value| query.integer(field, value));
        seconds.transpose()
    };
    let timeout_seconds = seconds("TimeoutSeconds", &state.timeout)?;
    let heartbeat_seconds = seconds("HeartbeatSeconds", &state.heartbeat)?;
    let credentials = state
        .credentials
        .as_ref()
        .map(|template| query.credentials(template))
        .transpose()?;
    let effective_input = query.fill_or("Arguments", state.arguments.as_ref(), || raw_input.clone())?;
    if state.arguments.is_some() {
        view.inspect(Stage::AfterArguments, &effective_input);
    }
    let request = TaskRequest {
        effective_input,
        timeout_seconds,
        heartbeat_seconds,
        token: view.task_token.map(str::to_owned),
        credentials,
    };
    invoke(resource, request, view)
}

/// Refuses a request that AWS would not schedule.
fn invoke(resource: &Resource, request: TaskRequest, view: &StateView<'_>) -> Result<Intent, Failure> {
    parameters::check(resource, &request.effective_input)?;
    if request.effective_input.exceeds(view.limits.payload_bytes) {
        return Err(view.data_limit_exceeded());
    }
    Ok(Intent::Invoke(Arc::new(request)))
}

/// Refuses a raw result that is larger than the limit. AWS then names the resource, not the state.
pub(crate) fn check_result(resource: &Resource, raw_result: &Payload, limits: &Limits) -> Result<(), Failure> {
    if !raw_result.exceeds(limits.payload_bytes) {
        return Ok(());
    }
    Err(Failure::data_limit_exceeded(match resource.kind() {
        ResourceKind::Service { resource_type, .. } => resource_type,
        ResourceKind::LambdaFunction | ResourceKind::Activity => resource.arn(),
    }))
}

/// Whether each attempt of the task has a token: it waits for one, for a worker or, on AWS too, for a job.
pub(crate) fn has_token(state: &TaskState) -> bool {
    state.resource.pattern() != IntegrationPattern::RequestResponse || *state.resource.kind() == ResourceKind::Activity
}

pub(super) fn result_stages(state: &JsonPathTask) -> ResultStages<'_> {
    ResultStages {
        assign: state.assign.as_ref(),
        result_selector: state.result_selector.as_ref(),
        result_path: &state.result_path,
        output_path: &state.output_path,
    }
}

fn seconds(
    duration: Option<&TaskDuration>,
    field: &str,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Option<u32>, Failure> {
    match duration {
        None => Ok(None),
        Some(TaskDuration::Seconds(seconds)) => Ok(Some(*seconds)),
        Some(TaskDuration::Path(path)) => seconds_at(path, field, raw_input, view).map(Some),
    }
}

fn seconds_at(path: &ReferencePath, field: &str, raw_input: &Payload, view: &StateView<'_>) -> Result<u32, Failure> {
    let found = path
        .evaluate(&view.scope(raw_input), &view.budget)
        .map_err(|error| Failure::invalid_path(path.as_str(), &error))?;
    let refused = || {
        let path = path.as_str();
        let printed = found.to_string();
        Failure::runtime(match found.as_ref() {
            Value::Number(number) if number.is_i64() || number.is_u64() => {
                format!("The {field} parameter must be between 1 and {LONGEST}: {path} == {printed}")
            }
            _ => format!("The {field} parameter cannot be parsed as a long value: {path} == {printed}"),
        })
    };
    match found.as_u64() {
        Some(seconds) if (1..=LONGEST).contains(&seconds) => u32::try_from(seconds).map_err(|_| refused()),
        _ => Err(refused()),
    }
}
