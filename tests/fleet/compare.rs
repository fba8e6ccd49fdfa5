//! Histories over a cluster, beside those of one machine.

use asl_engine::history::HistoryEvent;
use serde_json::Value;

/// A history without its times.
pub(crate) fn untimed(history: &[HistoryEvent]) -> Vec<Value> {
    let untimed = |event: &HistoryEvent| {
        let mut told = event.to_json();
        told["timestamp"].take();
        told
    };
    history.iter().map(untimed).collect()
}
