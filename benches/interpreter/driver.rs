//! A driver that answers every task at once and jumps over every wait.

use asl_engine::StateMachine;
use asl_engine::data::Payload;
use asl_engine::execution::{Command, Event, Execution, Limits, Outcome, Program, StartOptions};
use asl_engine::history::HistoryLevel;
use chrono::DateTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;

/// A machine with the same work written by hand, and the data both start with.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    pub(crate) definition: String,
    pub(crate) input: Value,
    /// What one run counts as: states, items, rounds.
    pub(crate) elements: u64,
}

impl Subject<'_> {
    /// Measures the three; all must come to the same output.
    pub(crate) fn measure(&self, criterion: &mut Criterion, mut by_hand: impl FnMut(Value) -> Value) {
        let program = compile(&self.definition);
        let wanted = by_hand(self.input.clone());
        let mut group = criterion.benchmark_group(self.name);
        group.throughput(Throughput::Elements(self.elements));
        group.bench_function("by_hand", |bencher| bencher.iter(|| by_hand(self.input.clone())));
        for (name, level) in [("history_off", HistoryLevel::Off), ("history_full", HistoryLevel::Full)] {
            assert_eq!(*run(&program, self.input.clone(), level), wanted, "{}", self.name);
            self.level(&mut group, name, &program, level);
        }
        group.finish();
    }

    fn level(&self, group: &mut BenchmarkGroup<'_, WallTime>, name: &str, program: &Arc<Program>, level: HistoryLevel) {
        group.bench_function(name, |bencher| bencher.iter(|| run(program, self.input.clone(), level)));
    }
}

pub(crate) fn compile(definition: &str) -> Arc<Program> {
    let machine: StateMachine = definition.parse().unwrap();
    Arc::new(Program::compile(&machine))
}

/// Runs an execution to its end and gives its output.
pub(crate) fn run(program: &Arc<Program>, input: Value, level: HistoryLevel) -> Payload {
    let mut limits = Limits::default();
    limits.history_events = None;
    limits.payload_bytes = 4 << 20;
    let mut options = StartOptions::new(input);
    options.history = level;
    options.limits = limits;
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
            execution.handle(
                now,
                Event::TaskSucceeded {
                    task,
                    raw_result: task_answer(),
                },
            );
        } else if let Some(deadline) = execution.next_deadline() {
            now = deadline;
            execution.handle(now, Event::DeadlineReached);
        } else {
            let Some(Outcome::Succeeded { output }) = execution.outcome() else {
                panic!("{:?}", execution.outcome());
            };
            return output.clone();
        }
    }
}

/// What every task answers.
pub(crate) fn task_answer() -> Value {
    json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 })
}
