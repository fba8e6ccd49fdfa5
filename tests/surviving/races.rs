//! What happens at the same time as something is written, or as a process ends.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::StartRequest;
use asl_engine::store::testing::FaultyStore;
use asl_engine::store::{ExecutionStore as _, MemoryStore, StoreErrorKind, verify};
use asl_engine::{ErrorKind, Interpreter, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::{executions, machine, until};

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// A task that waits for its token, with these further fields.
fn asks(further: &Value) -> Value {
    let mut ask = json!({
        "Type": "Task", "Resource": CALLBACK, "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
    });
    let fields = ask.as_object_mut().unwrap();
    fields.extend(further.as_object().unwrap().clone());
    ask
}

/// An interpreter whose handler of [`CALLBACK`] writes the tokens down.
fn sends(store: FaultyStore) -> (Interpreter, Arc<Mutex<Vec<String>>>) {
    let tokens: Arc<Mutex<Vec<String>>> = Arc::default();
    let outbox = Arc::clone(&tokens);
    let interpreter = crate::interpreter().store(store).task(CALLBACK, move |message: Value| {
        let token = message["MessageBody"]["token"].as_str().unwrap().to_owned();
        outbox.lock().unwrap().push(token);
        async { Ok::<_, TaskError>(json!({})) }
    });
    (interpreter, tokens)
}

#[tokio::test]
async fn a_start_that_was_refused_before_it_was_waited_for_ends() {
    let rest = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 0, "End": true } }));
    for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Refused] {
        let store = FaultyStore::new(MemoryStore::new());
        store.fail_from(1, kind);
        let interpreter = crate::interpreter().store(store.clone());
        for _ in 0..300 {
            assert_eq!(
                interpreter.start(&rest, json!({})).unwrap_err().kind(),
                ErrorKind::Store
            );
        }
        store.recover();
        assert_eq!(interpreter.running(), 0);
        let started = interpreter.start(&rest, json!({})).unwrap();
        assert_eq!(started.outcome().await.status(), "SUCCEEDED");
    }
}

