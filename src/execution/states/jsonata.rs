//! What states in JSONata do where they differ from those in JSONPath.
//!
//! Each function stands for the fields of one state type, in the order in which AWS evaluates them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::distributed_map::{self, Tolerated};
use super::map;
use super::task;
use crate::data::{Expected, JsonataTemplate, Payload, parse_timestamp};
use crate::definition::{
    DistributedMap, JsonataChoice, JsonataExit, JsonataMap, JsonataParallel, JsonataTask, JsonataValue, JsonataWait,
    JsonataWaitUntil, Resource,
};
use crate::execution::command::{Timestamp, seconds_later};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::inspection::Stage;
use crate::execution::intent::{Assigned, Exit, Fork, Intent};
use crate::execution::map_run::Items;
use crate::execution::program::{Next, Node};
use crate::execution::query::Query;
use crate::execution::task_request::TaskRequest;
use crate::history::ErrorOutput;

/// Leaves a state that has no result: a Pass, a Wait whose time is over.
pub(super) fn leave(exit: &JsonataExit, node: &Node, raw: &Payload, view: &StateView<'_>) -> Result<Exit, Failure> {
    Query::new(view, raw).exit(exit, || raw.clone(), node.next)
}

/// Leaves a state with a result: a Task, a Parallel, a Map.
pub(super) fn leave_with(
    exit: &JsonataExit,
    node: &Node,
    raw: Option<&Payload>,
    result: Payload,
    view: &StateView<'_>,
) -> Result<Exit, Failure> {
    let raw = raw.map_or(&Value::Null, Payload::value);
    let query = Query::new(view, raw).with_result(&result);
    query.exit(exit, || result.clone(), node.next)
}

pub(super) fn task(
    state: &JsonataTask,
    resource: &Resource,
    raw: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let query = Query::new(view, raw);
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
    let effective_input = query.fill_or("Arguments", state.arguments.as_ref(), || raw.clone())?;
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
    task::invoke(resource, request, view)
}

/// The first rule that is true leaves the state in its own way; where there is none, the state itself does.
pub(super) fn choice(
    state: &JsonataChoice,
    node: &Node,
    raw: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let mut query = Query::new(view, raw);
    for (index, (rule, next)) in state.choices.iter().zip(&node.choice_next).enumerate() {
        query = query.within("Choices", index);
        let is_true = query.boolean("Condition", &rule.condition)?;
        view.inspect_rule(index, is_true);
        if is_true {
            let exit = query.exit(&rule.exit, || raw.clone(), Next::State(*next))?;
            return Ok(Intent::Exit(exit));
        }
    }
    let next = node.default_next.ok_or_else(super::no_way_out)?;
    let exit = query.outside().exit(&state.exit, || raw.clone(), Next::State(next))?;
    Ok(Intent::Exit(exit))
}

/// The time at which the state goes on.
pub(super) fn until(state: &JsonataWait, raw: &Payload, view: &StateView<'_>) -> Result<Timestamp, Failure> {
    let query = Query::new(view, raw);
    match &state.until {
        JsonataWaitUntil::Seconds(seconds) => Ok(seconds_later(view.now, query.integer("Seconds", seconds)?)),
        JsonataWaitUntil::Timestamp(JsonataValue::Constant(timestamp)) => Ok(*timestamp),
        JsonataWaitUntil::Timestamp(JsonataValue::Expression(expression)) => {
            timestamp(&query.expression("Timestamp", expression, Expected::String)?)
        }
    }
}

fn timestamp(value: &Value) -> Result<DateTime<Utc>, Failure> {
    let text = value.as_str().unwrap_or_default();
    parse_timestamp(text).ok_or_else(|| {
        let cause = format!(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}"
        );
        Failure::evaluation(cause, "Timestamp")
    })
}

pub(super) fn succeed(
    output: Option<&JsonataTemplate>,
    raw: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let output = Query::new(view, raw).fill_or("Output", output, || raw.clone())?;
    Ok(Intent::Exit(Exit {
        output,
        assigned: Assigned::default(),
        next: Next::End,
    }))
}

pub(super) fn fail(
    error: Option<&JsonataValue<String>>,
    cause: Option<&JsonataValue<String>>,
    raw: &Payload,
    view: &StateView<'_>,
) -> Result<Failure, Failure> {
    let query = Query::new(view, raw);
    let text = |field, value: Option<&JsonataValue<String>>| value.map(|value| query.text(field, value)).transpose();
    Ok(Failure::Error(ErrorOutput {
        error: text("Error", error)?,
        cause: text("Cause", cause)?,
    }))
}

pub(super) fn parallel(
    state: &JsonataParallel,
    node: &Node,
    raw: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let input = Query::new(view, raw).fill_or("Arguments", state.arguments.as_ref(), || raw.clone())?;
    Ok(Intent::Fork(Box::new(Fork::Branches {
        graphs: Arc::clone(&node.graphs),
        input,
    })))
}

pub(super) fn map(
    state: &JsonataMap,
    distributed: Option<&DistributedMap>,
    node: &Node,
    raw: Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let query = Query::new(view, &raw);
    let given = view.inspection.and_then(|inspection| inspection.items.clone());
    let expected = if distributed.is_some() {
        Expected::ArrayOrObject
    } else {
        Expected::Array
    };
    let reads = distributed.is_some_and(|map| map.item_reader.is_some());
    let items = match (&state.items, given) {
        (_, Some(given)) => given,
        (Some(template), None) => query.fill("Items", template, expected)?,
        (None, None) => raw.clone(),
    };
    // The state's input, or an object that the definition itself holds: an expression was looked at.
    if !items.is_array() && !reads && (distributed.is_none() || !items.is_object()) {
        return Err(Failure::query(format!(
            "Map state input must be an array but was: {items}"
        )));
    }
    let max_concurrency = query.integer("MaxConcurrency", &state.max_concurrency)?;
    view.inspect_number(Stage::MaxConcurrency, || max_concurrency.into());
    // Only a distributed Map tolerates failures, but the fields must make sense in every Map.
    let mut tolerated = Tolerated {
        count: None,
        percentage: None,
    };
    if let Some(count) = &state.tolerated_failure_count {
        let count = query.integer("ToleratedFailureCount", count)?;
        view.inspect_number(Stage::ToleratedFailureCount, || count.into());
        tolerated.count = Some(u64::from(count));
    }
    if let Some(percentage) = &state.tolerated_failure_percentage {
        let percentage = query.percentage("ToleratedFailurePercentage", percentage)?;
        view.inspect_number(Stage::ToleratedFailurePercentage, || percentage.into());
        tolerated.percentage = Some(percentage);
    }
    let Some(&graph) = node.graphs.first() else {
        return Err(Failure::runtime("The Map state has no item processor."));
    };
    let max_concurrency = usize::try_from(max_concurrency).unwrap_or(usize::MAX);
    if let Some(distributed) = distributed {
        let items = if reads { None } else { Items::of(items) };
        let settings = distributed_map::settings(distributed, max_concurrency, &tolerated, &raw, view)?;
        return Ok(map::map_run(graph, items, raw.clone(), Ok(settings)));
    }
    Ok(Intent::Fork(Box::new(Fork::Iterations {
        graph,
        items,
        max_concurrency,
        input: raw.clone(),
    })))
}

/// What `ItemSelector` makes of one item; the view's context object must show the item.
pub(super) fn select_item(selector: &JsonataTemplate, raw: &Payload, view: &StateView<'_>) -> Result<Payload, Failure> {
    Query::new(view, raw).fill("ItemSelector", selector, Expected::Any)
}
