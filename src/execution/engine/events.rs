//! What happens outside: whom it is for.

use super::Engine;
use crate::execution::command::{Event, Task, TaskId};
use crate::execution::frames::{Activity, FrameKey};

impl Engine<'_> {
    /// Takes in what happened. An output that nested too deeply was dropped.
    pub(in crate::execution) fn happen(&mut self, mut event: Event, is_too_deep: bool) {
        if let Some(task) = event.task().map(|task| *task)
            && let Some(key) = self.map_run_of(task)
        {
            return self.happen_in_map_run(key, task, event, is_too_deep);
        }
        match event {
            Event::DeadlineReached => {}
            Event::Stop(error) => self.stop(error),
            Event::TaskSubmitted { task, .. } | Event::TaskSucceeded { task, .. } if is_too_deep => {
                if let Some(frame) = self.frame_of(task) {
                    self.task_answered_too_deeply(frame);
                }
            }
            Event::TaskStarted { task, worker_name } => {
                if let Some(frame) = self.frame_of(task) {
                    self.task_started(frame, worker_name);
                }
            }
            Event::TaskSubmitted { task, output } => {
                if let Some(frame) = self.frame_of(task) {
                    self.task_submitted(frame, &output);
                }
            }
            Event::TaskHeartbeat { task } => {
                if let Some(frame) = self.frame_of(task) {
                    self.heartbeat(frame);
                }
            }
            Event::TaskSucceeded { task, output } => {
                if let Some(frame) = self.frame_of(task) {
                    self.task_succeeded(frame, output);
                }
            }
            Event::TaskFailed { task, error } => {
                if let Some(frame) = self.frame_of(task) {
                    self.task_failed(frame, error);
                }
            }
        }
    }

    /// The tasks that wait for an answer, in the order of their frames.
    pub(in crate::execution) fn unanswered_tasks(&mut self) -> Vec<Task> {
        let keys: Vec<_> = self.core.frames.iter().map(|(key, _)| key).collect();
        let mut tasks = Vec::new();
        for key in keys {
            tasks.extend(self.task_at(key));
            self.add_tasks_of_map_run(key, &mut tasks);
        }
        tasks
    }

    /// The frame whose Map Run a task belongs to, if it is one of a Map Run.
    fn map_run_of(&self, task: TaskId) -> Option<FrameKey> {
        let (key, frame) = self.core.frames.in_slot(task.frame)?;
        matches!(frame.activity, Activity::MapRun(_)).then_some(key)
    }
}
