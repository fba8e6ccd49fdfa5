//! One visit to one state: what went in, what it tried, what came out.

use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

use crate::data::Payload;
use crate::definition::StateType;
use crate::history::ErrorOutput;

/// One visit to a state, from its entry to whatever ended it.
///
/// Times are virtual, from the start of the run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Visit {
    /// The state's name.
    pub state: Arc<str>,
    /// Where the state stands in the definition, as a JSON Pointer: `/States/Fan/Branches/0/States/Left`.
    pub pointer: Arc<str>,
    /// The state's `Type`.
    pub state_type: StateType,
    /// How many visits this execution paid to the state before, in loops and iterations alike.
    pub number: usize,
    /// The index of the item of every Map around the state, outermost first.
    pub iterations: Vec<usize>,
    /// The visit to the Parallel or Map around the state, by its place in [`Run::visits`](super::Run::visits).
    pub within: Option<usize>,
    /// Which branch or item of that one.
    pub index: usize,
    /// The id of the state's `…StateEntered` event.
    pub event: u64,
    /// When it was entered.
    pub entered: Duration,
    /// When it ended; `None` where the execution ended before.
    pub ended: Option<Duration>,
    /// What it got.
    pub raw_input: Payload,
    /// What `InputPath`, `Parameters` or `Arguments` made of it, for the last attempt; `None` where they failed.
    pub effective_input: Option<Payload>,
    /// What the work gave, before `ResultSelector` and `ResultPath`: of a Task, a Parallel, a Map, a Pass with `Result`.
    pub result: Option<Payload>,
    /// What it handed on; `None` where it did not end well. Of a Catcher, too.
    pub output: Option<Payload>,
    /// The variables that got a value, with that value.
    pub assigned: Map<String, Value>,
    /// Every time that it did its work: once, and once more for each retry.
    pub attempts: Vec<Attempt>,
    /// The Choice Rules that were looked at, in order.
    pub rules: Vec<RuleTried>,
    /// How many branches or items there were; `None` where it never came to them, and for states without.
    pub graphs: Option<usize>,
    /// The branches or items that failed, over all attempts.
    pub failed_graphs: Vec<usize>,
    /// How it ended.
    pub end: VisitEnd,
}

/// One time that a state did its work.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began.
    pub began: Duration,
    /// When it ended; `None` where something else ended the execution before.
    pub ended: Option<Duration>,
    /// What `InputPath`, `Parameters` or `Arguments` made of the raw input; `None` where they failed.
    pub effective_input: Option<Payload>,
    /// What it failed with; `None` where it did not.
    pub error: Option<ErrorOutput>,
    /// Whether it failed over a heartbeat that did not come.
    pub missed_heartbeat: bool,
    /// The retry that followed.
    pub retry: Option<Retry>,
    /// The Retrier that matched the error but had no retry left, by its place in `Retry`.
    pub exhausted: Option<usize>,
}

/// A retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// The Retrier, by its place in `Retry`.
    pub retrier: usize,
    /// How many retries of that Retrier there are with this one: 1, 2, 3 …
    pub number: u32,
    /// The time before the next attempt.
    pub delay: Duration,
}

/// A Choice Rule that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleTried {
    /// Its place in `Choices`.
    pub index: usize,
    /// Whether it is true.
    pub is_true: bool,
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum VisitEnd {
    /// The execution ended before, or goes on in it.
    #[default]
    Unfinished,
    /// It led to another state, or to the end.
    Exited {
        /// The next state; `None` at the end of the machine, the branch or the iteration.
        next: Option<Arc<str>>,
    },
    /// It failed, and a Catcher took the error.
    Caught {
        /// The Catcher, by its place in `Catch`.
        catcher: usize,
        /// The state that the Catcher leads to.
        next: Arc<str>,
    },
    /// It failed with the error of its last attempt.
    Failed,
    /// A Catcher took the error of its last attempt, and failed itself: in its `ResultPath`, `Output` or `Assign`.
    CatcherFailed {
        /// The Catcher, by its place in `Catch`.
        catcher: usize,
        /// What the Catcher failed with.
        error: ErrorOutput,
    },
    /// A sibling branch or item failed.
    Aborted,
}

impl Attempt {
    /// The time it took; nothing where it did not come to its end.
    pub fn took(&self) -> Duration {
        let ended = self.ended.unwrap_or(self.began);
        ended.saturating_sub(self.began)
    }
}

impl Visit {
    /// The time from its entry to its end; nothing where it did not come to its end.
    pub fn took(&self) -> Duration {
        let ended = self.ended.unwrap_or(self.entered);
        ended.saturating_sub(self.entered)
    }

    /// What it failed with, where it did; what a Catcher took as well.
    pub fn error(&self) -> Option<&ErrorOutput> {
        if let VisitEnd::CatcherFailed { error, .. } = &self.end {
            return Some(error);
        }
        self.attempts.last()?.error.as_ref()
    }

    /// Whether it is a Fail state that did what it is there for, rather than failing over its own fields.
    pub(super) fn is_meant_to_fail(&self) -> bool {
        let name = self.error().and_then(|error| error.error.as_deref());
        self.state_type == StateType::Fail && !matches!(name, Some("States.Runtime" | "States.QueryEvaluationError"))
    }

    /// Whether it failed and no Catcher of its own took the error.
    pub fn has_failed(&self) -> bool {
        matches!(self.end, VisitEnd::Failed | VisitEnd::CatcherFailed { .. })
    }
}
