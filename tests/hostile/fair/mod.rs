//! Executions that would hold a thread for as long as they may: each of their turns ends, and everybody else has one.
//!
//! Nothing here is timed: `cargo bench --bench fairness` does that.

mod machines;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use asl_engine::Interpreter;
use asl_engine::execution::{Event, Execution, StartOptions};
use asl_engine::history::{ErrorOutput, HistoryLevel};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::run::{endless, limits, on_a_small_stack, program};
use machines::Hostile;

/// Enough to get into the loops, and not too many for a debug build.
const TURNS: usize = 2;

/// Those that are done soon in a debug build too.
fn machines() -> Vec<Hostile> {
    let mut machines = machines::in_json_path();
    machines.retain(|hostile| !hostile.name.contains("filter"));
    if cfg!(feature = "jsonata") {
        let is_short = |hostile: &Hostile| hostile.name.contains("`$map`");
        machines.extend(machines::in_jsonata().into_iter().filter(is_short));
    }
    machines
}

fn unlimited(input: Value) -> StartOptions {
    let mut options = endless(input);
    options.limits.work = u64::MAX;
    options
}

/// An execution in the middle of its work.
fn working(definition: &Value, input: Value) -> Execution {
    let mut execution = Execution::start(program(definition), unlimited(input), DateTime::UNIX_EPOCH);
    for _ in 0..TURNS {
        while execution.poll_command().is_some() {}
        assert!(execution.wants_turn(), "{:?}", execution.outcome());
        if execution.wants_long_turn() {
            break;
        }
        execution.handle(DateTime::UNIX_EPOCH, Event::Turn);
    }
    execution
}

/// Those with a state that does more than fits a turn: as much as a state may do, which takes a second or two.
fn machines_of_long_states() -> Vec<Hostile> {
    let mut machines = machines::in_json_path();
    machines.retain(|hostile| hostile.name.contains("filter") || hostile.name.contains("StringMatches"));
    if cfg!(feature = "jsonata") {
        machines.extend(machines::in_jsonata());
    }
    machines
}

/// No turn does their work but one that says so before.
#[test]
fn what_takes_long_is_put_aside() {
    for hostile in machines_of_long_states() {
        on_a_small_stack(move || {
            let mut execution = working(&hostile.definition, hostile.input);
            assert!(execution.wants_long_turn(), "{}", hostile.name);
            // Nothing but that turn does it.
            let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
            execution.handle(at, Event::DeadlineReached);
            assert!(execution.wants_long_turn(), "{}", hostile.name);
            execution.handle(at, Event::Stop(ErrorOutput::default()));
            assert_eq!(execution.outcome().map(asl_engine::Outcome::status), Some("ABORTED"));
            assert!(!execution.wants_turn() && !execution.wants_long_turn());
        });
    }
}

#[test]
fn stop_ends_each_of_them_at_once() {
    for hostile in machines() {
        on_a_small_stack(move || {
            let mut execution = working(&hostile.definition, hostile.input);
            execution.handle(DateTime::UNIX_EPOCH, Event::Stop(ErrorOutput::default()));
            let outcome = execution.outcome().expect("it has ended");
            assert_eq!(outcome.status(), "ABORTED", "{}", hostile.name);
            assert!(!execution.wants_turn());
        });
    }
}

#[test]
fn a_timeout_that_passed_between_two_turns_ends_each_of_them() {
    for mut hostile in machines() {
        hostile.definition["TimeoutSeconds"] = json!(60);
        on_a_small_stack(move || {
            let mut execution = working(&hostile.definition, hostile.input);
            execution.handle(DateTime::UNIX_EPOCH + TimeDelta::seconds(61), Event::Turn);
            let outcome = execution.outcome().expect("it has ended");
            assert_eq!(outcome.status(), "TIMED_OUT", "{}", hostile.name);
        });
    }
}

/// As fast as this is without a history: ten million rounds do not take a thread as long as they need.
#[test]
fn millions_of_rounds_are_many_turns() {
    on_a_small_stack(|| {
        let hostile = machines().swap_remove(0);
        let mut options = unlimited(hostile.input);
        options.limits.work = 200_000_000;
        let mut execution = Execution::start(program(&hostile.definition), options, DateTime::UNIX_EPOCH);
        let mut turns = 0;
        while execution.is_running() {
            while execution.poll_command().is_some() {}
            execution.handle(DateTime::UNIX_EPOCH, Event::Turn);
            turns += 1;
        }
        // 200,000 states, of which each turn has at most 5,000.
        assert!((35..50).contains(&turns), "{turns}");
    });
}

const CHARGE: &str = "arn:aws:lambda:us-east-1:123456789012:function:Charge";

fn interpreter() -> Interpreter {
    let limits = limits(|limits| {
        limits.history_events = None;
        limits.work = u64::MAX;
    });
    Interpreter::new().history(HistoryLevel::Off).limits(limits)
}

fn probe() -> Value {
    let task = json!({ "Type": "Task", "Resource": CHARGE, "Next": "Again" });
    let again = json!({ "Type": "Task", "Resource": CHARGE, "End": true });
    json!({ "StartAt": "T", "States": { "T": task, "Again": again } })
}

/// How often everything that is ready has a turn while the probe goes from one event to the next.
#[test]
fn on_one_thread_the_probe_has_its_turns() {
    for hostile in machines() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let rounds = Arc::new(AtomicUsize::new(0));
            let counter = Arc::clone(&rounds);
            let counting = tokio::spawn(async move {
                loop {
                    counter.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            });
            let interpreter = interpreter().task(CHARGE, |order: Value| async move {
                tokio::task::yield_now().await;
                Ok(order)
            });
            let handle = interpreter.start(program(&hostile.definition), hostile.input).unwrap();
            for _ in 0..2 {
                let before = rounds.load(Ordering::Relaxed);
                let output: Value = interpreter.run(program(&probe()), json!({ "id": 7 })).await.unwrap();
                let took = rounds.load(Ordering::Relaxed) - before;
                assert_eq!(output, json!({ "id": 7 }));
                assert!(took <= 20, "{} rounds beside {}", took, hostile.name);
            }
            assert_eq!(handle.status(), "RUNNING", "{}", hostile.name);
            handle.stop(None, None);
            assert_eq!((handle.status(), interpreter.running()), ("ABORTED", 0));
            counting.abort();
        });
    }
}

#[test]
fn on_two_threads_the_probe_ends_beside_more_executions_than_threads() {
    for hostile in machines() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let interpreter = interpreter().task(CHARGE, |order: Value| async move { Ok(order) });
            let program_of_hostile = program(&hostile.definition);
            for _ in 0..3 {
                interpreter
                    .start(Arc::clone(&program_of_hostile), hostile.input.clone())
                    .unwrap();
            }
            let output: Value = interpreter.run(program(&probe()), json!({ "id": 7 })).await.unwrap();
            assert_eq!(output, json!({ "id": 7 }), "{}", hostile.name);
            assert_eq!(interpreter.shutdown(std::time::Duration::ZERO).await, 3);
        });
    }
}
