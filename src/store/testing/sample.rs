//! Records for checks.

use chrono::{DateTime, Utc};

use super::super::{
    ChildEvents, End, HistoryRecord, JournalEntry, Record, Start, StoredDefinition, StoredExecution, StoredMapRun,
    StoredSnapshot,
};

pub(super) const FINGERPRINT: &str = "0123abcd";

pub(super) const MAP_RUN: &str = "arn:aws:states:us-east-1:123456789012:mapRun:Orders/Each:1";

/// A time that is so many microseconds after a first one.
pub(in crate::store) fn time(microseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_764_000_000_123_456 + microseconds).unwrap_or_default()
}

pub(in crate::store) fn definition(fingerprint: &str) -> Record {
    Record::Definition(StoredDefinition {
        fingerprint: fingerprint.to_owned(),
        text: format!(r#"{{"Comment":"{fingerprint}"}}"#),
    })
}

/// The start of the execution of a number, a second after that of the number before.
pub(in crate::store) fn start(number: u64) -> Start {
    Start {
        number,
        arn: format!("arn:aws:states:us-east-1:123456789012:execution:Orders:order-{number}"),
        name: format!("order-{number}"),
        state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:Orders".to_owned(),
        definition: FINGERPRINT.to_owned(),
        time: seconds(number),
        input: format!(r#"{{"order":{number}}}"#),
        options: r#"{"secret":"s"}"#.to_owned(),
    }
}

/// The time of the start of an execution.
pub(in crate::store) fn seconds(number: u64) -> DateTime<Utc> {
    time(i64::try_from(number).unwrap_or_default() * 1_000_000)
}

pub(in crate::store) fn started(number: u64) -> Record {
    Record::Start(Box::new(start(number)))
}

/// The execution of a number while it runs.
pub(in crate::store) fn running(number: u64) -> StoredExecution {
    StoredExecution {
        start: start(number),
        end: None,
        redrive_count: 0,
        redrive_time: None,
    }
}

pub(in crate::store) fn end(status: &str, time: DateTime<Utc>) -> End {
    let succeeded = status == "SUCCEEDED";
    End {
        status: status.to_owned(),
        time,
        output: succeeded.then(|| "[1]".to_owned()),
        error: (!succeeded).then(|| "Broken".to_owned()),
        cause: (!succeeded).then(|| "it fell".to_owned()),
    }
}

pub(in crate::store) fn ended(execution: u64, status: &str, time: DateTime<Utc>) -> Record {
    Record::End {
        execution,
        end: Box::new(end(status, time)),
    }
}

pub(in crate::store) fn entry(number: u64) -> JournalEntry {
    JournalEntry {
        number,
        text: format!(r#"{{"entry":{number}}}"#),
    }
}

pub(in crate::store) fn entered(execution: u64, number: u64) -> Record {
    Record::Entry {
        execution,
        entry: entry(number),
    }
}

pub(in crate::store) fn snapshot(entry: u64) -> StoredSnapshot {
    StoredSnapshot {
        entry,
        text: format!(r#"{{"after":{entry}}}"#),
    }
}

pub(in crate::store) fn snapped(execution: u64, entry: u64) -> Record {
    Record::Snapshot {
        execution,
        snapshot: snapshot(entry),
    }
}

pub(in crate::store) fn event(id: u64) -> HistoryRecord {
    HistoryRecord {
        id,
        previous_event_id: id - 1,
        time: seconds(id),
        event_type: "PassStateEntered".to_owned(),
        details: format!(r#"{{"name":"S{id}"}}"#),
    }
}

pub(in crate::store) fn recorded(execution: u64, ids: std::ops::RangeInclusive<u64>) -> Record {
    Record::History {
        execution,
        events: ids.map(event).collect(),
    }
}

/// Events of the child execution of an index.
pub(in crate::store) fn child(map_run_arn: &str, index: usize, ids: std::ops::RangeInclusive<u64>) -> ChildEvents {
    ChildEvents {
        map_run_arn: map_run_arn.to_owned(),
        // Their order is not that of their ARNs.
        arn: format!("{map_run_arn}:child-{}", 99 - index),
        events: ids.map(event).collect(),
    }
}

pub(in crate::store) fn map_run(arn: &str, text: &str) -> StoredMapRun {
    StoredMapRun {
        arn: arn.to_owned(),
        text: text.to_owned(),
    }
}

pub(in crate::store) fn document(kind: &str, key: &str, text: Option<&str>) -> Record {
    Record::Document {
        kind: kind.to_owned(),
        key: key.to_owned(),
        text: text.map(str::to_owned),
    }
}
