//! Spans on their way to the exporters.
//!
//! An execution only hands over what has ended, as it is. A thread makes the SDK's spans of it and gives them to the processors: their
//! memory is asked for and given back there, and an execution does not wait for it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the thread lets more come before it takes what is there: to be woken for each execution would cost more than the rest.
const LINGER: Duration = Duration::from_millis(5);

/// So many wait at most; what comes after is lost, and that is logged.
pub(super) const MOST_WAITING: usize = 65_536;

/// What an execution hands over.
pub(super) trait Handed: Send {
    /// The number of its spans.
    fn count(&self) -> usize;

    /// Gives them to the processors.
    fn export(self: Box<Self>);
}

/// The queue of one telemetry; its thread ends when it is dropped.
pub(super) struct Handover(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    /// Signals to the thread that something has come, or that somebody waits.
    has_come: Condvar,
    /// Signals that the thread has done what it took.
    is_done: Condvar,
}

struct State {
    waiting: Vec<Box<dyn Handed>>,
    spans: usize,
    lost: usize,
    /// How many wait for the thread now.
    hurry: usize,
    /// How often the thread has taken all, and has done so.
    taken: u64,
    done: u64,
    is_over: bool,
}

impl Handover {
    /// Starts the thread; where there can be none, nothing is exported, and that is logged.
    pub(super) fn start() -> Self {
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                waiting: Vec::new(),
                spans: 0,
                lost: 0,
                hurry: 0,
                taken: 0,
                done: 0,
                is_over: false,
            }),
            has_come: Condvar::new(),
            is_done: Condvar::new(),
        });
        let served = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("asl-telemetry".to_owned())
            .spawn(move || served.serve());
        if let Err(error) = thread {
            tracing::error!(%error, "the thread of telemetry does not start, and nothing is exported");
            queue.state().is_over = true;
        }
        Self(queue)
    }

    /// Hands over what has ended.
    pub(super) fn add(&self, handed: Box<dyn Handed>) {
        let mut state = self.0.state();
        if state.is_over {
            return;
        }
        let count = handed.count();
        if state.spans.saturating_add(count) > MOST_WAITING {
            state.lost += count;
            return;
        }
        let is_first = state.waiting.is_empty();
        state.spans += count;
        state.waiting.push(handed);
        drop(state);
        if is_first {
            self.0.has_come.notify_one();
        }
    }

    /// Waits until the processors have everything that was handed over before.
    pub(super) fn flush(&self) {
        let mut state = self.0.state();
        let until = state.taken + u64::from(!state.waiting.is_empty());
        state.hurry += 1;
        self.0.has_come.notify_one();
        let is_missing = |state: &mut State| state.done < until && !state.is_over;
        let mut state = self
            .0
            .is_done
            .wait_while(state, is_missing)
            .unwrap_or_else(PoisonError::into_inner);
        state.hurry -= 1;
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.has_come.notify_one();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        loop {
            let is_idle = |state: &mut State| state.waiting.is_empty() && !state.is_over;
            let state = self.has_come.wait_while(self.state(), is_idle);
            let state = state.unwrap_or_else(PoisonError::into_inner);
            let may_linger = |state: &mut State| state.hurry == 0 && !state.is_over;
            let lingered = self.has_come.wait_timeout_while(state, LINGER, may_linger);
            let (mut state, _) = lingered.unwrap_or_else(PoisonError::into_inner);
            let waiting = std::mem::take(&mut state.waiting);
            let (lost, is_over) = (std::mem::take(&mut state.lost), state.is_over);
            state.spans = 0;
            state.taken += 1;
            drop(state);
            if lost > 0 {
                tracing::warn!(
                    lost,
                    "spans came faster than they could be handed to the exporters, and were lost"
                );
            }
            for handed in waiting {
                // The processors are others' code.
                if catch_unwind(AssertUnwindSafe(|| handed.export())).is_err() {
                    tracing::error!("a processor of spans has panicked");
                }
            }
            self.state().done += 1;
            self.is_done.notify_all();
            if is_over {
                return;
            }
        }
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}
