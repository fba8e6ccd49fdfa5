//! Failure: retried, caught, or handed to the state around it.

use super::Engine;
use crate::data::Payload;
use crate::definition::{Catcher, CatcherData, State};
use crate::execution::command::{Outcome, later};
use crate::execution::failure::{self, Failure};
use crate::execution::frames::{Activity, FrameKey};
use crate::execution::input_output::place;
use crate::execution::intent::Exit;
use crate::execution::program::{Next, StateId};
use crate::execution::states;
use crate::execution::trace::Traced;
use crate::history::{ErrorOutput, EventDetails};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

impl Engine<'_> {
    /// A state failed while it was entered or tried; `previous` is the event that led to that.
    pub(super) fn fail_on_entry(&mut self, key: FrameKey, failure: Failure, previous: u64) {
        if matches!(failure, Failure::Evaluation(_))
            && let Some(frame) = self.core.frames.get_mut(key)
            && !matches!(self.program.node(frame.state).state, State::Wait(_))
        {
            // As recorded: what fails on entry hangs on the event before the entry, but for a Wait.
            frame.last_event = previous;
        }
        self.fail(key, failure);
    }

    /// A state failed: its Retriers and Catchers decide, then those of the states around it.
    pub(super) fn fail(&mut self, key: FrameKey, failure: Failure) {
        self.fail_as_told(key, failure, false);
    }

    /// The same; `is_told` is whether a Parallel or Map says that it failed: over a graph of its own, or over its own
    /// JSONata.
    pub(super) fn fail_as_told(&mut self, key: FrameKey, failure: Failure, mut is_told: bool) {
        let mut key = key;
        let mut failure = failure;
        while let Some(node) = self.node_of(key) {
            is_told |= matches!(failure, Failure::Evaluation(_));
            failure = self.named(key, failure);
            self.core.trace(key, || Traced::Failed {
                error: failure.error_output(),
                missed_heartbeat: failure == Failure::Heartbeat,
            });
            if self.retry(key, &failure) {
                return;
            }
            let parent = frame_parent(self, key);
            let told = match &node.state {
                State::Parallel(_) => Some(EventDetails::ParallelStateFailed),
                State::Map(_) => Some(EventDetails::MapStateFailed),
                _ => None,
            };
            if let Some(told) = told.filter(|_| is_told) {
                self.core.record_in(key, || told);
            }
            if let Some((i, catcher, output)) = failure::catcher(node.catch(), &failure)
                && let Some(next) = node.catch_next.get(i)
            {
                match self.caught(key, (i, catcher), output, *next) {
                    Ok(exit) => {
                        self.core.trace(key, || Traced::Caught { catcher: i });
                        return self.exit(key, exit);
                    }
                    Err(of_catcher) => {
                        failure = self.named(key, of_catcher);
                        self.core.trace(key, || Traced::CatcherFailed {
                            catcher: i,
                            error: failure.error_output(),
                        });
                    }
                }
            }
            let Some(parent) = parent else {
                return self.fail_execution(key, &failure);
            };
            self.fail_graph(parent, key);
            key = parent;
            is_told = true;
        }
    }

    /// The failure with its state named; one of JSONata has an event of its own.
    pub(super) fn named(&mut self, key: FrameKey, mut failure: Failure) -> Failure {
        let location = match &mut failure {
            Failure::Evaluation(of_field) => Some(of_field.location.take()),
            _ => None,
        };
        let Some((frame, node)) = self.core.frames.get(key).zip(self.node_of(key)) else {
            return failure;
        };
        let failure = failure.in_state(&node.name, frame.entered_event);
        if let Some(location) = location {
            self.core.record_in(key, || {
                let ErrorOutput { error, cause } = failure.error_output();
                EventDetails::EvaluationFailed {
                    error: error.unwrap_or_default(),
                    cause: cause.unwrap_or_default(),
                    location,
                    state: Arc::clone(&node.name),
                }
            });
        }
        failure
    }

    /// Tries the state again if a Retrier says so.
    fn retry(&mut self, key: FrameKey, failure: &Failure) -> bool {
        let Some(node) = self.core.frames.get(key).map(|frame| self.program.node(frame.state)) else {
            return false;
        };
        let Some((i, retrier)) = failure::retrier(node.retry(), failure) else {
            return false;
        };
        let Some(frame) = self.core.frames.get_mut(key) else {
            return false;
        };
        if frame.retries.is_empty() {
            frame.retries = vec![0; node.retry().len()];
        }
        let Some(done) = frame.retries.get_mut(i) else {
            return false;
        };
        if *done >= retrier.max_attempts {
            self.core.trace(key, || Traced::Exhausted { retrier: i });
            return false;
        }
        let delay = failure::retry_delay(retrier, *done, &self.core.random);
        *done += 1;
        let number = *done;
        frame.retry_count = frame.retry_count.saturating_add(1);
        frame.activity = Activity::Backoff;
        frame.deadline = None;
        self.core.trace(key, || Traced::Retried {
            retrier: i,
            number,
            delay,
        });
        if delay.is_zero() {
            self.core.ready.push_back(key);
        } else {
            let due = later(self.core.now, delay);
            self.wake_at(key, due);
        }
        true
    }

    /// What a Catcher makes of an error; `$` of its `Assign` is the Error Output.
    fn caught(
        &mut self,
        key: FrameKey,
        (index, catcher): (usize, &Catcher),
        output: Value,
        next: StateId,
    ) -> Result<Exit, Failure> {
        let next = Next::State(next);
        self.with_state(key, None, |_, raw_input, view| {
            let exit = match &catcher.data {
                CatcherData::JsonPath(catcher) => Exit {
                    assigned: view.assign(catcher.assign.as_ref(), &output)?,
                    output: place(&catcher.result_path, raw_input, Cow::Owned(Payload::from(output)))?,
                    next,
                },
                CatcherData::Jsonata(exit) => states::caught(exit, index, raw_input.as_ref(), &output, next, view)?,
            };
            // The state that the error came from has had its say: what its Catcher makes goes to the state around it.
            if exit.output.exceeds(view.limits.payload_bytes) {
                return Err(view.data_limit_exceeded());
            }
            Ok(exit)
        })
    }

    fn fail_execution(&mut self, key: FrameKey, failure: &Failure) {
        if self.core.recorder.is_exhausted() {
            return self.fail_on_full_history();
        }
        self.cancel_all_tasks();
        let error = failure.error_output();
        let previous = self.core.frames.get(key).map_or(0, |frame| frame.last_event);
        self.complete(
            previous,
            Outcome::Failed(error.clone()),
            EventDetails::ExecutionFailed(error),
        );
    }
}

fn frame_parent(engine: &Engine<'_>, key: FrameKey) -> Option<FrameKey> {
    engine.core.frames.get(key).and_then(|frame| frame.parent)
}
