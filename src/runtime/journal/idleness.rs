//! The place of an execution among the idle ones.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an execution is in the queue of idle ones.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Idleness {
    is_queued: AtomicBool,
    /// Whether it was at work since it came there.
    was_active: AtomicBool,
}

impl Idleness {
    /// The execution rests. True if it is to be put into the queue; it may be there already.
    pub(in crate::runtime) fn queue(&self) -> bool {
        let was_queued = self.is_queued.swap(true, Ordering::AcqRel);
        if was_queued {
            self.was_active.store(true, Ordering::Release);
        }
        !was_queued
    }

    /// It was taken out of the queue. True if it was at work since it came there.
    pub(in crate::runtime) fn leave(&self) -> bool {
        self.is_queued.store(false, Ordering::Release);
        self.was_active.swap(false, Ordering::AcqRel)
    }
}
