//! Executions that are long enough for snapshots, and go on from them.

use asl_engine::execution::Limits;
use asl_engine::store::{ExecutionStore as _, MemoryStore, verify};
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

use crate::machine;

/// A loop that asks for something large in every round.
fn rounds(count: u32) -> StateMachine {
    machine(json!({
        "Fetch": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Fetch",
            "ResultPath": "$.page", "Next": "Count"
        },
        "Count": {
            "Type": "Pass", "Parameters": { "round.$": "States.MathAdd($.round, 1)", "page.$": "$.page" }, "Next": "More"
        },
        "More": {
            "Type": "Choice", "Choices": [{ "Variable": "$.round", "NumericLessThan": count, "Next": "Fetch" }],
            "Default": "Done"
        },
        "Done": { "Type": "Wait", "Seconds": 1, "End": true }
    }))
}

fn interpreter(store: &MemoryStore) -> Interpreter {
    let fetches = |input: Value| async move {
        let letter = if input["round"].as_u64().unwrap().is_multiple_of(2) {
            "a"
        } else {
            "\""
        };
        Ok::<_, TaskError>(json!({ "text": letter.repeat(20_000) }))
    };
    crate::interpreter().store(store.clone()).function("Fetch", fetches)
}

fn block_on(work: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(work);
}

#[test]
fn a_crash_at_every_commit_after_snapshots_changes_nothing() {
    let store = MemoryStore::new();
    let machine = rounds(14);
    let mut arn = String::new();
    block_on(async {
        let interpreter = interpreter(&store);
        let started = interpreter.start(&machine, json!({ "round": 0 })).unwrap();
        started.outcome().await;
        arn = started.arn().to_owned();
        interpreter.shutdown(Duration::ZERO).await;
    });
    verify(&store, &arn).unwrap();
    let whole = store.history(1, 0, usize::MAX).unwrap();
    let types = |history: &[asl_engine::store::HistoryRecord]| -> Vec<_> {
        let types = history.iter();
        types
            .map(|event| (event.id, event.previous_event_id, event.event_type.clone()))
            .collect()
    };
    let snapshot = |commit| {
        store
            .as_of(commit)
            .journal(1)
            .unwrap()
            .unwrap()
            .snapshot
            .map(|taken| taken.entry)
    };
    let commits = 1..store.commits();
    let mut snapshots: Vec<_> = commits.clone().filter_map(snapshot).collect();
    snapshots.dedup();
    assert!(snapshots.len() >= 3, "it takes several snapshots: {snapshots:?}");
    for commit in commits.filter(|commit| snapshot(*commit).is_some()) {
        let crashed = store.as_of(commit);
        block_on(async {
            let interpreter = interpreter(&crashed);
            assert_eq!(interpreter.resume().await.unwrap().executions, 1);
            let output: Value = interpreter.execution(&arn).unwrap().output().await.unwrap();
            assert_eq!(output["round"], 14);
            interpreter.shutdown(Duration::ZERO).await;
        });
        verify(&crashed, &arn).unwrap();
        let history = crashed.history(1, 0, usize::MAX).unwrap();
        assert_eq!(types(&history), types(&whole), "after a crash at commit {commit}");
    }
}

#[test]
fn a_loop_without_end_leaves_a_short_journal() {
    let store = MemoryStore::new();
    let spin = machine(json!({
        "Spin": { "Type": "Pass", "Parameters": { "round.$": "States.MathAdd($.round, 1)" }, "Next": "More" },
        "More": {
            "Type": "Choice", "Choices": [{ "Variable": "$.round", "NumericLessThan": 6_000, "Next": "Spin" }],
            "Default": "Done"
        },
        "Done": { "Type": "Wait", "Seconds": 1, "End": true }
    }));
    let mut limits = Limits::default();
    limits.history_events = None;
    limits.turn_work = 10;
    let interpreter = || crate::interpreter().store(store.clone()).limits(limits.clone());
    let mut arn = String::new();
    block_on(async {
        let interpreter = interpreter();
        let started = interpreter.start(&spin, json!({ "round": 0 })).unwrap();
        arn = started.arn().to_owned();
        crate::until(|| store.history(1, 15_000, 1).unwrap().len() == 1).await;
        interpreter.shutdown(Duration::ZERO).await;
    });
    let journal = store.journal(1).unwrap().unwrap();
    assert!(journal.snapshot.is_some());
    let bytes: usize = journal.entries.iter().map(|entry| entry.text.len()).sum();
    assert!(bytes < 200_000, "the journal has {bytes} bytes");
    assert!(journal.execution.end.is_none());

    block_on(async {
        let interpreter = interpreter();
        assert_eq!(interpreter.resume().await.unwrap().executions, 1);
        let output: Value = interpreter.execution(&arn).unwrap().output().await.unwrap();
        assert_eq!(output["round"], 6_000);
        interpreter.shutdown(Duration::ZERO).await;
    });
    verify(&store, &arn).unwrap();
}
