//! How long executions wait beside hostile ones: `cargo bench --bench fairness`.
//!
//! For each machine of `tests/hostile/fair/machines.rs` it prints, as a table, how long one turn holds its thread; how long
//! the turns take that the interpreter prepares beside the execution; and how long an execution of one Task takes in all,
//! on one thread and on two beside as many executions of the machine. All are the median and the worst, in milliseconds.
//! `SECONDS` is the time for each of the three, 2 by default; an argument picks machines by a part of their names.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and fails by panicking"
)]

#[path = "../../tests/hostile/fair/machines.rs"]
mod machines;

use std::sync::Arc;
use std::time::{Duration, Instant};

use asl_engine::execution::{Event, Execution, Limits, Program, StartOptions};
use asl_engine::history::HistoryLevel;
use asl_engine::{Interpreter, StateMachine};
use chrono::DateTime;
use serde_json::{Value, json};

use machines::Hostile;

const CHARGE: &str = "arn:aws:lambda:us-east-1:123456789012:function:Charge";

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let seconds = std::env::var("SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2);
    // `cargo test --benches` only looks whether it runs.
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let time = Duration::from_millis(if is_measured { 1_000 * seconds } else { 50 });
    println!("| beside | a turn, ms: median, worst | beside it | a probe on one thread | on two threads |");
    println!("|---|--:|--:|--:|--:|");
    let in_jsonata = if cfg!(feature = "jsonata") {
        machines::in_jsonata()
    } else {
        Vec::new()
    };
    let machines = machines::in_json_path().into_iter().chain(in_jsonata);
    for hostile in machines.take(if is_measured { usize::MAX } else { 1 }) {
        if wanted.as_ref().is_some_and(|part| !hostile.name.contains(part)) {
            continue;
        }
        let program = Arc::new(Program::compile(
            &hostile.definition.to_string().parse::<StateMachine>().unwrap(),
        ));
        let (turns, long_turns) = turns(&program, &hostile, time);
        let one = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let one = one.block_on(probe(&program, &hostile, 1, time));
        let two = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let two = two.block_on(async { tokio::spawn(probe_of(program, hostile.input, 2, time)).await.unwrap() });
        println!(
            "| {} | {} | {} | {} | {} |",
            hostile.name,
            shown(turns),
            shown(long_turns),
            shown(one),
            shown(two)
        );
    }
}

/// As much as it likes: only turns stop it.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.history_events = None;
    limits.work = u64::MAX;
    limits
}

/// How long each turn takes, and each turn that takes long.
fn turns(program: &Arc<Program>, hostile: &Hostile, time: Duration) -> (Vec<Duration>, Vec<Duration>) {
    let mut options = StartOptions::new(hostile.input.clone());
    options.history = HistoryLevel::Off;
    options.limits = limits();
    let began = Instant::now();
    let (mut turns, mut long_turns) = (Vec::new(), Vec::new());
    let start = Instant::now();
    let mut execution = Execution::start(Arc::clone(program), options, DateTime::UNIX_EPOCH);
    turns.push(start.elapsed());
    while began.elapsed() < time {
        while execution.poll_command().is_some() {}
        assert!(execution.wants_turn(), "{}: {:?}", hostile.name, execution.outcome());
        let is_long = execution.wants_long_turn();
        let turn = Instant::now();
        execution.handle(DateTime::UNIX_EPOCH, Event::Turn);
        let turns = if is_long { &mut long_turns } else { &mut turns };
        turns.push(turn.elapsed());
    }
    (turns, long_turns)
}

async fn probe(program: &Arc<Program>, hostile: &Hostile, count: usize, time: Duration) -> Vec<Duration> {
    probe_of(Arc::clone(program), hostile.input.clone(), count, time).await
}

/// How long an execution of one Task takes beside so many hostile ones.
async fn probe_of(program: Arc<Program>, input: Value, count: usize, time: Duration) -> Vec<Duration> {
    let interpreter =
        Interpreter::new()
            .history(HistoryLevel::Off)
            .limits(limits())
            .task(CHARGE, |order: Value| async move {
                tokio::task::yield_now().await;
                Ok(order)
            });
    let task = json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": CHARGE, "End": true } } });
    let task = Arc::new(Program::compile(&task.to_string().parse::<StateMachine>().unwrap()));
    for _ in 0..count {
        interpreter.start(Arc::clone(&program), input.clone()).unwrap();
    }
    let began = Instant::now();
    let mut latencies = Vec::new();
    while began.elapsed() < time {
        let probe = Instant::now();
        interpreter
            .run::<Value>(Arc::clone(&task), json!({ "id": 7 }))
            .await
            .unwrap();
        latencies.push(probe.elapsed());
    }
    interpreter.shutdown(Duration::ZERO).await;
    latencies
}

/// The median and the worst, in milliseconds.
fn shown(mut times: Vec<Duration>) -> String {
    if times.is_empty() {
        return "–".to_owned();
    }
    times.sort_unstable();
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
    format!("{:.2}, {:.1}", ms(times.get(times.len() / 2)), ms(times.last()))
}
