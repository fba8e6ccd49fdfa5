//! What runs.

use std::sync::Arc;

use asl_engine::StateMachine;
use asl_engine::execution::Program;
use serde_json::{Value, json};

pub(crate) const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

/// So many Task states in a row.
pub(crate) fn tasks(count: usize) -> Arc<Program> {
    let mut states = serde_json::Map::new();
    for i in 0..count {
        states.insert(
            format!("Send {i}"),
            json!({ "Type": "Task", "Resource": WORK, "ResultPath": null, "Next": format!("Send {}", i + 1) }),
        );
    }
    states.insert(format!("Send {count}"), json!({ "Type": "Succeed" }));
    program(&json!({ "StartAt": "Send 0", "States": states }))
}

/// So many Pass states in a row.
pub(crate) fn passes(count: usize) -> Arc<Program> {
    let pass = |i| {
        (
            format!("Pass {i}"),
            json!({ "Type": "Pass", "Next": format!("Pass {}", i + 1) }),
        )
    };
    let mut states: serde_json::Map<_, _> = (0..count).map(pass).collect();
    states.insert(format!("Pass {count}"), json!({ "Type": "Succeed" }));
    program(&json!({ "StartAt": "Pass 0", "States": states }))
}

/// A day of waiting.
pub(crate) fn rest() -> Arc<Program> {
    program(&json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 86_400, "End": true } } }))
}

fn program(definition: &Value) -> Arc<Program> {
    let machine: StateMachine = definition.to_string().parse().unwrap();
    Arc::new(Program::compile(&machine))
}
