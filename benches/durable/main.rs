//! What it costs that executions outlive their process: `cargo bench --features store --bench durable`.
//!
//! The same load runs in memory, over SQLite, and as bare commits of SQLite, in the same run: read the ratios. The time is
//! the wall clock's, so the machine must be quiet. `EXECUTIONS` sets how many wait at once, and names of parts after
//! `--` run only these: `many`, `one`, `payloads`, `waits`.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark measures time and fails by panicking"
)]

mod bare;
#[expect(dead_code, reason = "one of them is for another benchmark")]
mod machines;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asl_engine::execution::Program;
use asl_engine::runtime::StartRequest;
use asl_engine::store::SqliteStore;
use asl_engine::{Interpreter, TaskError};
use rusqlite::Connection;
use serde_json::{Value, json};

use bare::bare;
use machines::{WORK, rest, tasks};

/// How many executions run at once, and how many Task states each has.
const AT_ONCE: usize = 1_000;
const TASKS: usize = 10;

fn main() {
    // `cargo test --benches` only looks whether it runs.
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let parts: Vec<_> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let is_asked = |part: &str| parts.is_empty() || parts.iter().any(|asked| asked == part);
    let waiting = std::env::var("EXECUTIONS").map_or(100_000, |count| count.parse().unwrap());
    let (rounds, waiting) = if is_measured { (20, waiting) } else { (1, 200) };
    let folder = std::env::temp_dir().join(format!("asl-durable-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    if is_asked("many") {
        runtime.block_on(many(&folder, rounds));
    }
    if is_asked("one") {
        runtime.block_on(one(&folder, rounds * 50));
    }
    if is_asked("payloads") {
        runtime.block_on(payloads(&folder));
    }
    if is_asked("waits") {
        runtime.block_on(waits(&folder, waiting));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

fn interpreter(store: Option<&Path>) -> Arc<Interpreter> {
    let interpreter = Interpreter::new().task(
        WORK,
        |_: Value| async move { Ok::<_, TaskError>(json!({ "sent": true })) },
    );
    Arc::new(match store {
        Some(path) => interpreter.store(SqliteStore::open(path).unwrap()),
        None => interpreter,
    })
}

/// Runs so many executions with so many at once; returns the time.
async fn run(interpreter: &Arc<Interpreter>, program: &Arc<Program>, executions: usize, at_once: usize) -> Duration {
    let began = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..executions {
        if running.len() == at_once {
            running.join_next().await;
        }
        let (interpreter, program) = (Arc::clone(interpreter), Arc::clone(program));
        running.spawn(async move {
            interpreter
                .run::<Value>(program, json!({ "number": number, "order": "margherita" }))
                .await
                .unwrap();
        });
    }
    running.join_all().await;
    began.elapsed()
}

async fn many(folder: &Path, rounds: usize) {
    let program = tasks(TASKS);
    let executions = AT_ONCE * rounds;
    let in_memory = run(&interpreter(None), &program, executions, AT_ONCE).await;
    let path = folder.join("many.db");
    let durable = interpreter(Some(&path));
    let stored = run(&durable, &program, executions, AT_ONCE).await;
    durable.shutdown(Duration::ZERO).await;
    drop(durable);
    let events = durable_events(&path);
    let bare_rows = events.min(200_000);
    let bare = bare(&folder.join("bare.db"), bare_rows, 1_000, 300);
    let rate = |count: usize, time: Duration| count as f64 / time.as_secs_f64();
    let (events_a_second, bare_a_second) = (rate(events, stored), rate(bare_rows, bare));
    println!("{AT_ONCE} executions of {TASKS} Tasks at once, a second:");
    println!("| | in memory | over SQLite |");
    println!("|---|--:|--:|");
    println!(
        "| started and ended | {:.0} | {:.0} |",
        rate(executions, in_memory),
        rate(executions, stored)
    );
    println!(
        "| tasks | {:.0} | {:.0} |",
        rate(executions * TASKS, in_memory),
        rate(executions * TASKS, stored)
    );
    println!(
        "| events written: those into executions, those of their histories | | {events_a_second:.0}, {:.2} of bare SQLite's \
         {bare_a_second:.0}, which has a row of 300 bytes for each, in groups of 1,000 |",
        events_a_second / bare_a_second
    );
}

async fn one(folder: &Path, executions: usize) {
    let program = tasks(TASKS);
    let durable = interpreter(Some(&folder.join("one.db")));
    let time = run(&durable, &program, executions, 1).await;
    durable.shutdown(Duration::ZERO).await;
    let states = (executions * (TASKS + 1)) as f64;
    let commits = 2_000;
    let bare = bare(&folder.join("bare-one.db"), commits, 1, 1_000).as_secs_f64() / commits as f64;
    let state = time.as_secs_f64() / states;
    println!(
        "one execution alone: {:.0} us a state, {:.2} bare commits of {:.0} us",
        state * 1e6,
        state / bare,
        bare * 1e6
    );
}

/// The bytes that a state writes, and how they grow with its data.
async fn payloads(folder: &Path) {
    let (empty, small, large) = (
        file(folder, 0, 0).await,
        file(folder, 20, 100).await,
        file(folder, 20, 100_000).await,
    );
    let states = (20 * (TASKS + 1)) as f64;
    println!(
        "bytes in the file for a state: {:.0}, and {:.1} more for each byte of its data",
        (small - empty) / states,
        (large - small) / states / 99_900.0
    );
}

/// The bytes of a store with so many executions with so much data.
async fn file(folder: &Path, executions: usize, bytes: usize) -> f64 {
    let path = folder.join(format!("payload-{executions}-{bytes}.db"));
    let durable = interpreter(Some(&path));
    let input = json!({ "data": "x".repeat(bytes) });
    for _ in 0..executions {
        durable.run::<Value>(tasks(TASKS), input.clone()).await.unwrap();
    }
    durable.shutdown(Duration::ZERO).await;
    drop(durable);
    let files = ["", "-wal"].map(|end| std::fs::metadata(format!("{}{end}", path.display())));
    let bytes: u64 = files.into_iter().flatten().map(|file| file.len()).sum();
    bytes as f64
}

async fn waits(folder: &Path, executions: usize) {
    let path = folder.join("waits.db");
    let rest = rest();
    let before = resident();
    let durable = interpreter(Some(&path));
    let (began, worked) = (Instant::now(), processor_seconds());
    let mut starting = tokio::task::JoinSet::new();
    for number in 0..executions {
        if starting.len() == AT_ONCE {
            starting.join_next().await;
        }
        let (durable, rest) = (Arc::clone(&durable), Arc::clone(&rest));
        starting.spawn(async move {
            let input = json!({ "number": number });
            durable
                .start_stored(rest, input, StartRequest::default())
                .await
                .unwrap();
        });
    }
    starting.join_all().await;
    let started = executions as f64 / began.elapsed().as_secs_f64();
    let work = (processor_seconds() - worked) / executions as f64;
    let held = resident().saturating_sub(before) as f64 / executions as f64;
    durable.shutdown(Duration::ZERO).await;
    drop(durable);
    let before = resident();
    let durable = interpreter(Some(&path));
    let began = Instant::now();
    let resumed = durable.resume().await.unwrap();
    assert_eq!(resumed.executions, executions);
    let time = began.elapsed().as_secs_f64();
    let held_again = resident().saturating_sub(before) as f64 / executions as f64;
    let bare_rows = executions.min(200_000);
    let bare = bare_rows as f64 / bare(&folder.join("bare-waits.db"), bare_rows, 1_000, 300).as_secs_f64();
    println!(
        "{executions} waiting executions: {started:.0} started a second, {:.3} of bare SQLite's {bare:.0} rows, {:.1} us of work each, {held:.0} bytes of memory each, resumed in {time:.2} s, {:.2} s for 100,000, {held_again:.0} bytes each then",
        started / bare,
        work * 1e6,
        time * 1e5 / executions as f64
    );
    durable.shutdown(Duration::ZERO).await;
}

/// The events that the store has: starts and journal entries went into executions, those of histories came out. How
/// many rows they take is the store's own business.
fn durable_events(path: &Path) -> usize {
    let connection = Connection::open(path).unwrap();
    let count = |of: &str| -> usize {
        let count = connection.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get::<_, i64>(0));
        usize::try_from(count.unwrap()).unwrap()
    };
    count("executions") + count("batches WHERE entry IS NOT NULL") + count("batches, json_each(batches.events)")
}

/// The bytes of memory that the process has, where Linux tells it.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// The seconds that processors have worked for the process, where Linux tells it: others may use them too.
fn processor_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let times = status
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .skip(11)
        .take(2);
    times.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
