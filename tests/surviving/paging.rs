//! Executions that wait in the store alone.

use asl_engine::execution::Program;
use asl_engine::runtime::StartRequest;
use asl_engine::store::testing::FaultyStore;
use asl_engine::store::{
    ChildEvents, Document, ExecutionStore, Filter, HistoryRecord, Journal, MemoryStore, Record, Retention, StoreError,
    StoredDefinition, StoredExecution, StoredMapRun, verify,
};
use asl_engine::{ErrorKind, Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::{executions, machine, until};

const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/// A store that counts the executions that are read to go on, and writes down whose entries come in which order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    pub(crate) below: MemoryStore,
    read: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    /// The most that were read and had not ended.
    most_at_once: Arc<AtomicUsize>,
    entries: Arc<Mutex<Vec<u64>>>,
    /// How many milliseconds it takes to find an execution by its ARN, and to give out a journal that was read.
    pub(crate) finding: Arc<AtomicU64>,
    pub(crate) giving_out: Arc<AtomicU64>,
}

impl ExecutionStore for Watched {
    fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        // A disk that takes its time.
        std::thread::sleep(Duration::from_millis(5));
        for record in records {
            match record {
                Record::Entry { execution, .. } => self.entries.lock().unwrap().push(*execution),
                Record::End { .. } => drop(self.ended.fetch_add(1, Ordering::SeqCst)),
                _ => {}
            }
        }
        self.below.commit(records)
    }

    fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError> {
        let read = self.read.fetch_add(1, Ordering::SeqCst) + 1;
        let at_once = read.saturating_sub(self.ended.load(Ordering::SeqCst));
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        let journal = self.below.journal(number);
        std::thread::sleep(Duration::from_millis(self.giving_out.load(Ordering::SeqCst)));
        journal
    }

    fn last_number(&self) -> Result<u64, StoreError> {
        self.below.last_number()
    }

    fn execution(&self, arn: &str) -> Result<Option<StoredExecution>, StoreError> {
        std::thread::sleep(Duration::from_millis(self.finding.load(Ordering::SeqCst)));
        self.below.execution(arn)
    }

    fn executions(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, StoreError> {
        self.below.executions(filter, most)
    }

    fn journals(&self, filter: &Filter, most: usize) -> Result<Vec<Journal>, StoreError> {
        self.below.journals(filter, most)
    }

    fn history(&self, number: u64, after: u64, most: usize) -> Result<Vec<HistoryRecord>, StoreError> {
        self.below.history(number, after, most)
    }

    fn map_runs(&self, number: u64) -> Result<Vec<StoredMapRun>, StoreError> {
        self.below.map_runs(number)
    }

    fn children(&self, number: u64, arn: &str, from: usize, most: usize) -> Result<Vec<ChildEvents>, StoreError> {
        self.below.children(number, arn, from, most)
    }

    fn definition(&self, fingerprint: &str) -> Result<Option<StoredDefinition>, StoreError> {
        self.below.definition(fingerprint)
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        self.below.documents(kind)
    }

    fn remove_closed(&self, retention: &Retention, rows: usize) -> Result<usize, StoreError> {
        self.below.remove_closed(retention, rows)
    }
}

/// A machine that waits for so many seconds.
fn waits(seconds: usize) -> StateMachine {
    machine(json!({ "Rest": { "Type": "Wait", "Seconds": seconds, "End": true } }))
}

/// A machine that waits for a token.
fn asks() -> StateMachine {
    machine(json!({ "Ask": {
        "Type": "Task", "Resource": CALLBACK, "TimeoutSeconds": 3600, "End": true,
        "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
    } }))
}

/// An interpreter without any waiting execution in memory, and the tokens that its handler was given.
fn sends(store: impl ExecutionStore) -> (Interpreter, Arc<Mutex<Vec<String>>>) {
    let tokens: Arc<Mutex<Vec<String>>> = Arc::default();
    let outbox = Arc::clone(&tokens);
    let interpreter = Interpreter::new()
        .waiting_in_memory(0)
        .store(store)
        .task(CALLBACK, move |message: Value| {
            let token = message["MessageBody"]["token"].as_str().unwrap().to_owned();
            outbox.lock().unwrap().push(token);
            async { Ok::<_, TaskError>(json!({})) }
        });
    (interpreter, tokens)
}

