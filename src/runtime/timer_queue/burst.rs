//! Wake-ups of executions that are in the store alone, so many at a time: a million that are due at once are not in memory
//! at once.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use tokio::time::Duration;

use super::{Queue, Sleeper, Wake, WakeUp};
use crate::runtime::clock::Clock;

/// How many executions are brought back at once: as many as a store writes at once.
const BURST: usize = 1_000;

/// Brings executions back that are in the store alone.
#[async_trait]
pub(in crate::runtime) trait Recall<T>: Send + Sync + 'static {
    /// Brings back the executions of these numbers, in their order.
    async fn recall(&self, numbers: Vec<u64>) -> Vec<Recalled<T>>;

    /// Waits until what has happened to an execution so far is written, however long it takes.
    async fn written(&self, execution: Weak<T>);
}

/// What came of an execution that was to be brought back.
pub(in crate::runtime) enum Recalled<T> {
    /// It is in memory, and its timer armed.
    Here(Arc<T>),
    /// It was in memory already, or has ended.
    Gone,
    /// The store could not be read; try again after this time.
    Later(Duration),
}

/// The executions that were brought back last.
pub(super) struct Burst<T> {
    /// Those that are still to be woken. They stay in memory until then.
    recalled: BTreeMap<WakeUp, Arc<T>>,
    woken: Vec<Weak<T>>,
}

impl<T: Wake> Burst<T> {
    pub(super) fn new() -> Self {
        Self {
            recalled: BTreeMap::new(),
            woken: Vec::new(),
        }
    }

    /// Notes that a wake-up is over.
    pub(super) fn woken(&mut self, wake_up: WakeUp) {
        while let Some(first) = self.recalled.first_entry()
            && *first.key() <= wake_up
        {
            // Earlier ones were forgotten meanwhile.
            self.woken.push(Arc::downgrade(&first.remove()));
        }
    }

    /// Nothing is due any more.
    pub(super) fn end(&mut self) {
        self.recalled.clear();
    }

    /// Brings back those that are due first. Before that, all that the last ones did has to be written: as fast as the
    /// store writes, and no faster, they come into memory.
    pub(super) async fn recall(&mut self, queue: &Queue<T>, clock: &Clock, recall: &dyn Recall<T>) {
        for execution in self.woken.drain(..) {
            recall.written(execution).await;
        }
        let due = queue.take_stored(clock.ticks_of(clock.now()));
        let numbers = due.iter().map(|wake_up| wake_up.order).collect();
        for (wake_up, recalled) in due.into_iter().zip(recall.recall(numbers).await) {
            match recalled {
                Recalled::Here(execution) => {
                    self.recalled.insert(wake_up, execution);
                }
                Recalled::Gone => {}
                Recalled::Later(after) => {
                    let at = clock.ticks_of(clock.now() + after);
                    let wake_up = WakeUp { at, ..wake_up };
                    queue.insert(&mut queue.waiting(), wake_up, Sleeper::Stored);
                }
            }
        }
    }
}

impl<T> Queue<T> {
    /// Takes out those of the first wake-ups that are due and whose executions are in the store alone.
    fn take_stored(&self, now: i64) -> Vec<WakeUp> {
        let mut waiting = self.waiting();
        let is_stored = |sleeper: &Sleeper<T>| matches!(sleeper, Sleeper::Stored);
        let due: Vec<_> = waiting
            .wake_ups
            .iter()
            .take(BURST)
            .take_while(|(wake_up, _)| wake_up.at <= now)
            .filter(|(_, sleeper)| is_stored(sleeper))
            .map(|(wake_up, _)| *wake_up)
            .collect();
        for wake_up in &due {
            waiting.wake_ups.remove(wake_up);
        }
        due
    }
}
