//! Routes events to their frame.

use super::Engine;
use crate::execution::core::Activity;
#[cfg(feature = "runtime")]
use crate::execution::core::Core;
use crate::execution::event::Event;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::task::{Task, TaskId};

#[cfg(feature = "runtime")]
impl Core {
    /// Whether a task is unanswered, one of a child execution too.
    pub(in crate::execution) fn awaits(&self, task: TaskId) -> bool {
        let Some((_, frame)) = self.frames.in_slot(task.frame) else {
            return false;
        };
        match frame.activity() {
            Activity::Task(attempt) => attempt.generation == task.generation,
            Activity::MapRun(run) => {
                let is_asked = run.asked().is_some_and(|asked| asked.generation == task.generation);
                let is_of_child = run.tasks.contains_key(&task.generation);
                is_asked || is_of_child || run.separate.contains_key(&task.generation)
            }
            _ => false,
        }
    }
}

impl Engine<'_> {
    /// Handles an event. An output that nested too deeply has been dropped before.
    ///
    /// A deadline that has passed comes first, however long the driver took to look: an answer after it is too late.
    /// Another turn goes on where the one before has stopped.
    pub(in crate::execution) fn happen(&mut self, event: Event, is_too_deep: bool) {
        if !matches!(event, Event::Turn) {
            self.turn(Self::reach_passed_deadlines);
        }
        self.turn(|engine| engine.route(event, is_too_deep));
    }

    fn route(&mut self, mut event: Event, is_too_deep: bool) -> Result<(), Invariant> {
        if self.core.outcome.is_some() {
            return Ok(());
        }
        let Some(task) = event.task().map(|task| *task) else {
            return match event {
                Event::Stop(error) => {
                    self.stop(error);
                    Ok(())
                }
                Event::UpdateMapRun(update) => self.update_map_run(&update),
                // The rest of the turn handles deadlines after every event.
                _ => Ok(()),
            };
        };
        if let Some(key) = self.map_run_of(task) {
            return self.happen_in_map_run(key, task, event, is_too_deep);
        }
        // A late answer is normal: the attempt timed out, or its state was aborted, before the driver knew.
        let Some(key) = self.frame_of(task) else {
            return Ok(());
        };
        if self.times_out_late(key)? {
            return Ok(());
        }
        match event {
            Event::TaskSubmitted { .. } | Event::TaskSucceeded { .. } if is_too_deep => {
                self.task_answered_too_deeply(key)
            }
            Event::TaskStarted { worker_name, .. } => self.task_started(key, worker_name),
            Event::TaskSubmitted { output, .. } => self.task_submitted(key, &output),
            Event::TaskHeartbeat { .. } => self.heartbeat(key),
            Event::TaskSucceeded { raw_result, .. } => self.task_succeeded(key, raw_result),
            Event::TaskFailed { error, .. } => self.task_failed(key, error),
            // Not an event of a task.
            Event::ChildEnded { .. }
            | Event::DeadlineReached
            | Event::Turn
            | Event::Stop(_)
            | Event::UpdateMapRun(_)
            | Event::ActivitiesChanged(_) => Ok(()),
        }
    }

    /// The unanswered tasks, in the order in which they were asked for.
    pub(in crate::execution) fn unanswered_tasks(&mut self) -> Vec<Task> {
        let keys: Vec<_> = self.core.frames.iter().map(|(key, _)| key).collect();
        let mut tasks = Vec::new();
        for key in keys {
            tasks.extend(self.task_at(key));
            self.add_tasks_of_map_run(key, &mut tasks);
        }
        tasks.sort_by_key(|task| task.id.generation);
        tasks
    }

    /// The frame whose Map Run a task belongs to, if it is one of a Map Run.
    fn map_run_of(&self, task: TaskId) -> Option<FrameKey> {
        let (key, frame) = self.core.frames.in_slot(task.frame)?;
        matches!(frame.activity(), Activity::MapRun(_)).then_some(key)
    }
}
