//! The content of a store in memory.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use super::super::{
    ChildEvents, Document, End, Filter, HistoryRecord, Journal, JournalEntry, Record, Retention, Start, StoreError,
    StoreErrorKind, StoredDefinition, StoredExecution, StoredMapRun, StoredSnapshot, time,
};

#[derive(Default)]
pub(super) struct Kept {
    last_number: u64,
    executions: BTreeMap<u64, KeptExecution>,
    /// The numbers of executions by their ARNs.
    numbers: HashMap<String, u64>,
    /// The texts of definitions by their fingerprints.
    definitions: HashMap<String, String>,
    /// The texts of documents by their kinds and keys.
    documents: BTreeMap<String, BTreeMap<String, String>>,
}

struct KeptExecution {
    stored: StoredExecution,
    snapshot: Option<StoredSnapshot>,
    /// The texts of entries by their numbers.
    entries: BTreeMap<u64, String>,
    /// The highest number of an entry ever written.
    last_entry: u64,
    /// Events by their ids.
    history: BTreeMap<u64, HistoryRecord>,
    /// Map Runs by their ARNs, in the order in which they were first written.
    map_runs: IndexMap<String, KeptMapRun>,
}

#[derive(Default)]
struct KeptMapRun {
    /// Its state, if that was written.
    text: Option<String>,
    /// The events of its child executions by their ARNs, in the order in which they were first written.
    children: IndexMap<String, Vec<HistoryRecord>>,
}

/// Writing.
impl Kept {
    /// Writes a record, or a part of it before it is refused.
    pub(super) fn write(&mut self, record: &Record) -> Result<(), StoreError> {
        match record {
            Record::Definition(definition) => {
                let StoredDefinition { fingerprint, text } = definition.clone();
                self.definitions.entry(fingerprint).or_insert(text);
            }
            Record::Start(start) => self.start(start)?,
            Record::Entry { execution, entry } => {
                let JournalEntry { number, text } = entry.clone();
                let kept = self.written(*execution)?;
                let last = kept.last_entry;
                if number <= last {
                    let message = format!("execution {execution} has the entry {last} already, and now {number}");
                    return Err(refused(message));
                }
                kept.last_entry = number;
                kept.entries.insert(number, text);
            }
            Record::Snapshot { execution, snapshot } => {
                let kept = self.written(*execution)?;
                if kept.snapshot.as_ref().is_some_and(|last| last.entry > snapshot.entry) {
                    return Err(refused(format!("execution {execution} has a later snapshot already")));
                }
                kept.entries.retain(|number, _| *number > snapshot.entry);
                kept.snapshot = Some(snapshot.clone());
            }
            Record::History { execution, events } => {
                for event in events.records()? {
                    let kept = self.written(*execution)?;
                    let (id, last) = (event.id, kept.history.keys().next_back().copied().unwrap_or(0));
                    if id <= last {
                        let message = format!("execution {execution} has the event {last} already, and now {id}");
                        return Err(refused(message));
                    }
                    kept.history.insert(id, event);
                }
            }
            Record::Children { execution, children } => {
                for child in children {
                    let kept = self.written(*execution)?;
                    let map_run = kept.map_runs.entry(child.map_run_arn.clone()).or_default();
                    let events = map_run.children.entry(child.arn.clone()).or_default();
                    events.extend(child.events.iter().map(to_microseconds));
                }
            }
            Record::MapRun { execution, map_run } => {
                let StoredMapRun { arn, text } = map_run.clone();
                self.written(*execution)?.map_runs.entry(arn).or_default().text = Some(text);
            }
            Record::End { execution, end } => self.end(*execution, end)?,
            Record::Redrive { execution, time } => self.redrive(*execution, *time)?,
            Record::Move { execution, has_arrived } => {
                let stored = &mut self.written(*execution)?.stored;
                let Some(end) = stored.end.as_mut().filter(|end| end.status == End::MOVING) else {
                    return Err(refused(format!("execution {execution} is not being moved")));
                };
                if *has_arrived {
                    End::MOVED.clone_into(&mut end.status);
                } else {
                    stored.end = None;
                }
            }
            Record::Document { kind, key, text } => {
                let documents = self.documents.entry(kind.clone()).or_default();
                match text {
                    Some(text) => documents.insert(key.clone(), text.clone()),
                    None => documents.remove(key),
                };
            }
        }
        Ok(())
    }

