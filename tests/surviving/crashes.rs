//! A crash at every commit of random machines.

use asl_engine::handlers::{LocalS3, TaskContext};
use asl_engine::runtime::ExecutionHandle;
use asl_engine::store::{ExecutionStore, MemoryStore, verify};
use asl_engine::{Interpreter, StateMachine, TaskError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
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
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_by_a_crash_at_any_commit(machine in machine(), seed in any::<u64>()) {
        crash_everywhere(&definition(&machine).parse().unwrap(), seed);
    }
}
