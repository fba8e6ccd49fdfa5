//! How much memory one execution takes at most under default limits: `cargo bench --bench memory`.
//!
//! Each machine of `machines.rs` runs in a process of its own, with full history, for 60 seconds at most. The table shows
//! how it ends and the process's peak of resident memory, which [`Limits::held_bytes`](asl_engine::execution::Limits)
//! keeps below 1 GiB. An argument picks machines by a part of their names. It needs `/proc`, so Linux.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and fails by panicking"
)]

mod machines;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use asl_engine::execution::Program;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};

use machines::{FILL, Hungry};

/// Set for the process that runs one machine.
const ALONE: &str = "ASL_BENCH_HUNGRY";

const LONGEST: Duration = Duration::from_mins(1);

fn main() {
    let in_jsonata = if cfg!(feature = "jsonata") {
        machines::in_jsonata()
    } else {
        Vec::new()
    };
    let machines: Vec<_> = machines::in_json_path().into_iter().chain(in_jsonata).collect();
    if let Ok(name) = std::env::var(ALONE) {
        return run_alone(machines.into_iter().find(|hungry| hungry.name == name).unwrap());
    }
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    // `cargo test --benches` only looks whether it runs.
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    println!("| one execution of | ends | seconds | peak, MiB |");
    println!("|---|---|--:|--:|");
    for hungry in machines.iter().rev().take(if is_measured { usize::MAX } else { 1 }) {
        if wanted.as_ref().is_none_or(|part| hungry.name.contains(part)) {
            let alone = Command::new(std::env::current_exe().unwrap())
                .env(ALONE, hungry.name)
                .output();
            let alone = alone.unwrap();
            let row = String::from_utf8_lossy(&alone.stdout).into_owned();
            match row.trim() {
                "" => println!("| {} | with its process: {} | | |", hungry.name, alone.status),
                row => println!("| {} | {row}", hungry.name),
            }
        }
    }
}

/// Runs one machine and prints the rest of its row.
fn run_alone(hungry: Hungry) {
    let machine: StateMachine = hungry.definition.to_string().parse().unwrap();
    let program = Arc::new(Program::compile(&machine));
    let calls = AtomicUsize::new(0);
    let interpreter = Interpreter::new().task(FILL, move |_: Value| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<_, TaskError>(json!(other_text(call))) }
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let began = Instant::now();
    let ended = runtime.block_on(async {
        let handle = interpreter.start(program, hungry.input).unwrap();
        let ended = tokio::time::timeout(LONGEST, handle.outcome()).await;
        ended.map_or_else(
            |_| "not yet".to_owned(),
            |outcome| {
                let error = outcome.error().cloned().unwrap_or_default();
                format!("{} {}", outcome.status(), error.error.unwrap_or_default())
            },
        )
    });
    let seconds = began.elapsed().as_secs_f64();
    println!("{} | {seconds:.1} | {} |", ended.trim(), peak_kib() / 1024);
}

/// 250 KB that no other call's text has a part of.
fn other_text(call: usize) -> String {
    let mut number = call as u64;
    let words = std::iter::repeat_with(|| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        format!("{:016x}", number ^ (number >> 29))
    });
    words.take(15_600).collect()
}

/// The process's peak of resident memory.
fn peak_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.split_whitespace().next().unwrap().parse().unwrap()
}
