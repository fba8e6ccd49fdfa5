//! The tokio runtime in which executions run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use super::clock::Clock;
#[cfg(feature = "store")]
use super::timer_queue::Recall;
use super::timer_queue::{TimerQueue, Wake};

/// State shared by all executions of one tokio runtime; each execution runs in the runtime that started it.
#[derive(Debug)]
pub(super) struct Host<T> {
    pub(super) runtime: Handle,
    pub(super) clock: Clock,
    pub(super) timer: TimerQueue<T>,
    /// Permits for evaluations that take long.
    pub(super) evaluations: Semaphore,
    has_ended: Arc<AtomicBool>,
}

impl<T: Wake> Host<T> {
    /// Starts its timer. `on_end` is called when the runtime shuts down.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    pub(super) fn start(
        clock: Clock,
        #[cfg(feature = "store")] recall: impl Recall<T>,
        on_end: impl FnOnce() + Send + 'static,
    ) -> Arc<Self> {
        let has_ended = Arc::<AtomicBool>::default();
        let end = End {
            has_ended: Arc::clone(&has_ended),
            on_end: Some(on_end),
        };
        Arc::new(Self {
            runtime: Handle::current(),
            timer: TimerQueue::start(
                clock.clone(),
                #[cfg(feature = "store")]
                recall,
                end,
            ),
            clock,
            evaluations: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            has_ended,
        })
    }

    /// Lets the time that something from outside took pass, where time is virtual.
    pub(super) fn catch_up(&self) {
        if let Some(time) = self.clock.time() {
            time.catch_up(self.timer.first());
        }
    }

    /// Whether one thread does all work of the runtime.
    pub(super) fn has_one_thread(&self) -> bool {
        self.runtime.runtime_flavor() == RuntimeFlavor::CurrentThread
    }

    /// Whether the runtime has shut down.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::SeqCst)
    }
}

/// Dropped when the runtime drops its tasks: its executions cannot go on, so they are ended and their waiters told.
struct End<F: FnOnce()> {
    has_ended: Arc<AtomicBool>,
    on_end: Option<F>,
}

impl<F: FnOnce()> Drop for End<F> {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        if let Some(on_end) = self.on_end.take() {
            on_end();
        }
    }
}
