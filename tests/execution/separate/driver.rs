//! A driver in virtual time that runs child executions inside their execution, or each as an execution of its own.

use asl_engine::execution::{
    Command, Event, Execution, MapRunLog, MapRunStatus, Outcome, Program, Snapshot, StartOptions, Task, TaskId,
};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answer to a task, and how long it takes.
pub(crate) type Answer = (TimeDelta, Result<Value, ErrorOutput>);

/// What an execution and its child executions have done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) log: MapRunLog,
    pub(crate) elapsed: TimeDelta,
    pub(crate) tokens: Vec<String>,
    /// Whether a Map Run ended before all its items had.
    pub(crate) is_cut_short: bool,
    /// The most executions that ran at once.
    pub(crate) most: usize,
}

/// A running execution: the one that is driven, or a child execution.
struct Member {
    execution: Execution,
    depth: usize,
    /// The execution of its Map state, by which id that knows it, and its Map Run.
    child_of: Option<(usize, TaskId, Arc<str>)>,
}

pub(crate) struct Driver<A> {
    answer: A,
    now: DateTime<Utc>,
    members: BTreeMap<usize, Member>,
    /// What will happen, by time and then in the order in which it was found out.
    to_come: BTreeMap<(DateTime<Utc>, usize), (usize, Event)>,
    started: usize,
    sent: usize,
    /// The child executions that have ended without success, for redrives.
    ended: Vec<Execution>,
    /// Whether executions are stored between any two events.
    stores: bool,
    told: Told,
}

/// Runs an execution to its end, or until it waits for what never comes.
pub(crate) fn drive<A: FnMut(&Task) -> Option<Answer>>(
    program: &Arc<Program>,
    options: StartOptions,
    start: DateTime<Utc>,
    stores: bool,
    answer: A,
) -> (Told, Driver<A>) {
    let mut driver = Driver {
        answer,
        now: start,
        members: BTreeMap::new(),
        to_come: BTreeMap::new(),
        started: 0,
        sent: 0,
        ended: Vec::new(),
        stores,
        told: Told::default(),
    };
    let execution = Execution::start(Arc::clone(program), options, start);
    driver.members.insert(
        0,
        Member {
            execution,
            depth: 0,
            child_of: None,
        },
    );
    driver.run(start)
}

impl<A: FnMut(&Task) -> Option<Answer>> Driver<A> {
    fn run(mut self, start: DateTime<Utc>) -> (Told, Self) {
        self.carry_out(0);
        while self.members.contains_key(&0) {
            let Some((number, event)) = self.next() else { break };
            if let Some(member) = self.members.get_mut(&number) {
                member.execution.handle(self.now, event);
                self.carry_out(number);
            }
        }
        let mut told = std::mem::take(&mut self.told);
        told.elapsed = self.now - start;
        (told, self)
    }

    fn next(&mut self) -> Option<(usize, Event)> {
        // A child execution comes before the one around it, as inside it.
        let deadlines = self
            .members
            .iter()
            .filter_map(|(number, member)| Some((member.execution.next_deadline()?, Reverse(member.depth), *number)));
        let deadline = deadlines.min();
        let event = self.to_come.first_key_value().map(|((at, _), _)| *at);
        match (event, deadline) {
            (Some(at), deadline) if deadline.is_none_or(|(deadline, ..)| at <= deadline) => {
                self.now = self.now.max(at);
                self.to_come.pop_first().map(|(_, happens)| happens)
            }
            (_, Some((at, _, number))) => {
                self.now = self.now.max(at);
                Some((number, Event::DeadlineReached))
            }
            (_, None) => None,
        }
    }

    fn send(&mut self, at: DateTime<Utc>, to: usize, event: Event) {
        self.to_come.insert((at, self.sent), (to, event));
        self.sent += 1;
    }

