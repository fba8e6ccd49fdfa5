//! What callers read of an execution whose history is in a store.

use crate::execution::{ChildEvent, KEPT_CHILDREN, MapRun, MapRunLog};
use crate::history::HistoryEvent;
use crate::runtime::journal::Durable;
use crate::store::StoreError;

/// How many events, or child executions, are read at once.
const PAGE: usize = 1_000;

impl Durable {
    /// The events of its own history after the first `seen`.
    pub(super) fn history(&self, seen: usize) -> Vec<HistoryEvent> {
        let mut events = Vec::new();
        let mut after = seen;
        loop {
            let page = self.page(after, PAGE);
            if page.is_empty() {
                return events;
            }
            after += page.len();
            events.extend(page);
        }
    }

    /// The event after the first `seen`.
    pub(super) fn event(&self, seen: usize) -> Option<HistoryEvent> {
        self.page(seen, 1).into_iter().next()
    }

    fn page(&self, after: usize, most: usize) -> Vec<HistoryEvent> {
        let read = || {
            let records = self.writer.store().history(self.number, after as u64, most)?;
            records.iter().map(crate::store::HistoryRecord::event).collect()
        };
        self.told(read())
    }

    pub(super) fn map_runs(&self) -> Vec<MapRun> {
        let read = || {
            let stored = self.writer.store().map_runs(self.number)?;
            stored.iter().map(crate::store::StoredMapRun::read).collect()
        };
        self.told(read())
    }

    /// The Map Runs with the histories of the first child executions.
    pub(super) fn map_run_log(&self) -> MapRunLog {
        let mut log = MapRunLog::of_first(KEPT_CHILDREN);
        for map_run in self.map_runs() {
            let arn = std::sync::Arc::clone(&map_run.map_run_arn);
            log.update(map_run);
            let mut from = 0;
            while from < KEPT_CHILDREN {
                let read = || {
                    let children = self.writer.store().children(self.number, &arn, from, PAGE)?;
                    let mut events = Vec::new();
                    for child in &children {
                        let execution_arn: std::sync::Arc<str> = child.arn.as_str().into();
                        for record in &child.events {
                            events.push(ChildEvent {
                                map_run_arn: std::sync::Arc::clone(&arn),
                                execution_arn: std::sync::Arc::clone(&execution_arn),
                                event: record.event()?,
                            });
                        }
                    }
                    Ok((children.len(), events))
                };
                let (children, events): (usize, Vec<_>) = self.told(read());
                if children == 0 {
                    break;
                }
                from += children;
                for event in events {
                    log.record(event);
                }
            }
        }
        log
    }

    /// What was read, or nothing where the store cannot be read.
    fn told<T: Default>(&self, read: Result<T, StoreError>) -> T {
        read.unwrap_or_else(|error| {
            tracing::error!(execution = self.number, %error, "a history cannot be read from the store");
            T::default()
        })
    }
}
