//! Executions that run again: their handles, names, waiters and histories.

use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::{ErrorKind, Interpreter, TaskError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::{CHARGE, machine, one_task};

/// An interpreter whose task fails until the switch is on.
fn interpreter() -> (Interpreter, Arc<AtomicBool>) {
    let is_open = Arc::new(AtomicBool::new(false));
    let open = Arc::clone(&is_open);
    let interpreter = Interpreter::new().task(CHARGE, move |_: Value| {
        let is_open = open.load(Ordering::SeqCst);
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if is_open {
                Ok(json!("paid"))
            } else {
                Err(TaskError::new("Closed", ""))
            }
        }
    });
    (interpreter, is_open)
}

fn named(interpreter: &Interpreter, name: &str) -> Result<ExecutionHandle, asl_engine::Error> {
    let request = StartRequest::default().name(name);
    interpreter.start_with(&one_task(json!({})), json!({}), request)
}

#[tokio::test(start_paused = true)]
async fn every_handle_sees_the_execution_run_again() {
    let (interpreter, is_open) = interpreter();
    let handle = named(&interpreter, "seven").unwrap();
    let other = interpreter.execution(handle.arn()).unwrap();
    assert_eq!(handle.outcome().await.status(), "FAILED");
    assert_eq!((other.redrive_count(), other.redrive_time()), (0, None));
    is_open.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_mins(1)).await;

    let redriven = handle.redrive().unwrap();
    assert_eq!(
        (other.status(), other.stop_time(), other.ended()),
        ("RUNNING", None, None)
    );
    assert_eq!((other.redrive_count(), other.redrive_time()), (1, Some(redriven)));
    assert_eq!((interpreter.running(), interpreter.executions().len()), (1, 1));
    assert_eq!(
        named(&interpreter, "seven").unwrap_err().kind(),
        ErrorKind::ExecutionAlreadyExists
    );

    let mut events = other.events();
    let waiter = tokio::spawn({
        let other = other.clone();
        async move { other.output::<String>().await.unwrap() }
    });
    assert_eq!(handle.output::<String>().await.unwrap(), "paid");
    assert_eq!(waiter.await.unwrap(), "paid");
    assert_eq!((handle.stop_time().unwrap() - redriven).num_seconds(), 1);
    let mut types = Vec::new();
    while let Some(event) = events.next().await {
        types.push(event.event_type());
    }
    assert_eq!(
        types[5..],
        [
            "ExecutionFailed",
            "ExecutionRedriven",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
    assert_eq!((interpreter.running(), interpreter.executions().len()), (0, 1));
    let refused = handle.redrive().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotRedrivable);
    assert_eq!(refused.to_string(), "Execution is SUCCEEDED and cannot be redriven");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_again_stays_taken() {
    let (interpreter, _) = interpreter();
    let first = named(&interpreter, "seven").unwrap();
    first.outcome().await;
    let second = named(&interpreter, "seven").unwrap();
    assert_eq!(first.redrive().unwrap_err().kind(), ErrorKind::ExecutionAlreadyExists);
    assert_eq!((first.status(), first.redrive_count()), ("FAILED", 0));
    second.outcome().await;
    first.redrive().unwrap();
    assert_eq!(interpreter.execution(first.arn()).unwrap().redrive_count(), 1);
    first.outcome().await;
    assert_eq!(interpreter.executions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_redriven_again_and_again_and_stopped_in_between() {
    let (interpreter, is_open) = interpreter();
    let handle = interpreter.start(&one_task(json!({})), json!({})).unwrap();
    for _ in 0..5 {
        assert_eq!(handle.outcome().await.status(), "FAILED");
        handle.redrive().unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        handle.stop(None, None);
        assert_eq!(handle.outcome().await.status(), "ABORTED");
        handle.redrive().unwrap();
    }
    handle.outcome().await;
    is_open.store(true, Ordering::SeqCst);
    handle.redrive().unwrap();
    assert_eq!(handle.output::<String>().await.unwrap(), "paid");
    assert_eq!(handle.redrive_count(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_distributed_map_goes_on_with_its_map_run() {
    let (interpreter, is_open) = interpreter();
    let processor = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "Do",
        "States": { "Do": { "Type": "Task", "Resource": CHARGE, "End": true } }
    });
    let each = machine(json!({ "Each": { "Type": "Map", "ItemProcessor": processor, "End": true } }));
    let handle = interpreter.start(&each, json!([1, 2])).unwrap();
    assert_eq!(handle.outcome().await.status(), "FAILED");
    is_open.store(true, Ordering::SeqCst);
    handle.redrive().unwrap();
    assert_eq!(handle.output::<Value>().await.unwrap(), json!(["paid", "paid"]));
    let log = handle.map_runs();
    assert_eq!((log.map_runs().len(), log.map_runs()[0].redrive_count), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_redriven_after_the_shutdown() {
    let (interpreter, _) = interpreter();
    let handle = interpreter.start(&one_task(json!({})), json!({})).unwrap();
    handle.outcome().await;
    interpreter.shutdown(Duration::ZERO).await;
    assert_eq!(handle.redrive().unwrap_err().kind(), ErrorKind::ShutDown);
    assert_eq!(handle.status(), "FAILED");
}

#[tokio::test(start_paused = true)]
async fn the_task_that_finds_a_redriven_execution_is_told_how_often_it_was() {
    let (interpreter, is_open) = interpreter();
    let interpreter = interpreter.state_machine("Orders", &one_task(json!({})));
    let named = StartRequest::default().name("seven").state_machine_name("Orders");
    let child = interpreter.start_with(&one_task(json!({})), json!({}), named).unwrap();
    assert_eq!(child.outcome().await.status(), "FAILED");
    is_open.store(true, Ordering::SeqCst);
    child.redrive().unwrap();
    let parent = machine(json!({ "Order": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": {
            "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Orders", "Name": "seven", "Input": {}
        }
    } }));
    let told: Value = interpreter.run(&parent, json!({})).await.unwrap();
    assert_eq!(
        (&told["Status"], &told["RedriveCount"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
}
