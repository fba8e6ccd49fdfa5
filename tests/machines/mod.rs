//! Random valid state machines, and a driver that answers their tasks in random order.

use asl_engine::execution::{
    ChildEvent, Command, ErrorOutput, Event, Execution, MapRun, Outcome, Program, Snapshot, StartOptions, Task, TaskId,
};
use asl_engine::history::{HistoryEvent, HistoryLevel};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A state machine.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    chain: Vec<Kind>,
    timeout: Option<u32>,
}

/// One state of a chain.
#[derive(Debug, Clone)]
enum Kind {
    Pass(u8),
    Task {
        resource: &'static str,
        retries: u32,
        caught: bool,
        timeout: Option<u32>,
        heartbeat: bool,
    },
    Wait(u32),
    Choice,
    /// A Fail state at the end of a chain; elsewhere a Choice that may go to one.
    Fail(When),
    Parallel {
        branches: Vec<Vec<Kind>>,
        retries: u32,
        caught: bool,
    },
    Map {
        mode: Mode,
        states: Vec<Kind>,
        items: usize,
        concurrency: u32,
        retries: u32,
        caught: bool,
    },
}

/// How a Map gets its items, and runs them.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Inline,
    Distributed,
    /// With an `ItemReader`, an `ItemBatcher` and a `ResultWriter`.
    FromFile,
}

/// When a Choice goes to its Fail state.
#[derive(Debug, Clone, Copy)]
enum When {
    Always,
    /// A state before it has caught an error.
    Caught,
    /// A Pass state before it has drawn a low number.
    Low,
}

/// The choice that stops an execution.
const STOP: u8 = 255;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";
const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:Work";
const CALLBACK: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const JOB: &str = "arn:aws:states:::glue:startJobRun.sync";

/// A state machine, nested up to three deep.
pub(crate) fn machine() -> impl Strategy<Value = Machine> {
    let timeout = prop_oneof![3 => Just(None), 1 => (1u32..40).prop_map(Some)];
    (chain(), timeout).prop_map(|(chain, timeout)| Machine { chain, timeout })
}

fn chain() -> impl Strategy<Value = Vec<Kind>> {
    let resource = prop::sample::select(vec![FUNCTION, ACTIVITY, CALLBACK, JOB]);
    let when = prop::sample::select(vec![When::Always, When::Caught, When::Low]);
    let leaf = prop_oneof![
        4 => any::<u8>().prop_map(Kind::Pass),
        6 => (resource, 0u32..3, any::<bool>(), prop::option::of(1u32..9), any::<bool>()).prop_map(
            |(resource, retries, caught, timeout, heartbeat)| Kind::Task { resource, retries, caught, timeout, heartbeat }
        ),
        2 => (0u32..20).prop_map(Kind::Wait),
        2 => Just(Kind::Choice),
        1 => when.prop_map(Kind::Fail),
    ];
    let states = prop::collection::vec(leaf, 1..5);
    states.prop_recursive(3, 40, 4, |inner| {
        let mode = prop_oneof![3 => Just(Mode::Inline), 3 => Just(Mode::Distributed), 1 => Just(Mode::FromFile)];
        let nested = prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), 0u32..2, any::<bool>()).prop_map(
                |(branches, retries, caught)| Kind::Parallel {
                    branches,
                    retries,
                    caught
                }
            ),
            (mode, inner.clone(), 0usize..4, 0u32..3, 0u32..2, any::<bool>()).prop_map(
                |(mode, states, items, concurrency, retries, caught)| Kind::Map {
                    mode,
                    states,
                    items,
                    concurrency,
                    retries,
                    caught,
                }
            ),
        ];
        (inner, nested, any::<prop::sample::Index>()).prop_map(|(mut chain, nested, at)| {
            chain.insert(at.index(chain.len() + 1), nested);
            chain
        })
    })
}

/// The machine as a definition.
pub(crate) fn definition(machine: &Machine) -> String {
    let mut definition = graph(&machine.chain, &mut 0);
    if let Some(timeout) = machine.timeout {
        definition["TimeoutSeconds"] = json!(timeout);
    }
    definition.to_string()
}

fn graph(chain: &[Kind], names: &mut u32) -> Value {
    let first = *names;
    *names += u32::try_from(chain.len()).unwrap();
    let last = *names - 1;
    let mut states = Map::new();
    for (kind, number) in chain.iter().zip(first..) {
        states.insert(format!("S{number}"), state(kind, number, last, names));
        if matches!(kind, Kind::Fail(_)) && number != last {
            states.insert(format!("F{number}"), fail());
        }
    }
    json!({ "StartAt": format!("S{first}"), "States": states })
}

