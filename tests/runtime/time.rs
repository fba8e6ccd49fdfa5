//! Clocks, and waits that are longer than timers like.

use asl_engine::Interpreter;
use asl_engine::runtime::Clock;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

use crate::machine;

#[tokio::test(start_paused = true)]
async fn a_wait_of_forty_years_ends_in_time() {
    const FORTY_YEARS: u64 = 40 * 365 * 24 * 60 * 60;
    let wait = machine(json!({ "W": { "Type": "Wait", "SecondsPath": "$", "End": true } }));
    let started = Instant::now();
    let handle = Interpreter::new().start(&wait, json!(FORTY_YEARS)).unwrap();
    assert_eq!(handle.outcome().await.status(), "SUCCEEDED");
    assert_eq!(started.elapsed().as_secs(), FORTY_YEARS);
}

#[tokio::test(start_paused = true)]
async fn any_speed_is_a_speed() {
    let wait = machine(json!({ "W": { "Type": "Wait", "Seconds": 60, "End": true } }));
    for speed in [1e300, f64::MAX, f64::INFINITY, f64::NAN, -1.0, 0.0, 1e-3] {
        let interpreter = Interpreter::new().clock(Clock::faster(speed));
        for _ in 0..2 {
            let handle = interpreter.start(&wait, json!({})).unwrap();
            assert_eq!(handle.outcome().await.status(), "SUCCEEDED", "{speed}");
        }
    }
}

#[tokio::test]
async fn a_faster_clock_shortens_every_wait() {
    let wait = machine(json!({ "W": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let interpreter = Interpreter::new().clock(Clock::faster(1_000_000.0));
    let handle = interpreter.start(&wait, json!({})).unwrap();
    assert_eq!(handle.outcome().await.status(), "SUCCEEDED");
    let history = handle.history();
    let waited = history[2].timestamp - history[1].timestamp;
    assert!(waited.num_seconds() >= 3600, "{waited}");
}

#[tokio::test(start_paused = true)]
async fn other_tasks_have_their_turns_while_many_executions_are_due() {
    let wait = machine(json!({ "W": { "Type": "Wait", "Seconds": 1, "End": true } }));
    let program = Arc::new(asl_engine::execution::Program::compile(&wait));
    let interpreter = Interpreter::new();
    for _ in 0..100 {
        interpreter.start(Arc::clone(&program), json!({})).unwrap();
    }
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(2)).await;
    let mut turns = 0;
    while interpreter.running() > 0 && turns < 1_000 {
        turns += 1;
        tokio::task::yield_now().await;
    }
    assert!((50..1_000).contains(&turns), "{turns}");
}

/// Child executions of a distributed Map are scaled too; retries and timeouts are not.
#[tokio::test(start_paused = true)]
async fn only_wait_states_are_scaled() {
    let wait = machine(json!({
        "Wait": { "Type": "Wait", "Seconds": 100, "Next": "Each" },
        "Each": {
            "Type": "Map", "ItemsPath": "$", "Next": "Busy",
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Nap", "States": { "Nap": { "Type": "Wait", "SecondsPath": "$", "End": true } }
            }
        },
        "Busy": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Busy", "End": true,
            "TimeoutSeconds": 30, "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 7, "MaxAttempts": 1 }]
        }
    }));
    let function = |_: serde_json::Value| std::future::pending::<Result<(), asl_engine::TaskError>>();
    for (scale, seconds) in [(0.1, 10 + 5), (0.0, 0), (2.0, 200 + 100)] {
        let interpreter = Interpreter::new().wait_time_scale(scale).function("Busy", function);
        let started = Instant::now();
        let run = interpreter.start(&wait, json!([50])).unwrap();
        assert_eq!(
            run.outcome().await.error().unwrap().error.as_deref(),
            Some("States.Timeout")
        );
        assert_eq!(started.elapsed().as_secs(), seconds + 30 + 7 + 30, "{scale}");
    }
    let wrong = Interpreter::new().wait_time_scale(-1.0);
    assert_eq!(
        wrong.start(&wait, json!([])).unwrap_err().kind(),
        asl_engine::ErrorKind::Misconfigured
    );
}
