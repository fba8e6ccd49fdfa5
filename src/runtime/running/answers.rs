//! What comes from outside and is acknowledged: answers to tasks by token and from workers, stops, new settings of Map Runs.

use serde_json::Value;
use std::sync::Arc;

use super::{Progress, Running};
#[cfg(not(feature = "store"))]
use crate::error::Error;
use crate::execution::{Event, MapRunUpdate, TaskId};
use crate::history::ErrorOutput;
use crate::runtime::Ack;
use crate::runtime::activity_queue::TakeUp;
use crate::runtime::virtual_time::Working;

/// What came of an answer.
pub(in crate::runtime) struct Answered {
    /// Whether the task was still waiting.
    pub(in crate::runtime) was_waiting: bool,
    /// Tells when the answer is written.
    pub(in crate::runtime) ack: Ack,
}

impl Running {
    /// Handles a task's answer by its token.
    pub(in crate::runtime) fn answer(self: &Arc<Self>, task: TaskId, result: Result<Value, ErrorOutput>) -> Answered {
        let _working = self.catch_up();
        let mut progress = self.progress();
        self.reach_passed_deadline(&mut progress);
        let was_waiting = progress.has_in_flight(task);
        if let Some(settled) = progress.in_flight.remove(&task) {
            self.release(settled);
        }
        let event = match result {
            Ok(raw_result) => Event::TaskSucceeded { task, raw_result },
            Err(error) => Event::TaskFailed { task, error },
        };
        self.answered(&mut progress, event, was_waiting)
    }

    /// Handles a task's heartbeat.
    pub(in crate::runtime) fn heartbeat(self: &Arc<Self>, task: TaskId) -> Answered {
        let _working = self.catch_up();
        let mut progress = self.progress();
        self.reach_passed_deadline(&mut progress);
        let was_waiting = progress.has_in_flight(task);
        self.answered(&mut progress, Event::TaskHeartbeat { task }, was_waiting)
    }

    /// Handles a stop, and tells when it is written. An ended execution stays as it is.
    pub(in crate::runtime) fn stop_with(self: &Arc<Self>, error: ErrorOutput) -> Ack {
        let _working = self.catch_up();
        let mut progress = self.progress();
        self.answered(&mut progress, Event::Stop(error), true).ack
    }

    /// Gives a running Map Run new settings, and tells when they are written; `None` if it is not running.
    pub(in crate::runtime) fn update_map_run(self: &Arc<Self>, update: MapRunUpdate) -> Option<Ack> {
        let _working = self.catch_up();
        let mut progress = self.progress();
        let is_running = progress.execution.runs_map_run(&update.map_run_arn);
        let event = Event::UpdateMapRun(update.into());
        is_running.then(|| self.answered(&mut progress, event, true).ack)
    }

    /// Under the same lock under which the task was seen to wait, so that what is acknowledged was also noted.
    fn answered(self: &Arc<Self>, progress: &mut Progress, event: Event, was_waiting: bool) -> Answered {
        #[cfg(feature = "store")]
        if progress.is_left() {
            return Answered {
                was_waiting,
                ack: Ack::never(),
            };
        }
        self.handle(progress, event);
        self.carry_out(progress, None);
        let ack = self.ack_of(progress);
        Answered { was_waiting, ack }
    }

    /// Something comes from outside: it takes the time that it took, and nothing is skipped meanwhile.
    pub(in crate::runtime) fn catch_up(&self) -> Working {
        let working = self.host.clock.working();
        self.host.catch_up();
        working
    }

    /// Tells when all that has happened so far is written.
    pub(in crate::runtime) fn ack(&self) -> Ack {
        self.ack_of(&self.progress())
    }

    #[cfg(not(feature = "store"))]
    pub(in crate::runtime) async fn written(&self) -> Result<(), Error> {
        self.ack().wait().await
    }

    #[cfg(not(feature = "store"))]
    #[expect(clippy::unused_self, reason = "with a store there is something to tell")]
    pub(super) fn ack_of(&self, _progress: &Progress) -> Ack {
        Ack::NONE
    }

    /// Handles a deadline that passed while the thread was blocked, so that a task which timed out no longer waits.
    fn reach_passed_deadline(self: &Arc<Self>, progress: &mut Progress) {
        let deadline = progress.execution.next_deadline();
        if deadline.is_some_and(|deadline| deadline < self.host.clock.now()) {
            self.handle(progress, Event::DeadlineReached);
            self.carry_out(progress, None);
        }
    }

    /// Sends a heartbeat for every unanswered task of a state; returns their number.
    pub(in crate::runtime) fn heartbeat_of(self: &Arc<Self>, state: &str) -> usize {
        let _working = self.catch_up();
        let tasks = self.progress().execution.unanswered_tasks();
        let tasks: Vec<_> = tasks.into_iter().filter(|task| &*task.state == state).collect();
        for task in &tasks {
            self.deliver(Event::TaskHeartbeat { task: task.id });
        }
        tasks.len()
    }
}

impl TakeUp for Running {
    fn take_up(self: Arc<Self>, task: TaskId, worker_name: Option<&str>) -> Option<Ack> {
        let _working = self.catch_up();
        let mut progress = self.progress();
        #[cfg(feature = "store")]
        if progress.is_left() {
            return None;
        }
        if !progress.has_in_flight(task) {
            return None;
        }
        let worker_name = worker_name.map(str::to_owned);
        let event = Event::TaskStarted { task, worker_name };
        self.handle(&mut progress, event);
        self.carry_out(&mut progress, None);
        // The task may have timed out before this.
        progress.has_in_flight(task).then(|| self.ack_of(&progress))
    }
}

impl Progress {
    /// Whether a task waits for its answer. The execution itself knows first: under a store, a task that has timed out is
    /// in flight until that is written.
    fn has_in_flight(&self, task: TaskId) -> bool {
        self.in_flight.contains_key(&task) && self.execution.awaits(task)
    }
}
