//! A crash at every commit of random machines in virtual time: what comes of it is the history without a crash, letter by
//! letter, with its ids, its order and its times, also where something times out or is cut off.
//!
//! That holds where one task is at work at a time. Two kinds of histories differ, and are compared by `crashes` alone:
//!
//! * Tasks that are asked for at the same instant are given to their handlers in that order. When the first has answered, that
//!   is written, and leads to a further task; the thread that writes decides whether the others have been called by then. Child
//!   executions of a distributed Map are such work too.
//! * Answers from outside, such as those by tokens, redrives and stops take the time that they took.

use asl_engine::handlers::{LocalS3, TaskContext};
use asl_engine::runtime::{Clock, StartRequest};
use asl_engine::store::{ExecutionStore, HistoryRecord, MemoryStore, verify};
use asl_engine::{Interpreter, StateMachine, TaskError};
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::machines::{definition, machine};

const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:StateMachine:crashes";

fn interpreter(store: &MemoryStore, seed: u64, now: DateTime<Utc>) -> Interpreter {
    let work = move |_: Value, cx: TaskContext| async move {
        let mut hash = DefaultHasher::new();
        (seed, &*cx.state, cx.retry_count).hash(&mut hash);
        match hash.finish() % 5 {
            0 => Err(TaskError::new("Broken", "on purpose")),
            fate => Ok(json!({ "fate": fate })),
        }
    };
    let s3 = LocalS3::new();
    s3.put("b", "k", "[1, 2, 3]");
    Interpreter::new()
        .waiting_in_memory(if seed.is_multiple_of(3) { 10_000 } else { 0 })
        .clock(Clock::virtual_time().starting_at(now))
        .store(store.clone())
        // Virtual time is long ago.
        .keep_closed(None, None)
        .s3(&s3)
        .function("Work", work)
        .task("arn:aws:states:us-east-1:123456789012:activity:Work", work)
        .task("arn:aws:states:::glue:startJobRun.sync", work)
}

fn history(store: &MemoryStore) -> Vec<HistoryRecord> {
    store.history(1, 0, usize::MAX).unwrap()
}

async fn finish(interpreter: &Interpreter) {
    let handle = interpreter.execution(ARN).unwrap();
    let ended = tokio::time::timeout(Duration::from_mins(1), handle.outcome()).await;
    ended.unwrap();
    interpreter.shutdown(Duration::ZERO).await;
}

/// Whether no task was asked for while another was at work.
fn works_one_by_one(history: &[HistoryRecord]) -> bool {
    let is_of_task = |event_type: &str| {
        let mut kinds = ["Task", "LambdaFunction", "Activity"].iter();
        kinds.any(|kind| event_type.starts_with(kind))
    };
    let ends = ["Succeeded", "Failed", "TimedOut", "Aborted"];
    let mut is_at_work = false;
    for event in history {
        let event_type = event.event_type.as_str();
        if event_type.ends_with("Scheduled") {
            if is_at_work {
                return false;
            }
            is_at_work = true;
        } else if event_type == "MapRunStarted" {
            return false;
        } else if is_of_task(event_type) && ends.iter().any(|end| event_type.ends_with(end)) {
            is_at_work = false;
        }
    }
    true
}

/// Whether something timed out, or was cut off by the failure of something beside it.
fn is_cut(history: &[HistoryRecord]) -> bool {
    let cuts = ["ExecutionTimedOut", "MapIterationFailed", "ParallelStateFailed"];
    let is_cut = |event: &HistoryRecord| event.event_type.ends_with("Aborted") || cuts.contains(&&*event.event_type);
    history.iter().any(is_cut)
}

/// How many histories were compared, and in how many of them something was cut off.
static COMPARED: AtomicUsize = AtomicUsize::new(0);
static CUT: AtomicUsize = AtomicUsize::new(0);

fn crash_everywhere(machine: &StateMachine, seed: u64) {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let store = MemoryStore::new();
    let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
    runtime().block_on(async {
        let interpreter = interpreter(&store, seed, start);
        let request = StartRequest::default().name("crashes").seed(seed);
        let input = json!({ "flag": seed.is_multiple_of(2), "items": [1, 2] });
        interpreter.start_with(machine, input, request).unwrap();
        finish(&interpreter).await;
    });
    verify(&store, ARN).unwrap();
    let uninterrupted = history(&store);
    if !works_one_by_one(&uninterrupted) {
        return;
    }
    for commit in 1..store.commits() {
        let crashed = store.as_of(commit);
        let before = history(&crashed);
        let now = before.last().map_or(start, |event| event.time);
        runtime().block_on(async {
            let interpreter = interpreter(&crashed, seed, now);
            let resumed = interpreter.resume().await.unwrap();
            assert!(resumed.waiting.is_empty(), "{resumed:?}");
            finish(&interpreter).await;
        });
        verify(&crashed, ARN).unwrap();
        let after = history(&crashed);
        assert!(
            after.starts_with(&before),
            "the past changed after a crash at commit {commit}"
        );
        assert_eq!(after, uninterrupted, "after a crash at commit {commit}");
        COMPARED.fetch_add(1, Ordering::Relaxed);
        CUT.fetch_add(usize::from(is_cut(&after)), Ordering::Relaxed);
    }
}

#[test]
fn what_comes_after_a_crash_is_what_came_without_it() {
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let ran = runner.run(&(machine(), any::<u64>()), |(machine, seed)| {
        let definition = definition(&machine).replace(
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "arn:aws:lambda:us-east-1:123456789012:function:Work",
        );
        let definition = definition.replace(r#""token.$":"$$.Task.Token""#, r#""token":"t""#);
        crash_everywhere(&definition.parse().unwrap(), seed);
        Ok(())
    });
    ran.unwrap();
    let (compared, cut) = (COMPARED.load(Ordering::Relaxed), CUT.load(Ordering::Relaxed));
    println!("{compared} histories after a crash are those without, {cut} of them with something cut off");
    assert!(compared > 50 && cut > 5, "only {compared}, {cut} of them cut");
}