#[tokio::test]
async fn an_answer_to_a_task_that_has_timed_out_is_not_accepted_while_that_is_not_written() {
    let store = FaultyStore::new(MemoryStore::new());
    let (interpreter, tokens) = sends(store.clone());
    let order = machine(json!({ "Ask": asks(&json!({ "TimeoutSeconds": 1 })) }));
    let started = interpreter.start(&order, json!({})).unwrap();
    until(|| !tokens.lock().unwrap().is_empty()).await;
    store.fail_from(0, StoreErrorKind::Unavailable);
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    store.recover();
    let token = tokens.lock().unwrap().concat();
    let late = interpreter.send_task_success(&token, json!("late")).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut);
    assert_eq!(started.outcome().await.status(), "FAILED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_the_store_is_told_when_the_interpreter_shuts_down() {
    let store = FaultyStore::new(MemoryStore::new());
    let (interpreter, tokens) = sends(store.clone());
    let order = machine(json!({ "Ask": asks(&json!({})) }));
    let started = interpreter.start(&order, json!({})).unwrap();
    until(|| !tokens.lock().unwrap().is_empty()).await;
    store.fail_from(0, StoreErrorKind::Unavailable);
    let token = tokens.lock().unwrap().concat();
    let interpreter = Arc::new(interpreter);
    let ended = Arc::new(AtomicBool::new(false));
    let beats: Vec<_> = (0..4)
        .map(|_| {
            let (interpreter, token, ended) = (Arc::clone(&interpreter), token.clone(), Arc::clone(&ended));
            std::thread::spawn(move || {
                while !ended.load(Ordering::SeqCst) {
                    interpreter.send_task_heartbeat(&token).unwrap_err();
                }
                interpreter.send_task_success(&token, json!("late")).unwrap_err().kind()
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    interpreter.shutdown(Duration::ZERO).await;
    ended.store(true, Ordering::SeqCst);
    for beat in beats {
        assert_eq!(
            beat.join().unwrap(),
            ErrorKind::ShutDown,
            "the next process takes the answer"
        );
    }
    store.recover();
    verify(&store, started.arn()).unwrap();
    assert!(executions(&store)[0].end.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_stay_in_order_when_one_is_refused_and_then_nothing_is_written() {
    let below = FaultyStore::new(MemoryStore::new());
    let store = FaultyStore::new(below.clone());
    let (interpreter, tokens) = sends(store.clone());
    let interpreter = Arc::new(interpreter);
    let order = machine(json!({ "Ask": asks(&json!({})) }));
    let started: Vec<_> = (0..4).map(|_| interpreter.start(&order, json!({})).unwrap()).collect();
    until(|| tokens.lock().unwrap().len() == 4).await;
    let ended = Arc::new(AtomicBool::new(false));
    let (handles, is_over) = (started.clone(), Arc::clone(&ended));
    let beats = std::thread::spawn(move || {
        while !is_over.load(Ordering::SeqCst) {
            for handle in &handles {
                handle.heartbeat("Ask");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    for _ in 0..5 {
        store.fail_only(store.commits() + 3, StoreErrorKind::Refused);
        below.fail_only(below.commits() + 3, StoreErrorKind::Unavailable);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ended.store(true, Ordering::SeqCst);
    beats.join().unwrap();
    store.recover();
    below.recover();
    for token in &*tokens.lock().unwrap() {
        // One whose record was refused alone has ended.
        let _ = interpreter.send_task_success(token, json!("yes"));
    }
    for handle in &started {
        handle.outcome().await;
        verify(&store, handle.arn()).unwrap();
    }
}

#[tokio::test]
async fn a_timer_that_fires_while_others_resume_leads_to_one_attempt() {
    let store = MemoryStore::new();
    let later = machine(json!({
        "Rest": { "Type": "Wait", "Seconds": 3, "Next": "Work" },
        "Work": { "Type": "Task", "Resource": WORK, "Next": "Ask" },
        "Ask": asks(&json!({}))
    }));
    let seen: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let counting = || {
        let seen = Arc::clone(&seen);
        move |_: Value, cx: TaskContext| {
            *seen.lock().unwrap().entry(cx.attempt_id()).or_default() += 1;
            async { Ok::<_, TaskError>(json!({})) }
        }
    };
    let bar = || {
        crate::interpreter()
            .store(store.clone())
            .function("Work", counting())
            .task(CALLBACK, counting())
    };
    let first = bar();
    for _ in 0..700 {
        first
            .start_stored(&later, json!({}), StartRequest::default())
            .await
            .unwrap();
    }
    first.shutdown(Duration::ZERO).await;
    assert!(seen.lock().unwrap().is_empty(), "none is so far yet");
    tokio::time::sleep(Duration::from_millis(3_100)).await;

    let second = bar();
    second.resume().await.unwrap();
    until(|| seen.lock().unwrap().len() >= 1_400 || second.running() < 700).await;
    assert_eq!(second.running(), 700, "all wait for their tokens");
    assert!(seen.lock().unwrap().values().all(|times| *times == 1));
    second.shutdown(Duration::ZERO).await;
}

/// Parents with children that wait, and the interpreter in which they run.
fn families(store: &MemoryStore) -> (Interpreter, asl_engine::StateMachine) {
    let ship = machine(json!({ "Ship": { "Type": "Wait", "Seconds": 2, "End": true } }));
    let order = machine(json!({
        "Fulfil": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Ship", "Input": { "id": 7 } },
            "OutputPath": "$.Output"
        }
    }));
    (
        crate::interpreter().store(store.clone()).state_machine("Ship", &ship),
        order,
    )
}

fn end_a_process(store: &MemoryStore, shuts_down: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (interpreter, order) = families(store);
        for _ in 0..100 {
            interpreter
                .start_stored(&order, json!({}), StartRequest::default())
                .await
                .unwrap();
        }
        let submitted = |number| {
            let history = store.history(number, 0, 100).unwrap();
            history.iter().any(|event| event.event_type == "TaskSubmitted")
        };
        let starts: Vec<_> = executions(store).into_iter().map(|execution| execution.start).collect();
        let parents = starts
            .iter()
            .filter(|start| start.state_machine_arn.ends_with(":StateMachine"));
        for parent in parents {
            until(|| submitted(parent.number)).await;
        }
        if shuts_down {
            interpreter.shutdown(Duration::ZERO).await;
        }
    });
    drop(runtime);
}

#[test]
fn a_process_that_ends_ends_no_execution_that_waits_for_another() {
    for shuts_down in [true, false] {
        let store = MemoryStore::new();
        end_a_process(&store, shuts_down);
        std::thread::sleep(Duration::from_millis(200));
        let left = executions(&store);
        assert_eq!(left.len(), 200);
        let running = left.iter().filter(|execution| execution.end.is_none()).count();
        assert_eq!(running, 200, "with a shutdown: {shuts_down}");

        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (interpreter, _) = families(&store);
            assert_eq!(interpreter.resume().await.unwrap().executions, 200);
            for execution in &left {
                let handle = interpreter.execution(&execution.start.arn).unwrap();
                assert_eq!(handle.output::<Value>().await.unwrap(), json!({ "id": 7 }));
                verify(&store, handle.arn()).unwrap();
            }
            assert_eq!(executions(&store).len(), 200, "no second children");
        });
    }
}
