//! The quotas of an execution, and what a state that exceeds them leaves to its Retriers and Catchers.

use asl_engine::execution::{Command, Event, Execution, Limits, Outcome, Program, StartOptions, TaskId};
use asl_engine::history::HistoryLevel;
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

/// However long the driver took to deliver it.
#[test]
fn an_answer_after_its_timeout_is_too_late() {
    let machine = machine(json!({ "Work": task(json!({ "TimeoutSeconds": 2, "End": true })) }));
    for (millis, status) in [(1_999, "SUCCEEDED"), (2_000, "SUCCEEDED"), (2_001, "FAILED")] {
        let program: Arc<Program> = (&machine).into();
        let mut execution = Execution::start(program, StartOptions::new(json!({})), DateTime::UNIX_EPOCH);
        let task = invoked(&mut execution).remove(0);
        let raw_result = json!("done");
        let now = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis);
        execution.handle(now, Event::TaskSucceeded { task, raw_result });
        let outcome = execution.outcome().unwrap();
        assert_eq!(outcome.status(), status, "{outcome:?} after {millis} ms");
        let error = outcome.error().and_then(|error| error.error.as_deref());
        assert_eq!(error, (status == "FAILED").then_some("States.Timeout"));
    }
}

#[test]
fn an_answer_after_the_timeout_of_the_execution_is_too_late() {
    let states = json!({ "Work": task(json!({ "End": true })) });
    let definition = json!({ "TimeoutSeconds": 1, "StartAt": "Work", "States": states }).to_string();
    let machine: StateMachine = definition.parse().unwrap();
    let program: Arc<Program> = (&machine).into();
    let mut execution = Execution::start(program, StartOptions::new(json!({})), DateTime::UNIX_EPOCH);
    let task = invoked(&mut execution).remove(0);
    let raw_result = json!("done");
    let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(2);
    execution.handle(now, Event::TaskSucceeded { task, raw_result });
    assert_eq!(execution.outcome().unwrap().status(), "TIMED_OUT");
}

