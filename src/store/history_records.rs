//! Events of a history as one row has them.
//!
//! The texts of their details stand one after the other, byte by byte as they were given. All else is in a JSON array with a
//! head for each event: its id, the id of the event that caused it, microseconds after the time of the row, its type, and
//! where in the texts its details begin and how many bytes they are.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;

use super::super::{HistoryRecord, time::microseconds};
use super::failure::Failure;
use super::number::{integer, moment, natural};

/// Events with more bytes of details than this go to further rows: who reads one event reads its whole row.
const FULL: usize = 64 * 1024;

/// Events that go into one row.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// The time of the first event.
    pub(super) time: i64,
    /// The heads, without the bracket behind the last.
    heads: String,
    details: String,
}

/// A head in its array.
#[derive(Deserialize)]
struct Head<'a>(i64, i64, i64, #[serde(borrow)] Cow<'a, str>, usize, usize);

impl Packed {
    pub(super) fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.details.len() > FULL
    }

    pub(super) fn push(&mut self, event: &HistoryRecord) -> Result<(), Failure> {
        let HistoryRecord {
            id,
            previous_event_id,
            time,
            event_type,
            details,
        } = event;
        let time = microseconds(*time);
        if self.is_empty() {
            self.time = time;
        }
        let separator = if self.is_empty() { '[' } else { ',' };
        let (id, previous, after) = (
            integer(*id)?,
            integer(*previous_event_id)?,
            time.wrapping_sub(self.time),
        );
        let (start, bytes) = (self.details.len(), details.len());
        // Neither writing to a text nor printing one can fail.
        let _ = if event_type.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            write!(
                self.heads,
                r#"{separator}[{id},{previous},{after},"{event_type}",{start},{bytes}]"#
            )
        } else {
            let event_type = serde_json::to_string(event_type).unwrap_or_default();
            write!(
                self.heads,
                "{separator}[{id},{previous},{after},{event_type},{start},{bytes}]"
            )
        };
        self.details.push_str(details);
        Ok(())
    }

    /// The heads and the details; `None` without events.
    pub(super) fn texts(&mut self) -> Option<(&str, &str)> {
        if self.is_empty() {
            return None;
        }
        self.heads.push(']');
        Some((&self.heads, &self.details))
    }
}

/// The events of a row, in their order.
pub(super) fn unpack(time: i64, heads: &str, details: &str) -> Result<Vec<HistoryRecord>, Failure> {
    let heads: Vec<Head<'_>> = serde_json::from_str(heads)
        .map_err(|error| Failure::damaged(format!("the file is damaged: events cannot be read: {error}")))?;
    let event = |Head(id, previous, after, event_type, start, bytes)| {
        let end = start.checked_add(bytes);
        let Some(details) = end.and_then(|end| details.get(start..end)) else {
            return Err(Failure::damaged("the file is damaged: details of events are missing"));
        };
        Ok(HistoryRecord {
            id: natural(id)?,
            previous_event_id: natural(previous)?,
            time: moment(time.wrapping_add(after))?,
            event_type: Cow::into_owned(event_type),
            details: details.to_owned(),
        })
    };
    heads.into_iter().map(event).collect()
}
