//! The two ways to run a machine: the bare core, with a driver that answers every task at once and jumps over every wait;
//! and `Interpreter::run` on one tokio thread, as users do.

use asl_engine::data::Payload;
use asl_engine::execution::{Command, Event, Execution, Limits, Outcome, Program, StartOptions};
use asl_engine::history::HistoryLevel;
use asl_engine::{Interpreter, StateMachine, TaskError};
use chrono::DateTime;
use criterion::{Criterion, Throughput};
use serde_json::{Value, json};
use std::collections::VecDeque;
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

/// The answer of every task to its input.
type Answer = fn(&Value) -> Result<Value, TaskError>;

impl Subject<'_> {
    /// Measures a machine whose tasks all give [`task_answer`].
    pub(crate) fn measure(&self, criterion: &mut Criterion, by_hand: impl FnMut(Value) -> Value) {
        self.measure_with_tasks(criterion, |_| Ok(task_answer()), by_hand);
    }

    /// Measures all five; all must come to the same output.
    pub(crate) fn measure_with_tasks(
        &self,
        criterion: &mut Criterion,
        answer: Answer,
        mut by_hand: impl FnMut(Value) -> Value,
    ) {
        let program = compile(&self.definition);
        let wanted = by_hand(self.input.clone());
        let mut group = criterion.benchmark_group(self.name);
        group.throughput(Throughput::Elements(self.elements));
        group.bench_function("by_hand", |bencher| bencher.iter(|| by_hand(self.input.clone())));
        for (name, level) in LEVELS {
            let run = || run(&program, self.input.clone(), level, answer);
            assert_eq!(*run(), wanted, "{}", self.name);
            group.bench_function(format!("core_{name}"), |bencher| bencher.iter(run));
        }
        let runtime = one_thread();
        for (name, level) in LEVELS {
            let interpreter = interpreter(level, answer);
            let run = || {
                let run = interpreter.run::<Value>(Arc::clone(&program), &self.input);
                runtime.block_on(run).unwrap()
            };
            assert_eq!(run(), wanted, "{}", self.name);
            group.bench_function(format!("interpreter_{name}"), |bencher| bencher.iter(run));
        }
        group.finish();
    }
}

const LEVELS: [(&str, HistoryLevel); 2] = [("off", HistoryLevel::Off), ("full", HistoryLevel::Full)];

pub(crate) fn compile(definition: &str) -> Arc<Program> {
    let machine: StateMachine = definition.parse().unwrap();
    Arc::new(Program::compile(&machine))
}

/// An interpreter that gives this answer to every task.
fn interpreter(level: HistoryLevel, answer: Answer) -> Interpreter {
    Interpreter::new()
        .history(level)
        .limits(limits())
        .task("*", move |input: Value| async move { answer(&input) })
}

/// A tokio runtime of one thread. It jumps over every wait, for which nobody wants to wait here.
pub(crate) fn one_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.history_events = None;
    limits.payload_bytes = 4 << 20;
    limits
}

/// Runs an execution to its end and gives its output.
fn run(program: &Arc<Program>, input: Value, level: HistoryLevel, answer: Answer) -> Payload {
    let mut options = StartOptions::new(input);
    options.history = level;
    options.limits = limits();
    let mut now = DateTime::UNIX_EPOCH;
    let mut execution = Execution::start(Arc::clone(program), options, now);
    let mut invoked = VecDeque::new();
    loop {
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(task) => invoked.push_back(task),
                Command::Record(event) => drop(black_box(event)),
                _ => {}
            }
        }
        if execution.wants_turn() {
            execution.handle(now, Event::Turn);
        } else if let Some(task) = invoked.pop_front() {
            let event = match answer(&task.request.effective_input) {
                Ok(raw_result) => Event::TaskSucceeded {
                    task: task.id,
                    raw_result,
                },
                Err(error) => Event::TaskFailed {
                    task: task.id,
                    error: error.into(),
                },
            };
            execution.handle(now, event);
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

/// The answer of every task that needs no other.
pub(crate) fn task_answer() -> Value {
    json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 })
}
