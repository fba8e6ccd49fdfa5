//! The end of an interpreter: its executions, and the handlers that still run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::time::{Duration, timeout};

use super::Interpreter;
use crate::execution::Outcome;

/// How long cancelled handlers have at least to be dropped. They need no time of their own, only a turn of their runtime.
const TO_DROP: Duration = Duration::from_secs(1);

impl Interpreter {
    /// Refuses new executions, waits up to `grace` for the running ones, then aborts the rest; returns how many were
    /// aborted. Under a store the rest is not aborted, but left to the next process, and counted the same.
    ///
    /// Their handlers are cancelled and dropped at their next `.await`. It waits for that too, up to `grace` again and for
    /// a second at least; a handler that blocks its thread for longer, or whose runtime is not running, is left behind.
    /// Outside a tokio runtime with a timer it waits for nothing.
    pub async fn shutdown(&self, grace: Duration) -> usize {
        let shared = self.shared();
        let can_wait = shared.host().is_ok();
        shared.close();
        if can_wait {
            // Executions that are still running are stopped below.
            let _ = timeout(grace, shared.all_ended()).await;
        }
        let (mut left, stored) = shared.seal();
        left.retain(|execution| execution.outcome().is_none());
        // All of them before any is told: an execution that waits for another would take its end here for its real one.
        #[cfg(feature = "store")]
        for execution in &left {
            execution.close();
        }
        for execution in &left {
            execution.shut_down("the interpreter was shut down");
        }
        shared.activities.close();
        if can_wait {
            let dropped = async {
                for execution in &left {
                    execution.finished().await;
                }
                shared.handlers.all_dropped().await;
            };
            // Handlers that are not dropped by then are left behind.
            let _ = timeout(grace.max(TO_DROP), dropped).await;
        }
        #[cfg(feature = "store")]
        shared.stop_writer();
        // Some may have ended by themselves just before they were stopped.
        let is_aborted = |outcome| matches!(outcome, Some(Outcome::Aborted(_)));
        left.retain(|execution| is_aborted(execution.outcome()));
        left.len() + stored
    }
}

/// Counts the handlers in tasks of their own, also the cancelled ones that are not dropped yet.
#[derive(Debug, Default)]
pub(super) struct LiveHandlers {
    count: AtomicUsize,
    last_dropped: Notify,
}

/// Counts as one handler until it is dropped.
pub(super) struct LiveHandler(Arc<LiveHandlers>);

impl LiveHandlers {
    pub(super) fn add(self: &Arc<Self>) -> LiveHandler {
        self.count.fetch_add(1, Ordering::Relaxed);
        LiveHandler(Arc::clone(self))
    }

    async fn all_dropped(&self) {
        loop {
            // Subscribe before checking, so that a drop in between is not missed.
            let last_dropped = self.last_dropped.notified();
            if self.count.load(Ordering::Acquire) == 0 {
                return;
            }
            last_dropped.await;
        }
    }
}

impl Drop for LiveHandler {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::Release) == 1 {
            self.0.last_dropped.notify_waiters();
        }
    }
}
