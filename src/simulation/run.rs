//! What a simulated execution did.

use serde_json::Value;
use std::time::Duration;

use crate::execution::Outcome;
use crate::history::{ErrorOutput, EventDetails, HistoryEvent};

/// A simulated execution that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub(super) outcome: Outcome,
    pub(super) elapsed: Duration,
    pub(super) history: Vec<HistoryEvent>,
}

impl Run {
    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The output of an execution that succeeded.
    pub fn output(&self) -> Option<&Value> {
        self.outcome.output()
    }

    /// The error and cause of an execution that did not succeed.
    pub fn error(&self) -> Option<&ErrorOutput> {
        self.outcome.error()
    }

    /// The virtual time it took.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Its history; empty with [`HistoryLevel::Off`](crate::history::HistoryLevel::Off).
    pub fn history(&self) -> &[HistoryEvent] {
        &self.history
    }

    /// The states it entered, in order; read from the history.
    pub fn path(&self) -> Vec<&str> {
        self.history
            .iter()
            .filter_map(|event| match &event.details {
                EventDetails::StateEntered { name, .. } => Some(&**name),
                _ => None,
            })
            .collect()
    }
}
