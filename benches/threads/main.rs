//! How many executions a second one and two worker threads run: `cargo bench --bench threads`.
//!
//! 64 tokio tasks start executions one after the other, of machines whose handlers are ready at once. The last column is
//! how many times as many two threads run. The time is the wall clock's, so the machine must be quiet.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and fails by panicking"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use asl_engine::execution::Program;
use asl_engine::history::HistoryLevel;
use asl_engine::{Interpreter, StateMachine, TaskError};
use serde_json::{Value, json};

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

/// How many tokio tasks start executions.
const STARTERS: usize = 64;

fn main() {
    // `cargo test --benches` only looks whether it runs.
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    let time = Duration::from_millis(if is_measured { 2_000 } else { 20 });
    println!("| machine | history | one thread | two threads | times |");
    println!("|---|---|--:|--:|--:|");
    for (name, machine) in [("a Pass state", pass()), ("10 Tasks and 10 Waits of 0 s", tasks())] {
        let machine: StateMachine = machine.to_string().parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        for (level, history) in [("off", HistoryLevel::Off), ("full", HistoryLevel::Full)] {
            // The better of three: others may use the machine too.
            let best = |threads| {
                let rates = (0..3).map(|_| rate(&program, history, threads, time));
                rates.fold(0.0, f64::max)
            };
            let (one, two) = (best(1), best(2));
            println!("| {name} | {level} | {one:.0} | {two:.0} | {:.2} |", two / one);
        }
    }
}

fn pass() -> Value {
    json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } })
}

fn tasks() -> Value {
    let mut states = serde_json::Map::new();
    for i in 0..10 {
        states.insert(
            format!("Send {i}"),
            json!({ "Type": "Task", "Resource": WORK, "ResultPath": null, "Next": format!("Wait {i}"),
                    "Parameters": { "status": "SENT", "order.$": "$.order", "items.$": "$.items" } }),
        );
        let after = json!({ "Type": "Wait", "Seconds": 0, "Next": format!("Send {}", i + 1) });
        states.insert(format!("Wait {i}"), after);
    }
    states.insert("Send 10".to_owned(), json!({ "Type": "Succeed" }));
    json!({ "StartAt": "Send 0", "States": states })
}

/// Executions a second.
fn rate(program: &Arc<Program>, history: HistoryLevel, threads: usize, time: Duration) -> f64 {
    let interpreter = Interpreter::new().history(history).task(WORK, |_: Value| async move {
        Ok::<_, TaskError>(json!({ "sent": true }))
    });
    let interpreter = Arc::new(interpreter);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .unwrap();
    let began = Instant::now();
    let starters: Vec<_> = (0..STARTERS)
        .map(|order| {
            let (interpreter, program) = (Arc::clone(&interpreter), Arc::clone(program));
            let input = json!({ "order": order, "items": ["margherita", "funghi"] });
            runtime.spawn(async move {
                let mut runs = 0_u32;
                while began.elapsed() < time {
                    interpreter.run::<Value>(Arc::clone(&program), &input).await.unwrap();
                    runs += 1;
                }
                runs
            })
        })
        .collect();
    let runs: u32 = runtime.block_on(async {
        let mut runs = 0;
        for starter in starters {
            runs += starter.await.unwrap();
        }
        runs
    });
    f64::from(runs) / began.elapsed().as_secs_f64()
}
