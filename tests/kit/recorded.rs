//! Executions recorded on AWS, where they lie beside the crate; elsewhere there are none, and tests say so.
//!
//! The recordings lost their times, and hold payloads as what they are: both are brought back here.

use asl_engine::StateMachine;
use asl_engine::simulation::{Recording, RecordingError, Replay};
use serde_json::{Value, json};
use std::collections::HashMap;

use crate::recordings;

/// A recorded execution.
pub(crate) struct Execution {
    pub(crate) id: String,
    machine: StateMachine,
    history: Value,
}

impl Execution {
    pub(crate) fn replay(&self) -> Result<Replay, RecordingError> {
        Recording::parse(&self.history.to_string())?.replay(&self.machine)
    }
}

/// All that can be replayed.
pub(crate) fn executions() -> Vec<Execution> {
    let root = recordings::root("ASL_CORPUS", "corpus");
    let files = recordings::files(&root).into_iter();
    files
        .filter_map(|file| execution(&std::fs::read_to_string(file).unwrap()))
        .collect()
}

fn execution(text: &str) -> Option<Execution> {
    let case: Value = serde_json::from_str(text).unwrap();
    let is_wanted = case["kind"] == "execution" && case["provenance"] == "aws" && case["replayable"] == true;
    let events = case["expected"]["history"].as_array().filter(|_| is_wanted)?;
    // Some recordings lost the ids, the parts of distributed Maps are elsewhere, and loaded tests were cut short.
    let ids: Vec<Option<u64>> = events.iter().map(|event| event["id"].as_u64()).collect();
    let is_whole = (1..).zip(&ids).all(|(wanted, id)| *id == Some(wanted));
    if !is_whole || case["machine_type"] == "EXPRESS" {
        return None;
    }
    let definition = match case.get("definition_raw").unwrap_or(&case["definition"]) {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let machine = definition.replace("arn:<partition>:", "arn:aws:").parse().ok()?;
    let input = case.get("input_raw").unwrap_or(&case["input"]);
    Some(Execution {
        id: case["id"].as_str().unwrap().to_owned(),
        machine,
        history: history(events, input),
    })
}

fn history(events: &[Value], input: &Value) -> Value {
    let mut events = events.to_vec();
    let mut now = 1_767_225_600_000_u64;
    let mut limits: HashMap<u64, u64> = HashMap::new();
    for event in &mut events {
        let (id, previous) = (
            event["id"].as_u64().unwrap(),
            event["previousEventId"].as_u64().unwrap_or(0),
        );
        let kind = event["type"].as_str().unwrap().to_owned();
        let details = event
            .as_object_mut()
            .unwrap()
            .iter_mut()
            .find(|(name, _)| name.ends_with("EventDetails"));
        if let Some((_, details)) = details {
            if kind == "ExecutionStarted" {
                details["input"] = input.to_string().into();
            }
            let limit = ["heartbeatInSeconds", "timeoutInSeconds"]
                .iter()
                .filter_map(|name| details[*name].as_u64());
            if let Some(seconds) = limit.min() {
                limits.insert(id, seconds);
            }
            for member in ["input", "output", "parameters", "cause"] {
                if details
                    .get(member)
                    .is_some_and(|value| !value.is_string() && !value.is_null())
                {
                    details[member] = details[member].to_string().into();
                }
            }
        }
        let limit = limits.get(&previous).copied();
        limits.extend(limit.map(|limit| (id, limit)));
        now += if kind.ends_with("TimedOut") {
            limit.unwrap_or(0) * 1000
        } else {
            10
        };
        event["timestamp"] = json!(std::time::Duration::from_millis(now).as_secs_f64());
    }
    json!({ "events": events })
}
