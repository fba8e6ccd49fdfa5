//! The end of an execution.

use super::Engine;
use crate::execution::command::{Command, Outcome};
use crate::execution::failure::RUNTIME;
use crate::execution::frames::Frames;
use crate::history::{ErrorOutput, EventDetails, HistoryEvent};

impl Engine<'_> {
    /// Ends the execution.
    pub(super) fn complete(&mut self, previous: u64, outcome: Outcome, details: EventDetails) {
        let core = &mut *self.core;
        let id = core.recorder.last_id();
        if core.recorder.records() {
            core.commands
                .push_back(Command::Record(HistoryEvent::new(id, previous, core.now, details)));
        }
        core.commands.push_back(Command::Complete(outcome.clone()));
        core.outcome = Some(outcome);
        core.frames = Frames::default();
        core.ready.clear();
        core.timers.clear();
        core.deadline = None;
    }

    /// The history is full: its last event is the failure of the execution.
    pub(in crate::execution) fn fail_on_full_history(&mut self) {
        let cause = format!(
            "The execution reached the maximum number of history events ({}).",
            self.core.recorder.limit()
        );
        self.give_up(RUNTIME, cause);
    }

    /// The execution itself fails, whatever its states say.
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
