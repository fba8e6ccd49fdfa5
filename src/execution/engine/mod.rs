//! The engine: the one loop, and the only code that changes an execution.
//!
//! States return an [`Intent`], and the engine carries it out: it moves frames from state to state, starts
//! and ends graphs, arms timers, queues commands and records history. Leaving a state never calls entering the next
//! one: frames that can go on wait in a ready queue.
//!
//! A turn is what one event leads to, up to a bounded amount of work: see `bounds`. Where something is not as it must
//! be, a function of the engine returns the [`Invariant`] that is broken, and the turn ends with the execution: see
//! `invariants`.

mod aborts;
mod bounds;
mod child_inputs;
mod children;
mod deadlines;
mod ending;
mod evaluations;
mod events;
mod failing;
mod forks;
mod invariants;
mod item_reader;
mod map_run_updates;
mod map_runs;
mod redrive;
mod separate_children;
mod spans;
mod tasks;
#[cfg(test)]
mod tests;
mod variables;
mod view;

#[cfg(feature = "runtime")]
pub(crate) use evaluations::{LongEvaluated, LongEvaluation};

use chrono::TimeDelta;
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

use self::view::Allowance;
use super::core::{Activity, Begun, Core, Frame};
use super::failure::Failure;
use super::frame_key::FrameKey;
use super::intent::{Assigned, Exit, Intent};
use super::invariant::Invariant;
use super::outcome::Outcome;
use super::program::{GraphId, Next, Program};
use super::states;
use super::time::Timestamp;
use super::trace::Traced;
use crate::data::{JsonText, Payload};
use crate::history::{EventDetails, HistoryEvent};

/// A core with its program, on which the loop works.
pub(super) struct Engine<'a> {
    pub(super) program: &'a Program,
    pub(super) core: &'a mut Core,
}

impl Core {
    /// Records an event; `details` is not called if no history is kept.
    fn record(&mut self, previous: u64, details: impl FnOnce() -> EventDetails) -> u64 {
        let id = self.recorder.next_id();
        if self.recorder.records() {
            self.queue_event(id, previous, details());
        }
        id
    }

    /// Adds an entry to the trace; `traced` is not called if no trace is kept.
    #[inline]
    fn trace(&mut self, key: FrameKey, traced: impl FnOnce() -> Traced) {
        if let Some(trace) = &mut self.trace {
            trace.push(self.now, key, traced());
        }
    }

    #[inline]
    fn queue_event(&mut self, id: u64, previous: u64, details: EventDetails) {
        self.queue(&details);
        self.commands.record(HistoryEvent::new(id, previous, self.now, details));
    }

    /// The execution's next deadline.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        let timer = self.timers.earliest().map(|(at, _)| at);
        [self.deadline, timer].into_iter().flatten().min()
    }

    /// The end of a Wait that would end then.
    fn scaled(&self, end: Timestamp) -> Timestamp {
        let Some(scale) = self.wait_time_scale else { return end };
        // One that is over already is over at once.
        let wait = (end - self.now).to_std().unwrap_or_default();
        let wait = Duration::try_from_secs_f64(wait.as_secs_f64() * scale).ok();
        let wait = wait.and_then(|wait| TimeDelta::from_std(wait).ok());
        wait.and_then(|wait| self.now.checked_add_signed(wait)).unwrap_or(end)
    }

    /// Records an event and makes it the frame's last one.
    fn record_in(&mut self, key: FrameKey, details: impl FnOnce() -> EventDetails) -> Result<(), Invariant> {
        let frame = self.frames.at_mut(key)?;
        let id = self.recorder.next_id();
        let previous = std::mem::replace(&mut frame.last_event, id);
        if self.recorder.records() {
            self.queue_event(id, previous, details());
        }
        Ok(())
    }
}