/// A child execution's task too, whose deadline passes while its answer is on the way.
#[test]
fn an_answer_to_a_child_execution_after_its_timeout_is_too_late() {
    let retry = json!([{ "ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1 }]);
    let work = task(json!({ "TimeoutSeconds": 2, "Retry": retry, "End": true }));
    let config = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let processor = json!({ "ProcessorConfig": config, "StartAt": "Work", "States": { "Work": work } });
    let machine = machine(json!({ "Each": { "Type": "Map", "ItemProcessor": processor, "End": true } }));
    for turn_work in [0, 20_000] {
        let program: Arc<Program> = (&machine).into();
        let mut options = StartOptions::new(json!([1]));
        options.limits.turn_work = turn_work;
        let mut now = DateTime::UNIX_EPOCH;
        let mut execution = Execution::start(program, options, now);
        let task = in_turns(&mut execution, now).remove(0);
        now += TimeDelta::milliseconds(2_500);
        let raw_result = json!("too late");
        execution.handle(now, Event::TaskSucceeded { task, raw_result });
        assert!(in_turns(&mut execution, now).is_empty());
        now = execution.next_deadline().unwrap();
        execution.handle(now, Event::DeadlineReached);
        let task = in_turns(&mut execution, now).remove(0);
        let raw_result = json!("done");
        execution.handle(now, Event::TaskSucceeded { task, raw_result });
        in_turns(&mut execution, now);
        assert_eq!(execution.outcome().unwrap().output(), Some(&json!(["done"])));
    }
}

/// The tasks that an execution invokes until it waits or ends.
fn in_turns(execution: &mut Execution, now: DateTime<chrono::Utc>) -> Vec<TaskId> {
    let mut tasks = invoked(execution);
    while execution.wants_turn() {
        execution.handle(now, Event::Turn);
        tasks.extend(invoked(execution));
    }
    tasks
}

fn held_limit(options: &mut StartOptions, bytes: usize) {
    options.limits.held_bytes = bytes;
    options.limits.history_events = None;
}

/// Where an execution with so many bytes to hold ends.
fn ended(machine: &StateMachine, input: Value, change: impl FnOnce(&mut StartOptions)) -> Outcome {
    let mut options = StartOptions::new(input);
    held_limit(&mut options, 20_000_000);
    change(&mut options);
    let program: Arc<Program> = machine.into();
    let mut execution = Execution::start(program, options, DateTime::UNIX_EPOCH);
    in_turns(&mut execution, DateTime::UNIX_EPOCH);
    execution.outcome().cloned().unwrap()
}

fn assert_holds_too_much(outcome: &Outcome) {
    let error = outcome.error().unwrap();
    assert_eq!(error.error.as_deref(), Some("States.Runtime"), "{error:?}");
    let cause = error.cause.as_deref().unwrap();
    assert!(
        cause.ends_with("more than the limit of 20000000 bytes (`Limits::held_bytes`)."),
        "{cause}"
    );
}

/// Counts to 400 beside 200 KB, which change with the count.
fn counting() -> StateMachine {
    let count =
        json!({ "n.$": "States.MathAdd($.n, 1)", "text.$": "States.Format('{}{}', $.n, $.long)", "long.$": "$.long" });
    machine(json!({
        "Count": { "Type": "Pass", "Parameters": count, "Next": "Done?" },
        "Done?": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.n", "NumericLessThan": 400, "Next": "Count" }],
            "Default": "Done"
        },
        "Done": { "Type": "Succeed" }
    }))
}

#[test]
fn a_history_counts_in_bytes() {
    let input = json!({ "n": 0, "long": "x".repeat(100_000) });
    assert_holds_too_much(&ended(&counting(), input.clone(), |_| {}));
    let off = ended(&counting(), input, |options| options.history = HistoryLevel::Off);
    assert_eq!(off.status(), "SUCCEEDED", "{off:?}");
}

#[test]
fn data_that_only_moves_on_counts_once() {
    let choice = json!({
        "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericLessThan": 400, "Next": "Count" }], "Default": "Done"
    });
    let machine = machine(json!({
        "Count": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "ResultPath": null, "Next": "Move" },
        "Move": { "Type": "Pass", "Next": "Done?" },
        "Done?": choice,
        "Done": { "Type": "Succeed" }
    }));
    let ended = ended(&machine, json!({ "n": 0, "long": "x".repeat(200_000) }), |options| {
        options.limits.work = 3_000_000;
        options.limits.turn_work = 1_000_000;
    });
    let error = ended.error().and_then(|error| error.cause.as_deref());
    assert_eq!(
        error,
        Some("The execution has worked for too long without a Wait or a Task.")
    );
}

#[test]
fn the_results_of_a_distributed_map_count_in_bytes() {
    let config = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let long = json!({ "StartAt": "Long", "States": { "Long": { "Type": "Pass",
        "Parameters": { "text.$": "States.Format('{}{}', $.n, $.long)" }, "End": true } }, "ProcessorConfig": config });
    let selector = json!({ "n.$": "$$.Map.Item.Value", "long.$": "$.long" });
    let map =
        json!({ "Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "ItemProcessor": long, "End": true });
    let machine = machine(json!({ "Each": map }));
    let items: Vec<u32> = (0..400).collect();
    let input = json!({ "items": items, "long": "x".repeat(100_000) });
    let ended = ended(&machine, input, |options| options.history = HistoryLevel::Off);
    assert_holds_too_much(&ended);
}

#[test]
fn what_branches_pass_on_counts_once() {
    let branch = |n: u8| {
        let name = format!("Move {n}");
        json!({ "StartAt": name, "States": { name: { "Type": "Pass", "End": true } } })
    };
    let branches: Vec<Value> = (0..8).map(branch).collect();
    let machine = machine(json!({
        "Fork": { "Type": "Parallel", "Branches": branches, "Next": "Rest" },
        "Rest": { "Type": "Pass", "End": true }
    }));
    let input = json!({ "long": "x".repeat(4_000_000) });
    let ended = ended(&machine, input, |options| {
        options.history = HistoryLevel::Off;
        options.limits.payload_bytes = 100_000_000;
    });
    assert_eq!(ended.status(), "SUCCEEDED", "{ended:?}");
}
