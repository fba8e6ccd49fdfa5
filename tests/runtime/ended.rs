//! Executions that have ended: how they are found, how many are kept, and the history of a failure.

use asl_engine::history::{HistoryEvent, HistoryLevel};
use asl_engine::runtime::{ExecutionHandle, StartRequest};
use asl_engine::{ErrorKind, Interpreter};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::runtime::Builder;

use crate::{CHARGE, machine, one_task};

fn arns(interpreter: &Interpreter) -> Vec<String> {
    let executions = interpreter.executions();
    executions.iter().map(|execution| execution.arn().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn executions_are_found_after_their_end() {
    let wait = machine(json!({ "W": { "Type": "Wait", "SecondsPath": "$", "End": true } }));
    let interpreter = Interpreter::new();
    assert!(interpreter.executions().is_empty());
    let start = |seconds| interpreter.start(&wait, json!(seconds)).unwrap().arn().to_owned();
    let mut started = Vec::new();
    for seconds in [3, 1, 2] {
        started.push(start(seconds));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(arns(&interpreter), started);
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(arns(&interpreter), started);
    assert_eq!(interpreter.running(), 1);
    let statuses: Vec<_> = started
        .iter()
        .map(|arn| interpreter.execution(arn).unwrap().status())
        .collect();
    assert_eq!(statuses, ["RUNNING", "SUCCEEDED", "SUCCEEDED"]);
    let ended = interpreter.execution(&started[1]).unwrap();
    assert_eq!(ended.output::<u32>().await.unwrap(), 1);
    assert_eq!(ended.history().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_last_ones_are_kept_by_count_and_by_bytes() {
    let rest = machine(json!({ "Rest": { "Type": "Pass", "End": true } }));
    let kept_of_ten = async |interpreter: Interpreter, input: Value| {
        let mut all = Vec::new();
        for _ in 0..10 {
            let handle = interpreter.start(&rest, input.clone()).unwrap();
            handle.outcome().await;
            all.push(handle.arn().to_owned());
        }
        let kept = arns(&interpreter);
        assert!(all.ends_with(&kept));
        kept.len()
    };
    let large = json!("x".repeat(10_000));
    let mebibyte = 1024 * 1024;
    assert_eq!(kept_of_ten(Interpreter::new(), large.clone()).await, 10);
    assert_eq!(
        kept_of_ten(Interpreter::new().keep_ended(4, mebibyte), json!(7)).await,
        4
    );
    assert_eq!(
        kept_of_ten(Interpreter::new().keep_ended(0, mebibyte), json!(7)).await,
        0
    );
    assert_eq!(kept_of_ten(Interpreter::new().keep_ended(100, 100), json!(7)).await, 0);
    let few = kept_of_ten(Interpreter::new().keep_ended(100, mebibyte / 16), large).await;
    assert!((1..5).contains(&few), "{few}");
}

#[tokio::test(start_paused = true)]
async fn of_one_name_the_last_execution_is_kept() {
    let rest = machine(json!({ "Rest": { "Type": "Pass", "End": true } }));
    let interpreter = Interpreter::new();
    let mut arn = String::new();
    for order in 0..3 {
        let request = StartRequest::default().name("order");
        let handle = interpreter.start_with(&rest, json!(order), request).unwrap();
        handle.outcome().await;
        handle.arn().clone_into(&mut arn);
    }
    assert_eq!(arns(&interpreter), [arn.clone()]);
    let last = interpreter.execution(&arn).unwrap();
    assert_eq!(last.output::<u32>().await.unwrap(), 2);
}

#[test]
fn an_execution_is_forgotten_with_its_runtime_and_with_its_interpreter() {
    let rest = machine(json!({ "Rest": { "Type": "Task", "Resource": CHARGE, "End": true } }));
    let held = Arc::new(());
    let holder = Arc::clone(&held);
    let interpreter = Interpreter::new().task(CHARGE, move |_: Value| {
        let holder = Arc::clone(&holder);
        async move { Ok(Arc::strong_count(&holder) > 0) }
    });
    let runtime = || Builder::new_current_thread().enable_time().build().unwrap();
    runtime().block_on(async {
        interpreter.run::<bool>(&rest, json!({})).await.unwrap();
        assert_eq!(interpreter.executions().len(), 1);
    });
    assert!(interpreter.executions().is_empty());

    let last = runtime();
    last.block_on(async {
        interpreter.run::<bool>(&rest, json!({})).await.unwrap();
        assert_eq!(interpreter.executions().len(), 1);
        drop(interpreter);
    });
    // What is kept does not keep the handlers of an interpreter that is gone.
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_run_has_the_history_of_the_failure() {
    let interpreter = || {
        Interpreter::new().function("Charge", |id: u32| async move {
            if id == 7 {
                Ok(id)
            } else {
                Err(asl_engine::TaskError::new("Busy", "try later"))
            }
        })
    };
    let failed = interpreter()
        .run::<Value>(&one_task(json!({})), json!(8))
        .await
        .unwrap_err();
    let types: Vec<_> = failed.history().iter().map(HistoryEvent::event_type).collect();
    assert_eq!(types.first(), Some(&"ExecutionStarted"));
    assert_eq!(types.last(), Some(&"ExecutionFailed"));
    assert!(failed.execution_arn().unwrap().contains(":execution:StateMachine:"));

    let misread = interpreter()
        .run::<String>(&one_task(json!({})), json!(7))
        .await
        .unwrap_err();
    assert_eq!(misread.kind(), ErrorKind::UnexpectedOutput);
    assert_eq!(
        misread.history().last().map(HistoryEvent::event_type),
        Some("ExecutionSucceeded")
    );

    let silent = interpreter().history(HistoryLevel::Off);
    let silent = silent.run::<Value>(&one_task(json!({})), json!(8)).await.unwrap_err();
    assert!(silent.history().is_empty() && silent.execution_arn().is_some());

    let refused = Interpreter::new()
        .start(&one_task(json!({})), json!(8))
        .map(|_: ExecutionHandle| ());
    let refused = refused.unwrap_err();
    assert!(refused.history().is_empty() && refused.execution_arn().is_none());
}
