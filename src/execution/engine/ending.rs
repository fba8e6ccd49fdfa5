//! The end of an execution.

use super::Engine;
use crate::error::predefined_errors::RUNTIME;
use crate::execution::command::Command;
use crate::execution::outcome::Outcome;
use crate::history::{ErrorOutput, EventDetails};

impl Engine<'_> {
    /// Ends the execution.
    pub(super) fn complete(&mut self, previous: u64, outcome: Outcome, details: EventDetails) {
        let core = &mut *self.core;
        let id = core.recorder.last_id();
        if core.recorder.records() {
            core.queue_event(id, previous, details);
        }
        core.all_spans_end(&outcome);
        core.commands.push(Command::Complete(outcome.clone()));
        let frames = std::mem::take(&mut core.frames);
        let keeps = core.is_redrivable && core.broken.is_none() && outcome.error().is_some();
        core.remains = keeps.then(|| Box::new(frames.remains()));
        core.outcome = Some(Box::new(outcome));
        core.ready.clear();
        core.timers.clear();
        core.late = None;
        core.deadline = None;
    }

    /// Ends the execution because its history is full: the last event is its failure.
    pub(in crate::execution) fn fail_on_full_history(&mut self) {
        let cause = format!(
            "The execution reached the maximum number of history events ({}).",
            self.core.recorder.limit()
        );
        self.give_up(RUNTIME, cause);
    }

    /// Fails the execution itself, past all Retriers and Catchers.
    pub(super) fn give_up(&mut self, error: &str, cause: String) {
        let error = ErrorOutput {
            error: Some(error.into()),
            cause: Some(cause),
        };
        let previous = self.core.recorder.count();
        self.cancel_all_tasks();
        self.complete(
            previous,
            Outcome::Failed(error.clone()),
            EventDetails::ExecutionFailed(error),
        );
    }
}
