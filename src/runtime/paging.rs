//! Executions that wait in the store alone, and those in memory that have nothing to do.
//!
//! An execution that everything is written of, and that only waits for a time or a token, needs no memory: its journal
//! brings it back. So the longest idle ones are dropped, except for so many. What stays of one is its number here, in the
//! timer and with its tokens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::task::AbortHandle;

use super::Interpreter;
use super::host::Host;
use super::running::{Directory, Running};

impl Interpreter {
    /// Sets how many executions that only wait, for a time or for a task token, are kept in memory under a store; default:
    /// 10,000. Of the others their numbers are kept, about a hundred bytes each, and they are read from the store
    /// when their time comes, their token is answered or they are asked for.
    ///
    /// An execution of which there is an [`ExecutionHandle`](super::ExecutionHandle) stays in memory, and so does one with a
    /// handler at work or a task that waits for a worker of its activity.
    #[must_use]
    pub fn waiting_in_memory(self, most: usize) -> Self {
        self.with(|settings| settings.waiting_in_memory = most)
    }
}

/// What an interpreter knows of its idle executions.
#[derive(Debug)]
pub(super) struct Paging {
    /// How many idle executions stay in memory.
    most: usize,
    /// Those in memory that have come to rest, the longest idle first; some may be at work again, or have ended.
    idle: Mutex<VecDeque<Weak<Running>>>,
    stored: Mutex<Stored>,
    /// The task that looks again while there are too many idle ones.
    sweeper: Mutex<Option<AbortHandle>>,
}

/// The executions that run and are in the store alone.
#[derive(Debug, Default)]
struct Stored {
    /// By their numbers.
    executions: BTreeMap<u64, Away>,
    /// How many have left the memory so far.
    left: u64,
    /// The interpreter's state, which lives as long as executions run.
    directory: Option<Arc<dyn Directory>>,
    /// Whether nothing comes and goes any more.
    is_sealed: bool,
}

/// An execution that is in the store alone.
#[derive(Debug, Clone)]
pub(super) struct Away {
    /// The tokio runtime that it runs in.
    pub(super) host: Arc<Host<Running>>,
    /// Which of all that left the memory it was: one that came back and left again is another one.
    visit: u64,
}

impl Away {
    /// Whether it has not come back in between.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.visit == other.visit
    }
}

impl Paging {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            idle: Mutex::default(),
            stored: Mutex::default(),
            sweeper: Mutex::default(),
        }
    }

    /// How many running executions are in the store alone.
    pub(super) fn len(&self) -> usize {
        self.stored().executions.len()
    }

    /// The execution of a number, if it is in the store alone.
    pub(super) fn find(&self, number: u64) -> Option<Away> {
        self.stored().executions.get(&number).cloned()
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.stored().executions.contains_key(&number)
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.stored().executions.keys().copied().collect()
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.stored().is_sealed
    }

    /// Adds an execution. Call it with the part locked that the execution belongs to, as the others that change this.
    pub(super) fn add(&self, number: u64, host: Arc<Host<Running>>, directory: Arc<dyn Directory>) {
        let mut stored = self.stored();
        stored.left += 1;
        let visit = stored.left;
        stored.executions.insert(number, Away { host, visit });
        let superfluous = stored.directory.replace(directory);
        drop(stored);
        drop(superfluous);
    }

    /// Removes an execution; false if it has come back meanwhile, also if it has left again then.
    pub(super) fn remove(&self, number: u64, away: &Away) -> bool {
        let mut stored = self.stored();
        let known = stored.executions.get(&number);
        let is_removed = known.is_some_and(|known| known.is_same(away));
        if is_removed {
            stored.executions.remove(&number);
        }
        let unused = stored.unused();
        drop(stored);
        drop(unused);
        is_removed
    }

    /// Lets nothing come or go any more; returns how many executions are left to the next process.
    pub(super) fn seal(&self) -> usize {
        let mut stored = self.stored();
        stored.is_sealed = true;
        let left = std::mem::take(&mut stored.executions);
        let unused = stored.unused();
        drop(stored);
        drop(unused);
        left.len()
    }

    /// Forgets the executions of tokio runtimes that have shut down.
    pub(super) fn forget_without_host(&self) {
        let mut stored = self.stored();
        let mut gone = Vec::new();
        stored.executions.retain(|_, away| {
            let has_ended = away.host.has_ended();
            if has_ended {
                gone.push(away.clone());
            }
            !has_ended
        });
        let unused = stored.unused();
        drop(stored);
        drop((unused, gone));
    }

    /// Puts an execution behind the other idle ones.
    pub(super) fn add_idle(&self, running: Weak<Running>) {
        self.idle().push_back(running);
    }

    /// The longest idle execution, if there are too many.
    pub(super) fn next_idle(&self) -> Option<Weak<Running>> {
        let mut idle = self.idle();
        if idle.len() > self.most { idle.pop_front() } else { None }
    }

    /// How many more idle executions may be in memory.
    pub(super) fn room(&self) -> usize {
        self.most.saturating_sub(self.idle().len())
    }

    /// Whether more idle executions are in memory than should be.
    pub(super) fn is_crowded(&self) -> bool {
        self.idle().len() > self.most
    }

    /// Starts the sweeper, unless there is one.
    pub(super) fn sweep(&self, start: impl FnOnce() -> AbortHandle) {
        let mut sweeper = self.sweeper.lock().unwrap_or_else(PoisonError::into_inner);
        if sweeper.as_ref().is_none_or(AbortHandle::is_finished) {
            *sweeper = Some(start());
        }
    }

    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Weak<Running>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stored {
    /// The reference to the interpreter's state, once no execution needs it. Drop it without locks.
    fn unused(&mut self) -> Option<Arc<dyn Directory>> {
        if self.executions.is_empty() {
            self.directory.take()
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
