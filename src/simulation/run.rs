//! What a simulated execution did.

use serde_json::Value;
use std::time::Duration;

use crate::execution::{MapRunLog, Outcome};
use crate::history::{ErrorOutput, EventDetails, HistoryEvent};
use crate::services::s3::Objects;

/// A simulated execution that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub(super) outcome: Outcome,
    pub(super) elapsed: Duration,
    pub(super) history: Vec<HistoryEvent>,
    pub(super) map_runs: MapRunLog,
    pub(super) objects: Objects,
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

    /// The Map Runs of its distributed Maps, with the histories of their child executions.
    pub fn map_runs(&self) -> &MapRunLog {
        &self.map_runs
    }

    /// The text of an object in S3, as it is at the end.
    pub fn object(&self, bucket: &str, key: &str) -> Option<&str> {
        self.objects.get(bucket, key)
    }

    /// The buckets and keys of all objects in S3, in their order.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &str)> {
        self.objects.iter()
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
