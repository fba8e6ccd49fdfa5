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
        self.host.runtime.spawn(async move {
            let mut wants_turn = true;
            while wants_turn {
                tokio::task::yield_now().await;
                wants_turn = catch_unwind(AssertUnwindSafe(|| running.take_turn())).unwrap_or_else(|_| {
                    running.give_up("the interpreter panicked while the execution worked");
                    false
                });
            }
        });
    }
}
