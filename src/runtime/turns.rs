//! The turns of an execution that has much to do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::running::Running;
use super::timer_queue::Wake as _;

impl Running {
    /// Gives the execution turns until it waits or ends, in a tokio task of its own. Between two of them, all that is
    /// ready in its runtime goes on first.
    pub(super) fn take_turns_later(self: &Arc<Self>) {
        let running = Arc::clone(self);
        let working = self.host.clock.working();
        self.host.runtime.spawn(async move {
            let _working = working;
            let mut wants_turn = true;
            while wants_turn {
                tokio::task::yield_now().await;
                running.evaluate_elsewhere().await;
                wants_turn = catch_unwind(AssertUnwindSafe(|| running.take_turn())).unwrap_or_else(|_| {
                    running.give_up("the interpreter panicked while the execution worked");
                    false
                });
            }
        });
    }

    /// If the next turn is to take long, does its work on a thread that may be blocked. Meanwhile the execution handles
    /// its events, such as a stop.
    ///
    /// No more of it is done at once than the machine has cores: it is work, and does not wait.
    async fn evaluate_elsewhere(&self) {
        if !self.progress().execution.wants_long_turn() {
            return;
        }
        let Ok(_permit) = self.host.evaluations.acquire().await else {
            return;
        };
        // Only now: it may have been stopped while it waited.
        let evaluation = self.progress().execution.long_evaluation();
        let Some(evaluation) = evaluation else { return };
        match self.host.runtime.spawn_blocking(move || evaluation.run()).await {
            Ok(evaluated) => self.progress().execution.keep_evaluated(evaluated),
            Err(error) if error.is_panic() => self.give_up("the interpreter panicked while it evaluated JSONata"),
            // The runtime shuts down, and the execution with it.
            Err(_) => {}
        }
    }
}
