//! Parallel and Map: graphs that run inside a state, how they start, join and are aborted.

use indexmap::IndexSet;
use serde_json::Value;
use std::sync::Arc;

use super::{Engine, frame_at};
use crate::data::{MAX_NESTING, MapItemContext, Payload, nests_within};
use crate::definition::{State, StateType};
use crate::execution::command::{Command, TaskId};
use crate::execution::failure::Failure;
use crate::execution::frames::{Activity, ForkProgress, FrameKey};
use crate::execution::intent::Fork;
use crate::execution::program::GraphId;
use crate::execution::states;
use crate::execution::trace::Traced;
use crate::history::{EventDetails, MapIteration};

impl<'a> Engine<'a> {
    /// Starts the graphs of a Parallel or Map.
    pub(super) fn fork(&mut self, key: FrameKey, fork: Fork) {
        self.core.trace(key, || {
            Traced::EffectiveInput(match &fork {
                Fork::Branches { input, .. } | Fork::Iterations { input, .. } => input.clone(),
                Fork::MapRun(request) => request.input.clone(),
            })
        });
        let progress = match fork {
            Fork::Branches { graphs, input } => {
                self.core.record_in(key, || EventDetails::ParallelStateStarted);
                let total = graphs.len();
                ForkProgress::new(graphs, None, input, total, total)
            }
            Fork::Iterations {
                graph,
                items,
                input,
                max_concurrency,
            } => {
                let total = items.value().as_array().map_or(0, Vec::len);
                self.core
                    .record_in(key, || EventDetails::MapStateStarted { length: total });
                let most = self.core.limits.inline_map_concurrency.max(1);
                let limit = if max_concurrency == 0 {
                    most
                } else {
                    max_concurrency.min(most)
                };
                ForkProgress::new(Arc::from([graph]), Some(items), input, limit, total)
            }
            Fork::MapRun(request) => return self.start_map_run(key, *request),
        };
        let first = progress.limit.min(progress.total);
        let total = progress.total;
        self.core.trace(key, || Traced::Forked { total });
        let Some(frame) = self.core.frames.get_mut(key) else {
            return;
        };
        let started = frame.last_event;
        frame.activity = Activity::Fork(Box::new(progress));
        frame.deadline = None;
        if first == 0 {
            return self.joined(key);
        }
        for _ in 0..first {
            if !self.start_graph(key, started) {
                return;
            }
        }
    }

    /// Starts the next branch or iteration. False where the state failed over it.
    fn start_graph(&mut self, parent: FrameKey, previous: u64) -> bool {
        let Some(Activity::Fork(fork)) = self.core.frames.get(parent).map(|frame| &frame.activity) else {
            return false;
        };
        let index = fork.started;
        let is_iteration = fork.items.is_some();
        let graph = if fork.items.is_some() {
            fork.graphs.first()
        } else {
            fork.graphs.get(index)
        };
        let Some(&graph) = graph else { return false };
        let input = match fork.items.clone() {
            None => Ok(fork.input.clone()),
            Some(items) => {
                let input = fork.input.clone();
                self.iteration_input(parent, &items, &input, index)
            }
        };
        let input = input.and_then(|input| self.fitting_input(parent, input));
        let input = match input {
            Ok(input) => input,
            Err(failure) => {
                self.abort_running(parent, previous);
                self.fail(parent, failure);
                return false;
            }
        };
        let previous = match self.map_name(parent) {
            Some(name) => self.core.record(previous, || {
                EventDetails::MapIterationStarted(MapIteration {
                    name: Arc::clone(name),
                    index,
                })
            }),
            None => previous,
        };
        if is_iteration {
            self.core.grow(input.bound());
        }
        let start = self.program.start_of(graph);
        let child = self
            .core
            .frames
            .insert(frame_at(start, input, Some(parent), index, previous, self.core.now));
        if let Some(Activity::Fork(fork)) = self.core.frames.get_mut(parent).map(|frame| &mut frame.activity) {
            fork.started += 1;
            fork.running.insert(child);
        }
        self.core.ready.push_back(child);
        true
    }

