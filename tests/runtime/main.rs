//! The tokio driver with real handlers. Tokio's clock is paused: time jumps when everything waits.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod activities;
mod callbacks;
mod distributed_map;
mod ended;
mod event_bus;
mod events;
mod express;
mod functions;
mod handlers;
mod lifetime;
mod nested;
mod nested_again;
mod nested_recorded;
mod ready_handlers;
#[path = "../recorded/recordings.rs"]
mod recordings;
mod redrive;
mod samples;
mod time;
mod timeline;
mod turns;
mod virtual_time;

use asl_engine::handlers::TaskContext;
use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::runtime::StartRequest;
use asl_engine::{ErrorKind, Interpreter, Outcome, StateMachine, TaskError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const CHARGE: &str = "arn:aws:lambda:us-east-1:123456789012:function:Charge";

fn machine(states: Value) -> StateMachine {
    let start = states.as_object().unwrap().keys().next().unwrap().clone();
    json!({ "StartAt": start, "States": states })
        .to_string()
        .parse()
        .unwrap()
}

fn one_task(fields: Value) -> StateMachine {
    let mut task = json!({ "Type": "Task", "Resource": CHARGE, "End": true });
    task.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    machine(json!({ "Charge": task }))
}

#[derive(Deserialize)]
struct Order {
    id: u32,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Receipt {
    order: u32,
    paid: bool,
}

#[tokio::test(start_paused = true)]
async fn a_typed_closure_is_a_handler() {
    let interpreter = Interpreter::new().task(CHARGE, |order: Order| async move {
        Ok(Receipt {
            order: order.id,
            paid: true,
        })
    });
    let receipt: Receipt = interpreter.run(&one_task(json!({})), json!({ "id": 7 })).await.unwrap();
    assert_eq!(receipt, Receipt { order: 7, paid: true });
}

#[tokio::test(start_paused = true)]
async fn an_input_that_does_not_fit_the_closure_fails_the_task() {
    let interpreter = Interpreter::new().task(CHARGE, |order: Order| async move { Ok(order.id) });
    let error = interpreter
        .run::<Value>(&one_task(json!({})), json!({ "name": "x" }))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailed);
    assert_eq!(error.output().unwrap().error.as_deref(), Some("InvalidInput"));
    assert!(error.to_string().contains("missing field `id`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn retries_wait_and_the_context_counts_them() {
    let interpreter = Interpreter::new().task(CHARGE, |_: Value, context: TaskContext| async move {
        match context.retry_count {
            0 | 1 => Err(TaskError::new("Busy", "try later")),
            retries => Ok(retries),
        }
    });
    let started = Instant::now();
    let retry = json!({ "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2 }] });
    let retries: u32 = interpreter.run(&one_task(retry), json!({})).await.unwrap();
    assert_eq!(retries, 2);
    assert_eq!(started.elapsed().as_secs(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_missing_handler_is_an_error_at_the_start() {
    let interpreter = Interpreter::new().task("arn:aws:lambda:*:*:function:Other", |_: Value| async { Ok(()) });
    let error = interpreter.start(&one_task(json!({})), json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler);
    assert!(error.to_string().contains(CHARGE), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_pattern_serves_many_resources_and_an_exact_name_goes_first() {
    let two = machine(json!({
        "A": { "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:A", "ResultPath": "$.a", "Next": "B" },
        "B": { "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:B", "ResultPath": "$.b", "End": true }
    }));
    let interpreter = Interpreter::new()
        .task("arn:aws:lambda:*:function:*", |_: Value| async { Ok("any") })
        .task("arn:aws:lambda:eu-west-1:1:function:B", |_: Value| async {
            Ok("exact")
        });
    let output: Value = interpreter.run(&two, json!({})).await.unwrap();
    assert_eq!(output, json!({ "a": "any", "b": "exact" }));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_takes_too_long_is_cancelled() {
    let finished = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&finished);
    let interpreter = Interpreter::new().task(CHARGE, move |_: Value| {
        let counter = Arc::clone(&counter);
        async move {
            tokio::time::sleep(Duration::from_mins(1)).await;
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    });
    let started = Instant::now();
    let error = interpreter
        .run::<Value>(&one_task(json!({ "TimeoutSeconds": 5 })), json!({}))
        .await
        .unwrap_err();
    assert_eq!(
        error.output().unwrap(),
        &ErrorOutput {
            error: Some("States.Timeout".into()),
            cause: None
        }
    );
    assert_eq!(started.elapsed().as_secs(), 5);
    tokio::time::sleep(Duration::from_mins(2)).await;
    assert_eq!(finished.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_task_alive() {
    let interpreter = Interpreter::new().task(
        "arn:aws:states:*:activity:*",
        |beats: u32, context: TaskContext| async move {
            for _ in 0..beats {
                tokio::time::sleep(Duration::from_secs(3)).await;
                context.heartbeat();
            }
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(())
        },
    );
    let started = Instant::now();
    let bake = "arn:aws:states:us-east-1:123456789012:activity:Bake";
    let limits = json!({ "Resource": bake, "TimeoutSeconds": 600, "HeartbeatSeconds": 4 });
    let error = interpreter.run::<Value>(&one_task(limits), json!(5)).await.unwrap_err();
    assert_eq!(error.output().unwrap().error.as_deref(), Some("States.Timeout"));
    assert_eq!(started.elapsed().as_secs(), 5 * 3 + 4);
}

/// Counts how often it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_can_be_stopped_and_its_task_is_dropped() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let interpreter = Interpreter::new().task(CHARGE, move |_: Value| {
        let guard = Dropped(Arc::clone(&counter));
        async move {
            let _guard = guard;
            std::future::pending::<Result<(), TaskError>>().await
        }
    });
    let handle = interpreter.start(&one_task(json!({})), json!({})).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(handle.status(), "RUNNING");
    handle.stop(Some("Closed"), None);
    assert_eq!(
        handle.outcome().await,
        Outcome::Aborted(ErrorOutput {
            error: Some("Closed".into()),
            cause: None
        })
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    let types: Vec<_> = handle.history().iter().map(HistoryEvent::event_type).collect();
    assert_eq!(types.last(), Some(&"ExecutionAborted"));
    assert_eq!(interpreter.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_fails_its_task() {
    let interpreter = Interpreter::new().task(CHARGE, |order: Order| async move {
        assert_ne!(order.id, 7, "seven is right out");
        Ok(order.id)
    });
    let catch = json!([{ "ErrorEquals": ["States.TaskFailed"], "Next": "Sorry" }]);
    let machine = machine(json!({
        "Charge": { "Type": "Task", "Resource": CHARGE, "Catch": catch, "End": true },
        "Sorry": { "Type": "Pass", "End": true }
    }));
    let output: Value = interpreter.run(&machine, json!({ "id": 7 })).await.unwrap();
    assert_eq!(
        output,
        json!({
            "Error": "States.TaskFailed",
            "Cause": "the handler panicked: assertion `left != right` failed: seven is right out\n  left: 7\n right: 7"
        })
    );
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_executions_wait_on_one_timer() {
    let wait = machine(json!({ "W": { "Type": "Wait", "SecondsPath": "$.seconds", "End": true } }));
    let program = Arc::new(asl_engine::execution::Program::compile(&wait));
    let interpreter = Interpreter::new();
    let started = Instant::now();
    let handles: Vec<_> = (0..10_000)
        .map(|i| {
            interpreter
                .start(Arc::clone(&program), json!({ "seconds": i % 100 }))
                .unwrap()
        })
        .collect();
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 1);
    for handle in &handles {
        assert_eq!(handle.outcome().await.status(), "SUCCEEDED");
    }
    assert_eq!(started.elapsed().as_secs(), 99);
    assert_eq!(interpreter.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_runs_once_at_a_time_and_shows_in_the_context() {
    let named = machine(json!({
        "W": { "Type": "Wait", "Seconds": 9, "Next": "P" },
        "P": { "Type": "Pass", "Parameters": { "name.$": "$$.Execution.Name" }, "End": true }
    }));
    let interpreter = Interpreter::new();
    let request = || StartRequest::default().name("order-7");
    let handle = interpreter.start_with(&named, json!({}), request()).unwrap();
    assert_eq!(
        interpreter.start_with(&named, json!({}), request()).unwrap_err().kind(),
        ErrorKind::ExecutionAlreadyExists
    );
    assert_eq!(handle.output::<Value>().await.unwrap(), json!({ "name": "order-7" }));
    assert!(interpreter.start_with(&named, json!({}), request()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn names_are_checked_as_aws_does() {
    let interpreter = Interpreter::new();
    let rest = machine(json!({ "Rest": { "Type": "Pass", "End": true } }));
    let kind = |request| {
        interpreter
            .start_with(&rest, json!({}), request)
            .err()
            .map(|error| error.kind())
    };
    for name in ["", "bad name/*?", "tab\t", "a:b", &"x".repeat(81)] {
        let named = StartRequest::default().name(name);
        assert_eq!(kind(named), Some(ErrorKind::InvalidName), "{name}");
        let of_machine = StartRequest::default().state_machine_name(name);
        assert_eq!(kind(of_machine), Some(ErrorKind::InvalidName), "{name}");
    }
    for name in ["order-7", "Bestellung_é.1", &"x".repeat(80)] {
        assert_eq!(
            kind(StartRequest::default().name(name).state_machine_name(name)),
            None,
            "{name}"
        );
    }
    let error = interpreter.start_with(&rest, json!({}), StartRequest::default().name("a b"));
    assert_eq!(error.unwrap_err().to_string(), "Invalid Name: 'a b'");
}

#[tokio::test(start_paused = true)]
async fn branches_run_at_once() {
    let work = |name: &str| json!({ "StartAt": name, "States": { name: { "Type": "Task", "Resource": CHARGE, "End": true } } });
    let machine =
        machine(json!({ "P": { "Type": "Parallel", "Branches": [work("A"), work("B"), work("C")], "End": true } }));
    let interpreter = Interpreter::new().task(CHARGE, |_: Value, context: TaskContext| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(context.state.to_string())
    });
    let started = Instant::now();
    let output: Vec<String> = interpreter.run(&machine, json!({})).await.unwrap();
    assert_eq!(output, ["A", "B", "C"]);
    assert_eq!(started.elapsed().as_secs(), 5);
}
