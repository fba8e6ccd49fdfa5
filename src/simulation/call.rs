//! What a task was asked, and what it answered.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Answer;
use crate::definition::Resource;
use crate::execution::TaskRequest;

/// One attempt of a task, as it was asked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// The Task state.
    pub state: Arc<str>,
    /// Where the state stands in its definition, as a JSON Pointer.
    pub pointer: Arc<str>,
    /// What does the work.
    pub resource: Resource,
    /// What the state asks of it.
    pub request: Arc<TaskRequest>,
    /// Which visit to the state it is, from 0; iterations of a Map and rounds of a loop are visits.
    pub visit: usize,
    /// Which attempt of the visit it is, from 0.
    pub attempt: usize,
    /// The index of the item of every Map around the state, outermost first.
    pub iterations: Vec<usize>,
    /// When it was asked, in virtual time from the start of the run.
    pub asked: Duration,
    /// What it answered; `None` while that is being made up, and for what other executions answered.
    pub answer: Option<Answer>,
    /// How many visits to the state went before in the same iterations.
    pub(super) round: usize,
    /// How many calls of the visit went before.
    pub(super) nth: usize,
    /// Which execution asked; 0 for the one that the run is about.
    pub(super) member: usize,
}

/// In a few words: `` `Charge`, visit 0, attempt 1: error `Busy` ``.
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
    /// The index of the innermost Map's item.
    pub fn item(&self) -> Option<usize> {
        self.iterations.last().copied()
    }
}
