//! A driver that answers tasks in random order.

use asl_engine::execution::{
    ChildEvent, Command, Event, Execution, MapRun, Outcome, Program, Snapshot, StartOptions, Task, TaskId,
};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::STOP;

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

impl Trace {
    /// The same, however many turns each event took: without the order of the tasks that one leads to, and without those
    /// that were cancelled, of which a driver hears nothing where that takes one turn.
    pub(crate) fn in_any_turns(self) -> Self {
        Self {
            calls: self.calls.in_any_turns(),
            ..self
        }
    }
}

/// What an execution told to be kept.
#[derive(Debug, Default)]
struct Kept {
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
    fn in_any_turns(mut self) -> Self {
        let cancelled: BTreeSet<TaskId> = self.cancelled.drain(..).collect();
        self.invoked.retain(|task| !cancelled.contains(&task.id));
        self.invoked.sort_unstable_by_key(|task| task.id);
        self.done.retain(|task| !cancelled.contains(task));
        self
    }

    /// Takes in all that is to be done, and keeps the events to be recorded.
    ///
    /// A restored execution dispatches again what the driver knows already, and that must be the same to the letter. It
    /// does so behind everything else and in the order of frames; so what one event leads to is compared without order.
    fn take(&mut self, execution: &mut Execution, kept: &mut Kept) {
        let mut invoked = BTreeMap::new();
        let mut cancelled = BTreeSet::new();
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(mut task) => {
                    // Only a task that is dispatched again can have been accepted before.
                    task.is_submitted = false;
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
                Command::Record(event) => kept.history.push(event),
                Command::RecordChild(event) => kept.children.push(*event),
                Command::MapRun(map_run) => kept.map_runs.push(*map_run),
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
            return Some(Event::TaskSucceeded {
                task,
                raw_result: output,
            });
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
                raw_result: self.waiting.get(&task).map_or(Value::Null, |task| answer(task, choice)),
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
    drive_with(|_| {}, program, seed, choices, between)
}

/// The same with other options.
pub(crate) fn drive_with(
    change: impl FnOnce(&mut StartOptions),
    program: &Arc<Program>,
    seed: u64,
    choices: &[u8],
    between: impl FnMut(Execution) -> Execution,
) -> Trace {
    drive_again(change, 0, program, seed, choices, between)
}

/// The same; an execution that does not succeed is redriven so often.
pub(crate) fn drive_again(
    change: impl FnOnce(&mut StartOptions),
    redrives: usize,
    program: &Arc<Program>,
    seed: u64,
    choices: &[u8],
    mut between: impl FnMut(Execution) -> Execution,
) -> Trace {
    let mut redrives = 0..redrives;
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let mut options = StartOptions::new(json!({ "items": [1, "two"], "flag": true }));
    options.seed = seed;
    change(&mut options);
    let mut now = start;
    let mut execution = between(Execution::start(Arc::clone(program), options, now));
    let mut calls = Calls::default();
    let mut kept = Kept::default();
    let mut choices = choices.iter().copied().cycle();
    for _ in 0..500 {
        execution = settle(execution, now, &mut calls, &mut kept, &mut between);
        if !execution.is_running() {
            now += TimeDelta::seconds(1);
            if redrives.next().is_none() || execution.redrive(now).is_err() {
                break;
            }
            execution = between(execution);
            continue;
        }
        let choice = choices.next().unwrap_or(0);
        let reports = choice == STOP || choice % 4 != 3;
        let then = now + TimeDelta::milliseconds(i64::from(choice) * 10);
        // What was due before comes first, in time and with all the turns that it takes.
        while reports && let Some(deadline) = execution.next_deadline().filter(|deadline| *deadline < then) {
            now = now.max(deadline);
            execution.handle(now, Event::DeadlineReached);
            execution = settle(between(execution), now, &mut calls, &mut kept, &mut between);
        }
        let reported = if choice == STOP {
            Some(Event::Stop(ErrorOutput {
                error: Some("Closing".into()),
                cause: Some("time".into()),
            }))
        } else if reports {
            calls.report(choice)
        } else {
            None
        };
        let event = if let Some(event) = reported {
            now = then;
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
        history: kept.history,
        children: kept.children,
        map_runs: kept.map_runs,
        elapsed: now - start,
        calls,
    }
}

/// Gives an execution its turns until it waits or ends.
fn settle(
    mut execution: Execution,
    now: DateTime<Utc>,
    calls: &mut Calls,
    kept: &mut Kept,
    between: &mut impl FnMut(Execution) -> Execution,
) -> Execution {
    calls.take(&mut execution, kept);
    while execution.wants_turn() {
        execution.handle(now, Event::Turn);
        execution = between(execution);
        calls.take(&mut execution, kept);
    }
    execution
}

/// Stores an execution as text and goes on from it.
pub(crate) fn through_storage(execution: Execution) -> Execution {
    let program = Arc::clone(execution.program());
    let stored = serde_json::to_string(&execution.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
    Execution::restore(program, snapshot).unwrap()
}
