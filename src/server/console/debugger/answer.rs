//! Answers of tasks in requests, as test files have them.

use serde_json::Value;
use std::time::Duration;

use super::super::Refused;
use crate::TaskError;
use crate::simulation::Answer;

const FIELDS: [&str; 7] = ["result", "error", "cause", "timeout", "heartbeatLoss", "never", "after"];

/// One answer: `{ "result" }`, `{ "error", "cause" }`, `{ "timeout": true }`, `{ "heartbeatLoss": true }` or `{ "never": true }`,
/// `after` so many seconds.
pub(super) fn answer(json: &Value) -> Result<Answer, Refused> {
    let wrong = |problem: &str| Refused::validation(format!("an answer {problem}: {json}"));
    let members = json.as_object().ok_or_else(|| wrong("is an object"))?;
    if let Some(unknown) = members.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(wrong(&format!("has no `{unknown}`")));
    }
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let is_set = |name: &str| members.get(name) == Some(&Value::Bool(true));
    let answer = match (members.get("result"), text("error")) {
        (Some(result), None) => Answer::success(result.clone()),
        (None, Some(error)) => Answer::from(TaskError::new(error, text("cause").unwrap_or_default())),
        (None, None) if is_set("timeout") => Answer::timeout(),
        (None, None) if is_set("heartbeatLoss") => Answer::heartbeat_loss(),
        (None, None) if is_set("never") => Answer::never(),
        _ => {
            return Err(wrong(
                "has one of `result`, `error`, `timeout`, `heartbeatLoss` and `never`",
            ));
        }
    };
    let Some(after) = members.get("after") else {
        return Ok(answer);
    };
    let after = after
        .as_f64()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(answer.after(after.ok_or_else(|| wrong("comes `after` a number of seconds"))?))
}
