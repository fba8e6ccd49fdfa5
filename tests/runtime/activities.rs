//! Activities and their workers.

use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::runtime::{ActivityTask, ExecutionHandle};
use asl_engine::{ErrorKind, Interpreter, StateMachine};
use serde_json::{Value, json};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::{machine, one_task};

const BAKE: &str = "arn:aws:states:us-east-1:123456789012:activity:Bake";

fn bake(fields: Value) -> StateMachine {
    let mut task = json!({ "Resource": BAKE });
    task.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    one_task(task)
}

fn kitchen() -> Arc<Interpreter> {
    Arc::new(Interpreter::new().activity(BAKE))
}

/// Starts an execution for each input.
fn order(kitchen: &Interpreter, inputs: impl IntoIterator<Item = u32>) -> Vec<ExecutionHandle> {
    let machine = bake(json!({}));
    inputs
        .into_iter()
        .map(|input| kitchen.start(&machine, json!(input)).unwrap())
        .collect()
}

async fn next(kitchen: &Interpreter) -> ActivityTask {
    kitchen.get_activity_task(BAKE, "oven").await.unwrap().unwrap()
}

/// Polls a future that is not ready yet.
fn begin<T>(future: Pin<&mut impl Future<Output = T>>) {
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

fn types(handle: &ExecutionHandle) -> Vec<&'static str> {
    handle.history().iter().map(HistoryEvent::event_type).collect()
}

