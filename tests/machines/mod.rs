//! Random valid state machines, and a driver that answers their tasks in random order.

use asl_engine::execution::{Command, ErrorOutput, Event, Execution, Outcome, Program, Snapshot, StartOptions, TaskId};
use asl_engine::history::{HistoryEvent, HistoryLevel};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// One state of a chain.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Pass(u8),
    Task {
        retries: u32,
        caught: bool,
        timeout: Option<u32>,
        heartbeat: bool,
    },
    Wait(u32),
    Choice,
    Fail,
    Parallel {
        branches: Vec<Vec<Kind>>,
        retries: u32,
        caught: bool,
    },
    Map {
        states: Vec<Kind>,
        items: usize,
        concurrency: u32,
        caught: bool,
    },
}

/// A chain of states, nested up to three deep.
pub(crate) fn chain() -> impl Strategy<Value = Vec<Kind>> {
    let leaf = prop_oneof![
        4 => any::<u8>().prop_map(Kind::Pass),
        6 => (0u32..3, any::<bool>(), prop::option::of(1u32..9), any::<bool>())
            .prop_map(|(retries, caught, timeout, heartbeat)| Kind::Task { retries, caught, timeout, heartbeat }),
        2 => (0u32..20).prop_map(Kind::Wait),
        2 => Just(Kind::Choice),
        1 => Just(Kind::Fail),
    ];
    let states = prop::collection::vec(leaf, 1..5);
    states.prop_recursive(3, 40, 4, |inner| {
        let nested = prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), 0u32..2, any::<bool>()).prop_map(
                |(branches, retries, caught)| Kind::Parallel {
                    branches,
                    retries,
                    caught
                }
            ),
            (inner.clone(), 0usize..4, 0u32..3, any::<bool>()).prop_map(|(states, items, concurrency, caught)| {
                Kind::Map {
                    states,
                    items,
                    concurrency,
                    caught,
                }
            }),
        ];
        (inner, nested, any::<prop::sample::Index>()).prop_map(|(mut chain, nested, at)| {
            chain.insert(at.index(chain.len() + 1), nested);
            chain
        })
    })
}

/// The chain as a definition.
pub(crate) fn definition(chain: &[Kind]) -> String {
    let mut names = 0;
    graph(chain, &mut names).to_string()
}

fn graph(chain: &[Kind], names: &mut u32) -> Value {
    let first = *names;
    *names += u32::try_from(chain.len()).unwrap();
    let last = *names - 1;
    let mut states = Map::new();
    for (kind, number) in chain.iter().zip(first..) {
        states.insert(format!("S{number}"), state(kind, number, last, names));
    }
    json!({ "StartAt": format!("S{first}"), "States": states })
}

fn state(kind: &Kind, number: u32, last: u32, names: &mut u32) -> Value {
    let name = format!("S{number}");
    let next = format!("S{}", (number + 1).min(last));
    let ends = number == last;
    let mut state = match kind {
        Kind::Pass(n) => match n % 3 {
            0 => json!({ "Type": "Pass", "Result": n, "ResultPath": format!("$.{name}") }),
            1 => {
                json!({ "Type": "Pass", "Assign": { format!("v{number}"): n, format!("w{number}.$"): "$$.State.Name" } })
            }
            _ => json!({ "Type": "Pass", "Parameters": { "u.$": "States.UUID()", "r.$": "States.MathRandom(0, 99)" } }),
        },
        Kind::Task {
            retries,
            caught,
            timeout,
            heartbeat,
        } => {
            let mut task = json!({
                "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Work",
                "ResultPath": format!("$.{name}"),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries, "JitterStrategy": "FULL" }]
            });
            if let Some(timeout) = timeout {
                task["TimeoutSeconds"] = json!(timeout + 1);
                if *heartbeat {
                    task["HeartbeatSeconds"] = json!(timeout);
                }
            }
            catching(task, *caught, &next, ends)
        }
        Kind::Wait(seconds) => json!({ "Type": "Wait", "Seconds": seconds }),
        Kind::Choice | Kind::Fail if ends => json!({ "Type": "Succeed" }),
        Kind::Choice => json!({
            "Type": "Choice", "Default": next,
            "Choices": [{ "Variable": "$.S0", "IsPresent": true, "Next": next }]
        }),
        Kind::Fail => json!({
            "Type": "Choice", "Default": next,
            "Choices": [{ "Variable": "$.flag", "IsPresent": true, "Next": next }]
        }),
        Kind::Parallel {
            branches,
            retries,
            caught,
        } => {
            let branches: Vec<_> = branches.iter().map(|branch| graph(branch, names)).collect();
            let parallel = json!({
                "Type": "Parallel", "Branches": branches, "ResultPath": format!("$.{name}"),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries }]
            });
            catching(parallel, *caught, &next, ends)
        }
        Kind::Map {
            states,
            items,
            concurrency,
            caught,
        } => {
            let map = json!({
                "Type": "Map", "ItemProcessor": graph(states, names), "MaxConcurrency": concurrency,
                "ItemsPath": "$$.Execution.Input.items".to_owned(), "ResultPath": format!("$.{name}"),
                "ItemSelector": { "item.$": "$$.Map.Item.Value", "of": items }
            });
            catching(map, *caught, &next, ends)
        }
    };
    let ends_itself = matches!(state["Type"].as_str(), Some("Choice" | "Succeed"));
    if !ends_itself {
        if ends {
            state["End"] = json!(true);
        } else {
            state["Next"] = json!(next);
        }
    }
    state
}

