//! Assembles the visits of an execution from its trace.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::visit::{Attempt, Retry, RuleTried, Visit, VisitEnd};
use crate::definition::{State, StateType};
use crate::execution::{Assigned, FrameKey, Next, Program, Stage, StateId, TaskId, TraceEntry, Traced};

/// Watches one execution.
#[derive(Debug)]
pub(super) struct Observer {
    program: Arc<Program>,
    start: DateTime<Utc>,
    /// Whether finished visits are kept; otherwise only the running ones are known.
    keeps: bool,
    pub(super) visits: Vec<Visit>,
    /// The running visit of each frame.
    frames: HashMap<FrameKey, Current>,
    /// How often each state was entered.
    entries: HashMap<StateId, usize>,
    /// How often each state was entered within the same iterations.
    rounds: HashMap<(StateId, Vec<usize>), usize>,
    /// The visit of each task.
    tasks: HashMap<TaskId, FrameKey>,
}

/// The visit of a frame while it runs.
#[derive(Debug, Clone)]
struct Current {
    state: StateId,
    parent: Option<FrameKey>,
    visit: usize,
    number: usize,
    round: usize,
    iterations: Vec<usize>,
    attempts: usize,
    calls: usize,
    is_caught: Option<usize>,
}

/// The origin of a task.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) number: usize,
    /// The number of earlier visits within the same iterations.
    pub(super) round: usize,
    pub(super) iterations: Vec<usize>,
    pub(super) attempt: usize,
    /// The number of earlier calls in the visit.
    pub(super) nth: usize,
    pub(super) pointer: Arc<str>,
}

impl Observer {
    pub(super) fn new(program: Arc<Program>, start: DateTime<Utc>, keeps: bool) -> Self {
        Self {
            program,
            start,
            keeps,
            visits: Vec::new(),
            frames: HashMap::new(),
            entries: HashMap::new(),
            rounds: HashMap::new(),
            tasks: HashMap::new(),
        }
    }

    /// Reads the trace since the last call.
    pub(super) fn observe(&mut self, entries: Vec<TraceEntry>) {
        for entry in entries {
            self.take_in(entry);
        }
    }

    /// The visit that issued the task.
    pub(super) fn asked(&mut self, task: TaskId) -> Asked {
        let frame = self.tasks.remove(&task).and_then(|key| self.frames.get(&key));
        frame.map_or_else(Asked::default, |current| Asked {
            number: current.number,
            round: current.round,
            iterations: current.iterations.clone(),
            attempt: current.attempts.saturating_sub(1),
            nth: current.calls.saturating_sub(1),
            pointer: Arc::clone(&self.program.node(current.state).pointer),
        })
    }

    /// The running states, in the order of their entries.
    pub(super) fn running(&self) -> Vec<usize> {
        let goes_on = |visit: &usize| self.visits.get(*visit).is_none_or(|visit| visit.ended.is_none());
        let visits = self.frames.values().map(|current| current.visit);
        let mut running: Vec<usize> = visits.filter(goes_on).collect();
        running.sort_unstable();
        running
    }

    /// Forgets the states in which the execution ended: a redrive tells of those that go on.
    pub(super) fn forget_running(&mut self) {
        self.frames.clear();
    }

    fn take_in(&mut self, entry: TraceEntry) {
        let TraceEntry { at, frame, traced } = entry;
        let at = (at - self.start).to_std().unwrap_or(Duration::ZERO);
        match traced {
            Traced::Entered {
                state,
                parent,
                index,
                raw_input,
                event,
            } => {
                let current = self.entered(frame, state, parent, index);
                if self.keeps {
                    let node = self.program.node(state);
                    self.visits.push(Visit {
                        state: Arc::clone(&node.name),
                        pointer: Arc::clone(&node.pointer),
                        state_type: node.state.state_type(),
                        number: current.number,
                        iterations: current.iterations.clone(),
                        within: parent.and_then(|parent| Some(self.frames.get(&parent)?.visit)),
                        index,
                        event,
                        entered: at,
                        ended: None,
                        effective_input: None,
                        raw_input,
                        raw_result: None,
                        output: None,
                        assigned: serde_json::Map::new(),
                        attempts: Vec::new(),
                        rules: Vec::new(),
                        graphs: None,
                        failed_graphs: Vec::new(),
                        end: VisitEnd::Unfinished,
                        stages: Vec::new(),
                    });
                }
                self.frames.insert(frame, current);
            }
            Traced::Invoked(task) => {
                if let Some(current) = self.frames.get_mut(&frame) {
                    current.calls += 1;
                }
                self.tasks.insert(task, frame);
            }
            Traced::Attempted => {
                let Some(current) = self.frames.get_mut(&frame) else {
                    return;
                };
                current.attempts += 1;
                self.change(frame, |visit| {
                    // Without a field that selects, the effective input is the raw input; states with work report
                    // theirs.
                    let tells = matches!(visit.state_type, StateType::Task | StateType::Parallel | StateType::Map);
                    visit.effective_input = (!tells).then(|| visit.raw_input.clone());
                    visit.attempts.push(Attempt {
                        began: at,
                        effective_input: visit.effective_input.clone(),
                        ..Attempt::default()
                    });
                    visit.graphs = None;
                    visit.stages.clear();
                });
            }
            Traced::Caught { catcher } => {
                if let Some(current) = self.frames.get_mut(&frame) {
                    current.is_caught = Some(catcher);
                }
            }
            Traced::Exited { output, assigned, next } => self.exited(frame, at, output, assigned, next),
            Traced::GraphFailed { index } => self.change(frame, |visit| visit.failed_graphs.push(index)),
            Traced::Aborted => {
                self.change(frame, |visit| {
                    visit.end = VisitEnd::Aborted;
                    visit.ended = Some(at);
                });
                self.frames.remove(&frame);
            }
            traced => {
                if matches!(traced, Traced::Failed { .. }) {
                    self.forget_graphs(frame);
                }
                self.change(frame, |visit| tell(visit, at, traced));
            }
        }
    }

