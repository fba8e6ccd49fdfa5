//! A store in memory.

mod kept;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::kept::Kept;
use super::{
    ChildEvents, Document, ExecutionStore, Filter, HistoryRecord, Journal, Record, Retention, StoreError,
    StoreErrorKind, StoredDefinition, StoredExecution, StoredMapRun,
};

/// A store in memory, for tests: it ends with its process.
///
/// Clones share their executions. A test keeps one clone and gives another to an interpreter, which it drops; a second
/// interpreter with the first clone then continues what the first began.
///
/// It remembers every commit, so that a test can go back to each of them and continue from there, as after a crash:
///
/// ```
/// use asl_engine::store::{Document, ExecutionStore, MemoryStore, Record};
///
/// # fn main() -> Result<(), asl_engine::store::StoreError> {
/// let store = MemoryStore::new();
/// for text in ["first", "second"] {
///     store.commit(&[Record::Document { kind: "note".into(), key: "k".into(), text: Some(text.into()) }])?;
/// }
/// assert_eq!(store.commits(), 2);
/// assert_eq!(store.as_of(1).documents("note")?[0].text, "first");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    /// Held by what [`MemoryStore::open`] returned and its clones.
    _ownership: Option<Arc<Ownership>>,
}

#[derive(Default)]
struct Shared {
    /// All that changed the content, in order.
    changes: Vec<Change>,
    kept: Kept,
    is_owned: bool,
}

#[derive(Clone)]
enum Change {
    Commit(Arc<[Record]>),
    Removal(Retention, usize),
}

impl MemoryStore {
    /// A store without executions.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same executions for one owner, as a file is opened by one process.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::InUse`] until what an earlier call returned, and all clones of that, are dropped.
    pub fn open(&self) -> Result<Self, StoreError> {
        let mut shared = self.lock();
        if shared.is_owned {
            return Err(StoreError::new(
                StoreErrorKind::InUse,
                "the store in memory is in use by another interpreter",
            ));
        }
        shared.is_owned = true;
        drop(shared);
        Ok(Self {
            shared: Arc::clone(&self.shared),
            _ownership: Some(Arc::new(Ownership(Arc::clone(&self.shared)))),
        })
    }

    /// The number of commits so far. A [`remove_closed`](ExecutionStore::remove_closed) that removed something is one too.
    pub fn commits(&self) -> usize {
        self.lock().changes.len()
    }

    /// A store of its own with what this one had after its first `commits` commits; with all it has if they are fewer.
    #[must_use]
    pub fn as_of(&self, commits: usize) -> Self {
        let changes = self.lock().changes.iter().take(commits).cloned().collect();
        Self {
            shared: Arc::new(Mutex::new(Shared {
                kept: replay(&changes),
                changes,
                is_owned: false,
            })),
            _ownership: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

/// The content after changes that were accepted before.
fn replay(changes: &Vec<Change>) -> Kept {
    let mut kept = Kept::default();
    for change in changes {
        match change {
            Change::Commit(records) => {
                for record in &**records {
                    let accepted = kept.write(record);
                    debug_assert!(accepted.is_ok(), "{accepted:?}");
                }
            }
            Change::Removal(retention, rows) => {
                kept.remove_closed(retention, *rows);
            }
        }
    }
    kept
}

/// A writer that panicked has changed either all or nothing that the next one relies on: `commit` starts from the changes.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("commits", &self.commits())
            .finish_non_exhaustive()
    }
}

/// Frees the store for the next owner.
struct Ownership(Arc<Mutex<Shared>>);

impl Drop for Ownership {
    fn drop(&mut self) {
        lock(&self.0).is_owned = false;
    }
}

impl ExecutionStore for MemoryStore {
    fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        let mut shared = self.lock();
        for record in records {
            if let Err(error) = shared.kept.write(record) {
                shared.kept = replay(&shared.changes);
                return Err(error);
            }
        }
        shared.changes.push(Change::Commit(records.into()));
        Ok(())
    }

    fn last_number(&self) -> Result<u64, StoreError> {
        Ok(self.lock().kept.last_number())
    }

    fn execution(&self, arn: &str) -> Result<Option<StoredExecution>, StoreError> {
        Ok(self.lock().kept.execution(arn))
    }

    fn executions(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, StoreError> {
        Ok(self.lock().kept.executions(filter, most))
    }

    fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError> {
        Ok(self.lock().kept.journal(number))
    }

    fn history(&self, number: u64, after: u64, most: usize) -> Result<Vec<HistoryRecord>, StoreError> {
        Ok(self.lock().kept.history(number, after, most))
    }

    fn map_runs(&self, number: u64) -> Result<Vec<StoredMapRun>, StoreError> {
        Ok(self.lock().kept.map_runs(number))
    }

    fn children(
        &self,
        number: u64,
        map_run_arn: &str,
        from: usize,
        most: usize,
    ) -> Result<Vec<ChildEvents>, StoreError> {
        Ok(self.lock().kept.children(number, map_run_arn, from, most))
    }

    fn definition(&self, fingerprint: &str) -> Result<Option<StoredDefinition>, StoreError> {
        Ok(self.lock().kept.definition(fingerprint))
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        Ok(self.lock().kept.documents(kind))
    }

    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        Ok(self.lock().kept.document(kind, key))
    }

    fn remove_closed(&self, retention: &Retention, rows: usize) -> Result<usize, StoreError> {
        let mut shared = self.lock();
        let removed = shared.kept.remove_closed(retention, rows);
        if removed > 0 {
            shared.changes.push(Change::Removal(retention.clone(), rows));
        }
        Ok(removed)
    }
}
