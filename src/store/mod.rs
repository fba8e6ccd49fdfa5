//! Where executions outlive their process.
//!
//! An [`Interpreter`](crate::Interpreter) with a store writes down what goes *into* an execution: how it started, then each
//! event with its time. An execution is deterministic, so the same events give the same states, tasks and history again
//! in another process. Nothing happens before what led to it is written: a task starts, an answer is accepted and a start
//! returns only after the [`commit`](ExecutionStore::commit) of the records behind it.
//!
//! | store | for |
//! |---|---|
//! | [`SqliteStore`] | a file on this machine; the usual choice |
//! | [`MemoryStore`] | tests |
//! | an [`ExecutionStore`] of your own | any other database |
//!
//! # Writing a store
//!
//! A store keeps [`Record`]s and gives them back; it never looks into their texts. What each kind of record becomes:
//!
//! | record | is kept as | found by |
//! |---|---|---|
//! | [`Definition`](Record::Definition) | one text | its fingerprint |
//! | [`Start`](Record::Start), [`End`](Record::End), [`Redrive`](Record::Redrive), [`Move`](Record::Move) | one [`StoredExecution`] | its number, its ARN, a [`Filter`] |
//! | [`Entry`](Record::Entry), [`Snapshot`](Record::Snapshot) | one snapshot and the entries after it | the execution's number, in the order of the entries' numbers |
//! | [`History`](Record::History) | events | the execution's number, in the order of their ids |
//! | [`MapRun`](Record::MapRun), [`Children`](Record::Children) | Map Runs, their child executions, the events of these | the execution's number and the Map Run's ARN, in the order in which they were first written |
//! | [`Document`](Record::Document) | one text | its kind and key |
//!
//! A commit is one transaction of the database, which has to be durable when it returns: in PostgreSQL with
//! `synchronous_commit = on`, and never a write that is acknowledged from memory. An event of an execution is small, and a commit
//! has events of many executions, so tables that take rows in the order of their arrival are faster than tables that are
//! ordered by execution. The entry and the history that follow each other in a commit come from one event, and may share a row.
//!
//! The kind of an error decides what an interpreter does: it waits and tries the same commit again after
//! [`Unavailable`](StoreErrorKind::Unavailable), and no other kind. When it is not certain that nothing was written, such as
//! after a connection was lost during a commit, a store finds out before it returns.
//!
//! [`testing::conformance`] checks what a store has to promise, and [`MemoryStore`] is the shortest example.

mod details;
mod error;
mod filter;
mod format;
mod history_records;
mod memory;
mod record;
mod replay;
mod request;
mod sqlite;
pub mod testing;
mod time;

use std::fmt;

pub use error::{StoreError, StoreErrorKind};
pub use filter::{Filter, Retention};
pub use history_records::{HistoryRecord, HistoryRecords};
pub use memory::MemoryStore;
pub use record::{
    ChildEvents, Document, End, Journal, JournalEntry, Record, Start, StoredDefinition, StoredExecution, StoredMapRun,
    StoredSnapshot,
};
pub use replay::verify;
pub use sqlite::{SqliteOptions, SqliteStore};

#[cfg(feature = "restate")]
pub(crate) use format::too_deep;
pub(crate) use format::{StoredOrigin, StoredTrace, read_text, written_text};
pub(crate) use replay::{Replayed, replay};
pub(crate) use request::StoredRequest;

