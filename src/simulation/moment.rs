//! The moments of a run: the points in time at which its execution got an event.

use std::ops::Range;
use std::time::Duration;

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
    /// It was redriven.
    Redriven,
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
