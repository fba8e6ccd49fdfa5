//! Virtual time: waits are skipped, in their order.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::{Clock, StartRequest};
use asl_engine::simulation::Answer;
use asl_engine::{Interpreter, Simulation, StateMachine, TaskError};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::machine;
use crate::timeline::timeline;

fn task(name: &str, fields: &Value) -> Value {
    let mut task =
        json!({ "Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{name}") });
    let members = task.as_object_mut().unwrap();
    members.extend(fields.as_object().unwrap().clone());
    task
}

fn wait(seconds: u32, fields: &Value) -> Value {
    let mut wait = json!({ "Type": "Wait", "Seconds": seconds });
    wait.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    wait
}

/// Waits, retries, timeouts, a loop, iterations and a nested execution, beside each other.
fn orders() -> StateMachine {
    let child = json!({ "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Child" });
    let end = json!({ "End": true });
    machine(json!({
        "Each": {
            "Type": "Parallel", "Next": "Year",
            "Branches": [
                { "StartAt": "Busy", "States": {
                    "Busy": task("Busy", &json!({
                        "Next": "Rest", "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 3, "BackoffRate": 2 }]
                    })),
                    "Rest": wait(10, &end),
                } },
                { "StartAt": "Before", "States": {
                    "Before": wait(5, &json!({ "Next": "Quick" })),
                    "Quick": task("Quick", &json!({ "Next": "Then", "TimeoutSeconds": 60 })),
                    "Then": task("Slow", &json!({ "Next": "After" })),
                    "After": wait(7, &end),
                } },
                { "StartAt": "Map", "States": { "Map": {
                    "Type": "Map", "End": true, "ItemsPath": "$.waits",
                    "ItemProcessor": { "StartAt": "One", "States": {
                        "One": { "Type": "Wait", "SecondsPath": "$", "Next": "Two" },
                        "Two": task("Quick", &end),
                    } }
                } } },
                { "StartAt": "Nested", "States": { "Nested": {
                    "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
                    "Parameters": child,
                } } },
            ]
        },
        "Year": wait(31_536_000, &end),
    }))
}

#[tokio::test]
async fn a_run_is_the_one_of_a_simulation() {
    let input = json!({ "waits": [3, 1, 2, 1] });
    let child = machine(json!({ "Nap": wait(4, &json!({ "End": true })) }));
    let simulated = Simulation::of(&orders())
        .state_machine("Child", &child)
        .task(
            "Busy",
            [
                Answer::error("Busy", ""),
                Answer::error("Busy", ""),
                Answer::success(json!(1)),
            ],
        )
        .always("Quick", json!(2))
        .always("Then", json!(3))
        .always("Two", json!(2))
        .run(input.clone());

    let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
    let real = Instant::now();
    for _ in 0..5 {
        let interpreter = Interpreter::new()
            .clock(Clock::virtual_time().starting_at(start))
            .state_machine("Child", &child)
            .function("Busy", |_: Value, context: TaskContext| async move {
                match context.retry_count {
                    0 | 1 => Err(TaskError::new("Busy", "")),
                    _ => Ok(1),
                }
            })
            .function("Quick", |_: Value| async { Ok(2) })
            .function("Slow", |_: Value| async {
                sleep(Duration::from_millis(20)).await;
                Ok(3)
            });
        let run = interpreter
            .start_with(&orders(), input.clone(), StartRequest::default().name("o"))
            .unwrap();
        assert_eq!(run.outcome().await.status(), "SUCCEEDED");
        assert_eq!(timeline(&run.history()), timeline(simulated.history()));
    }
    assert!(real.elapsed() < Duration::from_secs(5), "{:?}", real.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_task_that_hangs_times_out() {
    let interpreter = Interpreter::new()
        .clock(Clock::virtual_time())
        .function("Hangs", |_: Value| std::future::pending::<Result<(), TaskError>>());
    let hangs = machine(json!({ "Hangs": task("Hangs", &json!({ "End": true, "TimeoutSeconds": 30 })) }));
    let real = Instant::now();
    let run = interpreter.start(&hangs, json!({})).unwrap();
    assert_eq!(
        run.outcome().await.error().unwrap().error.as_deref(),
        Some("States.Timeout")
    );
    assert_eq!(run.stop_time().unwrap() - run.start_time(), TimeDelta::seconds(30));
    assert_eq!(real.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_worker_has_the_time_that_it_takes() {
    let interpreter = Arc::new(Interpreter::new().clock(Clock::virtual_time()).activity("Bake"));
    let bake = machine(json!({
        "Rest": wait(1_000, &json!({ "Next": "Bake" })),
        "Bake": {
            "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Bake", "Next": "Cool",
            "HeartbeatSeconds": 20, "TimeoutSeconds": 100,
        },
        "Cool": wait(1_000, &json!({ "End": true })),
    }));
    let run = interpreter.start(&bake, json!({})).unwrap();
    let worker = Arc::clone(&interpreter);
    let worker = tokio::spawn(async move {
        let task = worker.get_activity_task("Bake", "oven").await.unwrap().unwrap();
        for _ in 0..3 {
            sleep(Duration::from_secs(15)).await;
            worker.send_task_heartbeat(&task.token).unwrap();
        }
        sleep(Duration::from_secs(15)).await;
        worker.send_task_success(&task.token, json!("baked")).unwrap();
    });
    let real = Instant::now();
    assert_eq!(run.outcome().await.status(), "SUCCEEDED");
    worker.await.unwrap();
    assert_eq!(real.elapsed().as_secs(), 60);
    let took = run.stop_time().unwrap() - run.start_time();
    assert_eq!(took.num_seconds(), 2_060);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_silent_times_out() {
    let interpreter = Interpreter::new().clock(Clock::virtual_time()).activity("Bake");
    let bake = machine(json!({ "Bake": {
        "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Bake", "End": true,
        "HeartbeatSeconds": 20,
    } }));
    let run = interpreter.start(&bake, json!({})).unwrap();
    let task = interpreter.get_activity_task("Bake", "oven").await.unwrap();
    let real = Instant::now();
    assert!(task.is_some());
    assert_eq!(run.outcome().await.status(), "FAILED");
    assert_eq!(real.elapsed().as_secs(), 20);
    assert_eq!((run.stop_time().unwrap() - run.start_time()).num_seconds(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_executions_skip_their_waits_together() {
    let interpreter = Interpreter::new()
        .clock(Clock::virtual_time())
        .function("Quick", |_: Value| async { Ok(2) });
    let run = machine(json!({
        "Wait": { "Type": "Wait", "SecondsPath": "$", "Next": "Quick" },
        "Quick": task("Quick", &json!({ "Next": "Day" })),
        "Day": wait(86_400, &json!({ "End": true })),
    }));
    let runs: Vec<_> = (0..200)
        .map(|wait| interpreter.start(&run, json!(wait)).unwrap())
        .collect();
    for (wait, run) in (0..).zip(runs) {
        assert_eq!(run.outcome().await.status(), "SUCCEEDED");
        assert_eq!(
            (run.stop_time().unwrap() - run.start_time()).num_seconds(),
            86_400 + wait
        );
    }
}