fn fail() -> Value {
    json!({ "Type": "Fail", "Error": "Burnt", "CausePath": "States.Format('in {}', $$.State.Name)" })
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
            resource,
            retries,
            caught,
            timeout,
            heartbeat,
        } => {
            let mut task = json!({
                "Type": "Task", "Resource": resource, "ResultPath": format!("$.{name}"),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries, "JitterStrategy": "FULL" }]
            });
            match *resource {
                CALLBACK => {
                    task["Parameters"] = json!({ "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } });
                }
                JOB => task["Parameters"] = json!({ "JobName": "j" }),
                _ => {}
            }
            if let Some(timeout) = timeout {
                task["TimeoutSeconds"] = json!(timeout + 1);
                if *heartbeat {
                    task["HeartbeatSeconds"] = json!(timeout);
                }
            }
            catching(task, *caught, &next, ends)
        }
        Kind::Wait(seconds) => json!({ "Type": "Wait", "Seconds": seconds }),
        Kind::Fail(_) if ends => fail(),
        Kind::Choice if ends => json!({ "Type": "Succeed" }),
        Kind::Choice => json!({
            "Type": "Choice", "Default": next,
            "Choices": [{ "Variable": "$.S0", "IsPresent": true, "Next": next }]
        }),
        Kind::Fail(when) => {
            let mut rule = match when {
                When::Always => json!({ "Variable": "$$.Execution.Input.flag", "BooleanEquals": true }),
                When::Caught => json!({ "Variable": "$.error", "IsPresent": true }),
                When::Low => json!({ "Variable": "$.r", "NumericLessThan": 50 }),
            };
            if matches!(when, When::Low) {
                rule = json!({ "And": [{ "Variable": "$.r", "IsPresent": true }, rule] });
            }
            rule["Next"] = json!(format!("F{number}"));
            json!({ "Type": "Choice", "Default": next, "Choices": [rule] })
        }
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
            mode,
            states,
            items,
            concurrency,
            retries,
            caught,
        } => {
            let mut map = json!({
                "Type": "Map", "ItemProcessor": graph(states, names), "MaxConcurrency": concurrency,
                "ItemSelector": { "item.$": "$$.Map.Item.Value", "of": items, "items": [1, "two"], "flag": true }, "ResultPath": format!("$.{name}"),
                "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": retries }]
            });
            if !matches!(mode, Mode::Inline) {
                map["ItemProcessor"]["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
                map["ToleratedFailureCount"] = json!(items / 2);
            }
            if matches!(mode, Mode::FromFile) {
                map["ItemReader"] = json!({
                    "Resource": "arn:aws:states:::s3:getObject", "Parameters": { "Bucket": "b", "Key": "k" },
                    "ReaderConfig": { "InputType": "JSONL" }
                });
                map["ItemBatcher"] = json!({ "MaxItemsPerBatch": 2 });
                map["ResultWriter"] =
                    json!({ "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "b" } });
            } else {
                // A child execution has an input of its own.
                map["ItemsPath"] = json!("$$.Execution.Input.items");
            }
            catching(map, *caught, &next, ends)
        }
    };
    let ends_itself = matches!(state["Type"].as_str(), Some("Choice" | "Succeed" | "Fail"));
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

/// What an execution left behind, and what its driver had to do.
#[derive(Debug, PartialEq)]
pub(crate) struct Trace {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) children: Vec<ChildEvent>,
    pub(crate) map_runs: Vec<MapRun>,
    pub(crate) elapsed: TimeDelta,
    pub(crate) calls: Calls,
}

/// What an execution told to be kept.
#[derive(Debug, Default)]
struct Seen {
    history: Vec<HistoryEvent>,
    children: Vec<ChildEvent>,
    map_runs: Vec<MapRun>,
}

/// The tasks of an execution, as its driver sees them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Calls {
    invoked: Vec<Task>,
    cancelled: Vec<TaskId>,
    waiting: BTreeMap<TaskId, Task>,
    /// Answered or cancelled: whoever hears of them again would do the work twice.
    done: BTreeSet<TaskId>,
}

