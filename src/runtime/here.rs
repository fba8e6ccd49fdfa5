//! Whether a thread is in the middle of a task that is done in its caller's tokio task.

use std::cell::Cell;

thread_local! {
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Kept while a caller's tokio task does tasks. A handler in it that runs an execution starts a tokio task for it:
/// otherwise executions that run each other would be as deep on the stack as they are many.
pub(super) struct Here(());

impl Here {
    pub(super) fn enter() -> Self {
        IS_HERE.set(true);
        Self(())
    }

    /// Whether the current thread has entered.
    pub(super) fn is_entered() -> bool {
        IS_HERE.get()
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        IS_HERE.set(false);
    }
}
