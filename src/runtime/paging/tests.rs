//! Who is in memory and who is not.

use serde_json::json;
use std::time::Duration;

use crate::execution::Program;
use crate::runtime::StartRequest;
use crate::store::{ExecutionStore as _, MemoryStore};
use crate::{Interpreter, StateMachine};

fn waits(seconds: u32) -> StateMachine {
    let rest = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": seconds, "End": true } } });
    rest.to_string().parse().unwrap()
}

fn interpreter(store: &MemoryStore, most: usize) -> Interpreter {
    Interpreter::new().store(store.clone()).waiting_in_memory(most)
}

async fn start(interpreter: &Interpreter, machine: &StateMachine) -> String {
    let program = Program::compile(machine);
    let started = interpreter.start_stored(std::sync::Arc::new(program), json!({}), StartRequest::default());
    started.await.unwrap().arn().to_owned()
}

/// How many executions are in memory, and how many in the store alone.
fn places(interpreter: &Interpreter) -> (usize, usize) {
    let stored = interpreter.shared().paging.len();
    (interpreter.running() - stored, stored)
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_longest_idle_executions_leave_the_memory() {
    let store = MemoryStore::new();
    let interpreter = interpreter(&store, 5);
    let rest = waits(3_600);
    let mut arns = Vec::new();
    for _ in 0..20 {
        arns.push(start(&interpreter, &rest).await);
    }
    until(|| places(&interpreter) == (5, 15)).await;
    assert!(interpreter.shared().execution_here(&arns[0]).is_none());
    assert!(interpreter.shared().execution_here(&arns[19]).is_some());
    let handle = interpreter.execution(&arns[0]).unwrap();
    assert!(interpreter.shared().execution_here(&arns[0]).is_some(), "it is back");
    handle.stop(None, None);
    drop(handle);
    until(|| interpreter.running() == 19).await;
    until(|| places(&interpreter).0 <= 5).await;
}

#[tokio::test]
async fn an_execution_stays_in_memory_while_there_is_a_handle_of_it() {
    let store = MemoryStore::new();
    let interpreter = interpreter(&store, 0);
    let rest = waits(3_600);
    let held = interpreter.start(&rest, json!({})).unwrap();
    start(&interpreter, &rest).await;
    until(|| places(&interpreter) == (1, 1)).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(places(&interpreter), (1, 1));
    assert_eq!(held.status(), "RUNNING");
    drop(held);
    until(|| places(&interpreter) == (0, 2)).await;
}

#[tokio::test]
async fn executions_that_resume_to_wait_are_numbers_beyond_so_many() {
    let store = MemoryStore::new();
    let first = interpreter(&store, 0);
    let rest = waits(3_600);
    for _ in 0..9 {
        start(&first, &rest).await;
    }
    first.shutdown(Duration::ZERO).await;
    let second = interpreter(&store, 4);
    assert_eq!(second.resume().await.unwrap().executions, 9);
    assert_eq!(places(&second), (4, 5));
    assert_eq!(second.resume().await.unwrap().executions, 0, "they run already");
    assert_eq!(second.shutdown(Duration::ZERO).await, 9);
    assert_eq!(second.running(), 0);
}

#[tokio::test]
async fn executions_go_on_without_their_interpreter_and_end_with_their_runtime() {
    let store = MemoryStore::new();
    let abandoned = interpreter(&store, 0);
    start(&abandoned, &waits(2)).await;
    until(|| places(&abandoned) == (0, 1)).await;
    drop(abandoned);
    until(|| store.journal(1).unwrap().unwrap().execution.end.is_some()).await;

    let interpreter = interpreter(&store, 0);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let rest = waits(3_600);
    let shared = std::sync::Arc::new(interpreter);
    let starts = std::sync::Arc::clone(&shared);
    let started = runtime.spawn(async move { start(&starts, &rest).await });
    let arn = started.await.unwrap();
    until(|| places(&shared) == (0, 1)).await;
    runtime.shutdown_background();
    until(|| shared.running() == 0).await;
    assert!(shared.execution(&arn).is_none(), "it runs in no process");
}
