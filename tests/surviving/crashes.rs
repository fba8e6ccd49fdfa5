//! A crash at every commit of random machines.

use asl_engine::handlers::{LocalS3, TaskContext};
use asl_engine::runtime::ExecutionHandle;
use asl_engine::store::{ExecutionStore, MemoryStore, verify};
use asl_engine::{Interpreter, StateMachine, TaskError};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::executions;
use crate::machines::{definition, machine};

/// Who does the tasks of the machines, and what they did.
#[derive(Clone, Default)]
struct Workers {
    seed: u64,
    /// The attempts that were begun.
    begun: Arc<Mutex<BTreeSet<String>>>,
    /// The tokens that were sent out; somebody answers them sooner or later.
    tokens: Arc<Mutex<BTreeSet<String>>>,
}

impl Workers {
    fn seeded(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// An interpreter with this store, in which every task takes a while and some fail.
    fn interpreter(&self, store: MemoryStore) -> Interpreter {
        let work = |answers: bool| {
            let workers = self.clone();
            move |input: Value, cx: TaskContext| {
                let workers = workers.clone();
                async move { workers.work(input, cx, answers).await }
            }
        };
        let s3 = LocalS3::new();
        s3.put("b", "k", "[1, 2, 3]");
        Interpreter::new()
            .waiting_in_memory(if self.seed.is_multiple_of(3) { 10_000 } else { 0 })
            .store(store)
            .s3(&s3)
            .function("Work", work(true))
            .task("arn:aws:states:us-east-1:123456789012:activity:Work", work(true))
            .task("arn:aws:states:::glue:startJobRun.sync", work(true))
            .task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", work(false))
    }

    async fn work(&self, input: Value, cx: TaskContext, answers: bool) -> Result<Value, TaskError> {
        let id = cx.attempt_id();
        self.begun.lock().unwrap().insert(id.clone());
        let mut hash = DefaultHasher::new();
        (self.seed, &*cx.state, cx.retry_count).hash(&mut hash);
        let fate = hash.finish();
        tokio::time::sleep(Duration::from_millis(fate % 3_000)).await;
        if !answers {
            let token = input.pointer("/MessageBody/token").and_then(Value::as_str).unwrap();
            self.tokens.lock().unwrap().insert(token.to_owned());
            return Ok(json!({ "MessageId": "m" }));
        }
        match fate % 5 {
            0 => Err(TaskError::new("Broken", "on purpose")),
            _ => Ok(json!({ "fate": fate % 100 })),
        }
    }
}

/// Lets everything in a store end, while somebody answers the tokens. What fails is redriven, twice.
async fn finish(interpreter: &Interpreter, store: &MemoryStore, workers: &Workers) {
    for execution in executions(store) {
        let handle = interpreter.execution(&execution.start.arn).unwrap();
        end(interpreter, &handle, workers).await;
        while handle.redrive_count() < 2 && handle.status() != "SUCCEEDED" {
            handle.redrive().unwrap();
            end(interpreter, &handle, workers).await;
        }
    }
    interpreter.shutdown(Duration::ZERO).await;
}

async fn end(interpreter: &Interpreter, handle: &ExecutionHandle, workers: &Workers) {
    let mut rounds = 0..200_000;
    while tokio::time::timeout(Duration::from_secs(3), handle.outcome())
        .await
        .is_err()
    {
        assert!(rounds.next().is_some(), "{} is stuck", handle.arn());
        // The paused clock does not wait for the store's thread, which may have a busy machine to share.
        std::thread::sleep(Duration::from_micros(200));
        for token in &*workers.tokens.lock().unwrap() {
            // Most have been answered, or their tasks have timed out.
            let _ = interpreter.send_task_success(token, json!("answered"));
        }
    }
}

fn check(store: &MemoryStore) {
    for execution in executions(store) {
        assert!(execution.end.is_some(), "{} was lost", execution.start.arn);
        verify(store, &execution.start.arn).unwrap();
        let history = store.history(execution.start.number, 0, usize::MAX).unwrap();
        let ends = history.iter().filter(|event| event.event_type.starts_with("Execution"));
        let runs = execution.redrive_count as usize + 1;
        assert_eq!(ends.count(), 2 * runs, "it starts and ends once, each time");
    }
}

fn crash_everywhere(machine: &StateMachine, seed: u64) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    let store = MemoryStore::new();
    let workers = Workers::seeded(seed);
    runtime().block_on(async {
        let interpreter = workers.interpreter(store.clone());
        interpreter
            .start(machine, json!({ "flag": seed.is_multiple_of(2) }))
            .unwrap();
        finish(&interpreter, &store, &workers).await;
    });
    check(&store);
    let uninterrupted = chains(&store);
    for commit in 1..store.commits() {
        let crashed = store.as_of(commit);
        let before = crashed.history(1, 0, usize::MAX).unwrap();
        let workers = Workers {
            tokens: Arc::clone(&workers.tokens),
            ..Workers::seeded(seed)
        };
        runtime().block_on(async {
            let interpreter = workers.interpreter(crashed.clone());
            let resumed = interpreter.resume().await.unwrap();
            assert!(resumed.waiting.is_empty(), "{resumed:?}");
            finish(&interpreter, &crashed, &workers).await;
        });
        check(&crashed);
        let after = crashed.history(1, 0, usize::MAX).unwrap();
        assert!(
            after.starts_with(&before),
            "the past changed after a crash at commit {commit}"
        );
        let happened = chains(&crashed);
        if !depends_on_time(&uninterrupted) && !depends_on_time(&happened) {
            let other = happened.iter().find(|chain| !uninterrupted.contains(chain));
            assert_eq!(other, None, "it never happened without the crash at commit {commit}");
            let (mut happened, mut before) = (happened, uninterrupted.clone());
            happened.sort();
            before.sort();
            assert_eq!(happened, before, "after a crash at commit {commit}");
            COMPARED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How many histories after a crash were compared with those of the uninterrupted run.
static COMPARED: AtomicUsize = AtomicUsize::new(0);

/// Every event of the history with the events that led to it, letter by letter but for times, in an order of their own:
/// branches and iterations go on beside each other, and a task that is done again takes its time again. Random values
/// are drawn in the order of what happens. A token that was known before the crash may be answered before its handler
/// returns.
fn chains(store: &MemoryStore) -> Vec<String> {
    let events = store.history(1, 0, usize::MAX).unwrap();
    let mut chains = Vec::with_capacity(events.len());
    let mut hashes: Vec<u64> = Vec::with_capacity(events.len());
    for event in &events {
        let before = usize::try_from(event.previous_event_id).unwrap();
        let before = before.checked_sub(1).map_or(0, |index| hashes[index]);
        // It comes after the branch or the iteration that happens to end last.
        let joins = ["Parallel", "Map"]
            .iter()
            .any(|fork| event.event_type.starts_with(fork))
            && ["Succeeded", "Exited"]
                .iter()
                .any(|end| event.event_type.ends_with(end));
        let before = if joins { 0 } else { before };
        if event.event_type == "TaskSubmitted" {
            hashes.push(before);
            continue;
        }
        let mut details = serde_json::from_str(&event.details).unwrap();
        without_random(&mut details);
        let chain = without_ids(&format!("{} {details} after {before:x}", event.event_type));
        let mut hash = DefaultHasher::new();
        chain.hash(&mut hash);
        hashes.push(hash.finish());
        chains.push(chain);
    }
    chains
}

/// Masks the ids of events in causes.
fn without_ids(chain: &str) -> String {
    let mut parts = chain.split("event id #");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("event");
        masked.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    masked
}

/// Masks the results of `States.UUID` and `States.MathRandom`, the ids of Map Runs, and task tokens, which tell the place of a
/// task in memory; also in texts of JSON.
fn without_random(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if ["u", "r", "token", "mapRunArn"].contains(&name.as_str()) {
                    *member = Value::Null;
                }
                without_random(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_random),
        Value::String(text) => {
            if let Ok(mut inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                without_random(&mut inner);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

/// Whether something timed out, or was cut off by the failure of something beside it.
fn depends_on_time(chains: &[String]) -> bool {
    let cuts = [
        "TimedOut",
        "Aborted ",
        "MapIterationFailed ",
        "ParallelStateFailed ",
        "MapStateFailed ",
        "MapRunFailed ",
    ];
    let is_cut = |chain: &String| {
        let event_type = chain.split_inclusive(' ').next().unwrap_or_default();
        cuts.iter().any(|cut| event_type.contains(cut)) || chain.contains("States.Timeout")
    };
    chains.iter().any(is_cut)
}

#[test]
fn nothing_is_lost_by_a_crash_at_any_commit() {
    let config = ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let machines = (machine(), any::<u64>());
    let ran = runner.run(&machines, |(machine, seed)| {
        crash_everywhere(&definition(&machine).parse().unwrap(), seed);
        Ok(())
    });
    ran.unwrap();
    let compared = COMPARED.load(Ordering::Relaxed);
    println!("{compared} histories after a crash are those of the uninterrupted run");
    assert!(compared > 20, "only {compared}");
}
