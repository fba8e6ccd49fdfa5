//! The events of a history as another run has them too: without their data, at times since the start.

use asl_engine::history::HistoryEvent;
use chrono::TimeDelta;

/// The id of each event, the id of the event that caused it, its type, and its time since the first.
pub(crate) fn timeline(history: &[HistoryEvent]) -> Vec<(u64, u64, &'static str, TimeDelta)> {
    let start = history.first().map(|first| first.timestamp).unwrap_or_default();
    let told = |event: &HistoryEvent| {
        let since = event.timestamp - start;
        (event.id, event.previous_event_id, event.event_type(), since)
    };
    history.iter().map(told).collect()
}
