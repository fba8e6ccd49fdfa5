//! What executions cost over a cluster of Restate servers: `cargo bench --features restate --bench fleet`.
//!
//! All servers and workers run on this one machine, as processes of their own; the workers share one port. So more nodes
//! cost here what elsewhere other machines would do: read how much work there is, not how much a cluster can do. The time is
//! the wall clock's, so the machine must be quiet. Names of parts after `--` run only these: `fleets`, `growth`.
//! `.ci/restate-server` installs the server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark measures time and fails by panicking"
)]

#[path = "../../tests/fleet/cluster.rs"]
#[expect(dead_code, reason = "the rest is for tests")]
mod cluster;
mod fleet;
mod machines;
#[path = "../../tests/fleet/process.rs"]
mod process;

use asl_engine::Interpreter;
use asl_engine::store::SqliteStore;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

use fleet::{Fleet, Worker, memory};
use machines::{LONG, MAP, MEDIUM, TASKS, TEN};

/// How many executions run at once.
const AT_ONCE: usize = 200;

/// How many run one after the other, of which the one in the middle is told.
const ALONE: usize = 9;

struct Load {
    at_once: usize,
    alone: usize,
}

#[tokio::main]
async fn main() {
    if let Some(worker) = Worker::of_environment() {
        return worker.serve().await;
    }
    let Some(program) = cluster::program() else {
        println!("no Restate server is installed: run `{}`", cluster::INSTALL);
        return;
    };
    // `cargo test --benches` only looks whether it runs.
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let parts: Vec<_> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let is_asked = |part: &str| parts.is_empty() || parts.iter().any(|asked| asked == part);
    let folder = std::env::temp_dir().join(format!("asl-fleet-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (load, fleets) = if is_measured {
        let load = Load {
            at_once: AT_ONCE,
            alone: ALONE,
        };
        (
            load,
            vec![(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (2, 4), (3, 1), (3, 2), (3, 4)],
        )
    } else {
        (Load { at_once: 2, alone: 1 }, vec![(1, 1)])
    };
    if is_asked("fleets") {
        compare(&program, &folder, &load, fleets).await;
    }
    if is_asked("growth") {
        growth(&program, &folder, is_measured).await;
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// The same executions over fleets of several sizes, and over SQLite in one process.
async fn compare(program: &Path, folder: &Path, load: &Load, fleets: Vec<(usize, usize)>) {
    println!(
        "{} executions of {TASKS} Tasks at once, and {} alone:",
        load.at_once, load.alone
    );
    println!("| nodes | workers | executions/s | states/s | ms for a state, alone | servers, MB | workers, MB |");
    println!("|--:|--:|--:|--:|--:|--:|--:|");
    for (nodes, workers) in fleets {
        let fleet = Fleet::start(program, folder, nodes, workers).await;
        // Warm connections, and code that has run.
        fleet.run(TEN, "warm", json!({})).await;
        let began = Instant::now();
        let mut running = JoinSet::new();
        for number in 0..load.at_once {
            let fleet = fleet.clone();
            running.spawn(async move { fleet.run(TEN, &format!("many-{number}"), json!({})).await });
        }
        running.join_all().await;
        let many = began.elapsed();
        let mut alone = Vec::new();
        for number in 0..load.alone {
            alone.push(fleet.run(TEN, &format!("alone-{number}"), json!({})).await);
        }
        let (servers, workers_hold) = memory();
        let name = format!("{nodes} | {workers}");
        row(&name, load, many, alone, &format!("{servers:.0} | {workers_hold:.0}"));
        fleet.end().await;
    }
    let store = SqliteStore::open(folder.join("one.db")).unwrap();
    let interpreter = Arc::new(machines::with_work(Interpreter::new()).store(store));
    let machine = machines::tasks(TASKS);
    let began = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..load.at_once {
        let (interpreter, machine) = (Arc::clone(&interpreter), machine.clone());
        running.spawn(async move { interpreter.run::<Value>(&machine, json!({})).await.unwrap() });
    }
    running.join_all().await;
    let many = began.elapsed();
    let mut alone = Vec::new();
    for _ in 0..load.alone {
        let began = Instant::now();
        interpreter.run::<Value>(&machine, json!({})).await.unwrap();
        alone.push(began.elapsed());
    }
    row("SQLite | in its process", load, many, alone, "| ");
    interpreter.shutdown(Duration::ZERO).await;
}

fn row(name: &str, load: &Load, many: Duration, alone: Vec<Duration>, memory: &str) {
    let rate = load.at_once as f64 / many.as_secs_f64();
    let states = rate * (TASKS + 1) as f64;
    let state = median(alone).as_secs_f64() * 1e3 / (TASKS + 1) as f64;
    println!("| {name} | {rate:.1} | {states:.0} | {state:.2} | {memory} |");
}

/// How the cost of an execution alone grows with its states, its items and its data, at one node and one worker.
async fn growth(program: &Path, folder: &Path, is_measured: bool) {
    let fleet = Fleet::start(program, &folder.join("growth"), 1, 1).await;
    fleet.run(TEN, "warm", json!({})).await;
    println!("| one execution alone | ms | ms for each |");
    println!("|---|--:|--:|");
    let lengths = [(TEN, TASKS), (MEDIUM, 100), (LONG, 1_000)];
    let items = [10, 100, 1_000];
    let data = [1_000, 10_000, 100_000, 200_000];
    let most = if is_measured { usize::MAX } else { 1 };
    for (machine, count) in lengths.into_iter().take(most) {
        let time = fleet.run(machine, "states", json!({})).await;
        grown(&format!("{count} Task states"), time, count);
    }
    for count in items.into_iter().take(most) {
        let input = json!({ "items": vec![0; count] });
        let time = fleet.run(MAP, &format!("items-{count}"), input).await;
        grown(
            &format!("a Map over {count} items, a Task for each, 40 at once"),
            time,
            count,
        );
    }
    for bytes in data.into_iter().take(most) {
        let input = json!({ "data": "x".repeat(bytes) });
        let time = fleet.run(TEN, &format!("data-{bytes}"), input).await;
        grown(&format!("{TASKS} Task states with {bytes} bytes each"), time, TASKS);
    }
    let (servers, workers) = memory();
    println!("afterwards the server has {servers:.0} MB, the worker {workers:.0} MB");
    fleet.end().await;
}

fn grown(name: &str, time: Duration, count: usize) {
    let milliseconds = time.as_secs_f64() * 1e3;
    println!("| {name} | {milliseconds:.0} | {:.2} |", milliseconds / count as f64);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
