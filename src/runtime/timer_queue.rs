//! The timer of all executions in one tokio runtime.

#[cfg(feature = "store")]
mod burst;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use super::clock::Clock;

#[cfg(feature = "store")]
pub(super) use burst::{Recall, Recalled};

/// An execution that the timer wakes.
pub(super) trait Wake: Send + Sync + 'static {
    /// Handles a wake-up.
    fn reach_deadline(self: Arc<Self>, wake_up: WakeUp);

    /// Ends it without touching its data, which a panic may have left half-changed.
    fn give_up(&self, cause: &str);
}

/// Wakes executions at their deadlines: one tokio task for any number of executions.
#[derive(Debug)]
pub(super) struct TimerQueue<T> {
    queue: Arc<Queue<T>>,
    clock: Clock,
    task: AbortHandle,
}

/// The unique key of a wake-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WakeUp {
    /// By the clock's ticks, which take half the memory of a time.
    pub(super) at: i64,
    /// The number of an execution in a store, which has one wake-up at a time; otherwise of the wake-up.
    order: u64,
}

#[derive(Debug)]
struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    /// Signals that a new wake-up is earlier than all others.
    is_earlier: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    wake_ups: BTreeMap<WakeUp, Sleeper<T>>,
    /// In virtual time, when they are due at the latest.
    latest: BTreeMap<WakeUp, Instant>,
    asked: u64,
}

/// An execution with a wake-up.
#[derive(Debug)]
enum Sleeper<T> {
    Here(Weak<T>),
    /// It is in the store alone, under the number in the wake-up.
    #[cfg(feature = "store")]
    Stored,
}

impl<T: Wake> TimerQueue<T> {
    /// Starts the task. `dropped_with_it` is dropped with the task, which ends with its runtime at the latest. Must be
    /// called inside a tokio runtime.
    pub(super) fn start(
        clock: Clock,
        #[cfg(feature = "store")] recall: impl Recall<T>,
        dropped_with_it: impl Send + 'static,
    ) -> Self {
        let queue = Arc::new(Queue {
            waiting: Mutex::new(Waiting {
                wake_ups: BTreeMap::new(),
                latest: BTreeMap::new(),
                asked: 0,
            }),
            is_earlier: Notify::new(),
        });
        let served = Arc::clone(&queue);
        let clock_of_queue = clock.clone();
        let task = tokio::spawn(async move {
            let _dropped_with_it = dropped_with_it;
            serve(
                &served,
                &clock,
                #[cfg(feature = "store")]
                &recall,
            )
            .await;
        });
        Self {
            queue,
            clock: clock_of_queue,
            task: task.abort_handle(),
        }
    }

    /// Wakes an execution at a tick of the clock. `number` is its number in the store, if it has one.
    pub(super) fn wake_at(&self, at: i64, execution: Weak<T>, number: Option<u64>) -> WakeUp {
        let latest = self
            .clock
            .is_virtual()
            .then(|| self.clock.instant_of(self.clock.time_of(at)));
        let mut waiting = self.queue.waiting();
        let order = number.unwrap_or(waiting.asked);
        waiting.asked += 1;
        let wake_up = WakeUp { at, order };
        waiting.latest.extend(latest.map(|latest| (wake_up, latest)));
        self.queue.insert(&mut waiting, wake_up, Sleeper::Here(execution));
        wake_up
    }

    /// Wakes an execution that is in the store alone; at once if no tick is given.
    #[cfg(feature = "store")]
    pub(super) fn wake_stored(&self, at: Option<i64>, number: u64) {
        let at = at.unwrap_or(i64::MIN);
        self.leave(WakeUp { at, order: number });
    }

    /// The execution of a wake-up is in the store alone from now on.
    #[cfg(feature = "store")]
    pub(super) fn leave(&self, wake_up: WakeUp) {
        self.queue.insert(&mut self.queue.waiting(), wake_up, Sleeper::Stored);
    }

    /// Cancels a wake-up.
    pub(super) fn forget(&self, wake_up: WakeUp) {
        let mut waiting = self.queue.waiting();
        waiting.wake_ups.remove(&wake_up);
        waiting.latest.remove(&wake_up);
    }

    /// The tick of the earliest wake-up.
    pub(super) fn first(&self) -> Option<i64> {
        self.queue.first()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.queue.waiting().wake_ups.len()
    }
}

