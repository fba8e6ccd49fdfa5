//! Parallel and Map: starts, joins and aborts the graphs inside a state.

use serde_json::Value;
use std::sync::Arc;

use super::Engine;
use super::view::Allowance;
use crate::data::{MAX_NESTING, MapItemContext, Payload, Piece, held_size};
use crate::definition::State;
use crate::execution::core::{Activity, ForkProgress, Frame};
use crate::execution::failure::Failure;
use crate::execution::frame_key::{FrameKey, FrameSet};
use crate::execution::intent::Fork;
use crate::execution::invariant::Invariant;
use crate::execution::program::GraphId;
use crate::execution::states;
use crate::execution::trace::Traced;
use crate::history::{EventDetails, MapIteration};

/// The visits after which no further input of a branch or iteration is computed at once.
const MAX_VISITS_OF_INPUTS: usize = 200_000;

impl<'a> Engine<'a> {
    /// Starts the graphs of a Parallel or Map.
    pub(super) fn fork(&mut self, key: FrameKey, fork: Fork) -> Result<(), Invariant> {
        self.core.trace(key, || {
            Traced::EffectiveInput(match &fork {
                Fork::Branches { effective_input, .. } | Fork::Iterations { effective_input, .. } => {
                    effective_input.clone()
                }
                Fork::MapRun(request) => request.effective_input.clone(),
            })
        });
        let progress = match fork {
            Fork::Branches {
                graphs,
                effective_input,
            } => {
                self.core.record_in(key, || EventDetails::ParallelStateStarted)?;
                let total = graphs.len();
                ForkProgress::new(graphs, None, effective_input, total, total)
            }
            Fork::Iterations {
                graph,
                items,
                effective_input,
                max_concurrency,
            } => {
                let total = items.value().as_array().map_or(0, Vec::len);
                self.core
                    .record_in(key, || EventDetails::MapStateStarted { length: total })?;
                let most = self.core.limits.inline_map_concurrency.max(1);
                let limit = if max_concurrency == 0 {
                    most
                } else {
                    max_concurrency.min(most)
                };
                ForkProgress::new(Arc::from([graph]), Some(items), effective_input, limit, total)
            }
            Fork::MapRun(request) => return self.start_map_run(key, *request),
        };
        let total = progress.total;
        self.core.trace(key, || Traced::Forked { total });
        self.core.frames.set_activity(key, Activity::Fork(Box::new(progress)))?;
        let frame = self.core.frames.at_mut(key)?;
        let started = frame.last_event;
        frame.deadline = None;
        if total == 0 {
            return self.joined(key);
        }
        self.start_graphs(key, started)
    }

    /// Starts branches or iterations, as many as may run at once. Where their inputs take a lot of work, the rest starts
    /// when the first have ended.
    pub(super) fn start_graphs(&mut self, parent: FrameKey, previous: u64) -> Result<(), Invariant> {
        let before = self.core.turn_work;
        loop {
            let fork = self.core.frames.fork_mut(parent)?;
            let may_start = fork.started < fork.total && fork.running.len() < fork.limit;
            if !may_start
                || self.core.turn_work.saturating_sub(before) > MAX_VISITS_OF_INPUTS
                || !self.start_graph(parent, previous)?
            {
                return Ok(());
            }
        }
    }

