//! Handles failures: retries, catches, or fails the state around.

use super::Engine;
use super::view::Allowance;
use crate::definition::State;
use crate::execution::catch;
use crate::execution::core::Activity;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::outcome::Outcome;
use crate::execution::retry::{self, RetryDecision};
use crate::execution::time::later;
use crate::execution::trace::Traced;
use crate::history::{ErrorOutput, EventDetails};
use std::sync::Arc;

impl Engine<'_> {
    /// Fails a state that failed on entry or on a retry; `previous` is the event that led to it.
    pub(super) fn fail_on_entry(&mut self, key: FrameKey, failure: Failure, previous: u64) -> Result<(), Invariant> {
        if matches!(failure, Failure::Evaluation(_)) && !matches!(self.node_of(key)?.state, State::Wait(_)) {
            // As recorded on AWS: a failure on entry refers to the event before the entry, except for a Wait.
            self.core.frames.at_mut(key)?.last_event = previous;
        }
        self.fail(key, failure)
    }

    /// Fails a state: its Retriers and Catchers decide, then those of the states around it.
    pub(super) fn fail(&mut self, key: FrameKey, failure: Failure) -> Result<(), Invariant> {
        self.fail_and_record(key, failure, false)
    }

    /// The same; `records_event` says whether a Parallel or Map records its own failure, which it does if one of its
    /// graphs or its own JSONata failed.
    pub(super) fn fail_and_record(
        &mut self,
        key: FrameKey,
        failure: Failure,
        mut records_event: bool,
    ) -> Result<(), Invariant> {
        let mut key = key;
        let mut failure = failure;
        // A loop instead of recursion: the failure may pass through as many states as the definition nests.
        loop {
            let node = self.node_of(key)?;
            records_event |= matches!(failure, Failure::Evaluation(_));
            failure = self.named(key, failure)?;
            self.core.trace(key, || Traced::Failed {
                error: failure.error_output(),
                missed_heartbeat: failure == Failure::Heartbeat,
            });
            if self.retry(key, &failure)? {
                return Ok(());
            }
            let parent = self.core.frames.at(key)?.parent;
            let event = match &node.state {
                State::Parallel(_) => Some(EventDetails::ParallelStateFailed),
                State::Map(_) => Some(EventDetails::MapStateFailed),
                _ => None,
            };
            if let Some(event) = event.filter(|_| records_event) {
                self.core.record_in(key, || event)?;
            }
            if let Some(caught) = catch::decide(node, &failure) {
                let catcher = caught.index;
                match self.with_state(key, Allowance::Part(None), |_, raw_input, view| {
                    caught.exit(raw_input, view)
                }) {
                    Ok(exit) => {
                        self.core.trace(key, || Traced::Caught { catcher });
                        self.core.note_caught(key, &failure);
                        self.drop_remains(key, Activity::Waiting)?;
                        return self.exit(key, exit);
                    }
                    Err(of_catcher) => {
                        failure = self.named(key, of_catcher)?;
                        self.core.trace(key, || Traced::CatcherFailed {
                            catcher,
                            error: failure.error_output(),
                        });
                    }
                }
            }
            let Some(parent) = parent else {
                return self.fail_execution(key, &failure);
            };
            self.core.spans_of_frame_fail(key, &failure);
            self.fail_graph(parent, key)?;
            key = parent;
            records_event = true;
        }
    }

    /// Adds the state's name to the failure; a failure of JSONata gets an event of its own.
    pub(super) fn named(&mut self, key: FrameKey, mut failure: Failure) -> Result<Failure, Invariant> {
        let location = match &mut failure {
            // No state can answer for it: here is where such a failure leaves the states for the execution.
            Failure::Broken(invariant) => return Err(*invariant),
            Failure::Evaluation(of_field) => Some(of_field.location.take()),
            _ => None,
        };
        let node = self.node_of(key)?;
        let failure = failure.in_state(&node.name, self.core.frames.at(key)?.entered_event);
        if let Some(location) = location {
            self.core.record_in(key, || {
                let ErrorOutput { error, cause } = failure.error_output();
                EventDetails::EvaluationFailed {
                    error: error.unwrap_or_default(),
                    cause: cause.unwrap_or_default(),
                    location,
                    state: Arc::clone(&node.name),
                }
            })?;
        }
        Ok(failure)
    }

    /// Retries the state if a Retrier decides so.
    fn retry(&mut self, key: FrameKey, failure: &Failure) -> Result<bool, Invariant> {
        let node = self.node_of(key)?;
        let frame = self.core.frames.at_mut(key)?;
        let done_by = |retrier: usize| frame.retries.get(retrier).copied().unwrap_or(0);
        let (retrier, number, delay) = match retry::decide(node.retry(), failure, done_by, &self.core.random) {
            RetryDecision::NoneMatches => return Ok(false),
            RetryDecision::Exhausted { retrier } => {
                self.core.trace(key, || Traced::Exhausted { retrier });
                return Ok(false);
            }
            RetryDecision::Retry { retrier, number, delay } => (retrier, number, delay),
        };
        // Most states never fail, so the counters are made on the first retry.
        frame.retries.resize(node.retry().len(), 0);
        let done = frame.retries.get_mut(retrier);
        *done.ok_or(Invariant::RetriersAreCounted)? = number;
        frame.retry_count = frame.retry_count.saturating_add(1);
        frame.deadline = None;
        self.drop_remains(key, Activity::Backoff)?;
        self.core.trace(key, || Traced::Retried { retrier, number, delay });
        if delay.is_zero() {
            self.core.ready.push_back(key);
        } else {
            let due = later(self.core.now, delay);
            self.wake_at(key, due)?;
        }
        Ok(true)
    }

    fn fail_execution(&mut self, key: FrameKey, failure: &Failure) -> Result<(), Invariant> {
        if self.core.recorder.is_exhausted() {
            self.fail_on_full_history();
            return Ok(());
        }
        let previous = self.core.frames.at(key)?.last_event;
        self.cancel_all_tasks();
        let error = failure.error_output();
        self.complete(
            previous,
            Outcome::Failed(error.clone()),
            EventDetails::ExecutionFailed(error),
        );
        Ok(())
    }
}
