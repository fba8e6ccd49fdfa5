//! Executions that have ended, as far as they are kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::running::Running;

/// How much is kept of executions that have ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) executions: usize,
    /// Their memory, estimated.
    pub(super) bytes: usize,
}

impl Kept {
    pub(super) const NOTHING: Self = Self {
        executions: 0,
        bytes: 0,
    };
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            executions: 1_000,
            bytes: 64 * 1024 * 1024,
        }
    }
}

/// The executions that ended last. They belong to the interpreter and not to the state that executions share, which would
/// be a circle.
#[derive(Debug, Default)]
pub(super) struct EndedExecutions(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by_end: BTreeMap<u64, Entry>,
    /// The last execution of each ARN.
    by_arn: HashMap<Arc<str>, u64>,
    ended: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    execution: Arc<Running>,
    bytes: usize,
}

impl EndedExecutions {
    /// Keeps an execution; returns those that had to go for it, for their drop outside of locks.
    pub(super) fn keep(&self, execution: Arc<Running>, bytes: usize, most: Kept) -> Vec<Arc<Running>> {
        if most.executions == 0 || bytes > most.bytes {
            return vec![execution];
        }
        let mut entries = self.entries();
        let mut gone = Vec::new();
        let number = entries.ended;
        entries.ended += 1;
        entries.bytes = entries.bytes.saturating_add(bytes);
        if let Some(namesake) = entries.by_arn.insert(Arc::clone(&execution.arn), number) {
            gone.extend(entries.take(namesake));
        }
        entries.by_end.insert(number, Entry { execution, bytes });
        while entries.by_end.len() > most.executions || entries.bytes > most.bytes {
            let Some(oldest) = entries.by_end.first_key_value().map(|(number, _)| *number) else {
                break;
            };
            gone.extend(entries.take(oldest));
        }
        gone
    }

    pub(super) fn find(&self, arn: &str) -> Option<Arc<Running>> {
        let entries = self.entries();
        let entry = entries.by_end.get(entries.by_arn.get(arn)?)?;
        Some(Arc::clone(&entry.execution))
    }

    pub(super) fn all(&self) -> Vec<Arc<Running>> {
        let entries = self.entries();
        let kept = entries.by_end.values();
        kept.map(|entry| Arc::clone(&entry.execution)).collect()
    }

    /// Takes out an execution that is redriven.
    pub(super) fn release(&self, execution: &Arc<Running>) -> Option<Arc<Running>> {
        let mut entries = self.entries();
        let number = *entries.by_arn.get(&execution.arn)?;
        let is_it = |entry: &Entry| Arc::ptr_eq(&entry.execution, execution);
        entries.by_end.get(&number).filter(|entry| is_it(entry))?;
        entries.take(number)
    }

    /// Forgets the executions of tokio runtimes that have shut down: each holds its runtime's resources.
    pub(super) fn forget_without_host(&self) {
        let mut entries = self.entries();
        let numbers = entries.by_end.iter();
        let without_host = numbers.filter(|(_, entry)| entry.execution.host.has_ended());
        let without_host: Vec<_> = without_host.map(|(number, _)| *number).collect();
        let gone: Vec<_> = without_host
            .into_iter()
            .filter_map(|number| entries.take(number))
            .collect();
        drop(entries);
        drop(gone);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn take(&mut self, number: u64) -> Option<Arc<Running>> {
        let Entry { execution, bytes } = self.by_end.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(bytes);
        if self.by_arn.get(&execution.arn) == Some(&number) {
            self.by_arn.remove(&execution.arn);
        }
        Some(execution)
    }
}
