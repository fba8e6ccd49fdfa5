//! Idle executions leave the memory.

use std::sync::{Arc, Weak};
use tokio::time::{Duration, sleep};

use super::Shared;
use crate::runtime::running::{Directory, Running};
use crate::runtime::task_tokens::Key;

/// How many idle executions are tried whenever one comes to rest.
const TRIES: usize = 4;

/// How many a sweep tries before it lets others have their turn.
const SWEPT: usize = 256;

/// How long the next sweep waits while all idle executions are held by handles: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What came of an idle execution that was to leave the memory.
enum Tried {
    Left,
    /// Somebody has it in hand.
    Held,
    /// It works again, and comes back when it rests; or it has ended.
    Busy,
}

impl Shared {
    /// Notes that an execution rests, and lets the longest idle ones leave the memory if there are too many.
    pub(super) fn note_rest(&self, running: Arc<Running>) {
        if running.queue_as_idle() {
            self.paging.add_idle(Arc::downgrade(&running));
        }
        if !self.paging.is_crowded() {
            return;
        }
        let (host, directory) = (Arc::clone(&running.host), Arc::clone(&running.directory));
        drop(running);
        self.page_out_some(TRIES);
        if self.paging.is_crowded() {
            self.paging.sweep(|| {
                let sweeping = sweep(Arc::downgrade(&directory));
                host.runtime.spawn(sweeping).abort_handle()
            });
        }
    }

    /// Tries so many of the longest idle executions; returns how many have left the memory.
    pub(super) fn page_out_some(&self, tries: usize) -> usize {
        let mut left = 0;
        for _ in 0..tries {
            let Some(candidate) = self.paging.next_idle() else {
                break;
            };
            let Some(running) = candidate.upgrade() else { continue };
            match self.page_out(running) {
                Tried::Left => left += 1,
                Tried::Busy => {}
                Tried::Held => {
                    if let Some(running) = candidate.upgrade()
                        && running.queue_as_idle()
                    {
                        self.paging.add_idle(candidate);
                    }
                }
            }
        }
        left
    }

    fn page_out(&self, running: Arc<Running>) -> Tried {
        let (was_active, Some(number)) = (running.leave_queue(), running.number()) else {
            return Tried::Busy;
        };
        match running.merely_waits() {
            // A second chance: it was busy since it came to rest.
            Some(true) if was_active => return Tried::Held,
            Some(true) => {}
            Some(false) => return Tried::Busy,
            None => return Tried::Held,
        }
        let arn = Arc::clone(&running.arn);
        let mut part = self.executions.part_of(&arn);
        if self.paging.is_sealed() {
            return Tried::Busy;
        }
        let Some(listed) = part.remove(&running) else {
            return Tried::Busy;
        };
        drop(running);
        // Tokens stay locked until the end: a token always leads to its execution, in memory or by its number.
        let mut names = self.names();
        // From here on no weak reference leads to it. What was to happen to it happens to the one that is read again.
        let left = match Arc::try_unwrap(listed) {
            Ok(running) => running.into_remains(),
            Err(held) => {
                drop(names);
                let is_back = part.insert(&held);
                debug_assert!(is_back, "no other of its ARN was admitted meanwhile");
                return Tried::Held;
            }
        };
        for token in &left.tokens {
            names.tokens.leave(Key::of(token), number);
        }
        let (host, directory) = (Arc::clone(&left.host), Arc::clone(&left.directory));
        self.paging.add(number, host, directory);
        drop(names);
        if let Some(wake_up) = left.armed {
            left.host.timer.leave(wake_up);
        }
        if !left.merely_waited {
            // Something happened to it just before.
            left.host.timer.wake_stored(None, number);
        }
        drop(part);
        self.stored.keep(left.program());
        drop(left);
        Tried::Left
    }
}

/// Looks again until there are no more idle executions in memory than should be: handles that held some may be gone.
async fn sweep(directory: Weak<dyn Directory>) {
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause).await;
        loop {
            let Some(directory) = directory.upgrade() else { return };
            let (left, is_crowded) = directory.page_out(SWEPT);
            drop(directory);
            if !is_crowded {
                return;
            }
            if left == 0 {
                break;
            }
            pause = FIRST_PAUSE;
            tokio::task::yield_now().await;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
