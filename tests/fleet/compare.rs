//! Histories over a cluster, beside those of one machine.

use asl_engine::history::HistoryEvent;
use serde_json::Value;

/// A history without its times, also those of executions that others have started.
pub(crate) fn untimed(history: &[HistoryEvent]) -> Vec<Value> {
    let untimed = |event: &HistoryEvent| {
        let mut told = event.to_json();
        told["timestamp"].take();
        without_dates(&mut told);
        told
    };
    history.iter().map(untimed).collect()
}

/// Texts lose what follows `StartDate` and `StopDate` in them.
fn without_dates(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("Date\"") || text.contains("Date\\\"") => {
            let mut parts = text.split("Date");
            let first = parts.next().unwrap_or_default().to_owned();
            *text = parts.fold(first, |told, part| {
                let end = part.find([',', '}']).unwrap_or(part.len());
                format!("{told}Date{}", &part[end..])
            });
        }
        Value::Array(items) => items.iter_mut().for_each(without_dates),
        Value::Object(members) => members.values_mut().for_each(without_dates),
        _ => {}
    }
}
