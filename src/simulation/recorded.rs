//! Answers that were given before, to be given again.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Answer, Call};

/// Which attempt it was, in whatever order attempts of parallel work were asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CallKey {
    pub(super) member: usize,
    pub(super) pointer: Arc<str>,
    pub(super) iterations: Vec<usize>,
    pub(super) round: usize,
    pub(super) attempt: usize,
}

impl From<&Call> for CallKey {
    fn from(call: &Call) -> Self {
        Self {
            member: call.member,
            pointer: Arc::clone(&call.pointer),
            iterations: call.iterations.clone(),
            round: call.round,
            attempt: call.attempt,
        }
    }
}

/// The answers of an earlier run, or of a recording.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded(HashMap<CallKey, Answer>);

impl Recorded {
    pub(super) fn insert(&mut self, key: CallKey, answer: Answer) {
        self.0.insert(key, answer);
    }

    pub(super) fn get(&self, call: &Call) -> Option<&Answer> {
        self.0.get(&CallKey::from(call))
    }
}
