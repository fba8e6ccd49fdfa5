//! The quotas of an execution, and what a state that exceeds them leaves to its Retriers and Catchers.

use asl_engine::execution::{Command, Event, Execution, Limits, Program, StartOptions, TaskId};
use asl_engine::simulation::Answer;
use asl_engine::{Simulation, StateMachine};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn machine(states: Value) -> StateMachine {
    let start = states.as_object().unwrap().keys().next().unwrap().clone();
    let definition = json!({ "StartAt": start, "States": states }).to_string();
    definition.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn task(fields: Value) -> Value {
    let mut task = json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Work" });
    task.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    task
}

fn payload_limit(bytes: usize) -> Limits {
    let mut limits = Limits::default();
    limits.payload_bytes = bytes;
    limits
}

#[test]
fn a_catcher_finds_the_raw_input_when_the_output_is_too_large() {
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry" }]);
    let machine = machine(json!({
        "Work": task(json!({ "ResultPath": "$.result", "Catch": catch, "End": true })),
        "Sorry": { "Type": "Pass", "OutputPath": "$.id", "End": true }
    }));
    let run = Simulation::of(&machine)
        .limits(payload_limit(400))
        .task("Work", [json!("y".repeat(200))])
        .run(json!({ "id": 7, "text": "x".repeat(200) }));
    assert_eq!(run.output(), Some(&json!(7)), "{:?}", run.outcome());
}

#[test]
fn a_retry_starts_from_the_raw_input_when_the_output_was_too_large() {
    let retry = json!([{ "ErrorEquals": ["States.DataLimitExceeded"] }]);
    let machine = machine(json!({
        "Work": task(json!({ "ResultPath": "$.result", "Retry": retry, "End": true }))
    }));
    let run = Simulation::of(&machine)
        .limits(payload_limit(400))
        .task("Work", [json!("y".repeat(200)), json!(1)])
        .run(json!({ "text": "x".repeat(200) }));
    assert_eq!(run.output(), Some(&json!({ "text": "x".repeat(200), "result": 1 })));
}

#[test]
fn a_catchers_own_output_that_is_too_large_fails_the_state_and_is_not_caught_again() {
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry" }]);
    let machine = machine(json!({
        "Work": task(json!({ "Catch": catch, "End": true })),
        "Sorry": { "Type": "Pass", "End": true }
    }));
    let run = Simulation::of(&machine)
        .limits(payload_limit(300))
        .task("Work", [Answer::error("Busy", "z".repeat(100))])
        .run(json!({ "text": "x".repeat(250) }));
    assert_eq!(run.outcome().status(), "FAILED");
    assert_eq!(run.error().unwrap().error.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn the_last_event_of_a_full_history_is_the_failure() {
    let two = machine(json!({
        "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "End": true }
    }));
    for limit in 2..=7 {
        let mut limits = Limits::default();
        limits.history_events = Some(limit);
        let run = Simulation::of(&two).limits(limits).run(json!({}));
        let ids: Vec<u64> = run.history().iter().map(|event| event.id).collect();
        if limit >= 6 {
            assert_eq!(run.outcome().status(), "SUCCEEDED", "{limit}");
            assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
        } else {
            assert_eq!(run.outcome().status(), "FAILED", "{limit}");
            assert_eq!(ids, (1..=limit).collect::<Vec<_>>());
            assert_eq!(run.history().last().unwrap().event_type(), "ExecutionFailed");
        }
    }
}

#[test]
fn retries_end_when_the_history_is_full() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 50, "BackoffRate": 1 }]);
    let machine = machine(json!({ "Work": task(json!({ "Retry": retry, "End": true })) }));
    let mut limits = Limits::default();
    limits.history_events = Some(20);
    let run = Simulation::of(&machine)
        .limits(limits)
        .task_fn("Work", |_| Err(asl_engine::TaskError::new("Busy", "")))
        .run(json!({}));
    assert_eq!(run.history().len(), 20);
    assert_eq!(run.error().unwrap().error.as_deref(), Some("States.Runtime"));
}

#[test]
fn a_plain_function_sends_no_heartbeats_and_needs_none() {
    let machine = machine(json!({ "Work": task(json!({ "HeartbeatSeconds": 5, "End": true })) }));
    let run = Simulation::of(&machine)
        .task("Work", [Answer::success(json!("done")).after(Duration::from_secs(10))])
        .run(json!({}));
    assert_eq!(run.output(), Some(&json!("done")));
}

/// Two branches whose tasks are late at the same time, after heartbeats that did not move that time: each is late once.
#[test]
fn a_late_task_is_late_once() {
    let activity = "arn:aws:states:us-east-1:123456789012:activity:Bake";
    let branch = |name: &str, then: &str| {
        json!({ "StartAt": name, "States": {
            name: {
                "Type": "Task", "Resource": activity, "TimeoutSeconds": 60, "HeartbeatSeconds": 30, "End": true,
                "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": then }]
            },
            then: { "Type": "Wait", "Seconds": 5, "End": true }
        }})
    };
    let machine = machine(json!({
        "P": { "Type": "Parallel", "Branches": [branch("A", "A2"), branch("B", "B2")], "End": true }
    }));
    let mut now = DateTime::UNIX_EPOCH;
    let program: Arc<Program> = (&machine).into();
    let mut execution = Execution::start(program, StartOptions::new(json!({})), now);
    let tasks = invoked(&mut execution);
    for second in [25, 35, 40, 45, 50, 55] {
        now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        for task in &tasks {
            execution.handle(now, Event::TaskHeartbeat { task: *task });
        }
    }
    let mut timeouts = 0;
    while let Some(deadline) = execution.next_deadline() {
        execution.handle(deadline, Event::DeadlineReached);
        while let Some(command) = execution.poll_command() {
            if let Command::Record(event) = command {
                timeouts += usize::from(event.event_type() == "ActivityTimedOut");
            }
        }
    }
    assert_eq!(
        execution.outcome().unwrap().status(),
        "SUCCEEDED",
        "{:?}",
        execution.outcome()
    );
    assert_eq!(timeouts, 2);
}

#[test]
fn a_token_stays_the_same_until_the_state_is_left() {
    let machine = machine(json!({ "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": { "FunctionName": "Ask", "Payload": { "token.$": "$$.Task.Token" } },
        "ResultSelector": { "token.$": "$$.Task.Token" }
    }}));
    let program: Arc<Program> = (&machine).into();
    let now = DateTime::UNIX_EPOCH;
    let mut execution = Execution::start(program, StartOptions::new(json!({})), now);
    let task = execution.unanswered_tasks().remove(0);
    execution.handle(
        now,
        Event::TaskSucceeded {
            task: task.id,
            raw_result: json!({}),
        },
    );
    assert_eq!(
        execution.outcome().unwrap().output().unwrap()["token"],
        task.request.effective_input["Payload"]["token"]
    );
    assert_eq!(
        task.request.effective_input["Payload"]["token"].as_str(),
        task.request.token.as_deref()
    );
}

fn invoked(execution: &mut Execution) -> Vec<TaskId> {
    std::iter::from_fn(|| execution.poll_command())
        .filter_map(|command| match command {
            Command::Invoke(task) => Some(task.id),
            _ => None,
        })
        .collect()
}
