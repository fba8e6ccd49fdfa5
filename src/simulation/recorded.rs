//! Answers of an earlier run, to be given again.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Answer, Call};

/// The identity of a call, independent of the order of parallel work.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CallKey {
    pub(super) member: usize,
    pub(super) pointer: Arc<str>,
    pub(super) iterations: Vec<usize>,
    pub(super) round: usize,
    pub(super) nth: usize,
}

impl From<&Call> for CallKey {
    fn from(call: &Call) -> Self {
        Self {
            member: call.member,
            pointer: Arc::clone(&call.pointer),
            iterations: call.iterations.clone(),
            round: call.round,
            nth: call.nth,
        }
    }
}

/// The answers of an earlier run or of a recording.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded {
    /// Answers that override scripts.
    first: HashMap<CallKey, Answer>,
    /// Answers used where no script answers.
    last: HashMap<CallKey, Answer>,
}

impl Recorded {
    /// Forces this answer.
    pub(super) fn insert(&mut self, key: CallKey, answer: Answer) {
        self.first.insert(key, answer);
    }

    /// Gives this answer where no script does.
    pub(super) fn insert_last(&mut self, key: CallKey, answer: Answer) {
        self.last.insert(key, answer);
    }

    #[cfg(feature = "console")]
    pub(super) fn forget(&mut self, key: &CallKey) {
        self.first.remove(key);
        self.last.remove(key);
    }

    pub(super) fn remove(&mut self, key: &CallKey) {
        self.first.remove(key);
    }

    pub(super) fn first(&self, call: &Call) -> Option<Answer> {
        self.first.get(&CallKey::from(call)).cloned()
    }

    pub(super) fn last(&self, call: &Call) -> Option<Answer> {
        self.last.get(&CallKey::from(call)).cloned()
    }
}
