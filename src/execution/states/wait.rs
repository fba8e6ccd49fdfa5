//! The Wait state.

use chrono::TimeDelta;
use serde_json::Value;

use super::jsonata;
use crate::data::{Expected, Payload, ReferencePath, parse_timestamp};
use crate::definition::{JsonPathWait, JsonataValue, JsonataWait, JsonataWaitUntil, WaitData, WaitState, WaitUntil};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::inspection::Stage;
use crate::execution::intent::{Exit, Intent};
use crate::execution::program::Node;
use crate::execution::query::Query;
use crate::execution::time::{Timestamp, seconds_later};

/// The longest wait on AWS in seconds: about 68 years.
const LONGEST: i64 = 2_147_483_647;

pub(super) fn enter(
    state: &WaitState,
    node: &Node,
    raw_input: Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let until = match &state.data {
        WaitData::JsonPath(state) => {
            let effective_input = view.select(&state.input_path, raw_input.clone())?;
            view.inspect(Stage::AfterInputPath, &effective_input);
            until(&state.until, &effective_input, view)?
        }
        WaitData::Jsonata(state) => jsonata_until(state, &raw_input, view)?,
    };
    if until - view.now > TimeDelta::seconds(LONGEST) {
        return Err(Failure::runtime("Wait state delay is too long."));
    }
    if until <= view.now {
        return finish(state, node, raw_input, view).map(Intent::Exit);
    }
    Ok(Intent::WaitUntil(until))
}

/// Exits after the wait; `raw_input` is the state's raw input.
pub(super) fn finish(
    state: &WaitState,
    node: &Node,
    raw_input: Payload,
    view: &StateView<'_>,
) -> Result<Exit, Failure> {
    match &state.data {
        WaitData::JsonPath(state) => leave(state, node, raw_input, view),
        WaitData::Jsonata(state) => jsonata::leave(&state.exit, node, &raw_input, view),
    }
}

fn leave(state: &JsonPathWait, node: &Node, raw_input: Payload, view: &StateView<'_>) -> Result<Exit, Failure> {
    let effective_input = view.select(&state.input_path, raw_input)?;
    let assigned = view.assign(state.assign.as_ref(), &effective_input)?;
    let output = view.select(&state.output_path, effective_input)?;
    Ok(Exit {
        output,
        assigned,
        next: node.next,
    })
}

fn until(until: &WaitUntil, effective_input: &Payload, view: &StateView<'_>) -> Result<Timestamp, Failure> {
    match until {
        WaitUntil::Seconds(seconds) => after(view.now, i64::from(*seconds)),
        WaitUntil::Timestamp(timestamp) => Ok(*timestamp),
        WaitUntil::SecondsPath(path) => {
            let seconds = seconds_at(path, effective_input, view)?;
            after(view.now, seconds)
        }
        WaitUntil::TimestampPath(path) => timestamp_at(path, effective_input, view),
    }
}

fn after(now: Timestamp, seconds: i64) -> Result<Timestamp, Failure> {
    TimeDelta::try_seconds(seconds)
        .and_then(|delay| now.checked_add_signed(delay))
        .ok_or_else(|| Failure::runtime("Wait state delay is too long."))
}

fn seconds_at(path: &ReferencePath, effective_input: &Payload, view: &StateView<'_>) -> Result<i64, Failure> {
    let text = path.as_str();
    let Ok(found) = path.evaluate(&view.scope(effective_input), &view.budget) else {
        return Err(Failure::runtime(format!(
            "The SecondsPath parameter does not reference an input value: {text}"
        )));
    };
    let Some(seconds) = whole_number(&found) else {
        return Err(Failure::runtime(format!(
            "The SecondsPath parameter cannot be parsed as a long value: {text} == {}",
            printed(&found)
        )));
    };
    if seconds < 0 {
        return Err(Failure::runtime(format!(
            "The SecondsPath parameter references a negative value: {text} == {}",
            printed(&found)
        )));
    }
    Ok(seconds)
}

fn timestamp_at(path: &ReferencePath, effective_input: &Payload, view: &StateView<'_>) -> Result<Timestamp, Failure> {
    let text = path.as_str();
    let Ok(found) = path.evaluate(&view.scope(effective_input), &view.budget) else {
        return Err(Failure::runtime(format!(
            "The TimestampPath parameter does not reference an input value: {text}"
        )));
    };
    found.as_str().and_then(parse_timestamp).ok_or_else(|| {
        Failure::runtime(format!(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {text} == {}",
            printed(&found)
        ))
    })
}

/// The end of the wait.
fn jsonata_until(state: &JsonataWait, raw_input: &Payload, view: &StateView<'_>) -> Result<Timestamp, Failure> {
    let query = Query::new(view, raw_input);
    match &state.until {
        JsonataWaitUntil::Seconds(seconds) => Ok(seconds_later(view.now, query.integer("Seconds", seconds)?)),
        JsonataWaitUntil::Timestamp(JsonataValue::Constant(timestamp)) => Ok(*timestamp),
        JsonataWaitUntil::Timestamp(JsonataValue::Expression(expression)) => {
            jsonata_timestamp(&query.expression("Timestamp", expression, Expected::String)?)
        }
    }
}

fn jsonata_timestamp(value: &Value) -> Result<Timestamp, Failure> {
    let text = value.as_str().unwrap_or_default();
    parse_timestamp(text).ok_or_else(|| {
        let cause = format!(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}"
        );
        Failure::evaluation(cause, "Timestamp")
    })
}

/// A number without a fraction, within AWS's 64-bit range.
fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.is_u64().then_some(i64::MAX)),
        _ => None,
    }
}

/// Prints a value as in AWS's messages: strings bare, everything else as compact JSON.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
