//! Events of a history as they are written.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::details::append_details;
use super::{StoreError, StoreErrorKind, time};
use crate::history::HistoryEvent;

/// Events with more bytes of details than this are better apart: who reads one event reads all that are written together.
const LARGE: usize = 64 * 1024;

/// The bytes that the texts begin with: those of most batches need no more.
const HEADS: usize = 256;
const DETAILS: usize = 512;

/// An event of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRecord {
    /// 1, 2, 3 …
    pub id: u64,
    /// The id of the event that caused it, or 0.
    pub previous_event_id: u64,
    /// When.
    pub time: DateTime<Utc>,
    /// AWS's name of its type: `PassStateEntered`.
    pub event_type: String,
    /// Its details, as JSON.
    pub details: String,
}

/// Events of a history, written together: two texts, which a store may keep as they are, or take apart by
/// [`records`](Self::records).
///
/// ```
/// use asl_engine::store::{HistoryRecord, HistoryRecords};
/// use chrono::DateTime;
///
/// # fn main() -> Result<(), asl_engine::store::StoreError> {
/// let event = |id, event_type: &str| HistoryRecord {
///     id,
///     previous_event_id: id - 1,
///     time: DateTime::UNIX_EPOCH,
///     event_type: event_type.to_owned(),
///     details: "{}".to_owned(),
/// };
/// let events = [event(1, "ExecutionStarted"), event(2, "PassStateEntered")];
///
/// let written: HistoryRecords = events.iter().cloned().collect();
/// assert_eq!(written.ids(), Some((1, 2)));
/// assert_eq!(written.records()?, events);
/// assert_eq!(HistoryRecords::read(written.time(), written.heads(), written.details())?, events);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryRecords {
    /// Microseconds since 1970 of the first event.
    time: i64,
    /// UTF-8, as the details are.
    heads: Vec<u8>,
    details: Vec<u8>,
    ids: Option<(u64, u64)>,
    is_out_of_order: bool,
}

/// An event without its details: its id, the id of the event that caused it, microseconds after the time of the first event,
/// its type, and where in the details its own begin and how many bytes they are.
#[derive(Serialize, Deserialize)]
struct Head<'a>(u64, u64, i64, #[serde(borrow)] Cow<'a, str>, usize, usize);

impl HistoryRecords {
    /// The time of the first event.
    pub fn time(&self) -> DateTime<Utc> {
        time::from_microseconds(self.time).unwrap_or_default()
    }

    /// All of the events but their details, as a JSON array with an array for each: its id, the id of the event that caused
    /// it, microseconds after [`time`](Self::time), its type, where in the details its own begin, and how many bytes they
    /// are.
    pub fn heads(&self) -> &str {
        text(&self.heads)
    }

    /// The details of the events, one after the other.
    pub fn details(&self) -> &str {
        text(&self.details)
    }

    /// The ids of the first event and of the last; `None` if there are no events.
    pub fn ids(&self) -> Option<(u64, u64)> {
        self.ids
    }

    /// Whether the ids rise from event to event.
    pub fn is_in_order(&self) -> bool {
        !self.is_out_of_order
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.ids.is_none()
    }

    /// Whether further events are better written apart.
    pub(crate) fn is_large(&self) -> bool {
        self.details.len() > LARGE
    }

    /// Adds an event.
    pub fn push(&mut self, event: &HistoryRecord) {
        let begin = self.details.len();
        self.details.extend_from_slice(event.details.as_bytes());
        let HistoryRecord {
            id, previous_event_id, ..
        } = *event;
        self.push_head(id, previous_event_id, event.time, &event.event_type, begin);
    }

    /// Adds an event as [`HistoryRecord::of`] writes it.
    pub(crate) fn push_event(&mut self, event: &HistoryEvent) {
        if self.is_empty() {
            self.heads.reserve(HEADS);
            self.details.reserve(DETAILS);
        }
        let begin = self.details.len();
        append_details(&mut self.details, &event.details);
        self.push_head(
            event.id,
            event.previous_event_id,
            event.timestamp,
            event.event_type(),
            begin,
        );
    }

    fn push_head(&mut self, id: u64, previous: u64, time: DateTime<Utc>, event_type: &str, begin: usize) {
        let time = time::microseconds(time);
        // The bracket behind the last one gives way to the next one.
        let separator = if self.heads.pop().is_some() { b',' } else { b'[' };
        self.heads.push(separator);
        self.ids = match self.ids {
            None => {
                self.time = time;
                Some((id, id))
            }
            Some((first, last)) => {
                self.is_out_of_order |= id <= last;
                Some((first, id))
            }
        };
        let bytes = self.details.len() - begin;
        let after = time.wrapping_sub(self.time);
        let head = Head(id, previous, after, Cow::Borrowed(event_type), begin, bytes);
        // Writing numbers and a text to the memory cannot fail.
        let _ = serde_json::to_writer(&mut self.heads, &head);
        self.heads.push(b']');
    }

    /// The events. Errors if the texts do not belong together.
    pub fn records(&self) -> Result<Vec<HistoryRecord>, StoreError> {
        match self.ids {
            None => Ok(Vec::new()),
            Some(_) => Self::read(self.time(), self.heads(), self.details()),
        }
    }

    /// The events of texts that a store has kept. Errors if the texts do not belong together.
    pub fn read(time: DateTime<Utc>, heads: &str, details: &str) -> Result<Vec<HistoryRecord>, StoreError> {
        let damaged = |problem: &str| {
            let message = format!("events of a history cannot be read: {problem}");
            StoreError::new(StoreErrorKind::Damaged, message)
        };
        let heads: Vec<Head<'_>> = serde_json::from_str(heads).map_err(|error| damaged(&error.to_string()))?;
        let first = time::microseconds(time);
        let record = |Head(id, previous_event_id, after, event_type, begin, bytes)| {
            let end = begin.checked_add(bytes);
            let details = end.and_then(|end| details.get(begin..end));
            let time = time::from_microseconds(first.wrapping_add(after));
            Ok(HistoryRecord {
                id,
                previous_event_id,
                time: time.ok_or_else(|| damaged("one has an impossible time"))?,
                event_type: Cow::into_owned(event_type),
                details: details.ok_or_else(|| damaged("details are missing"))?.to_owned(),
            })
        };
        heads.into_iter().map(record).collect()
    }
}

/// It is UTF-8, since only texts were put together.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

impl Extend<HistoryRecord> for HistoryRecords {
    fn extend<T: IntoIterator<Item = HistoryRecord>>(&mut self, events: T) {
        events.into_iter().for_each(|event| self.push(&event));
    }
}

impl FromIterator<HistoryRecord> for HistoryRecords {
    fn from_iter<T: IntoIterator<Item = HistoryRecord>>(events: T) -> Self {
        let mut records = Self::default();
        records.extend(events);
        records
    }
}
