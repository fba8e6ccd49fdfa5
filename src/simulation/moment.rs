//! The moments of a run: whenever something happened to its execution.

use std::ops::Range;
use std::time::Duration;

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