    /// Ends the visit of a failed state and all visits running inside it.
    fn forget_graphs(&mut self, frame: FrameKey) {
        let node = self.frames.get(&frame).map(|current| self.program.node(current.state));
        let mut gone: Vec<FrameKey> = node
            .filter(|node| !node.graphs.is_empty())
            .map(|_| frame)
            .into_iter()
            .collect();
        while let Some(outer) = gone.pop() {
            let inner = self.frames.iter().filter(|(_, current)| current.parent == Some(outer));
            let inner: Vec<FrameKey> = inner.map(|(key, _)| *key).collect();
            for key in &inner {
                self.frames.remove(key);
            }
            gone.extend(inner);
        }
    }

    fn entered(&mut self, frame: FrameKey, state: StateId, parent: Option<FrameKey>, index: usize) -> Current {
        let count = self.entries.entry(state).or_default();
        let number = *count;
        *count += 1;
        let iterations = match self.frames.get(&frame) {
            Some(last) => last.iterations.clone(),
            None => self.iterations_in(parent, index),
        };
        let rounds = self.rounds.entry((state, iterations.clone())).or_default();
        let round = *rounds;
        *rounds += 1;
        Current {
            state,
            parent,
            visit: self.visits.len(),
            number,
            round,
            iterations,
            attempts: 0,
            calls: 0,
            is_caught: None,
        }
    }

    fn iterations_in(&self, parent: Option<FrameKey>, index: usize) -> Vec<usize> {
        let Some(parent) = parent.and_then(|parent| self.frames.get(&parent)) else {
            return Vec::new();
        };
        let mut iterations = parent.iterations.clone();
        if matches!(self.program.node(parent.state).state, State::Map(_)) {
            iterations.push(index);
        }
        iterations
    }

    fn exited(&mut self, frame: FrameKey, at: Duration, output: crate::data::Payload, assigned: Assigned, next: Next) {
        let Some(current) = self.frames.get(&frame) else { return };
        let caught = current.is_caught;
        let program = Arc::clone(&self.program);
        let next_name = match next {
            Next::State(next) => Some(Arc::clone(&program.node(next).name)),
            Next::End => None,
        };
        self.change(frame, |visit| {
            visit.ended = Some(at);
            visit.output = Some(output);
            visit.assigned = assigned
                .into_iter()
                .map(|(name, value)| (name.to_string(), value.into_value()))
                .collect();
            visit.end = match (caught, next_name) {
                (Some(catcher), Some(next)) => VisitEnd::Caught { catcher, next },
                (_, next) => VisitEnd::Exited { next },
            };
            if let Some(attempt) = visit.attempts.last_mut() {
                attempt.ended.get_or_insert(at);
            }
        });
        if next == Next::End {
            self.frames.remove(&frame);
        }
    }

    fn change(&mut self, frame: FrameKey, change: impl FnOnce(&mut Visit)) {
        let visit = self.frames.get(&frame).map(|current| current.visit);
        if let Some(visit) = visit.and_then(|visit| self.visits.get_mut(visit)) {
            change(visit);
        }
    }
}

/// Applies an entry that concerns only the visit itself.
fn tell(visit: &mut Visit, at: Duration, traced: Traced) {
    match traced {
        Traced::EffectiveInput(input) => {
            if let Some(attempt) = visit.attempts.last_mut() {
                attempt.effective_input = Some(input.clone());
            }
            visit.effective_input = Some(input);
        }
        Traced::Stage(stage, data) => visit.stages.push((stage, data)),
        Traced::Rule { index, is_true } => visit.rules.push(RuleTried { index, is_true }),
        Traced::Forked { total } => visit.graphs = Some(total),
        // A Wait has no result of its own.
        Traced::RawResult(raw_result) if visit.state_type != StateType::Wait => {
            visit.stages.push((Stage::Result, raw_result.clone()));
            visit.raw_result = Some(raw_result);
        }
        Traced::Failed {
            error,
            missed_heartbeat,
        } => {
            visit.end = VisitEnd::Failed;
            visit.ended = Some(at);
            if let Some(attempt) = visit.attempts.last_mut() {
                attempt.ended = Some(at);
                attempt.error = Some(error);
                attempt.missed_heartbeat = missed_heartbeat;
            }
        }
        Traced::CatcherFailed { catcher, error } => visit.end = VisitEnd::CatcherFailed { catcher, error },
        Traced::Retried { retrier, number, delay } => {
            visit.end = VisitEnd::Unfinished;
            visit.ended = None;
            if let Some(attempt) = visit.attempts.last_mut() {
                attempt.retry = Some(Retry {
                    retrier,
                    number,
                    delay: delay.to_std().unwrap_or(Duration::ZERO),
                });
            }
        }
        Traced::Exhausted { retrier } => {
            if let Some(attempt) = visit.attempts.last_mut() {
                attempt.exhausted = Some(retrier);
            }
        }
        _ => {}
    }
}
