//! Which child execution made a distributed Map fail: the Map's own error does not say it.

use chrono::{DateTime, Utc};

use super::{MapRun, MapRunLog, MapRunStatus};
use crate::execution::failure::EXCEED_TOLERATED_FAILURE_THRESHOLD;
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
        let mut failures = Vec::new();
        let mut execution_arn = execution_arn;
        let is_of_children = |error: &ErrorOutput| error.error.as_deref() == Some(EXCEED_TOLERATED_FAILURE_THRESHOLD);
        let mut goes_on = outcome.error().is_some_and(is_of_children);
        while goes_on && failures.len() < self.map_runs().len() {
            let Some((arn, child)) = self.first_failure(execution_arn) else {
                break;
            };
            execution_arn = arn;
            goes_on = is_of_children(child.error);
            failures.push(child);
        }
        failures
    }

    /// The child execution that failed first in the last failed Map Run of an execution.
    fn first_failure(&self, execution_arn: &str) -> Option<(&str, FailedChild<'_>)> {
        let has_failed =
            |map_run: &&MapRun| *map_run.execution_arn == *execution_arn && map_run.status == MapRunStatus::Failed;
        // A Retry of the Map state begins another Map Run.
        let map_run = self.map_runs().iter().rfind(has_failed)?;
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
