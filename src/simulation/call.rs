//! What a task was asked, and what it answered.

use std::sync::Arc;
use std::time::Duration;

use super::Answer;
use crate::data::Payload;
use crate::definition::Resource;

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
    /// The effective input.
    pub input: Payload,
    /// Which visit to the state it is, from 0; iterations of a Map and rounds of a loop are visits.
    pub visit: usize,
    /// Which attempt of the visit it is, from 0.
    pub attempt: usize,
    /// The index of the item of every Map around the state, outermost first.
    pub iterations: Vec<usize>,
    /// When it was asked, in virtual time from the start of the run.
    pub asked: Duration,
    /// The task token of a `.waitForTaskToken` or activity task.
    pub token: Option<String>,
    /// What it answered; `None` while that is being made up, and for what other executions answered.
    pub answer: Option<Answer>,
    /// How many visits to the state went before in the same iterations.
    pub(super) round: usize,
    /// Which execution asked; 0 for the one that the run is about.
    pub(super) member: usize,
}

impl Call {
    /// The index of the innermost Map's item.
    pub fn item(&self) -> Option<usize> {
        self.iterations.last().copied()
    }
}
