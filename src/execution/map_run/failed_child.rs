//! Which child execution made a distributed Map fail: the Map's own error does not say it.

use chrono::{DateTime, Utc};

use super::{MapRun, MapRunLog, MapRunStatus};
use crate::error::predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD;
use crate::execution::outcome::Outcome;
use crate::history::{ErrorOutput, EventDetails, HistoryEvent};

/// A failed child execution of a distributed Map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FailedChild<'l> {
    /// How many child executions of the Map Run began before it.
    pub(crate) index: usize,
    /// The state that failed.
    pub(crate) state: Option<&'l str>,
    /// Its error and cause.
    pub(crate) error: &'l ErrorOutput,
}

impl MapRunLog {
    /// If an execution failed because a Map Run had too many failures: the child execution that failed first. If that
    /// one failed for the same reason, then the first of its own Map Run too, and so on.
    pub(crate) fn first_failures(&self, execution_arn: &str, outcome: &Outcome) -> Vec<FailedChild<'_>> {
        match outcome.error() {
            Some(error) if is_of_children(error) => self.first_failures_from(self.failed_map_run(execution_arn)),
            _ => Vec::new(),
        }
    }

    /// The same for one Map Run with too many failures.
    pub(crate) fn first_failures_in(&self, map_run_arn: &str) -> Vec<FailedChild<'_>> {
        let is_it = |map_run: &&MapRun| *map_run.map_run_arn == *map_run_arn && map_run.status == MapRunStatus::Failed;
        self.first_failures_from(self.map_runs().iter().find(is_it))
    }

    fn first_failures_from<'l>(&'l self, mut map_run: Option<&'l MapRun>) -> Vec<FailedChild<'l>> {
        let mut failures = Vec::new();
        while failures.len() < self.map_runs().len() {
            let Some((arn, child)) = map_run.and_then(|map_run| self.first_failure(map_run)) else {
                break;
            };
            map_run = is_of_children(child.error).then(|| self.failed_map_run(arn)).flatten();
            failures.push(child);
        }
        failures
    }

    /// The last failed Map Run of an execution: a Retry of the Map state begins another one.
    fn failed_map_run(&self, execution_arn: &str) -> Option<&MapRun> {
        let has_failed =
            |map_run: &&MapRun| *map_run.execution_arn == *execution_arn && map_run.status == MapRunStatus::Failed;
        self.map_runs().iter().rfind(has_failed)
    }

    /// The child execution of a Map Run that failed first, behind its ARN.
    fn first_failure(&self, map_run: &MapRun) -> Option<(&str, FailedChild<'_>)> {
        let children = self.executions(&map_run.map_run_arn).enumerate();
        let failed = children.filter_map(|(index, (arn, history))| {
            let (at, error) = failure(history)?;
            let state = failed_state(history);
            Some((at, (arn, FailedChild { index, state, error })))
        });
        let (_, first) = failed.min_by_key(|(at, (_, child))| (*at, child.index))?;
        Some(first)
    }
}

fn is_of_children(error: &ErrorOutput) -> bool {
    error.error.as_deref() == Some(EXCEED_TOLERATED_FAILURE_THRESHOLD)
}

/// The end of a failed execution: its time and its error.
fn failure(history: &[HistoryEvent]) -> Option<(DateTime<Utc>, &ErrorOutput)> {
    let last = history.last()?;
    match &last.details {
        EventDetails::ExecutionFailed(error) | EventDetails::ExecutionTimedOut(error) => Some((last.timestamp, error)),
        _ => None,
    }
}

/// The state that an execution failed in: the one that its last event leads back to, else the last that was entered.
fn failed_state(history: &[HistoryEvent]) -> Option<&str> {
    let mut event = history.last()?;
    loop {
        if let EventDetails::StateEntered { name, .. } = &event.details {
            return Some(name);
        }
        let previous = event.previous_event_id;
        match history
            .iter()
            .rfind(|earlier| earlier.id == previous && previous < event.id)
        {
            Some(earlier) => event = earlier,
            None => break,
        }
    }
    history.iter().rev().find_map(|event| match &event.details {
        EventDetails::StateEntered { name, .. } => Some(&**name),
        _ => None,
    })
}
