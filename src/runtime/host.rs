//! The tokio runtime in which executions run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use tokio::runtime::Handle;

use super::clock::Clock;
use super::shared::Shared;
use super::timer_queue::TimerQueue;

/// State shared by all executions of one tokio runtime; each execution runs in the runtime that started it.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) runtime: Handle,
    pub(super) clock: Clock,
    pub(super) timer: TimerQueue,
    has_ended: Arc<AtomicBool>,
}

impl Host {
    /// Starts its timer.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    pub(super) fn start(clock: Clock, shared: Weak<Shared>) -> Arc<Self> {
        let has_ended = Arc::<AtomicBool>::default();
        let end = End {
            has_ended: Arc::clone(&has_ended),
            shared,
        };
        Arc::new(Self {
            runtime: Handle::current(),
            clock,
            timer: TimerQueue::start(end),
            has_ended,
        })
    }

    /// Whether the runtime has shut down.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::SeqCst)
    }
}

/// Dropped when the runtime drops its tasks: its executions cannot go on, so they are ended and their waiters told.
struct End {
    has_ended: Arc<AtomicBool>,
    shared: Weak<Shared>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        if let Some(shared) = self.shared.upgrade() {
            shared.stop_without_host();
        }
    }
}