impl Engine<'_> {
    /// Starts the machine itself, or the graph that a child execution runs.
    pub(super) fn start(&mut self, graph: GraphId, is_too_deep: bool) {
        let core = &mut *self.core;
        let input = core.execution.input.clone();
        let role_arn = core.execution.role_arn.clone().unwrap_or_default();
        core.record(0, || EventDetails::ExecutionStarted {
            input: input.to_text(),
            role_arn,
        });
        if is_too_deep {
            // The input is not kept, so that there is nothing to start over with.
            core.is_redrivable = false;
            return self.refuse_input(is_too_deep, input.bound());
        }
        self.begin(graph, 0);
    }

    /// Begins with the first state; `previous` is the event that led to it.
    fn begin(&mut self, graph: GraphId, previous: u64) {
        let core = &mut *self.core;
        let input = core.execution.input.clone();
        if input.exceeds(core.limits.payload_bytes) {
            return self.refuse_input(false, input.bound());
        }
        let start = self.program.start_of(graph);
        let frame = Frame::new(start, Some(input), None, 0, previous, core.now);
        let key = core.frames.insert(frame);
        core.ready.push_back(key);
        self.turn(|engine| {
            engine.run()?;
            engine.goes_on()
        });
    }

    /// Does everything possible by now, until the turn is over.
    pub(super) fn go_on(&mut self) {
        self.turn(|engine| {
            engine.check_timeout();
            // Ready frames became ready before any deadline that is due now.
            engine.run()?;
            engine.reach_deadlines()?;
            engine.run()?;
            engine.goes_on()
        });
    }

    /// Advances every ready frame, until the turn is over.
    ///
    /// First in, first out: branches take turns state by state, as in AWS's histories.
    fn run(&mut self) -> Result<(), Invariant> {
        while self.core.outcome.is_none() && !self.core.is_turn_over() {
            if self.core.recorder.is_exhausted() {
                self.fail_on_full_history();
                break;
            }
            let Some(key) = self.core.ready.pop_front() else { break };
            // A frame that was aborted leaves its entry behind: looking for it there would cost more than passing it
            // over.
            let Some(frame) = self.core.frames.get(key) else {
                continue;
            };
            match frame.activity() {
                Activity::Entering => self.enter(key)?,
                // Only a retry without delay is queued; any other has a timer.
                Activity::Backoff if frame.deadline.is_none() => self.try_again(key)?,
                Activity::MapRun(_) => self.go_on_with_map_run(key)?,
                Activity::Evaluating(_) => {
                    if !self.core.may_take_long() {
                        self.core.ready.push_front(key);
                        break;
                    }
                    self.evaluate(key)?;
                }
                Activity::Redriving => {
                    let previous = frame.last_event;
                    self.attempt(key, previous)?;
                }
                Activity::EndedMapRun(_) => self.redrive_map_run(key)?,
                // After a redrive, if what has failed was the input of the next graph.
                Activity::Fork(fork) if fork.running.is_empty() && fork.started < fork.total => {
                    let previous = frame.last_event;
                    self.start_graphs(key, previous)?;
                }
                Activity::Backoff | Activity::Waiting | Activity::Task(_) | Activity::Fork(_) => {
                    return Err(Invariant::QueuedFramesAreReady);
                }
            }
            if !self.core.recorder.is_exhausted() {
                self.check_bounds();
            }
        }
        self.drop_stale_timers();
        Ok(())
    }

    fn enter(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let core = &mut *self.core;
        let frame = core.frames.at_mut(key)?;
        let id = core.recorder.next_id();
        let previous = std::mem::replace(&mut frame.last_event, id);
        frame.entered_event = id;
        frame.entered_time = core.now;
        if let Some(trace) = &mut core.trace {
            trace.push(core.now, key, entered(frame));
        }
        if let Some(spans) = &mut core.spans {
            spans.begin_state(key, core.now);
        }
        if core.recorder.records() {
            let node = self.program.node(frame.state);
            let details = EventDetails::StateEntered {
                state_type: node.state.state_type(),
                name: Arc::clone(&node.name),
                input: text_of(frame.raw_input.as_ref()),
            };
            core.queue_event(id, previous, details);
        }
        self.attempt(key, previous)
    }

    /// Retries the state after a failure.
    fn try_again(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let frame = self.core.frames.at(key)?;
        Invariant::RetriersAreCounted.holds_if(frame.retry_count > 0)?;
        let failed = frame.last_event;
        self.attempt(key, failed)
    }

    /// Starts an attempt of the state; `previous` is the event that led to it.
    fn attempt(&mut self, key: FrameKey, previous: u64) -> Result<(), Invariant> {
        self.core.trace(key, || Traced::Attempted);
        self.core.count_transition();
        match self.with_state(key, Allowance::Turn, states::enter) {
            Ok(Intent::Exit(exit)) => self.exit(key, exit),
            Ok(intent) => self.carry_out(key, intent),
            Err(Failure::TakesLong) => self.postpone(key, Begun::Enter { previous }),
            Err(failure) => self.fail_on_entry(key, failure, previous),
        }
    }

    fn carry_out(&mut self, key: FrameKey, intent: Intent) -> Result<(), Invariant> {
        match intent {
            Intent::Exit(exit) => self.exit(key, exit),
            Intent::Invoke(request) => self.invoke(key, request),
            Intent::Fork(fork) => self.fork(key, *fork),
            Intent::WaitUntil(deadline) => {
                self.core.frames.set_activity(key, Activity::Waiting)?;
                self.wake_at(key, self.core.scaled(deadline))
            }
        }
    }

    /// Continues a state after its work.
    fn finish(&mut self, key: FrameKey, raw_result: Payload) -> Result<(), Invariant> {
        self.core.trace(key, || Traced::RawResult(raw_result.clone()));
        // Only here: JSONPath writes into a result that nothing else shares.
        let kept = self.node_of(key)?.may_take_long.then(|| raw_result.clone());
        let exit = self.with_state(key, Allowance::Turn, |node, raw_input, view| {
            states::finish(node, raw_input, raw_result, view)
        });
        match (exit, kept) {
            (Ok(exit), _) => self.exit(key, exit),
            (Err(Failure::TakesLong), Some(raw_result)) => self.postpone(key, Begun::Finish { raw_result }),
            (Err(failure), _) => self.fail(key, failure),
        }
    }

    /// Exits a state.
    fn exit(&mut self, key: FrameKey, exit: Exit) -> Result<(), Invariant> {
        if exit.output.exceeds(self.core.limits.payload_bytes) {
            let failure = Failure::data_limit_exceeded(&self.node_of(key)?.name);
            return self.fail(key, failure);
        }
        self.core.grow(exit.output.bound());
        let mut texts = None;
        let traced = self.core.trace.is_some().then(|| exit.assigned.clone());
        if !exit.assigned.is_empty() {
            texts = self.core.recorder.records().then(|| Box::new(texts_of(&exit.assigned)));
            if let Err(failure) = self.store_variables(key, exit.assigned) {
                return self.fail(key, failure);
            }
        }
        let core = &mut *self.core;
        let frame = core.frames.at_mut(key)?;
        let id = core.recorder.next_id();
        let previous = std::mem::replace(&mut frame.last_event, id);
        if core.recorder.records() {
            let node = self.program.node(frame.state);
            let details = EventDetails::StateExited {
                state_type: node.state.state_type(),
                name: Arc::clone(&node.name),
                output: exit.output.to_text(),
                assigned_variables: texts,
            };
            core.queue_event(id, previous, details);
        }
        if let Some(assigned) = traced {
            let (output, next) = (exit.output.clone(), exit.next);
            self.core.trace(key, || Traced::Exited { output, assigned, next });
        }
        self.core.span_of_state_ends(key, exit.next == Next::End);
        match exit.next {
            Next::End => self.end_graph(key, exit.output),
            Next::State(next) => {
                self.core.frames.move_on(key, next, exit.output)?;
                self.core.ready.push_back(key);
                Ok(())
            }
        }
    }

    /// Handles the end of a graph: the machine itself, a branch or an iteration.
    fn end_graph(&mut self, key: FrameKey, output: Payload) -> Result<(), Invariant> {
        let frame = self.core.frames.at(key)?;
        if let Some(parent) = frame.parent {
            return self.join(parent, key, output);
        }
        // The end is an event, too: where there is no place left for what led to it, it is another end.
        if self.core.recorder.is_exhausted() {
            self.fail_on_full_history();
            return Ok(());
        }
        let previous = frame.last_event;
        let text = if self.core.recorder.records() {
            output.to_text()
        } else {
            "".into()
        };
        self.complete(
            previous,
            Outcome::Succeeded { output },
            EventDetails::ExecutionSucceeded { output: text },
        );
        Ok(())
    }
}

fn entered(frame: &Frame) -> Traced {
    Traced::Entered {
        state: frame.state,
        parent: frame.parent,
        index: frame.index,
        raw_input: frame.raw_input.clone().unwrap_or_else(Payload::empty_object),
        event: frame.entered_event,
    }
}

fn texts_of(assigned: &Assigned) -> IndexMap<String, String> {
    let texts = assigned.iter().map(|(name, value)| (name.to_string(), value.to_json()));
    texts.collect()
}

fn text_of(payload: Option<&Payload>) -> JsonText {
    payload.map(Payload::to_text).unwrap_or_default()
}