impl<T> Drop for TimerQueue<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T> Queue<T> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, waiting: &mut Waiting<T>, wake_up: WakeUp, sleeper: Sleeper<T>) {
        waiting.wake_ups.insert(wake_up, sleeper);
        if waiting
            .wake_ups
            .first_key_value()
            .is_some_and(|(first, _)| *first == wake_up)
        {
            self.is_earlier.notify_one();
        }
    }

    fn first(&self) -> Option<i64> {
        let waiting = self.waiting();
        waiting.wake_ups.first_key_value().map(|(first, _)| first.at)
    }

    /// When the earliest wake-up is due at the latest, if that is known.
    fn latest(&self) -> Option<Instant> {
        let waiting = self.waiting();
        let (first, _) = waiting.wake_ups.first_key_value()?;
        waiting.latest.get(first).copied()
    }

    /// Takes out the earliest wake-up if it is due; otherwise returns its time.
    fn next(&self, now: i64) -> Next<T> {
        let waiting = &mut *self.waiting();
        let Some(first) = waiting.wake_ups.first_entry() else {
            return Next::Nothing;
        };
        match first.get() {
            _ if first.key().at > now => Next::At(first.key().at),
            Sleeper::Here(execution) => {
                let due = Next::Due(*first.key(), Weak::clone(execution));
                waiting.latest.remove(first.key());
                first.remove();
                due
            }
            #[cfg(feature = "store")]
            Sleeper::Stored => Next::Stored,
        }
    }
}

enum Next<T> {
    Nothing,
    At(i64),
    Due(WakeUp, Weak<T>),
    /// The earliest one is due, and in the store alone.
    #[cfg(feature = "store")]
    Stored,
}

async fn serve<T: Wake>(queue: &Queue<T>, clock: &Clock, #[cfg(feature = "store")] recall: &dyn Recall<T>) {
    #[cfg(feature = "store")]
    let mut burst = burst::Burst::new();
    loop {
        let next = queue.next(clock.ticks_of(clock.now()));
        #[cfg(feature = "store")]
        if matches!(next, Next::Nothing | Next::At(_)) {
            burst.end();
        }
        match next {
            Next::Nothing => queue.is_earlier.notified().await,
            Next::At(at) => tokio::select! {
                biased;
                () = queue.is_earlier.notified() => {}
                () = reach(at, queue, clock) => {}
            },
            Next::Due(wake_up, execution) => {
                wake(wake_up, &execution);
                #[cfg(feature = "store")]
                burst.woken(wake_up);
                // The execution may work for a while now, so the runtime's other tasks get their turn first.
                tokio::task::yield_now().await;
            }
            #[cfg(feature = "store")]
            Next::Stored => burst.recall(queue, clock, recall).await,
        }
    }
}

/// Waits until the clock shows a time.
async fn reach<T>(at: i64, queue: &Queue<T>, clock: &Clock) {
    let instant = clock.instant_of(clock.time_of(at));
    match clock.time() {
        None => sleep_until(instant).await,
        Some(time) => {
            let latest = queue.latest().map_or(instant, |latest| latest.min(instant));
            time.reach(at, latest, || queue.first() == Some(at)).await;
        }
    }
}

/// Wakes an execution. If it panics, it alone ends; the others are still woken in time.
fn wake<T: Wake>(wake_up: WakeUp, execution: &Weak<T>) {
    let Some(execution) = execution.upgrade() else { return };
    let woken = catch_unwind(AssertUnwindSafe(|| Arc::clone(&execution).reach_deadline(wake_up)));
    if woken.is_err() {
        execution.give_up("the interpreter panicked when it reached a deadline");
    }
}

#[cfg(test)]
mod tests {
    use crate::{Interpreter, StateMachine};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn machine(states: Value) -> StateMachine {
        let machine = json!({ "TimeoutSeconds": 86_400, "StartAt": "S", "States": { "S": states } });
        machine.to_string().parse().unwrap()
    }

    fn wake_ups(interpreter: &Interpreter) -> usize {
        interpreter.shared().host().unwrap().timer.len()
    }

    #[tokio::test(start_paused = true)]
    async fn ended_executions_leave_no_wake_up_behind() {
        let interpreter = Interpreter::new();
        let pass = machine(json!({ "Type": "Pass", "End": true }));
        let wait = machine(json!({ "Type": "Wait", "Seconds": 9, "End": true }));
        for _ in 0..20 {
            interpreter.run::<Value>(&pass, json!({})).await.unwrap();
        }
        assert_eq!(wake_ups(&interpreter), 0);
        let handles: Vec<_> = (0..20).map(|_| interpreter.start(&wait, json!({})).unwrap()).collect();
        assert_eq!(wake_ups(&interpreter), 20);
        handles[0].stop(None, None);
        assert_eq!(wake_ups(&interpreter), 19);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!((wake_ups(&interpreter), interpreter.running()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn heartbeats_do_not_pile_wake_ups_up() {
        let resource = "arn:aws:lambda:us-east-1:123456789012:function:F";
        let interpreter = Interpreter::new().task(resource, |_: Value| {
            std::future::pending::<Result<(), crate::TaskError>>()
        });
        let task = json!({ "Type": "Task", "Resource": resource, "HeartbeatSeconds": 5, "End": true });
        let handle = interpreter.start(&machine(task), json!({})).unwrap();
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(handle.heartbeat("S"), 1);
            assert_eq!(wake_ups(&interpreter), 1);
        }
        handle.stop(None, None);
        assert_eq!(wake_ups(&interpreter), 0);
    }
}
