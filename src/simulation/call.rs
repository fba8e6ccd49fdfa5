//! One call of a task: its request and its answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Answer;
use crate::definition::Resource;
use crate::execution::TaskRequest;

/// One attempt of a task: the request and the answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// The Task state.
    pub state: Arc<str>,
    /// Where the state stands in its definition, as a JSON Pointer.
    pub pointer: Arc<str>,
    /// The resource that does the work.
    pub resource: Resource,
    /// What the state asks of it.
    pub request: Arc<TaskRequest>,
    /// The number of the visit to the state, from 0; iterations of a Map and rounds of a loop count as visits.
    pub visit: usize,
    /// The number of the attempt in its visit, from 0.
    pub attempt: usize,
    /// The item index in every Map around the state, outermost first.
    pub iterations: Vec<usize>,
    /// The virtual time of the request, from the start of the run.
    pub asked: Duration,
    /// The answer; `None` while the answer is being chosen, and where another execution answered.
    pub answer: Option<Answer>,
    /// The number of earlier visits to the state within the same iterations.
    pub(super) round: usize,
    /// The number of earlier calls in this visit.
    pub(super) nth: usize,
    /// The execution that made the request; 0 is the simulated one.
    pub(super) member: usize,
}

/// A short summary: `` `Charge`, visit 0, attempt 1: error `Busy` ``.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, visit {}, attempt {}: ", self.state, self.visit, self.attempt)?;
        match &self.answer {
            Some(answer) => answer.fmt(f),
            None => f.write_str("not scripted"),
        }
    }
}

impl Call {
    /// Whether a replay asked for an answer that was not recorded.
    pub(crate) fn is_unknown(&self) -> bool {
        self.answer.as_ref() == Some(&Answer::not_recorded())
    }

    /// The item index in the innermost Map.
    pub fn item(&self) -> Option<usize> {
        self.iterations.last().copied()
    }
}
