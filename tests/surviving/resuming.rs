//! What goes on after a restart, and how.

use asl_engine::TaskError;
use asl_engine::handlers::TaskContext;
use asl_engine::runtime::Clock;
use asl_engine::store::{ExecutionStore as _, MemoryStore};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::{machine, until};

const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// A handler that writes down which attempts it sees, and answers only if it is told to.
fn writes_down(seen: &Arc<Mutex<Vec<String>>>, answers: bool) -> impl asl_engine::handlers::Handler {
    let seen = Arc::clone(seen);
    let handler = move |_: Value, cx: TaskContext| {
        let seen = Arc::clone(&seen);
        async move {
            seen.lock().unwrap().push(cx.attempt_id());
            if !answers {
                std::future::pending::<()>().await;
            }
            Ok::<_, TaskError>(json!("done"))
        }
    };
    asl_engine::handlers::IntoHandler::into_handler(handler)
}

#[tokio::test(start_paused = true)]
async fn a_task_is_given_to_its_handler_again_as_the_same_attempt() {
    let store = MemoryStore::new();
    let charge = machine(json!({
        "Charge": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true }
    }));
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let first = crate::interpreter()
        .store(store.clone())
        .handler("arn:aws:lambda:*:*:function:Charge", writes_down(&seen, false));
    let arn = first.start(&charge, json!({})).unwrap().arn().to_owned();
    until(|| !seen.lock().unwrap().is_empty()).await;
    first.shutdown(Duration::ZERO).await;

    let second = crate::interpreter()
        .store(store)
        .handler("arn:aws:lambda:*:*:function:Charge", writes_down(&seen, true));
    assert_eq!(second.resume().await.unwrap().executions, 1);
    assert_eq!(second.resume().await.unwrap().executions, 0, "it runs already");
    let output: Value = second.execution(&arn).unwrap().output().await.unwrap();
    assert_eq!(output, "done");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1]);
}