/// A database of executions.
///
/// # How it is called
///
/// * [`commit`](Self::commit), [`set_document`](Record::Document) among its records, and [`remove_closed`](Self::remove_closed)
///   come from one thread, one after the other. All other functions come from any thread, while the first is writing too.
/// * All functions may block their thread. A store over an asynchronous database waits for its answer.
/// * One interpreter at a time owns a store. An implementation makes sure of that where it is opened: the second to open
///   it is told [`StoreErrorKind::InUse`].
///
/// # What it promises
///
/// * **All or nothing**: after an error nothing of a commit is there. Of a commit that was running or failing when the
///   process or the machine crashed, all is there afterwards, or nothing.
/// * **Durable**: what a commit has written is there after the process was killed and after the power failed.
/// * **In order**: who reads after a commit has returned sees it.
/// * Texts come back as they were given, byte by byte; times to the microsecond, rounded down.
/// * **No contradiction**: a commit is [`Refused`](StoreErrorKind::Refused) if one of its records is about an execution or
///   a definition that is not there, repeats the number or the ARN of an execution, has the number of an entry or the id of an
///   event that is not higher than all before, or a snapshot of an earlier entry than the one before, ends an execution that
///   has ended, redrives one that has not or that is [elsewhere](End::is_elsewhere), or moves one that is not
///   [`MOVING`](End::MOVING).
///
/// A commit that fails is tried again with the same records, after a while: a disk may be full now and have room later.
pub trait ExecutionStore: fmt::Debug + Send + Sync + 'static {
    /// Writes all records, or none of them, and returns when they are durable.
    ///
    /// The records are of many executions. Those of one execution are in order.
    fn commit(&self, records: &[Record]) -> Result<(), StoreError>;

    /// The highest number of an execution ever started, also of one that was removed; 0 if there is none.
    fn last_number(&self) -> Result<u64, StoreError>;

    /// The latest execution of an ARN.
    fn execution(&self, arn: &str) -> Result<Option<StoredExecution>, StoreError>;

    /// The executions that a filter lets through, in its order, at most so many.
    fn executions(&self, filter: &Filter, most: usize) -> Result<Vec<StoredExecution>, StoreError>;

    /// All that is needed to continue an execution; `None` if there is none of this number.
    fn journal(&self, number: u64) -> Result<Option<Journal>, StoreError>;

    /// The journals of the executions that a filter lets through, in its order, of at most so many executions.
    ///
    /// A restart reads all running executions so. The default reads one after the other; a store that reads many at once
    /// is faster.
    fn journals(&self, filter: &Filter, most: usize) -> Result<Vec<Journal>, StoreError> {
        let mut filter = filter.clone();
        loop {
            let page = self.executions(&filter, most)?;
            let Some(last) = page.last() else { return Ok(Vec::new()) };
            filter.after = Some(last.start.number);
            // One that was removed meanwhile has none.
            let journals = page
                .iter()
                .filter_map(|known| self.journal(known.start.number).transpose());
            let journals: Vec<_> = journals.collect::<Result<_, _>>()?;
            if !journals.is_empty() {
                return Ok(journals);
            }
        }
    }

    /// The events of an execution with ids above `after`, in the order of their ids, at most so many.
    fn history(&self, number: u64, after: u64, most: usize) -> Result<Vec<HistoryRecord>, StoreError>;

    /// The Map Runs of an execution in the order in which they began.
    fn map_runs(&self, number: u64) -> Result<Vec<StoredMapRun>, StoreError>;

    /// The child executions of a Map Run with their events, in the order of their first events, from the child execution
    /// of index `from` on, at most so many child executions.
    fn children(
        &self,
        number: u64,
        map_run_arn: &str,
        from: usize,
        most: usize,
    ) -> Result<Vec<ChildEvents>, StoreError>;

    /// The definition of a fingerprint.
    fn definition(&self, fingerprint: &str) -> Result<Option<StoredDefinition>, StoreError>;

    /// The documents of a kind in the order of their keys.
    fn documents(&self, kind: &str) -> Result<Vec<Document>, StoreError>;

    /// The document of a kind and a key. A store that finds it by an index does so, instead of reading all of its kind.
    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, StoreError> {
        let mut documents = self.documents(kind)?.into_iter();
        Ok(documents.find(|document| document.key == key))
    }

    /// Removes executions that have ended and are beyond what is kept, the oldest first, with all that belongs to them; none that
    /// is [`MOVING`](End::MOVING).
    /// Removes about so many rows at most, so that others do not wait long, and returns how many: 0 if nothing is left to
    /// do. An execution that could be removed only in part is not found any more.
    ///
    /// A definition goes with the last of its executions: who starts another one of it writes it again.
    fn remove_closed(&self, retention: &Retention, rows: usize) -> Result<usize, StoreError>;
}