#[tokio::test(start_paused = true)]
async fn a_worker_does_the_work() {
    let kitchen = kitchen();
    let handle = kitchen.start(&bake(json!({})), json!({ "pizza": "funghi" })).unwrap();
    sleep(Duration::from_hours(1)).await;
    assert_eq!(types(&handle).last(), Some(&"ActivityScheduled"));
    let task = next(&kitchen).await;
    assert_eq!(task.input, json!({ "pizza": "funghi" }));
    kitchen.send_task_success(&task.token, json!({ "hot": true })).unwrap();
    assert_eq!(handle.output::<Value>().await.unwrap(), json!({ "hot": true }));
    assert_eq!(
        types(&handle)[2..],
        [
            "ActivityScheduled",
            "ActivityStarted",
            "ActivitySucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
    let started = handle.history()[3].to_json();
    assert_eq!(started["activityStartedEventDetails"], json!({ "workerName": "oven" }));
}

#[tokio::test(start_paused = true)]
async fn a_worker_may_fail_and_need_not_say_who_it_is() {
    let kitchen = kitchen();
    let handle = kitchen.start(&bake(json!({})), json!({})).unwrap();
    let task = kitchen.get_activity_task(BAKE, None).await.unwrap().unwrap();
    let burnt = ErrorOutput {
        error: Some("Burnt".into()),
        cause: Some("too hot".into()),
    };
    kitchen.send_task_failure(&task.token, burnt.clone()).unwrap();
    assert_eq!(handle.outcome().await.error(), Some(&burnt));
    assert_eq!(handle.history()[3].to_json()["activityStartedEventDetails"], json!({}));
    assert_eq!(types(&handle)[4..], ["ActivityFailed", "ExecutionFailed"]);
}

#[tokio::test(start_paused = true)]
async fn a_poll_takes_a_minute_at_the_most() {
    let kitchen = kitchen();
    let asked = Instant::now();
    assert_eq!(kitchen.get_activity_task(BAKE, "oven").await.unwrap(), None);
    assert_eq!(asked.elapsed().as_secs(), 60);
    let waiting = {
        let kitchen = Arc::clone(&kitchen);
        tokio::spawn(async move { next(&kitchen).await.input })
    };
    sleep(Duration::from_secs(59)).await;
    order(&kitchen, [7]);
    assert_eq!(waiting.await.unwrap(), json!(7));
    assert_eq!(asked.elapsed().as_secs(), 60 + 59);
}

#[tokio::test(start_paused = true)]
async fn tasks_are_handed_out_in_order_to_workers_in_order() {
    let kitchen = kitchen();
    order(&kitchen, 0..3);
    for wanted in 0..3 {
        assert_eq!(next(&kitchen).await.input, json!(wanted));
    }
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let kitchen = Arc::clone(&kitchen);
            tokio::spawn(async move { next(&kitchen).await.input })
        })
        .collect();
    sleep(Duration::from_secs(1)).await;
    order(&kitchen, 10..13);
    for (worker, wanted) in workers.into_iter().zip(10..13) {
        assert_eq!(worker.await.unwrap(), json!(wanted));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_poll_loses_no_task() {
    let kitchen = kitchen();
    // One that was never handed anything, and one that was and never looked.
    let mut early = Box::pin(next(&kitchen));
    begin(early.as_mut());
    drop(early);
    let mut late = Box::pin(next(&kitchen));
    begin(late.as_mut());
    let handles = order(&kitchen, 0..2);
    drop(late);
    assert_eq!(types(&handles[0]).last(), Some(&"ActivityScheduled"));
    for wanted in 0..2 {
        assert_eq!(next(&kitchen).await.input, json!(wanted));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_cancelled_poll_was_handed_goes_to_a_worker_that_waits() {
    let kitchen = kitchen();
    let mut gone = Box::pin(next(&kitchen));
    begin(gone.as_mut());
    let waiting = {
        let kitchen = Arc::clone(&kitchen);
        tokio::spawn(async move { next(&kitchen).await.input })
    };
    sleep(Duration::from_secs(1)).await;
    order(&kitchen, [7]);
    drop(gone);
    let input = tokio::time::timeout(Duration::from_secs(1), waiting).await;
    assert_eq!(input.unwrap().unwrap(), json!(7));
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_includes_the_wait_for_a_worker() {
    let kitchen = kitchen();
    let handle = kitchen
        .start(
            &bake(json!({ "TimeoutSeconds": 100, "HeartbeatSeconds": 40 })),
            json!(1),
        )
        .unwrap();
    let started = Instant::now();
    sleep(Duration::from_secs(30)).await;
    let task = next(&kitchen).await;
    for _ in 0..2 {
        kitchen.send_task_heartbeat(&task.token).unwrap();
        sleep(Duration::from_secs(30)).await;
    }
    kitchen.send_task_heartbeat(&task.token).unwrap();
    let error = handle.outcome().await.error().unwrap().error.clone();
    assert_eq!(
        (error.as_deref(), started.elapsed().as_secs()),
        (Some("States.Timeout"), 100)
    );
    let late = kitchen.send_task_success(&task.token, json!(1)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut);
    assert_eq!(
        late.to_string(),
        "Task Timed Out: 'Provided task does not exist anymore'"
    );
}

#[tokio::test(start_paused = true)]
async fn a_missed_heartbeat_ends_the_task_whether_taken_up_or_not() {
    let kitchen = kitchen();
    let machine = bake(json!({ "TimeoutSeconds": 600, "HeartbeatSeconds": 40 }));
    let started = Instant::now();
    for is_taken_up in [false, true] {
        let handle = kitchen.start(&machine, json!(1)).unwrap();
        if is_taken_up {
            next(&kitchen).await;
        }
        assert_eq!(handle.outcome().await.status(), "FAILED");
        assert_eq!(types(&handle).iter().rev().nth(1), Some(&"ActivityTimedOut"));
    }
    assert_eq!(started.elapsed().as_secs(), 80);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_handed_a_task_that_has_ended() {
    let kitchen = kitchen();
    let handles = order(&kitchen, 0..2);
    handles[0].stop(None, None);
    assert_eq!(next(&kitchen).await.input, json!(1));
    assert_eq!(kitchen.get_activity_task(BAKE, "oven").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_execution_takes_its_token_with_it() {
    let kitchen = kitchen();
    let handle = order(&kitchen, [1]).remove(0);
    let task = next(&kitchen).await;
    handle.stop(None, None);
    let late = kitchen.send_task_heartbeat(&task.token).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_another_task() {
    let retry = json!({ "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }] });
    let kitchen = kitchen();
    let handle = kitchen.start(&bake(retry), json!(1)).unwrap();
    let first = next(&kitchen).await;
    kitchen.send_task_failure(&first.token, ErrorOutput::default()).unwrap();
    let second = next(&kitchen).await;
    assert_ne!(first.token, second.token);
    assert!(kitchen.send_task_success(&first.token, json!(1)).is_err());
    kitchen.send_task_success(&second.token, json!(2)).unwrap();
    assert_eq!(handle.output::<u32>().await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_name_stands_for_the_activity_wherever_it_is() {
    let kitchen = Interpreter::new().activity("Bake");
    let handle = kitchen.start(&bake(json!({})), json!(1)).unwrap();
    for polled in ["Bake", BAKE] {
        if let Ok(Some(task)) = kitchen.get_activity_task(polled, "oven").await {
            kitchen.send_task_success(&task.token, json!(polled)).unwrap();
        }
    }
    assert_eq!(handle.output::<String>().await.unwrap(), "Bake");
}

#[tokio::test(start_paused = true)]
async fn an_undeclared_activity_is_an_error_that_says_what_to_do() {
    let kitchen = Interpreter::new().activity("Slice");
    let error = kitchen.start(&bake(json!({})), json!(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler);
    assert!(error.to_string().contains(&format!(".activity(\"{BAKE}\")")), "{error}");
    let error = kitchen.get_activity_task(BAKE, "oven").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ActivityDoesNotExist);
    assert!(
        error
            .to_string()
            .starts_with(&format!("Activity Does Not Exist: '{BAKE}'")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_goes_before_the_workers() {
    let kitchen = Interpreter::new()
        .activity(BAKE)
        .task(BAKE, |_: Value| async { Ok("by the handler") });
    let output: String = kitchen.run(&bake(json!({})), json!(1)).await.unwrap();
    assert_eq!(output, "by the handler");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_sends_the_workers_home() {
    let kitchen = kitchen();
    let worker = {
        let kitchen = Arc::clone(&kitchen);
        tokio::spawn(async move { kitchen.get_activity_task(BAKE, "oven").await })
    };
    sleep(Duration::from_secs(1)).await;
    kitchen.shutdown(Duration::ZERO).await;
    assert_eq!(worker.await.unwrap().unwrap_err().kind(), ErrorKind::ShutDown);
    let error = kitchen.get_activity_task(BAKE, "oven").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShutDown);
}

#[tokio::test]
async fn of_many_workers_at_once_each_task_has_one() {
    let kitchen = kitchen();
    let branches: Vec<_> = (0..8)
        .map(|i| {
            let name = format!("Bake {i}");
            json!({ "StartAt": name, "States": { name: { "Type": "Task", "Resource": BAKE, "End": true } } })
        })
        .collect();
    let machine = machine(json!({ "P": { "Type": "Parallel", "Branches": branches, "End": true } }));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .unwrap();
    let workers: Vec<_> = (0..4_u64)
        .map(|worker| {
            let kitchen = Arc::clone(&kitchen);
            runtime.spawn(async move {
                let mut done = 0;
                loop {
                    // Some polls give up at once, so that tasks are handed to nobody.
                    let patience = Duration::from_micros(50 * worker);
                    match tokio::time::timeout(patience, kitchen.get_activity_task(BAKE, None)).await {
                        Ok(Ok(Some(task))) => {
                            kitchen.send_task_success(&task.token, json!(1)).unwrap();
                            done += 1;
                        }
                        Ok(Ok(None)) | Err(_) => tokio::task::yield_now().await,
                        Ok(Err(_)) => return done,
                    }
                }
            })
        })
        .collect();
    for _ in 0..50 {
        let output: Vec<u32> = kitchen.run(&machine, json!({})).await.unwrap();
        assert_eq!(output, [1; 8]);
    }
    kitchen.shutdown(Duration::ZERO).await;
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    assert_eq!(done, 50 * 8);
    runtime.shutdown_background();
}
