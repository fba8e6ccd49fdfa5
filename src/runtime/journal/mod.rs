//! What goes into an execution, written to a store before anything comes of it.
//!
//! An execution handles an event at once. What comes of it, its *commands*, waits: the event and the commands are a *batch*,
//! which the writer hands to the store together with those of other executions. When the batch is written, its commands
//! are carried out. So tasks start, answers are accepted and histories are read only as far as another process would know
//! them too, while the execution itself may be ahead.

mod acks;
mod author;
mod idleness;
mod queue;
mod stored;
mod writer;

use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::virtual_time::Working;
use crate::execution::{Command, Event, Execution, Outcome, Program, TaskId};
use crate::store::{
    ChildEvents, End, HistoryRecord, HistoryRecords, JournalEntry, Record, Replayed, StoredMapRun, StoredSnapshot,
};

pub(crate) use acks::Ack;
pub(super) use acks::Acks;
pub(super) use author::{Author, Fate};
pub(super) use idleness::Idleness;
pub(super) use queue::Batch;
pub(super) use stored::{Stored, replay, unreadable};
pub(super) use writer::{Retention, Writer};

/// The fewest bytes of entries that are worth a snapshot.
const WORTH_A_SNAPSHOT: usize = 64 * 1024;

/// The part of an execution that the store keeps, for as long as it is in memory.
#[derive(Debug)]
pub(super) struct Durable {
    pub(super) writer: Arc<Writer>,
    /// Its number in the store.
    pub(super) number: u64,
    pub(super) acks: Acks,
    /// The id of the attempt of a task that started it.
    pub(super) started_by: Option<Arc<str>>,
    pub(super) is_named: bool,
    pub(super) is_refusable: bool,
    is_withdrawn: AtomicBool,
    pub(super) idleness: Idleness,
}

impl Durable {
    pub(super) fn new(writer: Arc<Writer>, started_by: Option<Arc<str>>, naming: Naming) -> Self {
        Self {
            number: writer.next_number(),
            writer,
            acks: Acks::default(),
            started_by,
            is_named: naming.is_named,
            is_refusable: naming.is_refusable,
            is_withdrawn: AtomicBool::new(false),
            idleness: Idleness::default(),
        }
    }

    /// The same of an execution that the store has already.
    pub(super) fn known(writer: Arc<Writer>, number: u64, started_by: Option<Arc<str>>) -> Self {
        Self {
            number,
            writer,
            acks: Acks::default(),
            started_by,
            is_named: false,
            is_refusable: false,
            is_withdrawn: AtomicBool::new(false),
            idleness: Idleness::default(),
        }
    }

    /// Lets nothing more of it be written.
    pub(super) fn withdraw(&self) {
        self.is_withdrawn.store(true, Ordering::Release);
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.is_withdrawn.load(Ordering::Acquire)
    }
}

/// What a start says of its name and of a store that does not write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Naming {
    /// Whether its name may be one that was used before.
    pub(super) is_named: bool,
    /// Whether it is given up when the store does not write, and its caller told. Otherwise it waits until the store does.
    pub(super) is_refusable: bool,
}

/// What an execution has to write.
#[derive(Debug)]
pub(super) struct Journal {
    /// The records of its next batch.
    records: Vec<Record>,
    /// The number of the last entry.
    last_entry: u64,
    /// The bytes of the entries since the last snapshot, and its bytes.
    entry_bytes: usize,
    snapshot_bytes: usize,
    /// The number of the last batch.
    pub(super) last_batch: u64,
    unwritten: VecDeque<Unwritten>,
    /// The events of its own history that are written.
    pub(super) events: usize,
    /// Whether it goes on without this process: nothing that happens here counts any more.
    pub(super) is_closed: bool,
    /// The program of an execution that starts, for its first batch.
    program: Option<Arc<Program>>,
}

/// What is to be done when a batch is written.
#[derive(Debug)]
pub(super) struct Unwritten {
    batch: u64,
    events: usize,
    pub(super) commands: Vec<Command>,
    /// The spans that ended.
    #[cfg(feature = "otel")]
    pub(super) happened: crate::execution::TakenSpans,
    /// Keeps time from being skipped until then.
    pub(super) working: Working,
    /// The end of the execution.
    pub(super) end: Option<(Outcome, DateTime<Utc>)>,
}

impl Journal {
    /// The journal of an execution that starts with these records.
    pub(super) fn starting(records: Vec<Record>, program: Option<Arc<Program>>) -> Self {
        Self {
            program,
            records,
            last_entry: 0,
            entry_bytes: 0,
            snapshot_bytes: 0,
            last_batch: 0,
            unwritten: VecDeque::new(),
            events: 0,
            is_closed: false,
        }
    }

    /// The journal of an execution that continues, after an earlier journal of it in this process.
    pub(super) fn continuing(replayed: &Replayed, earlier: Option<&Self>) -> Self {
        Self {
            last_batch: earlier.map_or(0, |earlier| earlier.last_batch),
            last_entry: replayed.last_entry,
            entry_bytes: replayed.entry_bytes,
            snapshot_bytes: replayed.snapshot_bytes,
            events: usize::try_from(replayed.execution.event_count()).unwrap_or(usize::MAX),
            ..Self::starting(Vec::new(), None)
        }
    }

    /// The journal of an execution that has ended.
    pub(super) fn ended() -> Self {
        Self {
            events: usize::MAX,
            ..Self::starting(Vec::new(), None)
        }
    }

