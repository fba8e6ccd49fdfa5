//! What runs.

use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};

/// How many Task states most executions have.
pub(crate) const TASKS: usize = 10;

pub(crate) const TEN: &str = "Ten";
pub(crate) const MEDIUM: &str = "Medium";
pub(crate) const LONG: &str = "Long";
pub(crate) const MAP: &str = "Map";

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

pub(crate) fn all() -> [(&'static str, StateMachine); 4] {
    [
        (TEN, tasks(TASKS)),
        (MEDIUM, tasks(100)),
        (LONG, tasks(1_000)),
        (MAP, map()),
    ]
}

/// What does their tasks, at once.
pub(crate) fn with_work(interpreter: Interpreter) -> Interpreter {
    interpreter.task(
        WORK,
        |_: Value| async move { Ok::<_, TaskError>(json!({ "sent": true })) },
    )
}

/// So many Task states in a row, which all get the input.
pub(crate) fn tasks(count: usize) -> StateMachine {
    let mut states = serde_json::Map::new();
    for i in 0..count {
        states.insert(
            format!("Send {i}"),
            json!({ "Type": "Task", "Resource": WORK, "ResultPath": null, "Next": format!("Send {}", i + 1) }),
        );
    }
    states.insert(format!("Send {count}"), json!({ "Type": "Succeed" }));
    machine(&json!({ "StartAt": "Send 0", "States": states }))
}

/// A Task for each item.
fn map() -> StateMachine {
    let each = json!({ "StartAt": "Send", "States": { "Send": { "Type": "Task", "Resource": WORK, "End": true } } });
    machine(&json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 40, "ItemProcessor": each, "End": true
    } } }))
}

fn machine(definition: &Value) -> StateMachine {
    definition.to_string().parse().unwrap()
}
