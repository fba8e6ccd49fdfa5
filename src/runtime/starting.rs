//! ARNs that executions are about to take, while a store is asked whether they are free.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The ARNs that are asked for. Until the store has answered, the new execution is not among the running ones: it would be
/// found in the place of the one that has its ARN.
#[derive(Debug, Default)]
pub(super) struct Starting {
    asked_for: Mutex<HashSet<Arc<str>>>,
    /// Signals that an ARN is not asked for any more.
    is_over: Condvar,
}

/// An ARN that nobody else asks for until this is dropped.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    starting: &'a Starting,
    arn: Arc<str>,
}

impl Starting {
    /// Asks for an ARN. Waits for another who does, which takes as long as the store does.
    pub(super) fn ask(&self, arn: &Arc<str>) -> Asked<'_> {
        let mut asked_for = self.asked_for();
        while !asked_for.insert(Arc::clone(arn)) {
            asked_for = self.is_over.wait(asked_for).unwrap_or_else(PoisonError::into_inner);
        }
        Asked {
            starting: self,
            arn: Arc::clone(arn),
        }
    }

    fn asked_for(&self) -> MutexGuard<'_, HashSet<Arc<str>>> {
        self.asked_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.starting.asked_for().remove(&self.arn);
        self.starting.is_over.notify_all();
    }
}