    fn iteration_input(
        &mut self,
        parent: FrameKey,
        items: &Payload,
        input: &Payload,
        index: usize,
    ) -> Result<Payload, Failure> {
        let value = items.value().get(index).unwrap_or(&Value::Null);
        let item = MapItemContext::element(index, Some(value));
        self.with_state(parent, Some(&item), |node, _, view| match &node.state {
            State::Map(map) => states::iteration_input(map, items, input, index, view),
            _ => Ok(input.clone()),
        })
    }

    /// The input of a branch or iteration, unless it has more bytes than any state's may have.
    fn fitting_input(&self, parent: FrameKey, input: Payload) -> Result<Payload, Failure> {
        if input.exceeds(self.core.limits.payload_bytes) {
            let name = self.node_of(parent).map_or("", |node| &*node.name);
            return Err(Failure::data_limit_exceeded(name));
        }
        Ok(input)
    }

    /// A branch or iteration has come to its end.
    pub(super) fn join(&mut self, parent: FrameKey, child: FrameKey, output: Payload) {
        let Some(frame) = self.core.frames.remove(child) else {
            return;
        };
        self.forget_variables(&frame);
        let succeeded = self.map_name(parent).map(|name| {
            let index = frame.index;
            self.core.record(frame.last_event, || {
                EventDetails::MapIterationSucceeded(MapIteration {
                    name: Arc::clone(name),
                    index,
                })
            })
        });
        let Some(parent_frame) = self.core.frames.get_mut(parent) else {
            return;
        };
        let Activity::Fork(fork) = &mut parent_frame.activity else {
            return;
        };
        fork.running.swap_remove(&child);
        fork.results_bound = fork.results_bound.saturating_add(output.bound().saturating_add(1));
        if let Some(result) = fork.results.get_mut(frame.index) {
            *result = output.into_value();
        }
        if fork.started < fork.total {
            self.start_graph(parent, frame.last_event);
        } else if fork.running.is_empty() {
            parent_frame.last_event = succeeded.unwrap_or(frame.last_event);
            self.joined(parent);
        }
    }

    /// Every graph of a Parallel or Map has come to its end.
    fn joined(&mut self, key: FrameKey) {
        let is_map = self.map_name(key).is_some();
        let Some(frame) = self.core.frames.get_mut(key) else {
            return;
        };
        let previous = frame.last_event;
        let Activity::Fork(fork) = std::mem::replace(&mut frame.activity, Activity::Waiting) else {
            return;
        };
        // The exit hangs on the same event as the success, so this one stays out of the chain.
        self.core.record(previous, || {
            if is_map {
                EventDetails::MapStateSucceeded
            } else {
                EventDetails::ParallelStateSucceeded
            }
        });
        let results = Value::Array(fork.results);
        if !nests_within(&results, MAX_NESTING) {
            return self.fail(key, Failure::nested_too_deep());
        }
        let results = Payload::with_bound(results, fork.results_bound.saturating_add(2));
        self.finish(key, results);
    }

    /// A branch or iteration failed uncaught: what happens to it and its siblings, before its Parallel or Map fails.
    pub(super) fn fail_graph(&mut self, parent: FrameKey, child: FrameKey) {
        let Some(frame) = self.core.frames.remove(child) else {
            return;
        };
        self.forget_variables(&frame);
        let index = frame.index;
        self.core.trace(parent, || Traced::GraphFailed { index });
        let failing = frame.last_event;
        if let Some(name) = self.map_name(parent) {
            let index = frame.index;
            self.core.record(failing, || {
                EventDetails::MapIterationFailed(MapIteration {
                    name: Arc::clone(name),
                    index,
                })
            });
        }
        // The state that failed was never exited, so AWS reports it as aborted too, where there is such an event: for a
        // Task that is recorded, for the others it follows.
        let state_type = self.program.node(frame.state).state.state_type();
        if matches!(
            state_type,
            StateType::Task | StateType::Wait | StateType::Parallel | StateType::Map
        ) {
            self.core.record(failing, || EventDetails::StateAborted { state_type });
        }
        if let Some(Activity::Fork(fork)) = self.core.frames.get_mut(parent).map(|frame| &mut frame.activity) {
            fork.running.swap_remove(&child);
        }
        self.abort_running(parent, failing);
        if let Some(frame) = self.core.frames.get_mut(parent) {
            frame.last_event = failing;
            frame.activity = Activity::Waiting;
        }
    }