    fn carry_out(&mut self, number: usize) {
        self.told.most = self.told.most.max(self.members.len());
        loop {
            let Some(member) = self.members.get_mut(&number) else {
                return;
            };
            match member.execution.poll_command() {
                Some(Command::Invoke(task)) => {
                    self.told.tokens.extend(task.request.token.clone());
                    if let Some((takes, result)) = (self.answer)(&task) {
                        let task = task.id;
                        let event = match result {
                            Ok(raw_result) => Event::TaskSucceeded { task, raw_result },
                            Err(error) => Event::TaskFailed { task, error },
                        };
                        self.send(self.now + takes, number, event);
                    }
                }
                Some(Command::Cancel(id)) => {
                    let is_it = |member: &Member| {
                        let of = member.child_of.as_ref();
                        of.is_some_and(|(parent, child, _)| (*parent, *child) == (number, id))
                    };
                    let child = self.members.iter().find(|(_, member)| is_it(member));
                    if let Some(child) = child.map(|(child, _)| *child) {
                        self.send(self.now, child, Event::Stop(ErrorOutput::default()));
                    }
                }
                Some(Command::Record(event)) => self.record(number, event),
                Some(Command::RecordChild(event)) => self.told.log.record(*event),
                Some(Command::MapRun(map_run)) => {
                    let counts = map_run.item_counts;
                    let is_left = counts.pending + counts.aborted + counts.pending_redrive > 0;
                    self.told.is_cut_short |= is_left && map_run.status != MapRunStatus::Running;
                    self.told.log.update(*map_run);
                }
                Some(Command::StartChild(start)) => {
                    let (program, depth) = (Arc::clone(member.execution.program()), member.depth + 1);
                    let child_of = Some((number, start.id, Arc::clone(&start.map_run_arn)));
                    let arn = start.options.execution_arn();
                    let kept = self.ended.iter().position(|ended| **ended.arn() == *arn);
                    let execution = match kept {
                        Some(kept) if start.redrive_count > 0 && start.options.express_id.is_none() => {
                            let mut execution = self.ended.remove(kept);
                            execution.redrive(start.time).unwrap();
                            execution
                        }
                        _ => Execution::start_child(program, *start),
                    };
                    self.started += 1;
                    let child = self.started;
                    self.members.insert(
                        child,
                        Member {
                            execution,
                            depth,
                            child_of,
                        },
                    );
                    self.carry_out(child);
                }
                Some(Command::Complete(outcome)) => return self.end(number, outcome),
                Some(other) => panic!("{other:?}"),
                None if member.execution.wants_turn() => member.execution.handle(self.now, Event::Turn),
                None => break,
            }
        }
        if self.stores {
            self.store(number);
        }
    }

    /// Goes on from a snapshot: all that is asked for again is what is waited for.
    fn store(&mut self, number: usize) {
        let Some(member) = self.members.get_mut(&number) else {
            return;
        };
        let stored = serde_json::to_string(&member.execution.snapshot()).unwrap();
        let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
        let program = Arc::clone(member.execution.program());
        member.execution = Execution::restore(program, snapshot).unwrap();
        let mut again = Vec::new();
        while let Some(command) = member.execution.poll_command() {
            match command {
                Command::StartChild(start) => again.push((start.id, start.options.execution_arn())),
                Command::Invoke(_) => {}
                other => panic!("{other:?}"),
            }
        }
        for (id, arn) in again {
            let is_running = self.members.values().any(|member| {
                let of = member.child_of.as_ref();
                **member.execution.arn() == *arn && of.is_some_and(|of| (of.0, of.1) == (number, id))
            });
            let has_ended = self
                .to_come
                .values()
                .any(|(to, event)| matches!(event, Event::ChildEnded { child, .. } if (*to, *child) == (number, id)));
            assert!(is_running || has_ended, "{arn} is handed out again");
        }
    }

    fn record(&mut self, number: usize, event: HistoryEvent) {
        let Some(member) = self.members.get(&number) else {
            return;
        };
        match &member.child_of {
            None => self.told.history.push(event),
            Some((_, _, map_run_arn)) => {
                // As the engine tells of it.
                let told =
                    json!({ "map_run_arn": map_run_arn, "execution_arn": member.execution.arn(), "event": event });
                self.told.log.record(serde_json::from_value(told).unwrap());
            }
        }
    }

    fn end(&mut self, number: usize, outcome: Outcome) {
        let Some(member) = self.members.remove(&number) else {
            return;
        };
        match member.child_of {
            None => {
                self.told.outcome = Some(outcome);
                self.ended.push(member.execution);
                // What was cancelled at its end is stopped.
                while let Some((at, (child, event))) = self.to_come.pop_first() {
                    if at.0 <= self.now
                        && let (Event::Stop(_), Some(member)) = (&event, self.members.get_mut(&child))
                    {
                        member.execution.handle(self.now, event);
                        self.carry_out(child);
                    }
                }
            }
            Some((parent, child, _)) => {
                let time = self.now;
                if outcome.output().is_none() {
                    self.ended.push(member.execution);
                }
                self.send(self.now, parent, Event::ChildEnded { child, outcome, time });
            }
        }
    }

    /// Redrives the execution, which has ended, and runs it to its next end.
    pub(crate) fn redrive(mut self, told: Told) -> (Told, Self) {
        let root = self.ended.iter().rposition(|ended| !ended.arn().contains('/')).unwrap();
        let mut execution = self.ended.remove(root);
        if self.stores {
            let stored = serde_json::to_string(&execution.snapshot()).unwrap();
            let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
            execution = Execution::restore(Arc::clone(execution.program()), snapshot).unwrap();
        }
        let start = self.now - told.elapsed;
        self.now += TimeDelta::seconds(1);
        execution.redrive(self.now).unwrap();
        self.told = told;
        self.members.insert(
            0,
            Member {
                execution,
                depth: 0,
                child_of: None,
            },
        );
        self.run(start)
    }
}
