//! What the interpreter costs, beside the same work written by hand over `serde_json` in the same run.
//!
//! Every group has `by_hand`, `history_off` and `history_full`; read the ratios, not the times.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, Limits, Program, StartOptions};
use asl_engine::history::HistoryLevel;
use chrono::DateTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;

criterion_group!(benches, pass_chain_100, pizza, memory);
criterion_main!(benches);

/// A hundred Pass states, each with a `ResultPath`.
fn pass_chain_100(criterion: &mut Criterion) {
    let mut states = serde_json::Map::new();
    for i in 0..100 {
        let mut state = json!({ "Type": "Pass", "Result": i, "ResultPath": "$.n" });
        if i == 99 {
            state["End"] = json!(true);
        } else {
            state["Next"] = json!(format!("S{}", i + 1));
        }
        states.insert(format!("S{i}"), state);
    }
    let program = compile(&json!({ "StartAt": "S0", "States": states }).to_string());
    let mut group = criterion.benchmark_group("pass_chain_100");
    group.throughput(Throughput::Elements(100));
    group.bench_function("by_hand", |bencher| {
        bencher.iter(|| {
            let mut data = json!({ "id": 7 });
            for i in 0..100 {
                let result = black_box(json!(i));
                data.as_object_mut().unwrap().insert("n".to_owned(), result);
            }
            data
        });
    });
    both_levels(&mut group, &program, &json!({ "id": 7 }));
    group.finish();

    let bare = (0..100).map(|i| {
        let next = if i == 99 {
            json!({ "Type": "Pass", "End": true })
        } else {
            json!({ "Type": "Pass", "Next": format!("S{}", i + 1) })
        };
        (format!("S{i}"), next)
    });
    let program = compile(&json!({ "StartAt": "S0", "States": bare.collect::<serde_json::Map<_, _>>() }).to_string());
    let mut group = criterion.benchmark_group("bare_pass_chain_100");
    group.throughput(Throughput::Elements(100));
    both_levels(&mut group, &program, &json!({ "id": 7 }));
    group.finish();
}

/// The pizza bar's eleven states, its waits jumped over and its events answered at once.
fn pizza(criterion: &mut Criterion) {
    let definition = include_str!("../asl-samples/pizza-bar.asl.json").replace("${PizzaOrderEventBus}", "bus");
    let program = compile(&definition);
    let input = json!({ "connectionId": "L0SM9cOFvHcCIhw=", "data": { "name": "Ada", "pizza": "margherita" } });
    let statuses = [
        "order accepted",
        "order is now being prepared",
        "order is undergoing the baking process",
        "order is packed",
        "order is sent for delivery",
        "order delivered",
    ];
    let mut group = criterion.benchmark_group("pizza");
    group.throughput(Throughput::Elements(11));
    group.bench_function("by_hand", |bencher| {
        bencher.iter(|| {
            for status in statuses {
                black_box(json!({
                    "Entries": [{
                        "Detail": {
                            "target": "LAMBDA to notify user via WebSocket",
                            "status": status,
                            "connectionId": input["connectionId"],
                            "orderDetails": input["data"]
                        },
                        "DetailType": "OrderStatusChangedEvent",
                        "EventBusName": "bus",
                        "Source": "WebsocketEvent"
                    }]
                }));
                black_box(json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 }));
            }
            input.clone()
        });
    });
    both_levels(&mut group, &program, &input);
    group.finish();
}

/// Bytes that an execution in a Wait state takes besides its payload. Not a time: it is printed once.
fn memory(_: &mut Criterion) {
    const EXECUTIONS: usize = 10_000;
    let program = compile(r#"{ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 60, "End": true } } }"#);
    let before = resident_bytes();
    let waiting: Vec<Execution> = (0..EXECUTIONS)
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
            "memory: {} bytes per waiting execution, of {EXECUTIONS}",
            (after - before) / EXECUTIONS
        );
    }
    black_box(waiting);
}

fn both_levels(group: &mut BenchmarkGroup<'_, WallTime>, program: &Arc<Program>, input: &Value) {
    for (name, level) in [("history_off", HistoryLevel::Off), ("history_full", HistoryLevel::Full)] {
        let output = run(program, input.clone(), level);
        assert!(output.is_some(), "the machine succeeds");
        group.bench_function(name, |bencher| bencher.iter(|| run(program, input.clone(), level)));
    }
}

/// Runs an execution, answering every task at once and jumping over every wait.
fn run(program: &Arc<Program>, input: Value, level: HistoryLevel) -> Option<Value> {
    let mut options = StartOptions::new(input);
    options.history = level;
    options.limits = {
        let mut limits = Limits::default();
        limits.history_events = None;
        limits
    };
    let mut now = DateTime::UNIX_EPOCH;
    let mut execution = Execution::start(Arc::clone(program), options, now);
    loop {
        let mut answer = None;
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(task) => answer = Some(task.id),
                Command::Record(event) => drop(black_box(event)),
                _ => {}
            }
        }
        if let Some(task) = answer {
            let output = json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 });
            execution.handle(now, Event::TaskSucceeded { task, output });
        } else if let Some(deadline) = execution.next_deadline() {
            now = deadline;
            execution.handle(now, Event::DeadlineReached);
        } else {
            return execution.outcome().and_then(|outcome| outcome.output().cloned());
        }
    }
}

fn compile(definition: &str) -> Arc<Program> {
    let machine: StateMachine = definition.parse().unwrap();
    Arc::new(Program::compile(&machine))
}

/// The process's resident memory, where the system tells.
fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
