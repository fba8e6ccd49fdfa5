//! The one way out where something is not as it must be: the execution fails, and says which rule is broken.

use super::Engine;
use crate::error::predefined_errors::RUNTIME;
use crate::execution::core::Core;
use crate::execution::invariant::Invariant;

impl Core {
    /// A defect of ours is found where it is made; a snapshot that somebody wrote into is none.
    pub(super) fn assert_kept(&self, broken: Invariant) {
        debug_assert!(self.is_restored, "{}", broken.cause());
    }
}

impl Engine<'_> {
    /// Does a part of a turn; a broken invariant ends the execution.
    pub(super) fn turn(&mut self, part: impl FnOnce(&mut Self) -> Result<(), Invariant>) {
        if let Err(invariant) = part(self) {
            self.fail_broken(invariant);
        }
    }

    /// Whether something will let the execution go on, now that it has done all that it could.
    ///
    /// A look at three counts, not at the frames: a single frame that nothing wakes shows once everything else is done.
    /// The execution's own deadline is no such thing, it only ends what waits for something else.
    pub(super) fn goes_on(&self) -> Result<(), Invariant> {
        let core = &*self.core;
        let goes_on = core.outcome.is_some()
            || !core.ready.is_empty()
            || core.late.is_some()
            || !core.timers.is_empty()
            || core.frames.await_answers();
        Invariant::ExecutionGoesOn.holds_if(goes_on)
    }

    #[cold]
    fn fail_broken(&mut self, invariant: Invariant) {
        self.core.assert_kept(invariant);
        // An end that was told stays told.
        if self.core.outcome.is_some() {
            return;
        }
        self.core.broken = Some(invariant);
        self.give_up(RUNTIME, invariant.cause());
    }
}
