//! The records of a load.

use std::ops::RangeInclusive;

use asl_engine::store::{End, HistoryRecord, JournalEntry, Record, Start, StoredDefinition};
use chrono::{DateTime, Utc};

pub(crate) const STATE_MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Orders";

/// Executions at once, each with its next entry.
pub(crate) struct Load {
    executions: u64,
    last_number: u64,
    /// How many entries were made.
    entries: u64,
}

impl Load {
    pub(crate) fn new(executions: u64) -> Self {
        Self {
            executions,
            last_number: 0,
            entries: 0,
        }
    }

    /// Starts of so many further executions. Their names are in no order, as identifiers are.
    pub(crate) fn starts(&mut self, starts: u64) -> Vec<Record> {
        let mut records = vec![Record::Definition(StoredDefinition {
            fingerprint: "f1".to_owned(),
            text: "{}".to_owned(),
        })];
        for number in self.last_number + 1..=self.last_number + starts {
            let name = format!("order-{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            records.push(Record::Start(Box::new(Start {
                number,
                arn: format!("arn:aws:states:us-east-1:123456789012:execution:Orders:{name}"),
                name,
                state_machine_arn: STATE_MACHINE.to_owned(),
                definition: "f1".to_owned(),
                time: time(number),
                input: format!(r#"{{"order":{number},"items":["margherita","salame"]}}"#),
                options: r#"{"secret":"0123456789abcdef","history":"full"}"#.to_owned(),
            })));
        }
        self.last_number += starts;
        records
    }

    /// So many entries, of one execution after the other.
    pub(crate) fn entries(&mut self, entries: usize, text: &str) -> Vec<Record> {
        let entry = |_| {
            let entry = Record::Entry {
                execution: self.entries % self.executions + 1,
                entry: JournalEntry {
                    number: self.entries / self.executions + 1,
                    text: text.to_owned(),
                },
            };
            self.entries += 1;
            entry
        };
        (0..entries).map(entry).collect()
    }

    pub(crate) fn ends(&self, numbers: RangeInclusive<u64>) -> Vec<Record> {
        let end = |number| Record::End {
            execution: number,
            end: Box::new(End {
                status: "SUCCEEDED".to_owned(),
                time: time(self.last_number + number),
                output: Some("{}".to_owned()),
                error: None,
                cause: None,
            }),
        };
        let started = numbers.filter(|number| *number <= self.last_number);
        started.map(end).collect()
    }

    pub(crate) fn history(&self, execution: u64, events: u64) -> Record {
        let event = |id| HistoryRecord {
            id,
            previous_event_id: id - 1,
            time: time(self.last_number + id),
            event_type: "TaskStateEntered".to_owned(),
            details: r#"{"name":"Charge","input":"{\"order\":7}","inputDetails":{"truncated":false}}"#.to_owned(),
        };
        Record::History {
            execution,
            events: (1..=events).map(event).collect(),
        }
    }
}

/// A time so many milliseconds after some first one.
fn time(milliseconds: u64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_767_000_000_000 + i64::try_from(milliseconds).unwrap()).unwrap()
}
