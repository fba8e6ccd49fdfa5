//! Describes a state's work in a few words.

use serde_json::Value;

use super::Kind;
use super::condition::expression;
use crate::definition::StateType;

/// The text after a state's type, below its name; may be empty.
pub(super) fn detail(kind: Kind, state: &Value) -> String {
    let text = |name: &str| state.get(name).and_then(Value::as_str);
    let mut parts = Vec::new();
    match kind {
        Kind::State(StateType::Task) => parts.extend(text("Resource").map(resource)),
        Kind::State(StateType::Wait) => parts.extend(wait(state)),
        Kind::State(StateType::Fail) => parts.extend(
            text("Error")
                .or(text("ErrorPath"))
                .map(|error| expression(error).to_owned()),
        ),
        Kind::State(StateType::Map) => parts.extend(map(state)),
        Kind::State(StateType::Parallel) => {
            let branches = state.get("Branches").and_then(Value::as_array).map_or(0, Vec::len);
            parts.push(format!("{branches} branch{}", if branches == 1 { "" } else { "es" }));
        }
        _ => {}
    }
    if state
        .get("Retry")
        .and_then(Value::as_array)
        .is_some_and(|retry| !retry.is_empty())
    {
        parts.push("retries".to_owned());
    }
    parts.join(" · ")
}

/// A resource without the common parts of an ARN.
fn resource(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, rest] => rest.strip_prefix("function:").unwrap_or(rest).to_owned(),
        ["arn", _, "states", _, _, rest] => (*rest).to_owned(),
        ["arn", _, service, _, _, rest] => format!("{service} {rest}"),
        _ => arn.to_owned(),
    }
}

fn wait(state: &Value) -> Option<String> {
    let seconds = state.get("Seconds").or(state.get("SecondsPath"));
    let timestamp = state.get("Timestamp").or(state.get("TimestampPath"));
    match (seconds, timestamp) {
        (Some(Value::Number(seconds)), _) => Some(format!("{seconds} s")),
        (Some(Value::String(seconds)), _) => Some(format!("{} s", expression(seconds))),
        (_, Some(Value::String(timestamp))) => Some(format!("until {}", expression(timestamp))),
        _ => None,
    }
}

fn map(state: &Value) -> Vec<String> {
    let mut parts = Vec::new();
    let mode = state
        .pointer("/ItemProcessor/ProcessorConfig/Mode")
        .and_then(Value::as_str);
    if mode == Some("DISTRIBUTED") {
        parts.push("distributed".to_owned());
    }
    let items = state.get("ItemsPath").or(state.get("Items")).and_then(Value::as_str);
    parts.push(match items {
        Some(items) => format!("each of {}", expression(items)),
        None => "each item".to_owned(),
    });
    if let Some(limit) = state
        .get("MaxConcurrency")
        .and_then(Value::as_u64)
        .filter(|limit| *limit > 0)
    {
        parts.push(format!("{limit} at once"));
    }
    parts
}
