use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::execution::outcome::Outcome;
use crate::execution::time::Timestamp;
use crate::history::HistoryEvent;

/// A Map Run as in `DescribeMapRun` of the AWS Step Functions API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MapRun {
    /// Its ARN, `arn:aws:states:REGION:ACCOUNT:mapRun:MACHINE/LABEL:UUID`.
    pub map_run_arn: Arc<str>,
    /// The execution of its Map state.
    pub execution_arn: Arc<str>,
    /// The name of its Map state.
    pub state: Arc<str>,
    /// The status.
    pub status: MapRunStatus,
    /// The time of the start.
    pub start_date: Timestamp,
    /// The time of the end.
    pub stop_date: Option<Timestamp>,
    /// The most child executions at once; 0 for no limit of its own.
    pub max_concurrency: usize,
    /// The number of items that may fail.
    pub tolerated_failure_count: u64,
    /// The percentage of items that may fail.
    pub tolerated_failure_percentage: f64,
    /// How often it was redriven.
    #[serde(default)]
    pub redrive_count: u32,
    /// When it was redriven last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrive_date: Option<Timestamp>,
    /// The counts of items.
    pub item_counts: Counts,
    /// The counts of child executions.
    pub execution_counts: Counts,
}

/// The status of a Map Run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum MapRunStatus {
    /// `RUNNING`
    Running,
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`: the items could not be read, or more failed than tolerated.
    Failed,
    /// `ABORTED`: the execution was stopped, or failed elsewhere.
    Aborted,
}

/// The number of items, or child executions, by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are AWS's, letter by letter")]
pub struct Counts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    pub total: u64,
    pub results_written: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pending_redrive: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    /// So many that ran have ended.
    pub(crate) fn end(&mut self, number: u64, outcome: &Outcome) {
        self.running = self.running.saturating_sub(number);
        let ended = match outcome {
            Outcome::Succeeded { .. } => &mut self.succeeded,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::TimedOut(_) => &mut self.timed_out,
            Outcome::Aborted(_) => &mut self.aborted,
        };
        *ended = ended.saturating_add(number);
        // As recorded on AWS, also without a `ResultWriter`.
        self.results_written = self.succeeded;
    }

    /// So many that did not succeed wait to be redriven.
    pub(crate) fn await_redrive(&mut self, number: u64, outcome: &Outcome) {
        let ended = match outcome {
            Outcome::Succeeded { .. } => &mut self.succeeded,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::TimedOut(_) => &mut self.timed_out,
            Outcome::Aborted(_) => &mut self.aborted,
        };
        *ended = ended.saturating_sub(number);
        self.pending_redrive = self.pending_redrive.saturating_add(number);
    }

    /// So many that waited for it are redriven.
    pub(crate) fn redrive(&mut self, number: u64) {
        self.pending_redrive = self.pending_redrive.saturating_sub(number);
        self.running = self.running.saturating_add(number);
    }

    /// How many failed, not counting those that were stopped.
    pub(crate) fn failures(&self) -> u64 {
        self.failed.saturating_add(self.timed_out)
    }

    /// Whether each is in one state.
    pub(crate) fn is_complete(&self) -> bool {
        let states = [
            self.pending,
            self.running,
            self.succeeded,
            self.failed,
            self.timed_out,
            self.aborted,
            self.pending_redrive,
        ];
        let sum = states.into_iter().try_fold(0, u64::checked_add);
        sum == Some(self.total) && self.results_written == self.succeeded
    }
}

/// An event of a child execution's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChildEvent {
    /// The Map Run that the child execution belongs to.
    pub map_run_arn: Arc<str>,
    /// The child execution.
    pub execution_arn: Arc<str>,
    /// The event.
    pub event: HistoryEvent,
}