/// A faster clock is ahead of the system's time, and so are the waits that it has written.
#[tokio::test]
async fn a_faster_clock_starts_where_the_last_one_was() {
    let store = MemoryStore::new();
    let wait = machine(json!({ "Wait": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let ahead: chrono::DateTime<chrono::Utc> = "2200-01-01T00:00:00Z".parse().unwrap();
    let first = crate::interpreter()
        .store(store.clone())
        .clock(Clock::faster(2.0).starting_at(ahead));
    let started = first.start(&wait, json!({})).unwrap();
    assert!(started.start_time() >= ahead);
    let arn = started.arn().to_owned();
    first.shutdown(Duration::ZERO).await;

    // With a clock from the system's time on, the rest would take weeks.
    let hour_later = ahead + chrono::TimeDelta::minutes(59);
    let second = crate::interpreter()
        .store(store)
        .clock(Clock::faster(3600.0).starting_at(hour_later));
    second.resume().await.unwrap();
    let resumed = second.execution(&arn).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(30), resumed.outcome());
    assert_eq!(ended.await.unwrap().status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_valid_after_a_restart_and_its_handler_not_called_again() {
    let store = MemoryStore::new();
    let ask = machine(json!({
        "Ask": {
            "Type": "Task", "Resource": CALLBACK, "End": true,
            "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
        }
    }));
    let tokens: Arc<Mutex<Vec<String>>> = Arc::default();
    let sends = || {
        let tokens = Arc::clone(&tokens);
        move |message: Value| {
            let token = message["MessageBody"]["token"].as_str().unwrap().to_owned();
            tokens.lock().unwrap().push(token);
            async { Ok::<_, TaskError>(json!({})) }
        }
    };
    let first = crate::interpreter().store(store.clone()).task(CALLBACK, sends());
    let arn = first.start(&ask, json!({})).unwrap().arn().to_owned();
    until(|| {
        store
            .history(1, 0, 100)
            .unwrap()
            .iter()
            .any(|event| event.event_type == "TaskSubmitted")
    })
    .await;
    first.shutdown(Duration::ZERO).await;

    let second = crate::interpreter().store(store).task(CALLBACK, sends());
    second.resume().await.unwrap();
    let token = tokens.lock().unwrap().concat();
    second.send_task_success(&token, json!("yes")).unwrap();
    assert_eq!(second.execution(&arn).unwrap().output::<Value>().await.unwrap(), "yes");
}

#[tokio::test(start_paused = true)]
async fn an_execution_without_its_handlers_waits_and_is_told() {
    let store = MemoryStore::new();
    let charge = machine(json!({
        "Charge": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true }
    }));
    let seen = Arc::default();
    let first = crate::interpreter()
        .store(store.clone())
        .handler("arn:aws:lambda:*:*:function:Charge", writes_down(&seen, false));
    let arn = first.start(&charge, json!({})).unwrap().arn().to_owned();
    first.shutdown(Duration::ZERO).await;

    let commits = store.commits();
    let second = crate::interpreter().store(store.clone());
    let resumed = second.resume().await.unwrap();
    assert_eq!((resumed.executions, resumed.waiting.len()), (0, 1));
    assert_eq!(resumed.waiting[0].arn, arn);
    assert!(
        resumed.waiting[0].reason.contains("no handler is registered"),
        "{resumed:?}"
    );
    second.shutdown(Duration::ZERO).await;
    assert_eq!(store.commits(), commits, "it is left as it is");

    let third = crate::interpreter()
        .store(store)
        .handler("arn:aws:lambda:*:*:function:Charge", writes_down(&seen, true));
    assert_eq!(third.resume().await.unwrap().executions, 1);
    assert_eq!(third.execution(&arn).unwrap().outcome().await.status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn a_parent_finds_the_child_that_it_started_before() {
    let store = MemoryStore::new();
    let ship = machine(json!({ "Ship": { "Type": "Wait", "Seconds": 60, "End": true } }));
    let order = machine(json!({
        "Fulfil": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Ship", "Input": { "id": 7 } },
            "OutputPath": "$.Output"
        }
    }));
    let bar = || crate::interpreter().store(store.clone()).state_machine("Ship", &ship);
    let first = bar();
    let arn = first.start(&order, json!({})).unwrap().arn().to_owned();
    until(|| {
        store
            .history(1, 0, 100)
            .unwrap()
            .iter()
            .any(|event| event.event_type == "TaskSubmitted")
    })
    .await;
    first.shutdown(Duration::ZERO).await;

    let second = bar();
    assert_eq!(second.resume().await.unwrap().executions, 2);
    assert_eq!(
        second.execution(&arn).unwrap().output::<Value>().await.unwrap(),
        json!({ "id": 7 })
    );
    assert_eq!(crate::executions(&store).len(), 2, "no second child");
    let types: Vec<_> = store
        .history(1, 0, 100)
        .unwrap()
        .into_iter()
        .map(|event| event.event_type)
        .collect();
    let submitted = types.iter().filter(|event_type| *event_type == "TaskSubmitted");
    assert_eq!(submitted.count(), 1, "{types:?}");
}

#[tokio::test(start_paused = true)]
async fn a_parent_waits_while_its_child_lacks_a_handler() {
    let store = MemoryStore::new();
    let ship = machine(json!({
        "Ship": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Ship", "End": true }
    }));
    let order = machine(json!({
        "Fulfil": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Ship" },
            "OutputPath": "$.Output"
        }
    }));
    let seen = Arc::default();
    let bar = |answers| {
        let ships = writes_down(&seen, answers);
        let bar = crate::interpreter().store(store.clone()).state_machine("Ship", &ship);
        bar.handler("arn:aws:lambda:*:*:function:Ship", ships)
    };
    let first = bar(false);
    let arn = first.start(&order, json!({})).unwrap().arn().to_owned();
    until(|| !seen.lock().unwrap().is_empty()).await;
    first.shutdown(Duration::ZERO).await;

    // Another machine stands under the name now, so that only the child lacks its handler.
    let rest = machine(json!({ "Rest": { "Type": "Wait", "Seconds": 1, "End": true } }));
    let second = crate::interpreter().store(store.clone()).state_machine("Ship", &rest);
    let resumed = second.resume().await.unwrap();
    assert_eq!((resumed.executions, resumed.waiting.len()), (1, 1), "{resumed:?}");
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(second.execution(&arn).unwrap().status(), "RUNNING");
    second.shutdown(Duration::ZERO).await;
    assert_eq!(crate::executions(&store).len(), 2, "no second child");

    let third = bar(true);
    assert_eq!(third.resume().await.unwrap().executions, 2);
    assert_eq!(third.execution(&arn).unwrap().output::<Value>().await.unwrap(), "done");
}

#[tokio::test(start_paused = true)]
async fn the_task_of_an_activity_is_handed_out_again_and_the_first_answer_counts() {
    let store = MemoryStore::new();
    let bake = machine(json!({
        "Bake": { "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Bake", "End": true }
    }));
    let bar = || crate::interpreter().store(store.clone()).activity("Bake");
    let first = bar();
    let orders: Vec<_> = (0..3)
        .map(|number| {
            first
                .start(&bake, json!({ "number": number }))
                .unwrap()
                .arn()
                .to_owned()
        })
        .collect();
    let mut taken = Vec::new();
    for _ in 0..2 {
        taken.push(first.get_activity_task("Bake", "oven-1").await.unwrap().unwrap());
    }
    first.shutdown(Duration::ZERO).await;
    let late = first.send_task_success(&taken[0].token, json!("early")).unwrap_err();
    assert_eq!(late.kind(), asl_engine::ErrorKind::ShutDown);

    let second = bar();
    assert_eq!(second.resume().await.unwrap().executions, 3);
    // The worker has survived, and answers.
    second.send_task_success(&taken[0].token, json!("oven-1")).unwrap();
    second.send_task_heartbeat(&taken[1].token).unwrap();
    for _ in 0..2 {
        let again = second.get_activity_task("Bake", "oven-2").await.unwrap().unwrap();
        second.send_task_success(&again.token, json!("oven-2")).unwrap();
    }
    let late = second.send_task_success(&taken[1].token, json!("oven-1")).unwrap_err();
    assert_eq!(late.kind(), asl_engine::ErrorKind::TaskTimedOut);
    assert_eq!(second.get_activity_task("Bake", None).await.unwrap(), None);
    let mut bakers = Vec::new();
    for order in &orders {
        bakers.push(second.execution(order).unwrap().output::<Value>().await.unwrap());
        asl_engine::store::verify(&store, order).unwrap();
    }
    let of = |baker: &str| bakers.iter().filter(|by| **by == baker).count();
    assert_eq!((of("oven-1"), of("oven-2")), (1, 2), "{bakers:?}");
}

#[tokio::test]
async fn a_stop_and_a_heartbeat_are_written_when_they_return() {
    let store = MemoryStore::new();
    let ask = machine(json!({
        "Ask": {
            "Type": "Task", "Resource": CALLBACK, "HeartbeatSeconds": 60, "End": true,
            "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
        }
    }));
    let seen = Arc::default();
    let interpreter = crate::interpreter()
        .store(store.clone())
        .handler(CALLBACK, writes_down(&seen, false));
    let handle = interpreter.start(&ask, json!({})).unwrap();
    until(|| !seen.lock().unwrap().is_empty()).await;
    let entries = || store.journal(1).unwrap().unwrap().entries.len();
    let before = entries();
    assert_eq!(handle.heartbeat("Ask"), 1);
    assert_eq!(entries(), before + 1);
    handle.stop(None, None);
    let end = store.execution(handle.arn()).unwrap().unwrap().end;
    assert_eq!(end.unwrap().status, "ABORTED");
}
