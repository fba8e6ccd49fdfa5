use indexmap::IndexMap;
use std::sync::Arc;

use super::{ChildEvent, MapRun};
use crate::history::HistoryEvent;

/// How many child executions' histories a driver keeps: as many as a Map Run runs at once.
pub(crate) const KEPT_CHILDREN: usize = 10_000;

/// A driver's log of Map Runs, with the histories of their child executions.
///
/// A driver hands [`Command::MapRun`](crate::execution::Command::MapRun) and
/// [`Command::RecordChild`](crate::execution::Command::RecordChild) on to it if it wants a log.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunLog {
    map_runs: Vec<MapRun>,
    /// How many more child executions may get a history.
    left: usize,
    /// By Map Run, then by execution.
    histories: IndexMap<Arc<str>, IndexMap<Arc<str>, Vec<HistoryEvent>>>,
    events: usize,
}

impl Default for MapRunLog {
    fn default() -> Self {
        Self::of_first(usize::MAX)
    }
}

impl MapRunLog {
    /// A log of all Map Runs that keeps the histories of only the first child executions. The default keeps all.
    pub fn of_first(executions: usize) -> Self {
        Self {
            map_runs: Vec::new(),
            left: executions,
            histories: IndexMap::new(),
            events: 0,
        }
    }

    /// Adds a Map Run that began or ended.
    pub fn update(&mut self, map_run: MapRun) {
        let known = self.map_runs.iter_mut().rev();
        match known.into_iter().find(|known| known.map_run_arn == map_run.map_run_arn) {
            Some(known) => *known = map_run,
            None => self.map_runs.push(map_run),
        }
    }

    /// Adds an event of a child execution.
    pub fn record(&mut self, event: ChildEvent) {
        let of_map_run = self.histories.entry(event.map_run_arn).or_default();
        if let Some(history) = of_map_run.get_mut(&event.execution_arn) {
            history.push(event.event);
            self.events += 1;
        } else if self.left > 0 {
            self.left -= 1;
            self.events += 1;
            of_map_run.insert(event.execution_arn, vec![event.event]);
        }
    }

    /// The number of events in it.
    pub fn event_count(&self) -> usize {
        self.events
    }

    /// The Map Runs in the order of their starts, including those of child executions.
    pub fn map_runs(&self) -> &[MapRun] {
        &self.map_runs
    }

    /// The child executions of a Map Run with their histories, in the order of their starts.
    pub fn executions(&self, map_run_arn: &str) -> impl Iterator<Item = (&str, &[HistoryEvent])> {
        let histories = self.histories.get(map_run_arn);
        histories
            .into_iter()
            .flatten()
            .map(|(arn, history)| (&**arn, history.as_slice()))
    }
}
