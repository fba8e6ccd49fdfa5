//! Memory: no times, printed once.

use asl_engine::execution::{Execution, StartOptions};
use asl_engine::history::HistoryLevel;
use chrono::DateTime;
use criterion::Criterion;
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;

use crate::driver::compile;

/// Bytes that an execution in a Wait state takes besides its payload; a million only where `ASL_BENCH_MILLION` is set.
pub(crate) fn memory(_: &mut Criterion) {
    waiting(10_000);
    if std::env::var_os("ASL_BENCH_MILLION").is_some() {
        waiting(1_000_000);
    }
}

fn waiting(executions: usize) {
    let program = compile(r#"{ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 60, "End": true } } }"#);
    let before = resident_bytes();
    let waiting: Vec<Execution> = (0..executions)
        .map(|i| {
            let mut options = StartOptions::new(json!({}));
            options.name = format!("execution-{i}");
            options.history = HistoryLevel::Off;
            let mut execution = Execution::start(Arc::clone(&program), options, DateTime::UNIX_EPOCH);
            while execution.poll_command().is_some() {}
            execution
        })
        .collect();
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        println!(
            "memory: {} bytes per waiting execution, of {executions}",
            (after - before) / executions
        );
    }
    black_box(waiting);
}

/// The process's resident memory, where the system tells.
fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
