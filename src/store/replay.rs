//! An execution from what a store has of it.

use chrono::{DateTime, Utc};
use std::sync::Arc;

use super::{ExecutionStore, Journal, StoreError, StoreErrorKind, StoredOrigin};
use crate::execution::{Command, Event, Execution, Limits, Program};
use crate::history::HistoryEvent;

/// How many events are read at once.
const PAGE: usize = 1_000;

/// An execution as far as the store knows it.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) execution: Execution,
    pub(crate) origin: StoredOrigin,
    pub(crate) last_entry: u64,
    /// The bytes of the entries since the last snapshot, and of that.
    pub(crate) entry_bytes: usize,
    pub(crate) snapshot_bytes: usize,
}

/// Lets an execution happen again. What it asks for has been done, but for its unanswered tasks.
///
/// `limits` are those of new executions, which most share.
pub(crate) fn replay(program: Arc<Program>, journal: &Journal, limits: &Arc<Limits>) -> Result<Replayed, StoreError> {
    replay_with(program, journal, limits, &mut |_| {})
}

/// The same, and tells of the events of its history.
fn replay_with(
    program: Arc<Program>,
    journal: &Journal,
    limits: &Arc<Limits>,
    tell: &mut dyn FnMut(HistoryEvent),
) -> Result<Replayed, StoreError> {
    let start = &journal.execution.start;
    let (options, origin) = start.read(&program)?;
    let (mut execution, mut last_entry, snapshot_bytes) = match &journal.snapshot {
        None => {
            let limits = match &options.limits {
                same if same == &**limits => Arc::clone(limits),
                other => Arc::new(other.clone()),
            };
            (Execution::start_within(program, options, limits, start.time), 0, 0)
        }
        Some(snapshot) => {
            let restored = Execution::restore(program, snapshot.read()?).map_err(|error| {
                let message = format!(
                    "the state of the execution `{}` cannot be read from the store: {error}",
                    start.arn
                );
                StoreError::new(StoreErrorKind::Damaged, message)
            })?;
            (restored, snapshot.entry, snapshot.text.len())
        }
    };
    tell_commands(&mut execution, tell);
    let mut entry_bytes = 0;
    for entry in &journal.entries {
        let diverged = |problem: String| {
            let message = format!(
                "the execution `{}` cannot be continued: at the entry {} {problem}; it was left as it is",
                start.arn, entry.number
            );
            StoreError::new(StoreErrorKind::Damaged, message)
        };
        last_entry += 1;
        if entry.number != last_entry {
            return Err(diverged(format!("the entry {last_entry} is missing")));
        }
        let (time, events, event) = entry.read()?;
        catch_up(&mut execution, time, events, tell);
        if execution.event_count() != events {
            let now = execution.event_count();
            return Err(diverged(format!(
                "it has {now} events in its history, and had {events} before"
            )));
        }
        entry_bytes += entry.text.len();
        match event {
            Some(event) => execution.handle(time, event),
            None => execution.redrive(time).map_err(|reason| diverged(reason.to_string()))?,
        }
        tell_commands(&mut execution, tell);
    }
    Ok(Replayed {
        execution,
        origin,
        last_entry,
        entry_bytes,
        snapshot_bytes,
    })
}

/// Gives turns until so many events have happened: a turn may end earlier than it did before, where data takes another
/// form in memory.
fn catch_up(execution: &mut Execution, time: DateTime<Utc>, events: u64, tell: &mut dyn FnMut(HistoryEvent)) {
    while execution.event_count() < events && execution.wants_turn() {
        execution.handle(time, Event::Turn);
        tell_commands(execution, tell);
    }
}

fn tell_commands(execution: &mut Execution, tell: &mut dyn FnMut(HistoryEvent)) {
    while let Some(command) = execution.poll_command() {
        if let Command::Record(event) = command {
            tell(event);
        }
    }
}

/// Checks what a store has of an execution: it can be read and happens again as it did, and its history is without gaps and
/// the same as the one that comes of that, as far as the events that went into it are still there; a snapshot takes
/// the place of earlier ones.
///
/// Errors with the first thing that is wrong ([`StoreErrorKind::Damaged`]), also if there is no execution of the ARN.
pub fn verify(store: &dyn ExecutionStore, arn: &str) -> Result<(), StoreError> {
    let wrong = |problem: String| StoreError::new(StoreErrorKind::Damaged, format!("the execution `{arn}`: {problem}"));
    let known = store
        .execution(arn)?
        .ok_or_else(|| wrong("it is not in the store".to_owned()))?;
    let number = known.start.number;
    let journal = store
        .journal(number)?
        .ok_or_else(|| wrong("it has no journal".to_owned()))?;
    let definition = store.definition(&known.start.definition)?;
    let definition = definition.ok_or_else(|| wrong("its definition is not in the store".to_owned()))?;
    let mut again = Vec::new();
    let program = Arc::new(definition.program()?);
    let replayed = replay_with(program, &journal, &Arc::default(), &mut |event| again.push(event))?;
    let mut recorded = Vec::new();
    loop {
        let page = store.history(number, recorded.len() as u64, PAGE)?;
        if page.is_empty() {
            break;
        }
        for record in &page {
            recorded.push(record.event()?);
        }
    }
    for (event, id) in recorded.iter().zip(1..) {
        if event.id != id || event.previous_event_id >= id {
            return Err(wrong(format!(
                "the event {id} of its history is missing or out of its place"
            )));
        }
    }
    let from = again.first().map_or(u64::MAX, |event| event.id);
    recorded.retain(|event| event.id >= from);
    if recorded != again {
        return Err(wrong(
            "its history is another one than what went into it leads to".to_owned(),
        ));
    }
    let end = known.end.as_ref().filter(|end| !end.is_elsewhere());
    let ended = end.map(super::End::outcome).transpose()?;
    if ended.as_ref() != replayed.execution.outcome() {
        return Err(wrong(
            "it ended in another way than what went into it leads to".to_owned(),
        ));
    }
    Ok(())
}
