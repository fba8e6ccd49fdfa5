//! The batches on their way to the thread that writes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::author::{Author, instant};
use crate::execution::Program;
use crate::store::Record;

/// How long the thread stays awake for what comes of a group. An execution alone would wake it after each state, which
/// takes half as long as to write it.
const LINGER: Duration = Duration::from_micros(100);

/// For so many batches memory is kept.
const KEPT: usize = 4_096;

/// Records of one execution that are written together.
#[derive(Debug)]
pub(in crate::runtime) struct Batch {
    pub(in crate::runtime) author: Arc<dyn Author>,
    pub(in crate::runtime) number: u64,
    pub(in crate::runtime) records: Vec<Record>,
    /// The program of an execution that starts with this batch: its definition is written first, if it is not there.
    pub(in crate::runtime) program: Option<Arc<Program>>,
}

/// The batches that nobody writes yet, in their order.
///
/// Executions that start together put in one batch each, and the thread takes all at once: their memory is used again, where
/// a channel asks for new memory every few batches, in pieces that are costly to get.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Signals to the thread that waits that something has come.
    has_come: Condvar,
    /// Whether something is there: read without the lock by a thread that stays awake.
    has_some: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    /// Whether nothing more is to be written than what is here.
    is_stopped: bool,
    /// Whether nothing more is written at all.
    has_ended: bool,
    /// Whether the thread waits to be woken.
    is_awaited: bool,
}

impl Queue {
    /// Puts a batch behind the others. Gives it back if nothing is written any more.
    pub(super) fn add(&self, batch: Batch) -> Result<(), Batch> {
        let mut state = self.state();
        if state.has_ended {
            return Err(batch);
        }
        state.batches.push_back(batch);
        self.wake(state);
        Ok(())
    }

    /// The number of batches that nobody writes yet.
    #[cfg(feature = "otel")]
    pub(super) fn len(&self) -> usize {
        self.state().batches.len()
    }

    /// Lets nothing more be written than what is here.
    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.is_stopped = true;
        self.wake(state);
    }

    /// Waits for something to come, but no longer than this, and moves all to the end of `taken`. Returns whether more may
    /// come.
    pub(super) fn take(&self, taken: &mut VecDeque<Batch>, most: Duration) -> bool {
        let began = instant();
        while !self.has_some.load(Ordering::Acquire) && began.elapsed() < LINGER {
            std::thread::yield_now();
        }
        let mut state = self.state();
        if state.batches.is_empty() && !state.is_stopped {
            state.is_awaited = true;
            let is_nothing = |state: &mut State| state.batches.is_empty() && !state.is_stopped;
            let waited = self.has_come.wait_timeout_while(state, most, is_nothing);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.is_awaited = false;
        }
        self.take_from(&mut state, taken)
    }

    /// Moves all that is here to the end of `taken`. Returns whether more may come.
    pub(super) fn take_at_once(&self, taken: &mut VecDeque<Batch>) -> bool {
        self.take_from(&mut self.state(), taken)
    }

    /// Lets nothing more be written at all. Returns what came last.
    pub(super) fn end(&self) -> VecDeque<Batch> {
        let mut state = self.state();
        state.has_ended = true;
        std::mem::take(&mut state.batches)
    }

    fn take_from(&self, state: &mut State, taken: &mut VecDeque<Batch>) -> bool {
        self.has_some.store(state.is_stopped, Ordering::Release);
        if taken.is_empty() {
            taken.shrink_to(KEPT);
            std::mem::swap(taken, &mut state.batches);
        } else {
            taken.append(&mut state.batches);
        }
        !state.is_stopped
    }

    fn wake(&self, state: MutexGuard<'_, State>) {
        self.has_some.store(true, Ordering::Release);
        let is_awaited = state.is_awaited;
        drop(state);
        if is_awaited {
            self.has_come.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
