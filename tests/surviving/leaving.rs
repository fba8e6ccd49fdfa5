//! What happens to an execution in the moment in which it comes, goes or is left to the next process.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::StartRequest;
use asl_engine::store::{ExecutionStore as _, MemoryStore, verify};
use asl_engine::{ErrorKind, Interpreter, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::paging::Watched;
use crate::{executions, machine, until};

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_of_a_name_in_use_does_not_keep_its_execution_from_coming_back() {
    let store = Watched::default();
    let interpreter = Arc::new(Interpreter::new().waiting_in_memory(0).store(store.clone()));
    let rest = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 1, "End": true } }));
    let named = || StartRequest::default().name("order-7");
    let started = interpreter.start_stored(&rest, json!({}), named()).await.unwrap();
    let arn = started.arn().to_owned();
    drop(started);
    sleep(Duration::from_millis(200)).await;
    // Its time comes while the second start asks the store for the name.
    store.finding.store(1_500, Ordering::SeqCst);
    let (second, again) = (Arc::clone(&interpreter), rest.clone());
    let second = spawn_blocking(move || second.start_with(&again, json!({}), named()).unwrap_err().kind());
    assert_eq!(second.await.unwrap(), ErrorKind::ExecutionAlreadyExists);
    store.finding.store(0, Ordering::SeqCst);
    let has_ended = || store.below.execution(&arn).unwrap().unwrap().end.is_some();
    timeout(Duration::from_secs(5), until(has_ended)).await.unwrap();
    verify(&store.below, &arn).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_handles_redrive_one_execution_that_ends_in_between() {
    let store = Watched::default();
    let interpreter = Interpreter::new()
        .store(store.clone())
        .function("Work", |_: Value| async {
            sleep(Duration::from_millis(400)).await;
            Err::<(), _>(TaskError::new("Burnt", "too hot"))
        });
    let burns = machine(json!({ "Burn": { "Type": "Task", "Resource": WORK, "End": true } }));
    let first = interpreter.start(&burns, json!({})).unwrap();
    first.outcome().await;
    let second = interpreter.execution(first.arn()).unwrap();
    second.redrive().unwrap();
    second.outcome().await;
    first.redrive().unwrap();
    // What the second reads now is old when it comes.
    store.giving_out.store(700, Ordering::SeqCst);
    let again = second.clone();
    let refused = spawn_blocking(move || again.redrive().unwrap_err().kind());
    assert_eq!(refused.await.unwrap(), ErrorKind::ExecutionAlreadyExists);
    store.giving_out.store(0, Ordering::SeqCst);
    first.outcome().await;
    second.redrive().unwrap();
    assert_eq!(second.redrive_count(), 3);
    let outcome = second.outcome().await;
    assert_eq!(outcome.error().unwrap().error.as_deref(), Some("Burnt"), "{outcome:?}");
    verify(&store.below, first.arn()).unwrap();
}

#[tokio::test]
async fn an_execution_that_was_removed_is_not_redriven() {
    let store = MemoryStore::new();
    let interpreter = Interpreter::new().store(store.clone()).keep_closed(None, 0);
    let fails = machine(json!({ "Burnt": { "Type": "Fail", "Error": "Burnt" } }));
    let failed = interpreter.start(&fails, json!({})).unwrap();
    failed.outcome().await;
    until(|| executions(&store).is_empty()).await;
    let refused = failed.redrive().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotRedrivable, "{refused}");
    assert_eq!((failed.status(), interpreter.running()), ("FAILED", 0));
}

#[tokio::test]
async fn no_handler_is_called_after_a_shutdown() {
    let store = Watched::default();
    let called = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&called);
    let interpreter = Interpreter::new()
        .store(store.clone())
        .function("Work", move |_: Value| {
            counts.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<Result<(), TaskError>>()
        });
    let interpreter = Arc::new(interpreter);
    let work = machine(json!({ "Work": { "Type": "Task", "Resource": WORK, "End": true } }));
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (interpreter, work) = (Arc::clone(&interpreter), work.clone());
        starting.spawn(async move {
            let request = StartRequest::default();
            interpreter.start_stored(&work, json!({}), request).await.is_ok()
        });
    }
    // They have begun, and are not written.
    tokio::task::yield_now().await;
    interpreter.shutdown(Duration::ZERO).await;
    let before = called.load(Ordering::SeqCst);
    starting.join_all().await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(called.load(Ordering::SeqCst), before);
    assert_eq!(executions(&store.below).len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_accepted_is_kept_whenever_the_interpreter_shuts_down() {
    const EXECUTIONS: usize = 2_000;
    let store = MemoryStore::new();
    let asked: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let outbox = Arc::clone(&asked);
    let interpreter = Interpreter::new()
        .store(store.clone())
        .task(CALLBACK, move |message: Value, cx: TaskContext| {
            let token = message["MessageBody"]["token"].as_str().unwrap().to_owned();
            outbox.lock().unwrap().insert(token, cx.execution_arn.to_string());
            async { Ok::<_, TaskError>(json!({})) }
        });
    let interpreter = Arc::new(interpreter);
    let asks = machine(json!({ "Ask": {
        "Type": "Task", "Resource": CALLBACK, "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
    } }));
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..EXECUTIONS {
        let (interpreter, asks) = (Arc::clone(&interpreter), asks.clone());
        starting.spawn(async move {
            interpreter
                .start_stored(&asks, json!({}), StartRequest::default())
                .await
                .is_ok()
        });
    }
    assert!(starting.join_all().await.into_iter().all(|is_started| is_started));
    until(|| asked.lock().unwrap().len() == EXECUTIONS).await;
    let asked = asked.lock().unwrap().clone();
    let answering: Vec<_> = (0..4)
        .map(|part| {
            let interpreter = Arc::clone(&interpreter);
            let tokens: Vec<_> = asked.keys().skip(part).step_by(4).cloned().collect();
            std::thread::spawn(move || {
                let is_kept = |token: &String| interpreter.send_task_success(token, json!("yes"));
                let mut accepted = Vec::new();
                for token in tokens {
                    match is_kept(&token) {
                        Ok(()) => accepted.push(token),
                        Err(error) => assert_eq!(error.kind(), ErrorKind::ShutDown, "{error}"),
                    }
                }
                accepted
            })
        })
        .collect();
    sleep(Duration::from_millis(20)).await;
    interpreter.shutdown(Duration::ZERO).await;
    let mut accepted = 0;
    for answers in answering {
        for token in answers.join().unwrap() {
            accepted += 1;
            let known = store.execution(&asked[&token]).unwrap().unwrap();
            assert!(known.end.is_some(), "an answer was accepted and is lost");
        }
    }
    assert!((1..EXECUTIONS).contains(&accepted), "{accepted}");
}
