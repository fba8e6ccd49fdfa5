//! Fails a branch or iteration, and aborts what runs beside and inside it.

use std::sync::Arc;

use super::Engine;
use crate::definition::StateType;
use crate::execution::command::Command;
use crate::execution::core::Activity;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::task::TaskId;
use crate::execution::trace::Traced;
use crate::execution::variables;
use crate::history::{EventDetails, MapIteration};

impl Engine<'_> {
    /// Ends a failed branch or iteration and aborts its siblings, before its Parallel or Map fails.
    pub(super) fn fail_graph(&mut self, parent: FrameKey, child: FrameKey) -> Result<(), Invariant> {
        let frame = self.core.frames.at(child)?;
        let (index, failing) = (frame.index, frame.last_event);
        let state_type = self.program.node(frame.state).state.state_type();
        self.lay_down(child)?;
        self.core.trace(parent, || Traced::GraphFailed { index });
        if let Some(name) = self.map_name(parent)? {
            self.core.record(failing, || {
                EventDetails::MapIterationFailed(MapIteration {
                    name: Arc::clone(name),
                    index,
                })
            });
        }
        // The state that failed was never exited, so AWS reports it as aborted too, where there is such an event: for a
        // Task that is recorded, for the others it follows.
        if matches!(
            state_type,
            StateType::Task | StateType::Wait | StateType::Parallel | StateType::Map
        ) {
            self.core.record(failing, || EventDetails::StateAborted { state_type });
        }
        if !self.core.frames.fork_mut(parent)?.running.swap_remove(&child) {
            return Err(Invariant::RunningGraphsAreListed);
        }
        self.abort_running(parent, failing)?;
        if self.core.is_redrivable {
            self.core.frames.fork_mut(parent)?.running.shift_insert(0, child);
        } else {
            self.core.frames.set_activity(parent, Activity::Waiting)?;
        }
        self.core.frames.at_mut(parent)?.last_event = failing;
        Ok(())
    }

    /// Aborts the graphs that still run in a Parallel or Map, in the order of their indexes.
    pub(super) fn abort_running(&mut self, parent: FrameKey, failing: u64) -> Result<(), Invariant> {
        let running = std::mem::take(&mut self.core.frames.fork_mut(parent)?.running);
        let mut by_index = Vec::with_capacity(running.len());
        for key in running {
            by_index.push((self.core.frames.at(key)?.index, key));
        }
        // As recorded on AWS; the list itself no longer has the order of their starts.
        by_index.sort_unstable();
        let name = self.map_name(parent)?;
        for (index, key) in by_index.iter().copied() {
            if let Some(name) = name {
                self.core.record(failing, || {
                    EventDetails::MapIterationAborted(MapIteration {
                        name: Arc::clone(name),
                        index,
                    })
                });
            }
            self.abort(key, failing)?;
        }
        if self.core.is_redrivable {
            self.core.frames.fork_mut(parent)?.running = by_index.into_iter().map(|(_, key)| key).collect();
        }
        Ok(())
    }

    /// Aborts a graph with everything that runs in it, the innermost first. The recursion is bounded: graphs nest only
    /// as deep as the parser allows.
    fn abort(&mut self, key: FrameKey, failing: u64) -> Result<(), Invariant> {
        match self.core.frames.at(key)?.activity() {
            Activity::Fork(_) => self.abort_running(key, failing)?,
            Activity::MapRun(_) => self.abort_map_run(key, failing)?,
            Activity::Entering
            | Activity::Waiting
            | Activity::Backoff
            | Activity::Task(_)
            | Activity::Redriving
            | Activity::EndedMapRun(_)
            | Activity::Evaluating(_) => {}
        }
        self.core.spans_of_frame_are_aborted(key);
        let frame = self.core.frames.at(key)?;
        let state_type = self.program.node(frame.state).state.state_type();
        let is_entered = !matches!(frame.activity(), Activity::Entering);
        let task = match frame.activity() {
            Activity::Task(attempt) => Some(TaskId {
                frame: key.slot,
                generation: attempt.generation,
            }),
            _ => None,
        };
        self.lay_down(key)?;
        // A state that was not entered yet gets no abort event: the history never mentioned it.
        if !is_entered {
            return Ok(());
        }
        self.core.trace(key, || Traced::Aborted);
        if let Some(id) = task {
            self.core.commands.push(Command::Cancel(id));
        }
        self.core.record(failing, || EventDetails::StateAborted { state_type });
        Ok(())
    }

    /// Removes the frame of a graph that did not succeed, or keeps it for a redrive until it is known what becomes of the
    /// state around it.
    fn lay_down(&mut self, key: FrameKey) -> Result<(), Invariant> {
        if self.core.is_redrivable {
            let variables = self
                .core
                .frames
                .at(key)?
                .variables
                .as_deref()
                .map_or(0, variables::size);
            self.core.variable_bytes = self.core.variable_bytes.saturating_sub(variables);
            return self.core.frames.lay_down(key);
        }
        let frame = self.core.frames.remove(key)?;
        self.forget_variables(&frame);
        Ok(())
    }

    /// Drops what is left of a state's graphs that did not succeed, since the state goes on.
    pub(super) fn drop_remains(&mut self, key: FrameKey, next: Activity) -> Result<(), Invariant> {
        let before = self.core.frames.set_activity(key, next)?;
        self.core.frames.remove_graphs(before)
    }

    /// Cancels every unanswered task and stops every child execution.
    ///
    /// The execution ends with it, so that there is nothing left to fail: a broken child execution stays stopped.
    pub(super) fn cancel_all_tasks(&mut self) {
        let core = &mut *self.core;
        let mut map_runs = Vec::new();
        for (key, frame) in core.frames.iter() {
            match frame.activity() {
                Activity::Task(attempt) => {
                    let id = TaskId {
                        frame: key.slot,
                        generation: attempt.generation,
                    };
                    core.commands.push(Command::Cancel(id));
                }
                Activity::MapRun(_) => map_runs.push((key, frame.last_event)),
                _ => {}
            }
        }
        for (key, started) in map_runs {
            if let Err(invariant) = self.abort_map_run(key, started) {
                self.core.assert_kept(invariant);
            }
        }
    }
}