fn catching(mut state: Value, caught: bool, next: &str, ends: bool) -> Value {
    if caught && !ends {
        state["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": next }]);
    }
    state
}

/// What an execution left behind.
#[derive(Debug, PartialEq)]
pub(crate) struct Trace {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) elapsed: TimeDelta,
}

/// Runs a machine, deciding by `choices` what happens next; between any two events the execution goes through
/// `between`.
pub(crate) fn drive(
    program: &Arc<Program>,
    seed: u64,
    choices: &[u8],
    between: impl FnMut(Execution) -> Execution,
) -> Trace {
    drive_at(HistoryLevel::Full, program, seed, choices, between)
}

/// The same, with as much of a history as wanted.
pub(crate) fn drive_at(
    level: HistoryLevel,
    program: &Arc<Program>,
    seed: u64,
    choices: &[u8],
    mut between: impl FnMut(Execution) -> Execution,
) -> Trace {
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let mut options = StartOptions::new(json!({ "items": [1, "two"], "flag": true }));
    options.seed = seed;
    options.history = level;
    let mut now = start;
    let mut execution = between(Execution::start(Arc::clone(program), options, now));
    let mut waiting: Vec<TaskId> = Vec::new();
    let mut history = Vec::new();
    let mut choices = choices.iter().copied().cycle();
    for _ in 0..500 {
        while let Some(command) = execution.poll_command() {
            match command {
                // A restored execution dispatches again what the driver knows already.
                Command::Invoke(task) if !waiting.contains(&task.id) => waiting.push(task.id),
                Command::Cancel(task) => waiting.retain(|known| *known != task),
                Command::Record(event) => history.push(event),
                _ => {}
            }
        }
        if !execution.is_running() {
            break;
        }
        waiting.sort();
        let choice = choices.next().unwrap_or(0);
        let event = if waiting.is_empty() || choice % 4 == 3 {
            let Some(deadline) = execution.next_deadline() else {
                if waiting.is_empty() {
                    break;
                }
                continue;
            };
            now = now.max(deadline);
            Event::DeadlineReached
        } else {
            now += TimeDelta::milliseconds(i64::from(choice) * 10);
            let task = waiting[usize::from(choice) % waiting.len()];
            match choice % 5 {
                0 => Event::TaskHeartbeat { task },
                1 => {
                    let error = ErrorOutput {
                        error: Some("Broken".into()),
                        cause: None,
                    };
                    waiting.retain(|known| *known != task);
                    Event::TaskFailed { task, error }
                }
                _ => {
                    waiting.retain(|known| *known != task);
                    Event::TaskSucceeded {
                        task,
                        output: json!(choice),
                    }
                }
            }
        };
        execution.handle(now, event);
        execution = between(execution);
    }
    Trace {
        outcome: execution.outcome().cloned(),
        history,
        elapsed: now - start,
    }
}

/// Stores an execution as text and goes on from it.
pub(crate) fn through_storage(execution: Execution) -> Execution {
    let program = Arc::clone(execution.program());
    let stored = serde_json::to_string(&execution.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
    Execution::restore(program, snapshot).unwrap()
}