    /// Aborts the graphs that still run in a Parallel or Map, in the order of their indexes.
    fn abort_running(&mut self, parent: FrameKey, failing: u64) {
        let Some(frame) = self.core.frames.get_mut(parent) else {
            return;
        };
        let Activity::Fork(fork) = &mut frame.activity else {
            return;
        };
        let mut running: Vec<FrameKey> = std::mem::take(&mut fork.running).into_iter().collect();
        running.sort_by_key(|key| self.core.frames.get(*key).map(|frame| frame.index));
        for key in running {
            if let (Some(name), Some(index)) = (self.map_name(parent), self.core.frames.get(key).map(|f| f.index)) {
                self.core.record(failing, || {
                    EventDetails::MapIterationAborted(MapIteration {
                        name: Arc::clone(name),
                        index,
                    })
                });
            }
            self.abort(key, failing);
        }
    }

    /// Aborts a graph with all that runs in it. Graphs nest only as deep as the parser lets them.
    fn abort(&mut self, key: FrameKey, failing: u64) {
        self.abort_running(key, failing);
        self.abort_map_run(key, failing);
        let Some(frame) = self.core.frames.remove(key) else {
            return;
        };
        self.forget_variables(&frame);
        let state_type = self.program.node(frame.state).state.state_type();
        if !matches!(frame.activity, Activity::Entering) {
            self.core.trace(key, || Traced::Aborted);
        }
        match &frame.activity {
            Activity::Entering => return,
            Activity::Task(attempt) => {
                let id = TaskId {
                    frame: key.slot,
                    generation: attempt.generation,
                };
                self.core.commands.push_back(Command::Cancel(id));
            }
            Activity::Waiting | Activity::Backoff | Activity::Fork(_) | Activity::MapRun(_) => {}
        }
        self.core.record(failing, || EventDetails::StateAborted { state_type });
    }

    /// Cancels every task that is in flight, and stops every child execution; nobody will look at the answers.
    pub(super) fn cancel_all_tasks(&mut self) {
        let core = &mut *self.core;
        let mut map_runs = Vec::new();
        for (key, frame) in core.frames.iter() {
            match &frame.activity {
                Activity::Task(attempt) => {
                    let id = TaskId {
                        frame: key.slot,
                        generation: attempt.generation,
                    };
                    core.commands.push_back(Command::Cancel(id));
                }
                Activity::MapRun(_) => map_runs.push((key, frame.last_event)),
                _ => {}
            }
        }
        for (key, started) in map_runs {
            self.abort_map_run(key, started);
        }
    }

    /// The name of the Map state that a frame is in; `None` in any other state.
    fn map_name(&self, key: FrameKey) -> Option<&'a Arc<str>> {
        let node = self.node_of(key)?;
        matches!(node.state, State::Map(_)).then_some(&node.name)
    }
}

impl ForkProgress {
    fn new(graphs: Arc<[GraphId]>, items: Option<Payload>, input: Payload, limit: usize, total: usize) -> Self {
        Self {
            graphs,
            items,
            input,
            limit,
            total,
            started: 0,
            running: IndexSet::new(),
            results: vec![Value::Null; total],
            results_bound: 0,
        }
    }
}
