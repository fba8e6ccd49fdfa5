//! The one thread that writes to a store, in groups: while it writes, the batches of all executions gather for the next
//! group.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::author::{Author, Fate, act_later, instant};
use super::queue::{Batch, Queue};
use crate::execution::Program;
use crate::store::{self, ExecutionStore, Record, StoreError, StoreErrorKind, StoredDefinition};

/// The most batches that are written at once.
const GROUP: usize = 1_000;

/// How long a store that does not write has to recover before the next attempt: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often ended executions are removed, and how many rows of them at once.
const CLEAN_EVERY: Duration = Duration::from_secs(1);
const CLEAN_ROWS: usize = 1_000;

/// How long ended executions are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::runtime) struct Retention {
    pub(in crate::runtime) age: Option<TimeDelta>,
    pub(in crate::runtime) most: Option<u64>,
}

/// The thread, and what starts need of the store.
#[derive(Debug)]
pub(in crate::runtime) struct Writer {
    store: Arc<dyn ExecutionStore>,
    queue: Arc<Queue>,
    last_number: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(in crate::runtime) fn start(store: Arc<dyn ExecutionStore>, retention: Retention) -> Result<Self, StoreError> {
        let last_number = AtomicU64::new(store.last_number()?);
        let queue = Arc::<Queue>::default();
        let mut writing = Writing {
            store: Arc::clone(&store),
            queue: Arc::clone(&queue),
            definitions: HashSet::new(),
            retention,
            cleaned: None,
        };
        let thread = std::thread::Builder::new()
            .name("asl-store".to_owned())
            .spawn(move || writing.serve())
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Unavailable, "the thread of the store does not start").caused_by(error)
            })?;
        Ok(Self {
            store,
            queue,
            last_number,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(in crate::runtime) fn store(&self) -> &Arc<dyn ExecutionStore> {
        &self.store
    }

    /// The number of the next execution.
    pub(in crate::runtime) fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(in crate::runtime) fn write(&self, batch: Batch) {
        if let Err(late) = self.queue.add(batch) {
            late.author.left_unwritten();
        }
    }

    /// How many batches wait for the thread.
    #[cfg(feature = "otel")]
    pub(super) fn queue_length(&self) -> usize {
        self.queue.len()
    }

    /// Writes what has come so far, and ends the thread.
    pub(in crate::runtime) fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            self.queue.stop();
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    /// Lets the thread end by itself, where it was not stopped: it may be the one that drops this.
    fn drop(&mut self) {
        self.queue.stop();
    }
}

/// The thread's side.
struct Writing {
    store: Arc<dyn ExecutionStore>,
    queue: Arc<Queue>,
    /// Those that are there for certain, by their fingerprints.
    definitions: HashSet<String>,
    retention: Retention,
    /// When ended executions were last removed.
    cleaned: Option<Instant>,
}

impl Drop for Writing {
    /// Tells those that are left, also after a panic.
    fn drop(&mut self) {
        for batch in self.queue.end() {
            batch.author.left_unwritten();
        }
    }
}

/// A batch of a group, and how many of the group's records are its own.
struct Member {
    author: Arc<dyn Author>,
    number: u64,
    records: usize,
    program: Option<Arc<Program>>,
}

impl Writing {
    fn serve(&mut self) {
        let mut waiting = VecDeque::new();
        let mut is_open = true;
        while is_open {
            is_open = self.queue.take(&mut waiting, CLEAN_EVERY);
            self.write(&mut waiting, &mut is_open);
            self.clean();
        }
    }

    /// Writes the batches that wait, in their order and however long it takes, unless the interpreter shuts down meanwhile.
    fn write(&mut self, waiting: &mut VecDeque<Batch>, is_open: &mut bool) {
        let mut pause = FIRST_PAUSE;
        // So many are written one by one, since one of them spoiled its group.
        let mut alone = 0_usize;
        loop {
            let size = if alone > 0 { 1 } else { GROUP };
            let mut group: Vec<_> = waiting.drain(..size.min(waiting.len())).collect();
            if group.is_empty() {
                return;
            }
            group.retain(|batch| !batch.author.is_withdrawn());
            if group.is_empty() {
                continue;
            }
            let (members, records, new) = self.taken_apart(group);
            let Err(error) = self.commit(&records) else {
                self.definitions.extend(new);
                act_later(members.into_iter().map(|member| {
                    member.author.written(member.number);
                    member.author
                }));
                alone = alone.saturating_sub(1);
                pause = FIRST_PAUSE;
                continue;
            };
            let error = Arc::new(error);
            let group = put_together(members, records);
            if error.kind() != StoreErrorKind::Unavailable {
                alone = alone.saturating_sub(1);
                if let [batch] = group.as_slice() {
                    batch.author.refused(&error);
                } else {
                    alone = group.len();
                    put_back(group, waiting);
                }
                continue;
            }
            tracing::warn!(%error, "the store does not write now; what waits is written later");
            put_back(group, waiting);
            waiting.retain(|batch| batch.author.delayed(&error) == Fate::TryAgain);
            if waiting.is_empty() {
                // Those that were given up: the next start is another attempt.
                return;
            }
            if !*is_open {
                for batch in waiting.drain(..) {
                    batch.author.left_unwritten();
                }
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            // New starts are told soon that the store does not write.
            *is_open = self.queue.take_at_once(waiting);
        }
    }

    /// The batches of a group and their records, behind the definitions that these need and the store may lack. Also the
    /// fingerprints of those.
    fn taken_apart(&self, group: Vec<Batch>) -> (Vec<Member>, Vec<Record>, HashSet<String>) {
        let mut members = Vec::with_capacity(group.len());
        let mut records = Vec::with_capacity(group.iter().map(|batch| batch.records.len()).sum());
        let mut new = HashSet::new();
        for batch in group {
            let mut count = batch.records.len();
            if let Some(program) = &batch.program
                && !self.definitions.contains(program.id())
                && new.insert(program.id().to_owned())
            {
                records.push(Record::Definition(StoredDefinition::of(program)));
                count += 1;
            }
            members.push(Member {
                author: batch.author,
                number: batch.number,
                records: count,
                program: batch.program,
            });
            records.extend(batch.records);
        }
        (members, records, new)
    }

    fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        let committed = catch_unwind(AssertUnwindSafe(|| self.store.commit(records)));
        committed.unwrap_or_else(|_| {
            Err(StoreError::new(
                StoreErrorKind::Unavailable,
                "the store panicked while it wrote",
            ))
        })
    }

    fn clean(&mut self) {
        if self.retention == Retention::default() || self.cleaned.is_some_and(|cleaned| cleaned.elapsed() < CLEAN_EVERY)
        {
            return;
        }
        let retention = store::Retention {
            ended_before: self.retention.age.and_then(|age| now().checked_sub_signed(age)),
            most: self.retention.most,
        };
        let removed = catch_unwind(AssertUnwindSafe(|| self.store.remove_closed(&retention, CLEAN_ROWS)));
        let removed = removed.unwrap_or_else(|_| {
            let message = "the store panicked while it removed executions";
            Err(StoreError::new(StoreErrorKind::Unavailable, message))
        });
        match removed {
            // There may be more. A definition goes with the last of its executions.
            Ok(removed) if removed > 0 => self.definitions.clear(),
            Ok(_) => self.cleaned = Some(instant()),
            Err(error) => {
                tracing::warn!(%error, "executions that have ended were not removed from the store");
                self.cleaned = Some(instant());
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn put_together(members: Vec<Member>, records: Vec<Record>) -> Vec<Batch> {
    let mut records = records.into_iter();
    let batches = members.into_iter().map(|member| Batch {
        author: member.author,
        number: member.number,
        records: {
            let own = records.by_ref().take(member.records);
            own.filter(|record| !matches!(record, Record::Definition(_))).collect()
        },
        program: member.program,
    });
    batches.collect()
}

fn put_back(group: Vec<Batch>, waiting: &mut VecDeque<Batch>) {
    for batch in group.into_iter().rev() {
        waiting.push_front(batch);
    }
}
