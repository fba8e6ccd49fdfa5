//! A store that does not write: nothing that depends on it happens, and everything goes on when it writes again.

use asl_engine::runtime::StartRequest;
use asl_engine::store::testing::FaultyStore;
use asl_engine::store::{ExecutionStore as _, MemoryStore, StoreErrorKind, verify};
use asl_engine::{ErrorKind, TaskError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::machine;

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// From the next commit on, nothing is written.
fn fill(store: &FaultyStore) {
    store.fail_from(store.commits() + 1, StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn a_start_is_refused_and_leaves_nothing_behind() {
    let store = FaultyStore::new(MemoryStore::new());
    let called = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&called);
    let interpreter = crate::interpreter()
        .store(store.clone())
        .function("Work", move |_: Value| {
            counts.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, TaskError>(json!({})) }
        });
    let work = machine(json!({ "Work": { "Type": "Task", "Resource": WORK, "End": true } }));
    let named = || StartRequest::default().name("order-7");
    fill(&store);
    let refused = interpreter.start_with(&work, json!({}), named()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store);
    let refused = interpreter.run::<Value>(&work, json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store);
    assert_eq!((called.load(Ordering::SeqCst), interpreter.running()), (0, 0));

    store.recover();
    let started = interpreter.start_with(&work, json!({}), named()).unwrap();
    assert_eq!(started.outcome().await.status(), "SUCCEEDED");
    assert_eq!(crate::executions(&store).len(), 1);
}

#[tokio::test]
async fn what_runs_waits_for_room_and_goes_on_by_itself() {
    let store = FaultyStore::new(MemoryStore::new());
    let called = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&called);
    let sent = Arc::new(std::sync::Mutex::new(String::new()));
    let outbox = Arc::clone(&sent);
    let interpreter = crate::interpreter()
        .store(store.clone())
        .function("Work", move |_: Value| {
            counts.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, TaskError>(json!({})) }
        })
        .task(CALLBACK, move |message: Value| {
            *outbox.lock().unwrap() = message["MessageBody"]["token"].as_str().unwrap().to_owned();
            async { Ok::<_, TaskError>(json!({})) }
        });
    let order = machine(json!({
        "Ask": {
            "Type": "Task", "Resource": CALLBACK, "Next": "Work",
            "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
        },
        "Work": { "Type": "Task", "Resource": WORK, "End": true }
    }));
    let started = interpreter
        .start_stored(&order, json!({}), StartRequest::default())
        .await
        .unwrap();
    let mut events = started.events();
    while events.next().await.unwrap().event_type() != "TaskSubmitted" {}

    fill(&store);
    let token = sent.lock().unwrap().clone();
    let refused = interpreter.send_task_success(&token, json!("yes")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(called.load(Ordering::SeqCst), 0, "the next task waits");
    let last = started.history().last().unwrap().event_type();
    assert_eq!(last, "TaskSubmitted", "the history shows only what is written");

    store.recover();
    assert_eq!(started.outcome().await.status(), "SUCCEEDED");
    assert_eq!(called.load(Ordering::SeqCst), 1);
    verify(&store, started.arn()).unwrap();
}

#[tokio::test]
async fn a_record_that_is_refused_ends_its_execution_alone() {
    let store = FaultyStore::new(MemoryStore::new());
    let interpreter = crate::interpreter().store(store.clone());
    let rest = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 0, "End": true } }));
    store.fail_only(store.commits() + 1, StoreErrorKind::Refused);
    let refused = interpreter.start(&rest, json!({})).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store);
    let next = interpreter.start(&rest, json!({})).unwrap();
    assert_eq!(next.outcome().await.status(), "SUCCEEDED");
    assert_eq!(store.last_number().unwrap(), 2);
}
