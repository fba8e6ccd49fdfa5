//! Memory: no times, printed once.

use asl_engine::Interpreter;
use asl_engine::execution::{Execution, StartOptions};
use asl_engine::history::HistoryLevel;
use chrono::DateTime;
use criterion::Criterion;
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;

use crate::driver::{compile, one_thread};

const WAIT: &str = r#"{ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3600, "End": true } } }"#;

/// Bytes that an execution in a Wait state takes with an empty payload, by itself and under an `Interpreter`; a million
/// only where `ASL_BENCH_MILLION` is set.
pub(crate) fn memory(_: &mut Criterion) {
    let is_million = std::env::var_os("ASL_BENCH_MILLION").is_some();
    for executions in [10_000, 1_000_000] {
        if executions == 10_000 || is_million {
            // Both are kept to the end: memory given back would serve the next.
            let _alone = measured("waiting execution", executions, || waiting(executions));
            let _driven = measured("execution waiting under an Interpreter", executions, || {
                waiting_under_interpreter(executions)
            });
        }
    }
}

/// Prints what `start` leaves in memory.
fn measured<T>(what: &str, executions: usize, start: impl FnOnce() -> T) -> T {
    let before = resident_bytes();
    let kept = black_box(start());
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        println!(
            "memory: {} bytes per {what}, of {executions}",
            (after - before) / executions
        );
    }
    kept
}

/// All wait on the one timer of the runtime.
fn waiting_under_interpreter(executions: usize) -> (tokio::runtime::Runtime, Interpreter) {
    let program = compile(WAIT);
    let interpreter = Interpreter::new().history(HistoryLevel::Off);
    let runtime = one_thread();
    runtime.block_on(async {
        for _ in 0..executions {
            interpreter.start(Arc::clone(&program), json!({})).unwrap();
        }
    });
    (runtime, interpreter)
}

fn waiting(executions: usize) -> Vec<Execution> {
    let program = compile(WAIT);
    let started = (0..executions).map(|i| {
        let mut options = StartOptions::new(json!({}));
        options.name = format!("execution-{i}");
        options.history = HistoryLevel::Off;
        let mut execution = Execution::start(Arc::clone(&program), options, DateTime::UNIX_EPOCH);
        while execution.poll_command().is_some() {}
        execution
    });
    started.collect()
}

/// The process's resident memory, where the system tells.
fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
