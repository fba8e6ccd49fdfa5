//! Failure: retried, caught, or handed to the state around it.

use super::Engine;
use crate::data::Payload;
use crate::definition::{Catcher, State};
use crate::execution::command::{Outcome, later};
use crate::execution::errors::{self, Failure};
use crate::execution::frames::{Activity, FrameKey};
use crate::execution::input_output::place;
use crate::execution::intent::Exit;
use crate::execution::program::{Next, StateId};
use crate::history::EventDetails;
use serde_json::Value;
use std::borrow::Cow;

impl Engine<'_> {
    /// A state failed: its Retriers and Catchers decide, then those of the states around it.
    pub(super) fn fail(&mut self, key: FrameKey, failure: Failure) {
        let mut key = key;
        let mut failure = failure;
        let mut from_inside = false;
        while let Some((frame, node)) = self.core.frames.get(key).map(|f| (f, self.program.node(f.state))) {
            failure = failure.in_state(&node.name, frame.entered_event);
            if self.retry(key, &failure) {
                return;
            }
            let parent = frame_parent(self, key);
            if from_inside {
                match &node.state {
                    State::Parallel(_) => self.core.record_in(key, || EventDetails::ParallelStateFailed),
                    _ => self.core.record_in(key, || EventDetails::MapStateFailed),
                };
            }
            if let Some((i, catcher, output)) = errors::catcher(node.catch(), &failure)
                && let Some(next) = node.catch_next.get(i)
            {
                match self.caught(key, catcher, output, *next) {
                    Ok(exit) => return self.exit(key, exit),
                    Err(of_catcher) => {
                        let entered = self.core.frames.get(key).map_or(0, |frame| frame.entered_event);
                        failure = of_catcher.in_state(&node.name, entered);
                    }
                }
            }
            let Some(parent) = parent else {
                return self.fail_execution(key, &failure);
            };
            self.fail_graph(parent, key);
            key = parent;
            from_inside = true;
        }
    }

    /// Tries the state again if a Retrier says so.
    fn retry(&mut self, key: FrameKey, failure: &Failure) -> bool {
        let Some(node) = self.core.frames.get(key).map(|frame| self.program.node(frame.state)) else {
            return false;
        };
        let Some((i, retrier)) = errors::retrier(node.retry(), failure) else {
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
            return false;
        }
        let delay = errors::retry_delay(retrier, *done, &self.core.random);
        *done += 1;
        frame.retry_count = frame.retry_count.saturating_add(1);
        frame.activity = Activity::Backoff;
        frame.deadline = None;
        if delay.is_zero() {
            self.core.ready.push_back(key);
        } else {
            let due = later(self.core.now, delay);
            self.wake_at(key, due);
        }
        true
    }

    /// What a Catcher makes of an error; `$` of its `Assign` is the Error Output.
    fn caught(&mut self, key: FrameKey, catcher: &Catcher, output: Value, next: StateId) -> Result<Exit, Failure> {
        self.with_state(key, None, |_, raw_input, view| {
            let assigned = view.assign(catcher.assign.as_ref(), &output)?;
            let output = place(&catcher.result_path, raw_input, Cow::Owned(Payload::from(output)))?;
            // The state that the error came from has had its say: what its Catcher makes goes to the state around it.
            if output.exceeds(view.limits.payload_bytes) {
                return Err(view.data_limit_exceeded());
            }
            Ok(Exit {
                output,
                assigned,
                next: Next::State(next),
            })
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
