//! The moments of a run: whenever something happened to its execution.

use std::ops::Range;
use std::time::Duration;

use super::driver::{Driver, ROOT};
use crate::execution::{Event, TaskId};
use crate::history::HistoryLevel;

/// A moment of a run: what happened, and what followed at once.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Moment {
    /// When, in virtual time from the start of the run.
    pub at: Duration,
    /// What happened.
    pub happened: Happened,
    /// The events of the history that followed at once, by their places in [`Run::history`](super::Run::history).
    pub events: Range<usize>,
    /// The visits that go on afterwards, by their places in [`Run::visits`](super::Run::visits).
    pub running: Vec<usize>,
}

/// What happened to an execution. Calls are named by their places in [`Run::calls`](super::Run::calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// It was started.
    Started,
    /// A task answered.
    Answered {
        /// Which; `None` where another execution answered.
        call: Option<usize>,
    },
    /// A task was taken up, and goes on.
    TakenUp {
        /// Which; `None` where another execution answered.
        call: Option<usize>,
    },
    /// A task sent a heartbeat.
    Heartbeat {
        /// Which; `None` where another execution sent it.
        call: Option<usize>,
    },
    /// The time came that a Wait, a retry or a timeout waited for.
    TimePassed,
    /// Somebody stopped it.
    Stopped,
}

impl Moment {
    pub(super) fn start() -> Self {
        Self {
            at: Duration::ZERO,
            happened: Happened::Started,
            events: 0..0,
            running: Vec::new(),
        }
    }
}

impl Driver<'_> {
    /// Something happens to an execution.
    pub(super) fn moment_begins(&mut self, id: usize, event: &Event) {
        if id != ROOT || self.simulation.options.history == HistoryLevel::Off {
            return;
        }
        let first = self.members.get(&ROOT).map_or(0, |root| root.history.len());
        let call = |task: &TaskId| self.call_of.get(&(id, *task)).copied();
        let happened = match event {
            Event::TaskSucceeded { task, .. } | Event::TaskFailed { task, .. } => {
                Happened::Answered { call: call(task) }
            }
            Event::TaskStarted { task, .. } | Event::TaskSubmitted { task, .. } => {
                Happened::TakenUp { call: call(task) }
            }
            Event::TaskHeartbeat { task } => Happened::Heartbeat { call: call(task) },
            Event::DeadlineReached => Happened::TimePassed,
            Event::Stop(_) => Happened::Stopped,
        };
        self.moments.push(Moment {
            at: self.elapsed(),
            happened,
            events: first..first,
            running: Vec::new(),
        });
    }

    /// Everything that follows from what happened last has happened.
    pub(super) fn moment_ends(&mut self) {
        let Some(root) = self.members.get_mut(&ROOT) else {
            return;
        };
        root.observe();
        if let Some(moment) = self.moments.last_mut() {
            moment.events.end = root.history.len();
            moment.running = root.observer.running();
        }
    }
}
