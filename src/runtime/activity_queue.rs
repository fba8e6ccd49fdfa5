//! An activity's scheduled tasks that no worker has yet, and its waiting workers.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::Ack;
use crate::execution::{TaskId, TaskRequest};

/// A task for an activity's worker, from [`Interpreter::get_activity_task`](super::Interpreter::get_activity_task).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActivityTask {
    /// The task token, needed to answer.
    pub token: String,
    /// The Task state's effective input.
    pub input: Value,
}

impl ActivityTask {
    fn new(request: &TaskRequest) -> Self {
        Self {
            token: request.token.clone().unwrap_or_default(),
            input: request.effective_input.to_value(),
        }
    }
}

/// An execution with a task that a worker takes up.
pub(super) trait TakeUp: Send + Sync {
    /// Handles a worker's start of a task, and tells when the start is written. `None` if the task was not waiting any more.
    fn take_up(self: Arc<Self>, task: TaskId, worker_name: Option<&str>) -> Option<Ack>;
}

/// One activity. Tasks are handed out in the order they were scheduled, to workers in the order of their polls.
#[derive(Debug, Default)]
pub(super) struct ActivityQueue {
    waiting: Mutex<Waiting>,
}

/// INVARIANT: never both tasks and workers, except for workers that have gone away.
#[derive(Debug, Default)]
struct Waiting {
    tasks: BTreeMap<u64, Scheduled>,
    workers: BTreeMap<u64, oneshot::Sender<Offer>>,
    /// The number of scheduled tasks and polls so far.
    last: u64,
    is_closed: bool,
}

/// A task as handed to a worker.
pub(super) struct Scheduled {
    pub(super) execution: Weak<dyn TakeUp>,
    pub(super) task: TaskId,
    pub(super) request: Arc<TaskRequest>,
}

/// A queued task with its number.
type Offer = (u64, Scheduled);

/// A task's place in the queue; dropping it removes the task.
#[derive(Debug)]
pub(super) struct Ticket {
    queue: Arc<ActivityQueue>,
    number: u64,
}

/// The activity is closed: no more tasks will come.
#[derive(Debug)]
pub(super) struct Closed;

impl ActivityQueue {
    /// Hands a task to the worker that has waited longest, or keeps it for the next poll.
    pub(super) fn schedule(self: &Arc<Self>, task: Scheduled) -> Ticket {
        let mut waiting = self.waiting();
        let number = waiting.next();
        waiting.hand_out((number, task));
        Ticket {
            queue: Arc::clone(self),
            number,
        }
    }

    /// Waits for a task until this time. Dropping the poll loses no task.
    pub(super) async fn poll(
        self: &Arc<Self>,
        worker_name: Option<&str>,
        until: Instant,
    ) -> Result<Option<ActivityTask>, Closed> {
        let mut over = pin!(sleep_until(until));
        loop {
            let mut poll = Poll::start(self)?;
            let offer = tokio::select! {
                biased;
                offer = &mut poll.offer => offer.map_err(|_| Closed)?,
                () = &mut over => return Ok(None),
            };
            drop(poll);
            let mut offer = Offered {
                queue: self,
                offer: Some(offer),
            };
            let Some(ack) = offer.take_up(worker_name) else {
                offer.offer = None;
                continue;
            };
            // A worker that a store does not know of gets nothing; the next one gets the task then.
            if ack.wait().await.is_ok()
                && let Some((_, scheduled)) = offer.offer.take()
            {
                return Ok(Some(ActivityTask::new(&scheduled.request)));
            }
        }
    }

    /// Ends all polls, now and in future.
    pub(super) fn close(&self) {
        let mut waiting = self.waiting();
        waiting.is_closed = true;
        waiting.workers.clear();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn hand_out(&mut self, mut offer: Offer) {
        while let Some((_, worker)) = self.workers.pop_first() {
            match worker.send(offer) {
                Ok(()) => return,
                Err(refused) => offer = refused,
            }
        }
        self.tasks.insert(offer.0, offer.1);
    }
}

/// A task on its way to a worker; it goes back to its place if the worker goes away.
struct Offered<'a> {
    queue: &'a ActivityQueue,
    offer: Option<Offer>,
}

impl Offered<'_> {
    /// `None` if the task has ended meanwhile.
    fn take_up(&self, worker_name: Option<&str>) -> Option<Ack> {
        let (_, scheduled) = self.offer.as_ref()?;
        scheduled.execution.upgrade()?.take_up(scheduled.task, worker_name)
    }
}

impl Drop for Offered<'_> {
    fn drop(&mut self) {
        if let Some(offer) = self.offer.take() {
            self.queue.waiting().hand_out(offer);
        }
    }
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduled")
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.queue.waiting().tasks.remove(&self.number);
    }
}

/// A waiting worker.
struct Poll<'a> {
    queue: &'a ActivityQueue,
    number: u64,
    offer: oneshot::Receiver<Offer>,
}

impl<'a> Poll<'a> {
    fn start(queue: &'a ActivityQueue) -> Result<Self, Closed> {
        let (worker, offer) = oneshot::channel();
        let mut waiting = queue.waiting();
        let number = waiting.next();
        match waiting.tasks.pop_first() {
            Some(task) => drop(worker.send(task)),
            None if waiting.is_closed => return Err(Closed),
            None => drop(waiting.workers.insert(number, worker)),
        }
        Ok(Self { queue, number, offer })
    }
}

impl Drop for Poll<'_> {
    fn drop(&mut self) {
        let mut waiting = self.queue.waiting();
        waiting.workers.remove(&self.number);
        self.offer.close();
        // A task that was handed over but never received goes back to its place or to the next worker.
        if let Ok(offer) = self.offer.try_recv() {
            waiting.hand_out(offer);
        }
    }
}
