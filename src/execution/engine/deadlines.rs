//! Deadlines: ends waits, starts due retries, times out tasks and executions.

use super::Engine;
use crate::definition::State;
use crate::error::predefined_errors::TIMEOUT;
use crate::execution::core::Activity;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::outcome::Outcome;
use crate::execution::time::Timestamp;
use crate::history::{ErrorOutput, EventDetails};

impl Engine<'_> {
    /// Handles everything due by now, earliest first.
    ///
    /// After each wake-up, everything that it made ready runs first, as if each wake-up had its own turn: an execution
    /// that was not driven for a day does in one turn exactly what it would have done in many.
    pub(super) fn reach_deadlines(&mut self) -> Result<(), Invariant> {
        self.reach(Timestamp::le)
    }

    /// Handles everything that was due before now.
    pub(super) fn reach_passed_deadlines(&mut self) -> Result<(), Invariant> {
        self.reach(Timestamp::lt)
    }

    fn reach(&mut self, is_due: fn(&Timestamp, &Timestamp) -> bool) -> Result<(), Invariant> {
        let now = self.core.now;
        self.fail_late_tasks()?;
        while self.core.outcome.is_none() && !self.core.is_turn_over() {
            let timer = self.core.timers.earliest().filter(|(at, _)| is_due(at, &now));
            match (self.core.deadline.filter(|at| is_due(at, &now)), timer) {
                (Some(execution), Some((frame, _))) if frame <= execution => self.wake()?,
                (Some(_), _) => self.time_out_execution(),
                (None, Some(_)) => self.wake()?,
                (None, None) => break,
            }
        }
        Ok(())
    }

    /// Arms the frame's timer.
    pub(super) fn wake_at(&mut self, key: FrameKey, deadline: Timestamp) -> Result<(), Invariant> {
        let frame = self.core.frames.at_mut(key)?;
        if frame.deadline != Some(deadline) {
            // The old timer stays in the queue as a stale entry: removing it from the middle would need a search.
            frame.deadline = Some(deadline);
            self.core.timers.arm(deadline, key);
        }
        Ok(())
    }

    /// Timers whose frame went or waits for another time are dropped, so `next_deadline` never reports them.
    pub(super) fn drop_stale_timers(&mut self) {
        while let Some((at, key)) = self.core.timers.earliest() {
            if self
                .core
                .frames
                .get(key)
                .is_some_and(|frame| frame.deadline == Some(at))
            {
                break;
            }
            self.core.timers.pop();
        }
    }

    /// Wakes the frame with the earliest timer, if the frame still waits for it.
    fn wake(&mut self) -> Result<(), Invariant> {
        let Some((at, key)) = self.core.timers.pop() else {
            return Ok(());
        };
        // A frame that has ended or waits for another time leaves a stale timer behind.
        let Some(frame) = self.core.frames.get_mut(key).filter(|frame| frame.deadline == Some(at)) else {
            return Ok(());
        };
        frame.deadline = None;
        match frame.activity() {
            Activity::Waiting => {
                let is_wait = matches!(self.program.node(frame.state).state, State::Wait(_));
                Invariant::ActivityFitsState.holds_if(is_wait)?;
                let raw = frame.raw_input.clone().ok_or(Invariant::InputIsKept)?;
                self.finish(key, raw)?;
            }
            Activity::Backoff => self.try_again(key)?,
            Activity::Task(_) => return self.time_out_tasks(key, at),
            Activity::MapRun(_) => self.wake_children(key, at)?,
            Activity::Entering
            | Activity::Fork(_)
            | Activity::Redriving
            | Activity::EndedMapRun(_)
            | Activity::Evaluating(_) => {
                return Err(Invariant::WaitingFramesHaveATimer);
            }
        }
        self.run()
    }

    /// Times out a task that was due before now, where the turn ended before its timer was reached.
    pub(super) fn times_out_late(&mut self, key: FrameKey) -> Result<bool, Invariant> {
        let now = self.core.now;
        let frame = self.core.frames.at_mut(key)?;
        let Some(at) = frame.deadline.take_if(|at| *at < now) else {
            return Ok(false);
        };
        self.time_out_tasks(key, at)?;
        Ok(true)
    }

    /// Times out a task together with all tasks that are due at the same time: AWS records all their timeouts before
    /// the first state fails.
    fn time_out_tasks(&mut self, first: FrameKey, at: Timestamp) -> Result<(), Invariant> {
        let mut late: Vec<(FrameKey, Failure)> = self.late_task(first, at).into_iter().collect();
        while let Some((_, key)) = self.core.timers.earliest().filter(|(due, _)| *due == at) {
            let waits = self
                .core
                .frames
                .get(key)
                .is_some_and(|frame| frame.deadline == Some(at));
            let task = self.late_task(key, at);
            // Another kind of frame has its turn between them, in the order in which the timers were armed.
            if waits && task.is_none() {
                break;
            }
            self.core.timers.pop();
            if let Some(frame) = self.core.frames.get_mut(key).filter(|_| waits) {
                frame.deadline = None;
                late.extend(task);
            }
        }
        for (key, failure) in &late {
            self.task_timed_out(*key, failure)?;
        }
        let late = late
            .into_iter()
            .map(|(key, failure)| (key, failure == Failure::Heartbeat));
        self.core.late.get_or_insert_default().extend(late);
        self.fail_late_tasks()
    }

    /// Fails the states whose tasks have timed out, each once everything that the one before led to is done.
    fn fail_late_tasks(&mut self) -> Result<(), Invariant> {
        while !self.core.is_turn_over() {
            let Some((key, missed_heartbeat)) = self.core.late.as_mut().and_then(|late| late.pop_front()) else {
                self.core.late = None;
                break;
            };
            // The failure of one before may have ended the execution, or aborted this one as its sibling.
            if self.core.frames.get(key).is_some() {
                let failure = if missed_heartbeat {
                    Failure::Heartbeat
                } else {
                    Failure::timeout()
                };
                self.fail(key, failure)?;
                self.run()?;
            }
        }
        Ok(())
    }

    /// The kind of timeout of a frame's task; `None` if it waits for no task.
    fn late_task(&self, key: FrameKey, at: Timestamp) -> Option<(FrameKey, Failure)> {
        let Activity::Task(attempt) = self.core.frames.get(key)?.activity() else {
            return None;
        };
        let timed_out = attempt.times_out_at.is_some_and(|timeout| timeout <= at);
        Some((
            key,
            if timed_out {
                Failure::timeout()
            } else {
                Failure::Heartbeat
            },
        ))
    }

    /// Ends an execution whose timeout passed while it worked; one that works without end would never get to it.
    pub(super) fn check_timeout(&mut self) {
        let core = &*self.core;
        if !core.ready.is_empty() && core.deadline.is_some_and(|at| at < core.now) {
            self.time_out_execution();
        }
    }

    fn time_out_execution(&mut self) {
        self.cancel_all_tasks();
        let error = ErrorOutput {
            error: Some(TIMEOUT.into()),
            cause: None,
        };
        self.complete(
            0,
            Outcome::TimedOut(error.clone()),
            EventDetails::ExecutionTimedOut(error),
        );
    }

    /// Stops the execution: AWS records only the abort itself.
    pub(super) fn stop(&mut self, error: ErrorOutput) {
        self.cancel_all_tasks();
        self.complete(
            0,
            Outcome::Aborted(error.clone()),
            EventDetails::ExecutionAborted(error),
        );
    }
}
