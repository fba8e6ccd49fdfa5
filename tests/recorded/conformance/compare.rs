//! Compares a replay with its recording.
//!
//! Histories are compared event by event, ids included. Where graphs ran at the same time, nothing says in which order
//! their events were written; there the chains of `previousEventId` are compared.

use asl_engine::execution::Outcome;
use serde_json::{Value, json};

use crate::case::Case;
use crate::chains;
use crate::logs;
use crate::normalise::Normaliser;
use crate::replay::Replayed;

/// Compares all that the case recorded.
pub(crate) fn compare(case: &Case, replayed: &Replayed) -> Result<(), String> {
    let normaliser = Normaliser::new(case, Some(replayed));
    let ids: Vec<u64> = replayed
        .history
        .iter()
        .filter_map(|event| event["id"].as_u64())
        .collect();
    if !ids.iter().copied().eq(1..=ids.len() as u64) {
        return Err(format!("the ids are not 1, 2, 3 …: {ids:?}"));
    }
    if let Some(history) = case.history() {
        let got = replayed.history.iter().map(|event| normaliser.replayed(event));
        let got: Vec<Value> = got.collect();
        let wanted = history.iter().map(|event| normaliser.recorded(event));
        let wanted = since_the_change(wanted.collect());
        compare_histories(&wanted, &got)?;
    }
    let expected = &case.json["expected"];
    if let Some(output) = expected.get("output") {
        let got = replayed.outcome.output().unwrap_or(&Value::Null);
        same("output", &normaliser.value(output), &normaliser.value(got))?;
    }
    if let Some(describe) = expected.get("describe") {
        compare_description(describe, &replayed.outcome, &normaliser)?;
    }
    // Where only the changes of the status were recorded, the last of them says how the execution ended.
    let changes = expected["eventbridge_events"]
        .as_array()
        .filter(|_| case.history().is_none());
    if let Some(last) = changes.and_then(|changes| changes.last()) {
        compare_description(&last["detail"], &replayed.outcome, &normaliser)?;
    }
    if let Some(recorded) = expected.get("end_event") {
        let last = replayed.history.last().unwrap_or(&Value::Null);
        compare_end(recorded, &normaliser.replayed(last), &normaliser)?;
    }
    logs::compare(case, replayed, &normaliser)?;
    let status = case.json["status"].as_str().unwrap_or_default();
    if !status.is_empty() && status != replayed.outcome.status() {
        return Err(format!("status: got {}, wanted {status}", replayed.outcome.status()));
    }
    Ok(())
}

/// A history as AWS writes it since November 2024: the exit of a distributed Map hangs on the start of its Map Run, and no
/// longer on its success.
fn since_the_change(mut events: Vec<Value>) -> Vec<Value> {
    for i in 0..events.len() {
        if events[i]["type"] == "MapStateExited" {
            let previous = events[i]["previousEventId"].clone();
            let ended = events.iter().find(|event| event["id"] == previous);
            if let Some(ended) = ended.filter(|event| event["type"] == "MapRunSucceeded") {
                events[i]["previousEventId"] = ended["previousEventId"].clone();
            }
        }
    }
    events
}

fn compare_histories(wanted: &[Value], got: &[Value]) -> Result<(), String> {
    if wanted.iter().any(|event| event["id"].is_array()) {
        return compare_as_sets(wanted, got);
    }
    let Err(why) = compare_events(wanted, got) else {
        return Ok(());
    };
    if !chains::ran_concurrently(wanted) {
        return Err(why);
    }
    compare_events(&chains::in_order(wanted), &chains::in_order(got))
}

fn compare_events(wanted: &[Value], got: &[Value]) -> Result<(), String> {
    for (i, wanted) in wanted.iter().enumerate() {
        same(&format!("event {}", i + 1), wanted, got.get(i).unwrap_or(&Value::Null))?;
    }
    match got.get(wanted.len()) {
        Some(extra) => Err(format!("one event too many: {extra}")),
        None => Ok(()),
    }
}

/// The order of keys counts.
pub(crate) fn same(what: &str, wanted: &Value, got: &Value) -> Result<(), String> {
    let (wanted, got) = (wanted.to_string(), got.to_string());
    if wanted == got {
        return Ok(());
    }
    Err(format!("{what}: got {got}, wanted {wanted}"))
}

/// Histories whose events lost their ids, and with them every `ParallelStateSucceeded` and the exit of every Parallel
/// inside another.
fn compare_as_sets(wanted: &[Value], got: &[Value]) -> Result<(), String> {
    let texts = |events: &[Value]| {
        let is = |event: &Value, kind: &str| event["type"] == kind;
        let last_exit = events.iter().rposition(|event| is(event, "ParallelStateExited"));
        let mut texts: Vec<Value> = events
            .iter()
            .enumerate()
            .filter(|(i, event)| !is(event, "ParallelStateExited") || Some(*i) == last_exit)
            .map(|(_, event)| event)
            .filter(|event| !is(event, "ParallelStateSucceeded"))
            .map(|event| without_ids(event).to_string().into())
            .collect();
        texts.sort_by_key(Value::to_string);
        texts
    };
    compare_events(&texts(wanted), &texts(got))
}

pub(crate) fn without_ids(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(members) = event.as_object_mut() {
        members.shift_remove("id");
        members.shift_remove("previousEventId");
    }
    event
}

/// The answer of `DescribeExecution`.
fn compare_description(describe: &Value, outcome: &Outcome, normaliser: &Normaliser) -> Result<(), String> {
    if describe["status"]
        .as_str()
        .is_some_and(|status| status != outcome.status())
    {
        return Err(format!(
            "status: got {}, wanted {}",
            outcome.status(),
            describe["status"]
        ));
    }
    let payload = |value: &Value| match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    };
    let error = outcome.error();
    let got = json!({
        "output": outcome.output(),
        "error": error.and_then(|error| error.error.clone()),
        "cause": error.and_then(|error| error.cause.clone()),
    });
    // A timeout of the execution is described without its error.
    for member in ["output", "error", "cause"] {
        if describe.get(member).is_some() || outcome.status() != "TIMED_OUT" {
            let wanted = normaliser.value(&payload(&describe[member]));
            same(member, &wanted, &normaliser.value(&payload(&got[member])))?;
        }
    }
    Ok(())
}

/// The last event as it stands in a log: the ids are texts, the details have no name.
fn compare_end(recorded: &Value, got: &Value, normaliser: &Normaliser) -> Result<(), String> {
    let kind = recorded["type"].as_str().unwrap_or_default();
    let mut name = format!("{kind}EventDetails");
    name[..1].make_ascii_lowercase();
    let number = |member: &str| recorded[member].as_str().and_then(|text| text.parse::<u64>().ok());
    let mut event = json!({ "id": number("id"), "previousEventId": number("previous_event_id"), "type": kind });
    event[&name] = recorded["details"].clone();
    let sorted: serde_json::Map<_, _> = {
        let mut members: Vec<_> = event.as_object().unwrap().clone().into_iter().collect();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        members.into_iter().collect()
    };
    same("the last event", &normaliser.recorded(&sorted.into()), got)
}