    /// Lets nothing more happen to the execution here.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        for unwritten in &mut self.unwritten {
            unwritten.working = Working::default();
        }
    }

    /// Notes an event that the execution is about to handle.
    pub(super) fn note(&mut self, execution: u64, now: DateTime<Utc>, events: u64, event: &Event) {
        self.last_entry += 1;
        let entry = JournalEntry::of(self.last_entry, now, events, event);
        self.entry_bytes += entry.text.len();
        self.records.push(Record::Entry { execution, entry });
    }

    /// Notes that the execution is redriven.
    pub(super) fn note_redrive(&mut self, execution: u64, time: DateTime<Utc>, events: u64) {
        self.records.push(Record::Redrive { execution, time });
        self.last_entry += 1;
        let entry = JournalEntry::of_redrive(self.last_entry, time, events);
        self.entry_bytes += entry.text.len();
        self.records.push(Record::Entry { execution, entry });
    }

    /// Adds records of a service above to the next batch.
    pub(super) fn add_beside(&mut self, records: Vec<Record>) {
        self.records.extend(records);
    }

    /// Takes what the execution has to say into a batch: `None` if that is nothing. `time` is the time of its end, if it has
    /// ended.
    pub(super) fn batch(
        &mut self,
        number: u64,
        execution: &mut Execution,
        time: DateTime<Utc>,
        working: Working,
    ) -> Option<Vec<Record>> {
        let mut events = 0;
        let mut history = HistoryRecords::default();
        for event in execution.events() {
            events += 1;
            history.push_event(&event);
            if history.is_large() {
                self.add_history(number, &mut history);
            }
        }
        self.add_history(number, &mut history);
        let (mut commands, mut end) = (Vec::new(), None);
        let mut children: Vec<ChildEvents> = Vec::new();
        let mut map_runs = Vec::new();
        while let Some(command) = execution.next_command() {
            match command {
                // All of them were taken before.
                Command::Record(_) => {}
                Command::RecordChild(event) => match children.last_mut() {
                    Some(last) if *last.arn == *event.execution_arn => {
                        last.events.push(HistoryRecord::of(&event.event));
                    }
                    _ => children.push(ChildEvents::of(&event)),
                },
                Command::MapRun(map_run) => map_runs.push(StoredMapRun::of(&map_run)),
                Command::Complete(outcome) => end = Some((outcome, time)),
                command => commands.push(command),
            }
        }
        // Before a snapshot takes the place of the execution.
        #[cfg(feature = "otel")]
        let happened = execution.take_spans();
        self.add(number, children, map_runs);
        if let Some((outcome, time)) = &end {
            let end = Box::new(End::of(outcome, *time));
            self.records.push(Record::End { execution: number, end });
        } else {
            self.add_snapshot(number, execution);
        }
        if self.records.is_empty() && commands.is_empty() {
            return None;
        }
        self.last_batch += 1;
        self.unwritten.push_back(Unwritten {
            batch: self.last_batch,
            events,
            commands,
            #[cfg(feature = "otel")]
            happened,
            working,
            end,
        });
        Some(std::mem::take(&mut self.records))
    }

    fn add_history(&mut self, execution: u64, history: &mut HistoryRecords) {
        if !history.is_empty() {
            let events = std::mem::take(history);
            self.records.push(Record::History { execution, events });
        }
    }

    fn add(&mut self, execution: u64, children: Vec<ChildEvents>, map_runs: Vec<StoredMapRun>) {
        // First: who reads its child executions finds it.
        let map_runs = map_runs.into_iter();
        self.records
            .extend(map_runs.map(|map_run| Record::MapRun { execution, map_run }));
        if !children.is_empty() {
            self.records.push(Record::Children { execution, children });
        }
    }

    /// Adds a snapshot once the entries since the last one are more than it. The execution goes on from the snapshot
    /// itself, so that it works here exactly as it would in another process.
    fn add_snapshot(&mut self, number: u64, execution: &mut Execution) {
        if self.entry_bytes <= self.snapshot_bytes.max(WORTH_A_SNAPSHOT) {
            return;
        }
        let snapshot = StoredSnapshot::of(self.last_entry, &execution.snapshot());
        self.snapshot_bytes = snapshot.text.len();
        let restored = snapshot.read().map_err(|error| error.to_string()).and_then(|read| {
            Execution::restore(Arc::clone(execution.program()), read).map_err(|error| error.to_string())
        });
        match restored {
            Ok(mut restored) => {
                // Its unanswered tasks are being worked on.
                while restored.next_command().is_some() {}
                *execution = restored;
                self.entry_bytes = 0;
                self.records.push(Record::Snapshot {
                    execution: number,
                    snapshot,
                });
            }
            // The entries are enough to continue, only slower.
            Err(problem) => tracing::error!(problem, "a snapshot cannot be read again and was not written"),
        }
    }

    /// Whether a task is invoked once what led to it is written.
    pub(super) fn will_invoke(&self, task: TaskId) -> bool {
        let mut commands = self.unwritten.iter().flat_map(|unwritten| &unwritten.commands);
        commands.any(|command| matches!(command, Command::Invoke(invoked) if invoked.id == task))
    }

    /// Whether everything so far is written and carried out.
    pub(super) fn is_caught_up(&self) -> bool {
        self.unwritten.is_empty()
    }

    /// Whether there is nothing that another process would not know, and it may go on here.
    pub(super) fn is_at_rest(&self) -> bool {
        self.is_caught_up() && self.records.is_empty() && !self.is_closed
    }

    /// The program that goes with the batch, if it is the first.
    pub(super) fn take_program(&mut self) -> Option<Arc<Program>> {
        self.program.take()
    }

    /// The next batch whose time has come, when all up to `written` are written.
    pub(super) fn next_written(&mut self, written: u64) -> Option<Unwritten> {
        let first = self.unwritten.front()?;
        if first.batch > written {
            return None;
        }
        let first = self.unwritten.pop_front()?;
        self.events += first.events;
        Some(first)
    }
}