    /// Starts the next branch or iteration; false if that made the state fail.
    fn start_graph(&mut self, parent: FrameKey, previous: u64) -> Result<bool, Invariant> {
        let fork = self.core.frames.fork_mut(parent)?;
        let index = fork.started;
        let is_iteration = fork.items.is_some();
        let graph = fork.graph(index).ok_or(Invariant::GraphExists)?;
        let input = match fork.items.clone() {
            None => Ok(fork.effective_input.clone()),
            Some(items) => {
                let effective_input = fork.effective_input.clone();
                self.iteration_input(parent, &items, &effective_input, index)
            }
        };
        let input = input.and_then(|input| self.fitting_input(parent, input));
        let input = match input {
            Ok(input) => input,
            Err(failure) => {
                self.abort_running(parent, previous)?;
                self.fail(parent, failure)?;
                return Ok(false);
            }
        };
        let previous = match self.map_name(parent)? {
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
        let child = self.core.frames.insert(Frame::new(
            start,
            Some(input),
            Some(parent),
            index,
            previous,
            self.core.now,
        ));
        let fork = self.core.frames.fork_mut(parent)?;
        fork.started += 1;
        fork.running.insert(child);
        self.core.ready.push_back(child);
        Ok(true)
    }

    fn iteration_input(
        &mut self,
        parent: FrameKey,
        items: &Payload,
        effective_input: &Payload,
        index: usize,
    ) -> Result<Payload, Failure> {
        let value = items.value().get(index).unwrap_or(&Value::Null);
        let item = MapItemContext::element(index, Some(value));
        self.with_state(parent, Allowance::Part(Some(&item)), |node, _, view| {
            match &node.state {
                State::Map(map) => states::iteration_input(map, items, effective_input, index, view),
                _ => Ok(effective_input.clone()),
            }
        })
    }

    /// The input of a branch or iteration, unless it is larger than a state's input may be.
    fn fitting_input(&self, parent: FrameKey, input: Payload) -> Result<Payload, Failure> {
        if input.exceeds(self.core.limits.payload_bytes) {
            return Err(Failure::data_limit_exceeded(&self.node_of(parent)?.name));
        }
        Ok(input)
    }

    /// Handles the end of a branch or iteration.
    pub(super) fn join(&mut self, parent: FrameKey, child: FrameKey, output: Payload) -> Result<(), Invariant> {
        let frame = self.core.frames.remove(child)?;
        self.forget_variables(&frame);
        let succeeded = self.map_name(parent)?.map(|name| {
            let index = frame.index;
            self.core.record(frame.last_event, || {
                EventDetails::MapIterationSucceeded(MapIteration {
                    name: Arc::clone(name),
                    index,
                })
            })
        });
        let fork = self.core.frames.fork_mut(parent)?;
        if !fork.running.swap_remove(&child) {
            return Err(Invariant::RunningGraphsAreListed);
        }
        fork.ended += 1;
        fork.results_bound = fork.results_bound.saturating_add(output.bound().saturating_add(1));
        match fork.results.get_mut(frame.index) {
            Some(place) if place.is_null() => {
                *place = output.into();
                if let Piece::Own(result) = place {
                    fork.results_held = fork.results_held.saturating_add(held_size(result));
                }
            }
            _ => return Err(Invariant::ResultHasItsPlace),
        }
        if fork.started < fork.total {
            self.start_graphs(parent, frame.last_event)?;
        } else if fork.running.is_empty() {
            // On AWS the end of a Map or Parallel refers to the last event of the graph that ended last.
            self.core.frames.at_mut(parent)?.last_event = succeeded.unwrap_or(frame.last_event);
            self.joined(parent)?;
        }
        Ok(())
    }

    /// Handles the end of all graphs of a Parallel or Map.
    fn joined(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let is_map = self.map_name(key)?.is_some();
        let previous = self.core.frames.at(key)?.last_event;
        let Activity::Fork(fork) = self.core.frames.set_activity(key, Activity::Waiting)? else {
            return Err(Invariant::ParentRunsGraphs);
        };
        if fork.ended != fork.total {
            return Err(Invariant::AllGraphsEnd);
        }
        // The exit event refers to the same event as the success, so the success does not become the frame's last
        // event.
        self.core.record(previous, || {
            if is_map {
                EventDetails::MapStateSucceeded
            } else {
                EventDetails::ParallelStateSucceeded
            }
        });
        if !fork.results.iter().all(|result| result.nests_within(MAX_NESTING - 1)) {
            return self.fail(key, Failure::nested_too_deep());
        }
        let results = Payload::of_items(fork.results, fork.results_bound.saturating_add(2));
        self.finish(key, results)
    }

    /// The name of the frame's Map state; `None` in any other state.
    pub(super) fn map_name(&self, key: FrameKey) -> Result<Option<&'a Arc<str>>, Invariant> {
        let node = self.node_of(key)?;
        Ok(matches!(node.state, State::Map(_)).then_some(&node.name))
    }
}

impl ForkProgress {
    fn new(
        graphs: Arc<[GraphId]>,
        items: Option<Payload>,
        effective_input: Payload,
        limit: usize,
        total: usize,
    ) -> Self {
        Self {
            graphs,
            items,
            effective_input,
            limit,
            total,
            started: 0,
            ended: 0,
            running: FrameSet::default(),
            results: vec![Piece::Own(Value::Null); total],
            results_bound: 0,
            results_held: 0,
        }
    }
}
