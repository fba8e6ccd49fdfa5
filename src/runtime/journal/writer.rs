//! The one thread that writes to a store, in groups: while it writes, the batches of all executions gather for the next
//! group.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::author::{Author, Fate, act_later, instant};
use crate::execution::Program;
use crate::store::{self, ExecutionStore, Record, StoreError, StoreErrorKind, StoredDefinition};

/// The most batches that are written at once.
const GROUP: usize = 1_000;

/// How long the thread stays awake for what comes of a group. An execution alone would wake it after each state, which
/// takes half as long as to write it.
const LINGER: Duration = Duration::from_micros(100);

/// How long a store that does not write has to recover before the next attempt: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often ended executions are removed, and how many rows of them at once.
const CLEAN_EVERY: Duration = Duration::from_secs(1);
const CLEAN_ROWS: usize = 1_000;

/// Records of one execution that are written together.
#[derive(Debug)]
pub(in crate::runtime) struct Batch {
    pub(in crate::runtime) author: Arc<dyn Author>,
    pub(in crate::runtime) number: u64,
    pub(in crate::runtime) records: Vec<Record>,
    /// The program of an execution that starts with this batch: its definition is written first, if it is not there.
    pub(in crate::runtime) program: Option<Arc<Program>>,
}

/// How long ended executions are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::runtime) struct Retention {
    pub(in crate::runtime) age: Option<TimeDelta>,
    pub(in crate::runtime) most: Option<u64>,
}

#[derive(Debug)]
enum Message {
    Write(Batch),
    Stop,
}

/// The thread, and what starts need of the store.
#[derive(Debug)]
pub(in crate::runtime) struct Writer {
    store: Arc<dyn ExecutionStore>,
    queue: Sender<Message>,
    last_number: AtomicU64,
    /// Whether the thread writes nothing any more.
    has_ended: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(in crate::runtime) fn start(store: Arc<dyn ExecutionStore>, retention: Retention) -> Result<Self, StoreError> {
        let last_number = AtomicU64::new(store.last_number()?);
        let (queue, received) = channel();
        let has_ended = Arc::<AtomicBool>::default();
        let mut writing = Writing {
            store: Arc::clone(&store),
            has_ended: Arc::clone(&has_ended),
            definitions: HashSet::new(),
            retention,
            cleaned: None,
        };
        let thread = std::thread::Builder::new()
            .name("asl-store".to_owned())
            .spawn(move || writing.serve(&received))
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Unavailable, "the thread of the store does not start").caused_by(error)
            })?;
        Ok(Self {
            store,
            queue,
            last_number,
            has_ended,
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
        let author = Arc::clone(&batch.author);
        let is_sent = self.queue.send(Message::Write(batch)).is_ok();
        // What the thread does not find in the queue at its end was sent after it had set this.
        if !is_sent || self.has_ended.load(Ordering::SeqCst) {
            author.left_unwritten();
        }
    }

    /// Writes what has come so far, and ends the thread.
    pub(in crate::runtime) fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Message::Stop);
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Writing {
    store: Arc<dyn ExecutionStore>,
    has_ended: Arc<AtomicBool>,
    /// Those that are there for certain, by their fingerprints.
    definitions: HashSet<String>,
    retention: Retention,
    /// When ended executions were last removed.
    cleaned: Option<Instant>,
}

/// A batch of a group, and how many of the group's records are its own.
struct Member {
    author: Arc<dyn Author>,
    number: u64,
    records: usize,
    program: Option<Arc<Program>>,
}

impl Writing {
    fn serve(&mut self, queue: &Receiver<Message>) {
        let mut is_open = true;
        while is_open {
            let mut group = Vec::new();
            match next(queue) {
                Ok(Message::Write(batch)) => group.push(batch),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => is_open = false,
                Err(RecvTimeoutError::Timeout) => {}
            }
            while group.len() < GROUP
                && let Ok(message) = queue.try_recv()
            {
                match message {
                    Message::Write(batch) => group.push(batch),
                    Message::Stop => is_open = false,
                }
            }
            self.write(group, queue, &mut is_open);
            self.clean();
        }
        self.has_ended.store(true, Ordering::SeqCst);
        for message in queue.try_iter() {
            if let Message::Write(batch) = message {
                batch.author.left_unwritten();
            }
        }
    }

    /// Writes batches in their order, however long it takes, unless the interpreter shuts down meanwhile.
    fn write(&mut self, batches: Vec<Batch>, queue: &Receiver<Message>, is_open: &mut bool) {
        let mut waiting = VecDeque::from(batches);
        let mut pause = FIRST_PAUSE;
        // So many are written one by one, since one of them spoiled its group.
        let mut alone = 0_usize;
        loop {
            waiting.retain(|batch| !batch.author.is_withdrawn());
            let size = if alone > 0 { 1 } else { GROUP };
            let group: Vec<_> = waiting.drain(..size.min(waiting.len())).collect();
            if group.is_empty() {
                return;
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
                    put_back(group, &mut waiting);
                }
                continue;
            }
            tracing::warn!(%error, "the store does not write now; what waits is written later");
            put_back(group, &mut waiting);
            waiting.retain(|batch| batch.author.delayed(&error) == Fate::TryAgain);
            if waiting.is_empty() {
                // Those that were given up: the next start is another attempt.
                return;
            }
            if !*is_open {
                for batch in waiting {
                    batch.author.left_unwritten();
                }
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            // New starts are told soon that the store does not write.
            while let Ok(message) = queue.try_recv() {
                match message {
                    Message::Write(batch) => waiting.push_back(batch),
                    Message::Stop => *is_open = false,
                }
            }
        }
    }

    /// The batches of a group and their records, behind the definitions that these need and the store may lack. Also the
    /// fingerprints of those.
    fn taken_apart(&self, group: Vec<Batch>) -> (Vec<Member>, Vec<Record>, HashSet<String>) {
        let (mut members, mut records, mut new) = (Vec::new(), Vec::new(), HashSet::new());
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

/// The next message, or none for some time.
fn next(queue: &Receiver<Message>) -> Result<Message, RecvTimeoutError> {
    let began = instant();
    while began.elapsed() < LINGER {
        if let Ok(message) = queue.try_recv() {
            return Ok(message);
        }
        std::thread::yield_now();
    }
    queue.recv_timeout(CLEAN_EVERY)
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