async fn start(interpreter: &Interpreter, machine: &StateMachine) -> String {
    let request = StartRequest::default();
    let started = interpreter.start_stored(machine, json!({}), request).await.unwrap();
    started.arn().to_owned()
}

fn submitted(store: &impl ExecutionStore, number: u64) -> bool {
    let history = store.history(number, 0, 100).unwrap();
    history.iter().any(|event| event.event_type == "TaskSubmitted")
}

#[tokio::test]
async fn a_burst_comes_into_memory_only_as_fast_as_the_store_writes() {
    let store = Watched::default();
    let first = Arc::new(Interpreter::new().store(store.clone()));
    let rest = Arc::new(Program::compile(&waits(8)));
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..2_500 {
        let (first, rest) = (Arc::clone(&first), Arc::clone(&rest));
        starting.spawn(async move {
            let request = StartRequest::default();
            first.start_stored(rest, json!({}), request).await.map(drop).unwrap();
        });
    }
    starting.join_all().await;
    first.shutdown(Duration::ZERO).await;
    let left = executions(&store)
        .iter()
        .filter(|execution| execution.end.is_none())
        .count();
    assert!(left > 1_500, "{left}: the machine is too slow for this test");
    tokio::time::sleep(Duration::from_millis(8_100)).await;
    store.ended.store(0, Ordering::SeqCst);
    let second = Interpreter::new().waiting_in_memory(0).store(store.clone());
    assert_eq!(second.resume().await.unwrap().executions, left);
    assert_eq!(store.read.load(Ordering::SeqCst), 0, "they are only numbers so far");
    until(|| second.running() == 0).await;
    assert_eq!(store.read.load(Ordering::SeqCst), left, "each was read once");
    let at_once = store.most_at_once.load(Ordering::SeqCst);
    assert!(at_once <= 1_000, "{at_once} of {left} were in memory at once");
}

#[tokio::test]
async fn what_became_due_meanwhile_happens_in_the_order_of_its_times() {
    let store = Watched::default();
    let (first, _) = sends(store.clone());
    // The later an execution started, the earlier is its time.
    for seconds in [3, 2, 1] {
        let rest = waits(seconds);
        for _ in 0..3 {
            start(&first, &rest).await;
        }
    }
    first.shutdown(Duration::ZERO).await;
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    store.entries.lock().unwrap().clear();
    // Some of them are in memory.
    let second = Interpreter::new().waiting_in_memory(4).store(store.clone());
    assert_eq!(second.resume().await.unwrap().executions, 9);
    until(|| second.running() == 0).await;
    assert_eq!(*store.entries.lock().unwrap(), [7, 8, 9, 4, 5, 6, 1, 2, 3]);
}

#[tokio::test]
async fn nothing_is_lost_while_the_store_cannot_be_read() {
    let below = MemoryStore::new();
    let store = FaultyStore::new(below.clone());
    let (interpreter, tokens) = sends(store.clone());
    let asking = start(&interpreter, &asks()).await;
    let waiting = start(&interpreter, &waits(1)).await;
    until(|| submitted(&below, 1)).await;
    store.crash_after(0);
    // This commit is the last one that works.
    let request = StartRequest::default();
    let _ = interpreter.start_stored(&waits(0), json!({}), request).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let token = tokens.lock().unwrap().concat();
    let unreadable = interpreter.send_task_success(&token, json!("yes")).unwrap_err();
    assert_eq!(unreadable.kind(), ErrorKind::Store, "{unreadable}");
    store.recover();
    interpreter.send_task_success(&token, json!("yes")).unwrap();
    let ended = |arn: &str| below.execution(arn).unwrap().unwrap().end.is_some();
    until(|| ended(&asking) && ended(&waiting)).await;
    verify(&below, &asking).unwrap();
    verify(&below, &waiting).unwrap();
    let late = interpreter.send_task_success(&token, json!("again")).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut);
}