impl Calls {
    /// Takes in all that is to be done, and keeps the events to be recorded.
    ///
    /// A restored execution dispatches again what the driver knows already, and that must be the same to the letter. It
    /// does so behind everything else and in the order of frames; so what one event leads to is compared without order.
    fn take(&mut self, execution: &mut Execution, seen: &mut Seen) {
        let mut invoked = BTreeMap::new();
        let mut cancelled = BTreeSet::new();
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(task) => {
                    let known = self.waiting.get(&task.id);
                    assert!(
                        known.is_none_or(|known| *known == task),
                        "{known:?} was dispatched before {task:?}"
                    );
                    assert!(
                        !self.done.contains(&task.id),
                        "dispatched although it is over: {task:?}"
                    );
                    if known.is_none() {
                        invoked.insert(task.id, task);
                    }
                }
                // One that a snapshot kept may be of a task that nobody heard of.
                Command::Cancel(id) if invoked.remove(&id).is_some() || !self.waiting.contains_key(&id) => {}
                Command::Cancel(id) => {
                    self.waiting.remove(&id);
                    self.done.insert(id);
                    cancelled.insert(id);
                }
                Command::Record(event) => seen.history.push(event),
                Command::RecordChild(event) => seen.children.push(*event),
                Command::MapRun(map_run) => seen.map_runs.push(*map_run),
                _ => {}
            }
        }
        self.cancelled.extend(cancelled);
        self.invoked.extend(invoked.values().cloned());
        self.waiting.extend(invoked);
    }

    /// What a worker says of a task: one that waits or, so that it is ignored, one that is over.
    fn report(&mut self, choice: u8) -> Option<Event> {
        let (action, which) = (choice / 4 % 8, usize::from(choice / 32));
        if action == 7 && !self.done.is_empty() {
            let task = *self.done.iter().nth(which % self.done.len())?;
            let output = json!("too late");
            return Some(Event::TaskSucceeded { task, output });
        }
        let task = *self.waiting.keys().nth(which % self.waiting.len().max(1))?;
        let event = match action {
            0 => Event::TaskHeartbeat { task },
            1 => {
                let error = ErrorOutput {
                    error: Some("Broken".into()),
                    cause: None,
                };
                Event::TaskFailed { task, error }
            }
            2 => Event::TaskStarted {
                task,
                worker_name: Some("worker".to_owned()),
            },
            3 => Event::TaskSubmitted {
                task,
                output: json!({ "MessageId": choice }),
            },
            _ => Event::TaskSucceeded {
                task,
                output: self.waiting.get(&task).map_or(Value::Null, |task| answer(task, choice)),
            },
        };
        if matches!(event, Event::TaskFailed { .. } | Event::TaskSucceeded { .. }) {
            self.waiting.remove(&task);
            self.done.insert(task);
        }
        Some(event)
    }
}

/// What a task results in: a number, or the items that an `ItemReader` asks for.
fn answer(task: &Task, choice: u8) -> Value {
    if task.resource.arn().ends_with(":s3:getObject") {
        return json!({ "Body": "1\n2\n3\n" });
    }
    json!(choice)
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
    let mut calls = Calls::default();
    let mut seen = Seen::default();
    let mut choices = choices.iter().copied().cycle();
    for _ in 0..500 {
        calls.take(&mut execution, &mut seen);
        if !execution.is_running() {
            break;
        }
        let choice = choices.next().unwrap_or(0);
        let reported = if choice == STOP {
            Some(Event::Stop(ErrorOutput {
                error: Some("Closing".into()),
                cause: Some("time".into()),
            }))
        } else if choice % 4 == 3 {
            None
        } else {
            calls.report(choice)
        };
        let event = if let Some(event) = reported {
            now += TimeDelta::milliseconds(i64::from(choice) * 10);
            event
        } else if let Some(deadline) = execution.next_deadline() {
            now = now.max(deadline);
            Event::DeadlineReached
        } else if calls.waiting.is_empty() {
            break;
        } else {
            continue;
        };
        execution.handle(now, event);
        execution = between(execution);
    }
    Trace {
        outcome: execution.outcome().cloned(),
        history: seen.history,
        children: seen.children,
        map_runs: seen.map_runs,
        elapsed: now - start,
        calls,
    }
}

/// Stores an execution as text and goes on from it.
pub(crate) fn through_storage(execution: Execution) -> Execution {
    let program = Arc::clone(execution.program());
    let stored = serde_json::to_string(&execution.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
    Execution::restore(program, snapshot).unwrap()
}