    fn start(&mut self, start: &Start) -> Result<(), StoreError> {
        let Start { number, arn, .. } = start;
        if self.executions.contains_key(number) {
            return Err(refused(format!("there is an execution {number} already")));
        }
        if self.numbers.contains_key(arn) {
            return Err(refused(format!("there is an execution `{arn}` already")));
        }
        if !self.definitions.contains_key(&start.definition) {
            return Err(refused(format!("there is no definition `{}`", start.definition)));
        }
        let start = Start {
            time: time::to_microseconds(start.time),
            ..start.clone()
        };
        self.last_number = self.last_number.max(*number);
        self.numbers.insert(arn.clone(), *number);
        self.executions.insert(
            *number,
            KeptExecution {
                stored: StoredExecution {
                    start,
                    end: None,
                    redrive_count: 0,
                    redrive_time: None,
                },
                snapshot: None,
                entries: BTreeMap::new(),
                last_entry: 0,
                history: BTreeMap::new(),
                map_runs: IndexMap::new(),
            },
        );
        Ok(())
    }

    fn end(&mut self, execution: u64, end: &End) -> Result<(), StoreError> {
        let stored = &mut self.written(execution)?.stored;
        if stored.end.is_some() {
            return Err(refused(format!("execution {execution} has ended already")));
        }
        stored.end = Some(End {
            time: time::to_microseconds(end.time),
            ..end.clone()
        });
        Ok(())
    }

    fn redrive(&mut self, execution: u64, time: DateTime<Utc>) -> Result<(), StoreError> {
        let stored = &mut self.written(execution)?.stored;
        if stored.end.as_ref().is_none_or(End::is_elsewhere) {
            return Err(refused(format!("execution {execution} has not ended")));
        }
        stored.end = None;
        stored.redrive_count = stored.redrive_count.saturating_add(1);
        stored.redrive_time = Some(time::to_microseconds(time));
        Ok(())
    }

    fn written(&mut self, execution: u64) -> Result<&mut KeptExecution, StoreError> {
        self.executions
            .get_mut(&execution)
            .ok_or_else(|| refused(format!("there is no execution {execution}")))
    }

    /// Removes whole executions until there are enough rows, as they would be in a table.
    pub(super) fn remove_closed(&mut self, retention: &Retention, rows: usize) -> usize {
        let mut closed: Vec<_> = self.executions.values().filter_map(closed_at).collect();
        closed.sort_unstable();
        let most = retention.most.unwrap_or(u64::MAX);
        let before = retention.ended_before.map(time::to_microseconds);
        let mut removed = 0;
        for (left, (end_time, number)) in (1..=closed.len()).rev().zip(closed) {
            let is_beyond = left as u64 > most || before.is_some_and(|before| end_time < before);
            if !is_beyond || removed >= rows {
                break;
            }
            removed += self.remove(number);
        }
        removed
    }

    fn remove(&mut self, number: u64) -> usize {
        let Some(kept) = self.executions.remove(&number) else {
            return 0;
        };
        let start = &kept.stored.start;
        self.numbers.remove(&start.arn);
        let is_used = |kept: &KeptExecution| kept.stored.start.definition == start.definition;
        if !self.executions.values().any(is_used) {
            self.definitions.remove(&start.definition);
        }
        let in_map_run = |map_run: &KeptMapRun| 1 + map_run.children.values().map(Vec::len).sum::<usize>();
        1 + kept.entries.len() + kept.history.len() + kept.map_runs.values().map(in_map_run).sum::<usize>()
    }
}

/// Reading.
impl Kept {
    pub(super) fn last_number(&self) -> u64 {
        self.last_number
    }

