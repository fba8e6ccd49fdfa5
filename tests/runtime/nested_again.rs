//! Executions that start the same execution again, or themselves.

use asl_engine::Interpreter;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::sleep;

use crate::nested::{CHILD, error_of, parent, waiting, with_child};
use crate::{CHARGE, machine, one_task};

#[tokio::test(start_paused = true)]
async fn a_name_stands_for_one_execution() {
    let interpreter = with_child(&waiting(60));
    let start = |input: u32| parent("", json!({ "Name": "order-7", "Input": input }));
    let first: Value = interpreter.run(&start(1), json!({})).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let again: Value = interpreter.run(&start(1), json!({})).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(interpreter.running(), 1);
    let taken = "StepFunctions.ExecutionAlreadyExistsException";
    let (error, cause) = error_of(&interpreter, &start(2)).await;
    assert_eq!(error, taken);
    let arn = first["ExecutionArn"].as_str().unwrap();
    assert!(
        cause.starts_with(&format!("Execution Already Exists: '{arn}' (Service")),
        "{cause}"
    );
    sleep(Duration::from_secs(100)).await;
    assert_eq!(error_of(&interpreter, &start(1)).await.0, taken);
    sleep(Duration::from_hours(2160)).await;
    assert!(interpreter.run::<Value>(&start(1), json!({})).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_retry_with_a_fixed_name_finds_the_name_taken() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let interpreter = Interpreter::new()
        .state_machine(CHILD, &one_task(json!({})))
        .task(CHARGE, move |_: Value| {
            counter.fetch_add(1, Ordering::SeqCst);
            async { Err::<(), _>(asl_engine::TaskError::new("Busy", "")) }
        });
    let retrying = |name: Value| {
        let mut parameters = json!({ "StateMachineArn": CHILD });
        parameters
            .as_object_mut()
            .unwrap()
            .extend(name.as_object().unwrap().clone());
        machine(json!({ "Start": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": parameters,
            "Retry": [{ "ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2 }], "End": true
        }}))
    };
    let (error, _) = error_of(&interpreter, &retrying(json!({ "Name": "fixed" }))).await;
    assert_eq!(
        (error.as_str(), runs.swap(0, Ordering::SeqCst)),
        ("StepFunctions.ExecutionAlreadyExistsException", 1)
    );
    let (error, _) = error_of(&interpreter, &retrying(json!({}))).await;
    assert_eq!((error.as_str(), runs.load(Ordering::SeqCst)), ("States.TaskFailed", 3));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_waits_for_itself_ends_with_an_error_of_bounded_size() {
    let itself = parent(".sync", json!({}));
    let interpreter = with_child(&itself);
    let (error, cause) = error_of(&interpreter, &itself).await;
    assert_eq!(error, "States.TaskFailed");
    assert!(cause.chars().count() <= 32_768, "{}", cause.len());
    let description: Value = serde_json::from_str(&cause).unwrap();
    assert_eq!(description["Status"], "FAILED");
    assert_eq!(interpreter.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_starts_itself_without_a_pause_ends() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let itself = machine(json!({
        "Count": { "Type": "Task", "Resource": CHARGE, "Next": "Again" },
        "Again": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
                   "Parameters": { "StateMachineArn": CHILD }, "End": true }
    }));
    let interpreter = with_child(&itself).task(CHARGE, move |_: Value| {
        counter.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    });
    interpreter.run::<Value>(&itself, json!({})).await.unwrap();
    while interpreter.running() > 0 {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(runs.load(Ordering::SeqCst) > 10, "{runs:?}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_goes_on_as_a_new_execution_goes_on() {
    let itself = machine(json!({
        "W": { "Type": "Wait", "Seconds": 60, "Next": "Again" },
        "Again": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
                   "Parameters": { "StateMachineArn": CHILD, "Input": { "round.$": "States.MathAdd($.round, 1)" } },
                   "End": true }
    }));
    let interpreter = with_child(&itself);
    interpreter.start(&itself, json!({ "round": 1 })).unwrap();
    sleep(Duration::from_secs(60 * 500 + 30)).await;
    assert_eq!(interpreter.running(), 1);
}
