//! Records for tests.

use asl_engine::store::{
    ChildEvents, End, HistoryRecord, JournalEntry, Record, Start, StoredDefinition, StoredMapRun, StoredSnapshot,
};
use chrono::{DateTime, Duration, Utc};

/// A time so many seconds after 2026 began.
pub(crate) fn seconds(seconds: u64) -> DateTime<Utc> {
    let begin: DateTime<Utc> = "2026-01-01T00:00:00.000123Z".parse().unwrap();
    begin + Duration::seconds(seconds.try_into().unwrap())
}

pub(crate) fn definition(fingerprint: &str) -> Record {
    Record::Definition(StoredDefinition {
        fingerprint: fingerprint.to_owned(),
        text: r#"{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}"#.to_owned(),
    })
}

pub(crate) fn start(number: u64) -> Start {
    Start {
        number,
        arn: format!("arn:aws:states:us-east-1:123456789012:execution:Orders:order-{number}"),
        name: format!("order-{number}"),
        state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:Orders".to_owned(),
        definition: "f1".to_owned(),
        time: seconds(number),
        input: format!(r#"{{"order":{number}}}"#),
        options: r#"{"secret":"s3cret"}"#.to_owned(),
    }
}

pub(crate) fn started(number: u64) -> Record {
    Record::Start(Box::new(start(number)))
}

pub(crate) fn entered(execution: u64, number: u64, text: &str) -> Record {
    Record::Entry {
        execution,
        entry: JournalEntry {
            number,
            text: text.to_owned(),
        },
    }
}

pub(crate) fn snapped(execution: u64, entry: u64) -> Record {
    Record::Snapshot {
        execution,
        snapshot: StoredSnapshot {
            entry,
            text: format!(r#"{{"after":{entry}}}"#),
        },
    }
}

pub(crate) fn event(id: u64) -> HistoryRecord {
    HistoryRecord {
        id,
        previous_event_id: id - 1,
        time: seconds(id),
        event_type: "PassStateEntered".to_owned(),
        details: format!(r#"{{"name":"S{id}"}}"#),
    }
}

pub(crate) fn recorded(execution: u64, ids: std::ops::RangeInclusive<u64>) -> Record {
    Record::History {
        execution,
        events: ids.map(event).collect(),
    }
}

pub(crate) fn child(map_run: &str, child: &str, ids: std::ops::RangeInclusive<u64>) -> ChildEvents {
    ChildEvents {
        map_run_arn: format!("arn:aws:states:us-east-1:123456789012:mapRun:Orders/{map_run}"),
        arn: format!("arn:aws:states:us-east-1:123456789012:execution:Orders/{map_run}:{child}"),
        events: ids.map(event).collect(),
    }
}

pub(crate) fn children(execution: u64, children: Vec<ChildEvents>) -> Record {
    Record::Children { execution, children }
}

pub(crate) fn map_run(execution: u64, map_run: &str, text: &str) -> Record {
    Record::MapRun {
        execution,
        map_run: StoredMapRun {
            arn: child(map_run, "", 1..=1).map_run_arn,
            text: text.to_owned(),
        },
    }
}

pub(crate) fn ended(execution: u64, status: &str, time: DateTime<Utc>) -> Record {
    let succeeded = status == "SUCCEEDED";
    Record::End {
        execution,
        end: Box::new(End {
            status: status.to_owned(),
            time,
            output: succeeded.then(|| "[1,2]".to_owned()),
            error: (!succeeded).then(|| "Oven.Cold".to_owned()),
            cause: (!succeeded).then(|| "no wood".to_owned()),
        }),
    }
}

pub(crate) fn redriven(execution: u64, time: DateTime<Utc>) -> Record {
    Record::Redrive { execution, time }
}

pub(crate) fn moved(execution: u64, has_arrived: bool) -> Record {
    Record::Move { execution, has_arrived }
}

pub(crate) fn document(kind: &str, key: &str, text: Option<&str>) -> Record {
    Record::Document {
        kind: kind.to_owned(),
        key: key.to_owned(),
        text: text.map(str::to_owned),
    }
}

/// One of everything: an execution that runs, one that succeeded and one that failed after a redrive.
pub(crate) fn one_of_everything() -> Vec<Record> {
    vec![
        definition("f1"),
        started(1),
        started(2),
        started(3),
        recorded(1, 1..=4),
        entered(1, 1, "one"),
        snapped(1, 1),
        entered(1, 2, "two"),
        map_run(1, "Each:1", r#"{"status":"RUNNING"}"#),
        children(1, vec![child("Each:1", "b", 1..=2), child("Each:1", "a", 1..=3)]),
        ended(2, "SUCCEEDED", seconds(20)),
        recorded(3, 1..=2),
        ended(3, "FAILED", seconds(21)),
        redriven(3, seconds(22)),
        ended(3, "FAILED", seconds(23)),
        document("stateMachine", "Orders", Some("{}")),
        document("activity", "Cook", Some("[]")),
    ]
}
