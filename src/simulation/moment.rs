//! The moments of a run: the points in time at which its execution got an event.

use std::ops::Range;
use std::time::Duration;

use super::driver::{Driver, ROOT};
use crate::execution::{Event, TaskId};
use crate::history::HistoryLevel;

/// A moment of a run: an event and its immediate effects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Moment {
    /// The virtual time from the start of the run.
    pub at: Duration,
    /// The event.
    pub happened: Happened,
    /// The history events that followed at once, as indices into [`Run::history`](super::Run::history).
    pub events: Range<usize>,
    /// The visits still running afterwards, as indices into [`Run::visits`](super::Run::visits).
    pub running: Vec<usize>,
}

/// An event of an execution. Calls are given as indices into [`Run::calls`](super::Run::calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// It was started.
    Started,
    /// A task answered.
    Answered {
        /// The call; `None` if another execution answered.
        call: Option<usize>,
    },
    /// A service accepted a task, which goes on.
    TakenUp {
        /// The call; `None` if another execution answered.
        call: Option<usize>,
    },
    /// A task sent a heartbeat.
    Heartbeat {
        /// The call; `None` if another execution sent it.
        call: Option<usize>,
    },
    /// A deadline passed: of a Wait, a retry or a timeout.
    TimePassed,
    /// It was stopped.
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
    /// Notes an event of an execution.
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

    /// Closes the moment: all effects of its event are there.
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
