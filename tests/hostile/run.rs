//! How hostile executions are run.

use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, Limits, Outcome, Program, StartOptions};
use asl_engine::history::HistoryLevel;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The stack that threads of Rust and of tokio have by default.
const STACK: usize = 2 * 1024 * 1024;

/// Far more than anything here takes in a debug build on a busy machine.
const SOON: Duration = Duration::from_mins(2);

/// Works on a thread with a small stack, and fails where it takes too long.
pub(crate) fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let began = Instant::now();
    let done = Builder::new().stack_size(STACK).spawn(work).unwrap().join();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    done.expect("it does not panic")
}

pub(crate) fn program(definition: &Value) -> Arc<Program> {
    let machine: StateMachine = definition.to_string().parse().unwrap_or_else(|error| panic!("{error}"));
    Arc::new(Program::compile(&machine))
}

/// What is left of an execution that nothing from outside happens to.
pub(crate) struct Ran {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) events: usize,
}

impl Ran {
    /// `error: cause`, of an execution that failed.
    pub(crate) fn error(&self) -> String {
        let error = self.outcome.as_ref().and_then(Outcome::error).expect("it failed");
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}: {}", text(&error.error), text(&error.cause))
    }
}

pub(crate) fn options(input: Value) -> StartOptions {
    StartOptions::new(input)
}

/// Options without a history, and without a limit on one.
pub(crate) fn endless(input: Value) -> StartOptions {
    let mut options = StartOptions::new(input);
    options.history = HistoryLevel::Off;
    options.limits.history_events = None;
    options
}

pub(crate) fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

/// Runs a definition until it waits or ends, on a small stack.
pub(crate) fn run(definition: Value, options: StartOptions) -> Ran {
    on_a_small_stack(move || {
        let mut execution = Execution::start(program(&definition), options, DateTime::UNIX_EPOCH);
        let events = settle(&mut execution, DateTime::UNIX_EPOCH);
        Ran {
            outcome: execution.outcome().cloned(),
            events,
        }
    })
}

/// Gives an execution its turns until it waits or ends; returns how many events it records.
pub(crate) fn settle(execution: &mut Execution, now: DateTime<Utc>) -> usize {
    let mut events = 0;
    loop {
        while let Some(command) = execution.poll_command() {
            events += usize::from(matches!(command, Command::Record(_)));
        }
        if !execution.wants_turn() {
            return events;
        }
        execution.handle(now, Event::Turn);
    }
}

/// A loop over one state, which has no `Next` yet. A definition must be able to end, though it never does.
pub(crate) fn looped(name: &str, mut state: Value) -> Value {
    state["Next"] = json!("Again");
    let rule = json!({ "Variable": "$", "IsPresent": false, "Next": "Done" });
    let again = json!({ "Type": "Choice", "Choices": [rule], "Default": name });
    json!({ "StartAt": name, "States": { name: state, "Again": again, "Done": { "Type": "Succeed" } } })
}
