//! Counts history events, and records them if a history is kept.

use serde::{Deserialize, Serialize};

use crate::history::HistoryLevel;

/// The event counter of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorder {
    level: HistoryLevel,
    limit: u64,
    count: u64,
    exhausted: bool,
}

impl Recorder {
    pub(in crate::execution) fn new(level: HistoryLevel, limit: Option<u64>) -> Self {
        Self {
            level,
            limit: limit.unwrap_or(u64::MAX),
            count: 0,
            exhausted: false,
        }
    }

    /// The history level.
    pub(in crate::execution) fn level(&self) -> HistoryLevel {
        self.level
    }

    #[inline]
    pub(crate) fn records(&self) -> bool {
        self.level == HistoryLevel::Full && !self.exhausted
    }

    /// The id of the next event. The last id is reserved for the end of the execution: an event beyond it is not
    /// counted and ends the execution.
    #[inline]
    pub(in crate::execution) fn next_id(&mut self) -> u64 {
        if self.count.saturating_add(1) >= self.limit {
            self.exhausted = true;
        } else {
            self.count += 1;
        }
        self.count
    }

    /// The id of the event that ends the execution.
    pub(in crate::execution) fn last_id(&mut self) -> u64 {
        self.exhausted = false;
        self.count = self.count.saturating_add(1);
        self.count
    }

    pub(in crate::execution) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    pub(in crate::execution) fn count(&self) -> u64 {
        self.count
    }

    pub(in crate::execution) fn limit(&self) -> u64 {
        self.limit
    }
}
