//! One visit to one state: its input, its attempts, its output.

use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

use crate::data::Payload;
use crate::definition::StateType;
use crate::error::predefined_errors;
use crate::execution::Stage;
use crate::history::ErrorOutput;

/// One visit to a state, from its entry to its end.
///
/// Times are virtual, from the start of the run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Visit {
    /// The state's name.
    pub state: Arc<str>,
    /// The state's place in the definition, as a JSON Pointer: `/States/Fan/Branches/0/States/Left`.
    pub pointer: Arc<str>,
    /// The state's `Type`.
    pub state_type: StateType,
    /// The number of earlier visits to the state in this execution, in loops and iterations alike.
    pub number: usize,
    /// The item index in every Map around the state, outermost first.
    pub iterations: Vec<usize>,
    /// The visit to the Parallel or Map around the state, as an index into [`Run::visits`](super::Run::visits).
    pub within: Option<usize>,
    /// The index of the branch or item in that visit.
    pub index: usize,
    /// The id of the state's `…StateEntered` event.
    pub event: u64,
    /// The time of its entry.
    pub entered: Duration,
    /// The time of its end; `None` if the execution ended first.
    pub ended: Option<Duration>,
    /// The raw input.
    pub raw_input: Payload,
    /// The effective input of the last attempt, after `InputPath`, `Parameters` or `Arguments`; `None` if they failed.
    pub effective_input: Option<Payload>,
    /// The raw result, before `ResultSelector` and `ResultPath`: of a Task, a Parallel, a Map, a Pass with `Result`.
    pub raw_result: Option<Payload>,
    /// The effective output, also when a Catcher made it; `None` if the visit failed.
    pub output: Option<Payload>,
    /// The assigned variables with their values.
    pub assigned: Map<String, Value>,
    /// The attempts: one, and one more for each retry.
    pub attempts: Vec<Attempt>,
    /// The evaluated Choice Rules, in order.
    pub rules: Vec<RuleTried>,
    /// The number of branches or items; `None` if none were started, and for states without them.
    pub graphs: Option<usize>,
    /// The failed branches or items, over all attempts.
    pub failed_graphs: Vec<usize>,
    /// How it ended.
    pub end: VisitEnd,
    /// The data after each stage of the last attempt, in their order.
    pub(crate) stages: Vec<(Stage, Payload)>,
}

/// One attempt of a state's work.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Attempt {
    /// The time of its start.
    pub began: Duration,
    /// The time of its end; `None` if the execution ended first.
    pub ended: Option<Duration>,
    /// The effective input, after `InputPath`, `Parameters` or `Arguments`; `None` if they failed.
    pub effective_input: Option<Payload>,
    /// Its error, if it failed.
    pub error: Option<ErrorOutput>,
    /// Whether it failed because of a missing heartbeat.
    pub missed_heartbeat: bool,
    /// The retry that followed.
    pub retry: Option<Retry>,
    /// The Retrier that matched the error but had no retries left, as an index into `Retry`.
    pub exhausted: Option<usize>,
}

/// A retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// The Retrier, as an index into `Retry`.
    pub retrier: usize,
    /// The number of this retry among the Retrier's, from 1.
    pub number: u32,
    /// The time before the next attempt.
    pub delay: Duration,
}

/// An evaluated Choice Rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleTried {
    /// Its index in `Choices`.
    pub index: usize,
    /// Whether it was true.
    pub is_true: bool,
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum VisitEnd {
    /// The execution ended first, or is still in this visit.
    #[default]
    Unfinished,
    /// It ended normally, with a transition or at the end.
    Exited {
        /// The next state; `None` at the end of the machine, the branch or the iteration.
        next: Option<Arc<str>>,
    },
    /// It failed and a Catcher caught the error.
    Caught {
        /// The Catcher, as an index into `Catch`.
        catcher: usize,
        /// The Catcher's next state.
        next: Arc<str>,
    },
    /// It failed with the error of its last attempt.
    Failed,
    /// A Catcher caught the error of its last attempt but failed itself, in its `ResultPath`, `Output` or `Assign`.
    CatcherFailed {
        /// The Catcher, as an index into `Catch`.
        catcher: usize,
        /// The Catcher's error.
        error: ErrorOutput,
    },
    /// A sibling branch or item failed.
    Aborted,
}

impl Attempt {
    /// Its duration; `None` if it did not end.
    pub fn took(&self) -> Duration {
        let ended = self.ended.unwrap_or(self.began);
        ended.saturating_sub(self.began)
    }
}

impl Visit {
    /// Its duration; `None` if it did not end.
    pub fn took(&self) -> Duration {
        let ended = self.ended.unwrap_or(self.entered);
        ended.saturating_sub(self.entered)
    }

    /// Its error, if it failed, also if a Catcher caught it.
    pub fn error(&self) -> Option<&ErrorOutput> {
        if let VisitEnd::CatcherFailed { error, .. } = &self.end {
            return Some(error);
        }
        self.attempts.last()?.error.as_ref()
    }

    /// Whether it is a Fail state that failed as defined, not because of a mistake in its own fields.
    pub(crate) fn is_meant_to_fail(&self) -> bool {
        let name = self.error().and_then(|error| error.error.as_deref());
        self.state_type == StateType::Fail
            && !matches!(
                name,
                Some(predefined_errors::RUNTIME | predefined_errors::QUERY_EVALUATION_ERROR)
            )
    }

    /// Whether it failed and none of its Catchers caught the error.
    pub fn has_failed(&self) -> bool {
        matches!(self.end, VisitEnd::Failed | VisitEnd::CatcherFailed { .. })
    }
}
