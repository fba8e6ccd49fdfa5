//! What callers read of an execution, while it runs and after its end.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::{MutexGuard, PoisonError};
use std::task::{Context, Poll};

use super::{End, Running};
use crate::execution::{KEPT_CHILDREN, MapRun, MapRunLog, Outcome, TaskId};
use crate::history::HistoryEvent;

impl Running {
    pub(in crate::runtime) fn outcome(&self) -> Option<Outcome> {
        self.ended_with().as_ref().map(|end| end.outcome.clone())
    }

    /// The time of the end.
    pub(in crate::runtime) fn stop_time(&self) -> Option<DateTime<Utc>> {
        self.ended_with().as_ref().map(|end| end.stop_time)
    }

    pub(in crate::runtime) fn has_ended(&self) -> bool {
        self.ended_with().is_some()
    }

    /// Whether it outlives the process.
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unused_self, reason = "nothing is without a store")
    )]
    pub(in crate::runtime) fn is_durable(&self) -> bool {
        #[cfg(feature = "store")]
        return self.durable.is_some();
        #[cfg(not(feature = "store"))]
        false
    }

    /// Whether a task was not cancelled, and is done again in another process if this one ends.
    pub(in crate::runtime) fn still_wants(&self, task: TaskId) -> bool {
        self.is_durable() && self.progress().execution.awaits(task)
    }

    pub(super) fn ended_with(&self) -> MutexGuard<'_, Option<Box<End>>> {
        self.ended_with.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it was redriven, and when last.
    pub(in crate::runtime) fn redrives(&self) -> (u32, Option<DateTime<Utc>>) {
        let progress = self.progress();
        let context = progress.execution.context();
        (context.redrive_count.unwrap_or(0), context.redrive_time)
    }

    pub(in crate::runtime) fn state_machine_arn(&self) -> &str {
        &self.state_machine.id
    }

    pub(in crate::runtime) fn name(&self) -> String {
        self.progress().execution.context().name().to_owned()
    }

    pub(in crate::runtime) fn has_input(&self, input: &Value) -> bool {
        self.progress().execution.context().input == *input
    }

    pub(in crate::runtime) async fn finished(&self) -> Outcome {
        if let Some(outcome) = self.outcome() {
            return outcome;
        }
        let ended = {
            let _locked = self.progress();
            self.ended.get_or_init(Box::default)
        };
        loop {
            // Subscribe before checking, so that an end in between is not missed.
            let ended = ended.notified();
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            ended.await;
        }
    }

    pub(in crate::runtime) fn event_count(&self) -> usize {
        let progress = self.progress();
        progress.history.len() + progress.map_runs.as_ref().map_or(0, |log| log.event_count())
    }

    pub(in crate::runtime) fn kept_bytes(&self) -> usize {
        self.progress().execution.kept_bytes()
    }

    pub(in crate::runtime) fn history(&self) -> Vec<HistoryEvent> {
        #[cfg(feature = "store")]
        if let Some(durable) = &self.durable {
            return durable.history(0);
        }
        self.progress().history.clone()
    }

    /// Some of the events after the first `seen` ones.
    pub(in crate::runtime) fn history_after(&self, seen: usize, most: usize) -> Vec<HistoryEvent> {
        #[cfg(feature = "store")]
        if let Some(durable) = &self.durable {
            let mut events = durable.history(seen);
            events.truncate(most);
            return events;
        }
        self.progress().history.iter().skip(seen).take(most).cloned().collect()
    }

    /// The event after the first `seen` ones; ready with `None` after the end.
    pub(in crate::runtime) fn poll_event(&self, seen: usize, context: &Context<'_>) -> Poll<Option<HistoryEvent>> {
        let mut progress = self.progress();
        #[cfg(feature = "store")]
        if let Some(event) = self.stored_event(&progress, seen) {
            return Poll::Ready(Some(event));
        }
        if let Some(event) = progress.history.get(seen) {
            return Poll::Ready(Some(event.clone()));
        }
        if self.has_ended() {
            return Poll::Ready(None);
        }
        let reader = context.waker();
        let readers = progress.readers.get_or_insert_default();
        if !readers.iter().any(|known| known.will_wake(reader)) {
            readers.push(reader.clone());
        }
        Poll::Pending
    }

    pub(in crate::runtime) fn map_runs(&self) -> MapRunLog {
        #[cfg(feature = "store")]
        if let Some(durable) = &self.durable {
            return durable.map_run_log();
        }
        let log = self.progress().map_runs.clone();
        log.map_or_else(|| MapRunLog::of_first(KEPT_CHILDREN), |log| *log)
    }

    /// The Map Runs; running ones in their current state.
    pub(in crate::runtime) fn described_map_runs(&self) -> Vec<MapRun> {
        let progress = self.progress();
        let mut runs = progress
            .map_runs
            .as_ref()
            .map_or_else(Vec::new, |log| log.map_runs().to_vec());
        #[cfg(feature = "store")]
        if let Some(durable) = &self.durable {
            runs = durable.map_runs();
        }
        for now in progress.execution.map_runs() {
            if let Some(run) = runs.iter_mut().find(|run| run.map_run_arn == now.map_run_arn) {
                *run = now;
            }
        }
        runs
    }
}
