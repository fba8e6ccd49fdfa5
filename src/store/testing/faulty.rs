//! A store that fails on purpose.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::{
    ChildEvents, Document, ExecutionStore, Filter, HistoryRecord, Journal, Record, Retention, StoreError,
    StoreErrorKind, StoredDefinition, StoredExecution, StoredMapRun,
};

/// A store whose commits fail on purpose; everything else goes to the store below.
///
/// Clones share their store and what fails: a test keeps one, and gives the other to an interpreter.
///
/// ```
/// use asl_engine::store::testing::FaultyStore;
/// use asl_engine::store::{ExecutionStore, MemoryStore, StoreErrorKind};
///
/// let store = FaultyStore::new(MemoryStore::new());
/// store.fail_from(2, StoreErrorKind::Unavailable);
/// assert!(store.commit(&[]).is_ok());
/// assert!(store.commit(&[]).is_err());
/// store.recover();
/// assert!(store.commit(&[]).is_ok());
/// assert_eq!(store.commits(), 3);
/// ```
#[derive(Debug, Clone)]
pub struct FaultyStore {
    store: Arc<dyn ExecutionStore>,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// How many commits were tried.
    commits: usize,
    fault: Option<Fault>,
    /// Set by a crash: nothing works any more.
    has_crashed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Only(usize, StoreErrorKind),
    From(usize, StoreErrorKind),
    CrashAfter(usize),
}

impl FaultyStore {
    /// A store over another one, where nothing fails yet.
    pub fn new(store: impl ExecutionStore) -> Self {
        Self {
            store: Arc::new(store),
            plan: Arc::default(),
        }
    }

    /// How many commits were tried, those that failed among them.
    pub fn commits(&self) -> usize {
        self.plan().commits
    }

    /// The commit of this number fails, counted from 1. It takes the place of an earlier plan.
    pub fn fail_only(&self, commit: usize, kind: StoreErrorKind) {
        self.plan().fault = Some(Fault::Only(commit, kind));
    }

    /// All commits from this number on fail, counted from 1: from 0 on, every further one. It takes the place of an earlier plan.
    pub fn fail_from(&self, commit: usize, kind: StoreErrorKind) {
        self.plan().fault = Some(Fault::From(commit, kind));
    }

    /// The commit of this number is written, counted from 1, but nobody is told: it fails, and so does all that follows, reads
    /// too, as for a process that is killed at that instant. It takes the place of an earlier plan.
    pub fn crash_after(&self, commit: usize) {
        self.plan().fault = Some(Fault::CrashAfter(commit));
    }

    /// Nothing fails any more.
    pub fn recover(&self) {
        let mut plan = self.plan();
        plan.fault = None;
        plan.has_crashed = false;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store below, unless this one has crashed.
    fn running(&self) -> Result<&dyn ExecutionStore, StoreError> {
        if self.plan().has_crashed {
            return Err(on_purpose(StoreErrorKind::Unavailable));
        }
        Ok(&*self.store)
    }
}

fn on_purpose(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "the store fails on purpose")
}

impl ExecutionStore for FaultyStore {
    fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        let store = self.running()?;
        let mut plan = self.plan();
        plan.commits += 1;
        let number = plan.commits;
        match plan.fault {
            Some(Fault::Only(commit, kind)) if number == commit => Err(on_purpose(kind)),
            Some(Fault::From(commit, kind)) if number >= commit => Err(on_purpose(kind)),
            Some(Fault::CrashAfter(commit)) if number >= commit => {
                plan.has_crashed = true;
                store.commit(records)?;
                Err(on_purpose(StoreErrorKind::Unavailable))
            }
            _ => {
                drop(plan);
                store.commit(records)
            }
        }
    }

    fn last_number(&self) -> Result<u64, StoreError> {
        self.running()?.last_number()
    }

    fn execution(&self, arn: &str) -> Result<Option<StoredExecution>, StoreError> {
        self.running()?.execution(arn)
    }

    fn executions(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, StoreError> {
        self.running()?.executions(filter, most)
    }

    fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError> {
        self.running()?.journal(number)
    }

    fn journals(&self, filter: &Filter, most: usize) -> Result<Vec<Journal>, StoreError> {
        self.running()?.journals(filter, most)
    }

    fn history(&self, number: u64, after: u64, most: usize) -> Result<Vec<HistoryRecord>, StoreError> {
        self.running()?.history(number, after, most)
    }

    fn map_runs(&self, number: u64) -> Result<Vec<StoredMapRun>, StoreError> {
        self.running()?.map_runs(number)
    }

    fn children(
        &self,
        number: u64,
        map_run_arn: &str,
        from: usize,
        most: usize,
    ) -> Result<Vec<ChildEvents>, StoreError> {
        self.running()?.children(number, map_run_arn, from, most)
    }

    fn definition(&self, fingerprint: &str) -> Result<Option<StoredDefinition>, StoreError> {
        self.running()?.definition(fingerprint)
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError> {
        self.running()?.documents(kind)
    }

    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        self.running()?.document(kind, key)
    }

    fn remove_closed(&self, retention: &Retention, rows: usize) -> Result<usize, StoreError> {
        self.running()?.remove_closed(retention, rows)
    }
}