#[tokio::test]
async fn all_that_asks_for_an_execution_finds_it() {
    let store = MemoryStore::new();
    let (interpreter, tokens) = sends(store.clone());
    let asks = asks();
    let arn = start(&interpreter, &asks).await;
    until(|| submitted(&store, 1)).await;
    assert_eq!(interpreter.running(), 1);
    let handle = interpreter.execution(&arn).unwrap();
    assert_eq!(handle.status(), "RUNNING");
    assert!(handle.history().len() > 3);
    assert_eq!(handle.heartbeat("Ask"), 1);
    drop(handle);
    assert_eq!(interpreter.executions().len(), 1);
    let token = tokens.lock().unwrap().concat();
    interpreter.send_task_heartbeat(&token).unwrap();
    let named = StartRequest::default().name("n");
    let started = interpreter.start_stored(&asks, json!({}), named.clone()).await.unwrap();
    let second = started.arn().to_owned();
    drop(started);
    until(|| submitted(&store, 2)).await;
    let refused = interpreter.start_stored(&asks, json!({}), named).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ExecutionAlreadyExists);
    interpreter.execution(&second).unwrap().stop(None, None);
    interpreter.send_task_success(&token, json!("yes")).unwrap();
    until(|| interpreter.running() == 0).await;
    let statuses: Vec<_> = executions(&store)
        .into_iter()
        .map(|execution| execution.end.unwrap().status)
        .collect();
    assert_eq!(statuses, ["ABORTED", "SUCCEEDED"]);
    assert_eq!(interpreter.shutdown(Duration::ZERO).await, 0);
}

#[tokio::test]
async fn a_shutdown_counts_and_leaves_them_and_waits_for_those_whose_time_comes() {
    let store = MemoryStore::new();
    let (interpreter, _) = sends(store.clone());
    for seconds in [1, 3600] {
        let rest = waits(seconds);
        for _ in 0..3 {
            start(&interpreter, &rest).await;
        }
    }
    assert_eq!(interpreter.shutdown(Duration::from_secs(4)).await, 3);
    let ended = executions(&store)
        .iter()
        .filter(|execution| execution.end.is_some())
        .count();
    assert_eq!(ended, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_tokens_stops_and_handles_race_for_an_execution() {
    const EXECUTIONS: usize = 120;
    let store = MemoryStore::new();
    let (interpreter, tokens) = sends(store.clone());
    let interpreter = Arc::new(interpreter);
    let both = machine(json!({ "Both": { "Type": "Parallel", "End": true, "Branches": [
        { "StartAt": "Rest", "States": {
            "Rest": { "Type": "Wait", "Seconds": 1, "Next": "Again" },
            "Again": { "Type": "Wait", "Seconds": 1, "End": true }
        } },
        { "StartAt": "Ask", "States": { "Ask": {
            "Type": "Task", "Resource": CALLBACK, "End": true,
            "Parameters": { "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } }
        } } }
    ] } }));
    let mut arns = Vec::new();
    for _ in 0..EXECUTIONS {
        arns.push(start(&interpreter, &both).await);
    }
    until(|| tokens.lock().unwrap().len() == EXECUTIONS).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let (beats, asked, over) = (Arc::clone(&interpreter), Arc::clone(&tokens), Arc::clone(&is_over));
    let beating = std::thread::spawn(move || {
        let tokens = asked.lock().unwrap().clone();
        while !over.load(Ordering::SeqCst) {
            for token in &tokens {
                // Until it is answered.
                let _ = beats.send_task_heartbeat(token);
            }
        }
    });
    let (looks, looked, over) = (Arc::clone(&interpreter), arns.clone(), Arc::clone(&is_over));
    let looking = std::thread::spawn(move || {
        while !over.load(Ordering::SeqCst) {
            for arn in &looked {
                let handle = looks.execution(arn).unwrap();
                assert!(["RUNNING", "SUCCEEDED", "ABORTED"].contains(&handle.status()));
                assert!(looks.running() <= EXECUTIONS);
            }
        }
    });
    let answered: BTreeSet<_> = tokens.lock().unwrap().iter().cloned().collect();
    for arn in arns.iter().step_by(10) {
        interpreter.execution(arn).unwrap().stop(None, None);
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    for token in answered {
        tokio::time::sleep(Duration::from_millis(15)).await;
        // Unless it was stopped.
        let interpreter = Arc::clone(&interpreter);
        let answer = move || interpreter.send_task_success(&token, json!("yes"));
        let _ = tokio::task::spawn_blocking(answer).await.unwrap();
    }
    until(|| interpreter.running() == 0).await;
    is_over.store(true, Ordering::SeqCst);
    beating.join().unwrap();
    looking.join().unwrap();
    for (number, arn) in arns.iter().enumerate() {
        verify(&store, arn).unwrap();
        let end = store.execution(arn).unwrap().unwrap().end.unwrap();
        let expected = if number % 10 == 0 { "ABORTED" } else { "SUCCEEDED" };
        assert_eq!(end.status, expected);
    }
}
