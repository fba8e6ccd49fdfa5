//! Reads running executions from the store, many at once and on all cores.

use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::error::{Error, ErrorKind};
use crate::execution::{Limits, Program, TaskId};
use crate::runtime::journal::{replay, unreadable};
use crate::runtime::running::{awaited_by, merely_waits, token_waited_for};
use crate::runtime::task_tokens::Key;
use crate::store::{ExecutionStore, Filter, Journal, Replayed, StoreError};

/// How many executions are read from the store at once.
const PAGE: usize = 1_000;

/// The journals of executions, page by page. While one page is worked on, the next is read.
pub(super) struct Pages {
    store: Arc<dyn ExecutionStore>,
    filter: Filter,
    next: JoinHandle<Result<Vec<Journal>, StoreError>>,
}

impl Pages {
    pub(super) fn new(store: &Arc<dyn ExecutionStore>, filter: Filter) -> Self {
        Self {
            next: read(store, &filter),
            store: Arc::clone(store),
            filter,
        }
    }

    /// `None` after the last page.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Journal>>, Error> {
        let read_here = (&mut self.next).await.map_err(|error| {
            let message = format!("the executions were not read from the store: {error}");
            Error::new(ErrorKind::Store, message)
        })?;
        let page = read_here.map_err(unreadable)?;
        let Some(last) = page.last() else { return Ok(None) };
        self.filter.after = Some(last.execution.start.number);
        self.next = read(&self.store, &self.filter);
        Ok(Some(page))
    }
}

fn read(store: &Arc<dyn ExecutionStore>, filter: &Filter) -> JoinHandle<Result<Vec<Journal>, StoreError>> {
    let (store, filter) = (Arc::clone(store), filter.clone());
    spawn_blocking(move || store.journals(&filter, PAGE))
}

/// A journal with the program of its execution.
pub(super) struct Journaled {
    pub(super) journal: Journal,
    pub(super) program: Arc<Program>,
}

/// An execution that was read.
pub(super) struct Read {
    pub(super) arn: Arc<str>,
    pub(super) number: u64,
    /// The execution, or the reason why it cannot go on.
    pub(super) revived: Result<Revived, String>,
}

pub(super) enum Revived {
    /// It has something to do, or may wait in memory.
    Works(Box<Replayed>),
    Waits(Waits),
}

/// All that has to be known of an execution that waits in the store.
pub(super) struct Waits {
    pub(super) deadline: Option<DateTime<Utc>>,
    pub(super) tokens: Vec<Key>,
    /// The execution that waits for it, with its task.
    pub(super) awaited_by: Option<(Arc<str>, TaskId)>,
}

/// Lets executions happen again, in their order. Of those that only wait, so many as there is room for are to be
/// in memory.
pub(super) async fn replay_all(journals: Vec<Journaled>, limits: &Arc<Limits>, room: &Arc<AtomicUsize>) -> Vec<Read> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = journals.len().div_ceil(threads).max(1);
    let mut journals = journals.into_iter();
    let mut shares = Vec::new();
    loop {
        let share: Vec<_> = journals.by_ref().take(share).collect();
        if share.is_empty() {
            break;
        }
        let known: Vec<_> = share.iter().map(Journaled::known).collect();
        let (limits, room) = (Arc::clone(limits), Arc::clone(room));
        let revived = move || {
            let each = share.into_iter().map(|journaled| revive(journaled, &limits, &room));
            each.collect::<Vec<_>>()
        };
        shares.push((known, spawn_blocking(revived)));
    }
    let mut all = Vec::new();
    for (known, share) in shares {
        let revived = share.await;
        let revived = revived.unwrap_or_else(|error| known.iter().map(|_| Err(error.to_string())).collect());
        let read = known.into_iter().zip(revived);
        all.extend(read.map(|((arn, number), revived)| Read { arn, number, revived }));
    }
    all
}

impl Journaled {
    fn known(&self) -> (Arc<str>, u64) {
        let start = &self.journal.execution.start;
        (start.arn.as_str().into(), start.number)
    }
}

fn revive(
    Journaled { journal, program }: Journaled,
    limits: &Arc<Limits>,
    room: &AtomicUsize,
) -> Result<Revived, String> {
    let mut replayed = replay(program, &journal, limits).map_err(|error| error.to_string())?;
    let execution = &mut replayed.execution;
    let take_place = || room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(1));
    if !merely_waits(execution) || take_place().is_ok() {
        return Ok(Revived::Works(Box::new(replayed)));
    }
    let tasks = execution.unanswered_tasks();
    let started_by = replayed.origin.started_by.as_deref();
    let awaited = started_by.and_then(|started_by| awaited_by(execution, replayed.origin.lineage, started_by));
    Ok(Revived::Waits(Waits {
        deadline: execution.next_deadline(),
        tokens: tasks.iter().filter_map(token_waited_for).map(Key::of).collect(),
        awaited_by: awaited.map(|(parent, task)| (parent.into(), task)),
    }))
}
