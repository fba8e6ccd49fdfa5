//! The context object given by a test.

use serde_json::{Map, Value};

use super::error::TestStateError;
use super::json;

/// The members of each part; all are texts except those in [`is_free`] and [`is_number`].
const PARTS: [(&str, &[&str]); 4] = [
    (
        "Execution",
        &[
            "Id",
            "Input",
            "Name",
            "RoleArn",
            "StartTime",
            "RedriveCount",
            "RedriveTime",
        ],
    ),
    ("State", &["EnteredTime", "Name", "RetryCount"]),
    ("StateMachine", &["Id", "Name"]),
    ("Task", &["Token"]),
];

/// Reads and checks a context object; `has_token` if the state waits for a job or a token.
pub(super) fn read(text: &str, has_token: bool) -> Result<Value, TestStateError> {
    let Some(Value::Object(context)) = json::read(text) else {
        return Err(invalid("Context object must be a valid JSON object"));
    };
    for (name, part) in &context {
        if name == "Map" {
            return Err(invalid("'Map' field is not supported when mocking a Context object"));
        }
        let Some((_, members)) = PARTS.iter().find(|(part, _)| part == name) else {
            return Err(invalid(&format!("Field '{name}' is not allowed")));
        };
        let Value::Object(part) = part else {
            return Err(invalid(&format!("{name} must be an object")));
        };
        check_part(name, part, members)?;
    }
    if context.contains_key("Task") && !has_token {
        return Err(invalid(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' \
             service integration pattern",
        ));
    }
    Ok(Value::Object(context))
}

fn check_part(name: &str, part: &Map<String, Value>, members: &[&str]) -> Result<(), TestStateError> {
    for (member, value) in part {
        if !members.contains(&member.as_str()) {
            return Err(invalid(&format!("Field '{member}' is not allowed")));
        }
        if is_number(member) {
            if !value.is_number() {
                return Err(invalid(&format!("{name}.{member} must be a number")));
            }
        } else if !is_free(member) && !value.is_string() {
            return Err(invalid(&format!("{name}.{member} must be a string")));
        }
    }
    Ok(())
}

fn is_number(member: &str) -> bool {
    matches!(member, "RetryCount" | "RedriveCount")
}

/// An execution's input may be any JSON.
fn is_free(member: &str) -> bool {
    member == "Input"
}

fn invalid(problem: &str) -> TestStateError {
    TestStateError::validation(format!("Invalid Context object provided: {problem}"))
}
