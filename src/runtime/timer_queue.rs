//! One timer for all executions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Weak;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::running::Running;

/// Wakes executions at their deadlines: one tokio task with a heap, however many executions wait.
#[derive(Debug, Clone)]
pub(super) struct TimerQueue {
    requests: mpsc::UnboundedSender<WakeUp>,
}

/// An execution that wants to be woken.
#[derive(Debug)]
struct WakeUp {
    at: Instant,
    execution: Weak<Running>,
}

impl TimerQueue {
    /// Starts the task; it ends when the last sender is gone. Must be called inside a tokio runtime.
    pub(super) fn start() -> Self {
        let (requests, incoming) = mpsc::unbounded_channel();
        tokio::spawn(serve(incoming));
        Self { requests }
    }

    pub(super) fn wake_at(&self, at: Instant, execution: Weak<Running>) {
        // Nobody receives only when the runtime shuts down, and then nothing is left to wake.
        let _ = self.requests.send(WakeUp { at, execution });
    }
}

async fn serve(mut incoming: mpsc::UnboundedReceiver<WakeUp>) {
    let mut queue: BinaryHeap<Reverse<WakeUp>> = BinaryHeap::new();
    loop {
        let next = queue.peek().map(|Reverse(wake_up)| wake_up.at);
        tokio::select! {
            biased;
            request = incoming.recv() => match request {
                Some(wake_up) => queue.push(Reverse(wake_up)),
                None => return,
            },
            () = async { sleep_until(next.unwrap_or_else(Instant::now)).await }, if next.is_some() => {
                let now = Instant::now();
                while queue.peek().is_some_and(|Reverse(wake_up)| wake_up.at <= now) {
                    if let Some(Reverse(wake_up)) = queue.pop()
                        && let Some(execution) = wake_up.execution.upgrade()
                    {
                        execution.reach_deadline();
                    }
                }
            }
        }
    }
}

impl PartialEq for WakeUp {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for WakeUp {}

impl PartialOrd for WakeUp {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WakeUp {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}