    pub(super) fn execution(&self, arn: &str) -> Option<StoredExecution> {
        let kept = self.executions.get(self.numbers.get(arn)?)?;
        Some(kept.stored.clone())
    }

    pub(super) fn executions(&self, filter: &Filter, most: usize) -> Vec<StoredExecution> {
        let let_through = |kept: &&KeptExecution| filter.lets_through(&kept.stored);
        let stored = |kept: &KeptExecution| kept.stored.clone();
        let all = self.executions.values();
        if filter.oldest_first {
            all.filter(let_through).take(most).map(stored).collect()
        } else {
            all.rev().filter(let_through).take(most).map(stored).collect()
        }
    }

    pub(super) fn journal(&self, number: u64) -> Option<Journal> {
        let kept = self.executions.get(&number)?;
        let after = kept.snapshot.as_ref().map_or(0, |snapshot| snapshot.entry);
        let entries = kept.entries.iter().filter(|(number, _)| **number > after);
        let entry = |(number, text): (&u64, &String)| JournalEntry {
            number: *number,
            text: text.clone(),
        };
        Some(Journal {
            execution: kept.stored.clone(),
            snapshot: kept.snapshot.clone(),
            entries: entries.map(entry).collect(),
        })
    }

    pub(super) fn history(&self, number: u64, after: u64, most: usize) -> Vec<HistoryRecord> {
        let history = self.executions.get(&number).map(|kept| kept.history.values());
        let later = history.into_iter().flatten().filter(|event| event.id > after);
        later.take(most).cloned().collect()
    }

    pub(super) fn map_runs(&self, number: u64) -> Vec<StoredMapRun> {
        let map_runs = self.executions.get(&number).map(|kept| kept.map_runs.iter());
        let stored = |(arn, map_run): (&String, &KeptMapRun)| {
            Some(StoredMapRun {
                arn: arn.clone(),
                text: map_run.text.clone()?,
            })
        };
        map_runs.into_iter().flatten().filter_map(stored).collect()
    }

    pub(super) fn children(&self, number: u64, map_run_arn: &str, from: usize, most: usize) -> Vec<ChildEvents> {
        let map_run = self
            .executions
            .get(&number)
            .and_then(|kept| kept.map_runs.get(map_run_arn));
        let children = map_run.map(|map_run| map_run.children.iter());
        let child = |(arn, events): (&String, &Vec<HistoryRecord>)| ChildEvents {
            map_run_arn: map_run_arn.to_owned(),
            arn: arn.clone(),
            events: events.clone(),
        };
        children
            .into_iter()
            .flatten()
            .skip(from)
            .take(most)
            .map(child)
            .collect()
    }

    pub(super) fn definition(&self, fingerprint: &str) -> Option<StoredDefinition> {
        let text = self.definitions.get(fingerprint)?;
        Some(StoredDefinition {
            fingerprint: fingerprint.to_owned(),
            text: text.clone(),
        })
    }

    pub(super) fn documents(&self, kind: &str) -> Vec<Document> {
        let documents = self.documents.get(kind).map(BTreeMap::iter);
        let document = |(key, text): (&String, &String)| Document {
            key: key.clone(),
            text: text.clone(),
        };
        documents.into_iter().flatten().map(document).collect()
    }

    pub(super) fn document(&self, kind: &str, key: &str) -> Option<Document> {
        let text = self.documents.get(kind)?.get(key)?;
        Some(Document {
            key: key.to_owned(),
            text: text.clone(),
        })
    }
}

/// When an execution ended that may be removed, and its number.
fn closed_at(kept: &KeptExecution) -> Option<(DateTime<Utc>, u64)> {
    let end = kept.stored.end.as_ref().filter(|end| end.status != End::MOVING)?;
    Some((end.time, kept.stored.start.number))
}

fn to_microseconds(event: &HistoryRecord) -> HistoryRecord {
    HistoryRecord {
        time: time::to_microseconds(event.time),
        ..event.clone()
    }
}

fn refused(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Refused, message)
}
