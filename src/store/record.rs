//! What a store keeps.

use chrono::{DateTime, Utc};

use super::{HistoryRecord, HistoryRecords};

/// One thing to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A definition; one of the same fingerprint may be there already, and is the same.
    Definition(StoredDefinition),
    /// An execution started. No other of its number is there, and none of its ARN but a removed one.
    Start(Box<Start>),
    /// An event went into an execution.
    Entry {
        /// The execution's number.
        execution: u64,
        /// The entry.
        entry: JournalEntry,
    },
    /// The state of an execution after an entry. It takes the place of an earlier snapshot and of all entries up to this
    /// one, which need not be kept.
    Snapshot {
        /// The execution's number.
        execution: u64,
        /// The snapshot.
        snapshot: StoredSnapshot,
    },
    /// Events of an execution's history; their ids follow those that are there.
    History {
        /// The execution's number.
        execution: u64,
        /// The events.
        events: HistoryRecords,
    },
    /// Events of child executions of a Map Run; each list goes to the end of what its child execution has.
    Children {
        /// The number of the execution around the Map Run.
        execution: u64,
        /// The events.
        children: Vec<ChildEvents>,
    },
    /// A Map Run in its current state; takes the place of an earlier one of the same ARN.
    MapRun {
        /// The number of the execution around it.
        execution: u64,
        /// The Map Run.
        map_run: StoredMapRun,
    },
    /// An execution ended.
    End {
        /// The execution's number.
        execution: u64,
        /// How.
        end: Box<End>,
    },
    /// An execution that had ended runs again.
    Redrive {
        /// The execution's number.
        execution: u64,
        /// When.
        time: DateTime<Utc>,
    },
    /// An execution with the status [`MOVING`](End::MOVING) has arrived in another place and is [`MOVED`](End::MOVED), or it
    /// stays and runs again, as if it had not ended.
    Move {
        /// The execution's number.
        execution: u64,
        /// Whether it has arrived.
        has_arrived: bool,
    },
    /// A document of a service above, such as a state machine; `None` removes it.
    Document {
        /// What the key is unique within.
        kind: String,
        /// The key.
        key: String,
        /// The document.
        text: Option<String>,
    },
}

/// A definition, once for all its executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDefinition {
    /// Its fingerprint: equal for equal definitions.
    pub fingerprint: String,
    /// What the engine needs to read it, the definition among it, as JSON.
    pub text: String,
}

/// How an execution started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The execution's number: higher than those of all executions before.
    pub number: u64,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The ARN of its state machine.
    pub state_machine_arn: String,
    /// The fingerprint of its definition.
    pub definition: String,
    /// When.
    pub time: DateTime<Utc>,
    /// Its input as JSON.
    pub input: String,
    /// All other options, as JSON; the secret of its task tokens is among them.
    pub options: String,
}

/// An event that went into an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// 1, 2, 3 … for each execution.
    pub number: u64,
    /// The event and its time, as JSON.
    pub text: String,
}

/// The state of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The number of the last entry in it; 0 if it was taken before the first.
    pub entry: u64,
    /// The state, as JSON.
    pub text: String,
}

/// A child execution of a Map Run with events of its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildEvents {
    /// The Map Run's ARN.
    pub map_run_arn: String,
    /// The child execution's ARN.
    pub arn: String,
    /// The events.
    pub events: Vec<HistoryRecord>,
}

/// A Map Run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMapRun {
    /// Its ARN.
    pub arn: String,
    /// Its state, as JSON.
    pub text: String,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// AWS's status: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`. Or `MOVING` or `MOVED`: the execution does not go on in the
    /// store, and the cause says where it does.
    pub status: String,
    /// When.
    pub time: DateTime<Utc>,
    /// The output as JSON, of an execution that succeeded.
    pub output: Option<String>,
    /// The error, of one that did not.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
}

impl End {
    /// The status of an execution that is on its way to another place: it may be there or not, and does not run here.
    pub const MOVING: &'static str = "MOVING";
    /// The status of an execution that goes on in another place.
    pub const MOVED: &'static str = "MOVED";

    /// Whether it is no end: the execution is in another place, or on its way there.
    pub fn is_elsewhere(&self) -> bool {
        self.status == Self::MOVING || self.status == Self::MOVED
    }
}

/// An execution as a store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExecution {
    /// How it started.
    pub start: Start,
    /// How it ended; `None` while it runs.
    pub end: Option<End>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When last.
    pub redrive_time: Option<DateTime<Utc>>,
}

/// What is needed to continue an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// The execution.
    pub execution: StoredExecution,
    /// The last snapshot.
    pub snapshot: Option<StoredSnapshot>,
    /// The entries after it, in the order of their numbers; after the start if there is no snapshot.
    pub entries: Vec<JournalEntry>,
}

/// A document of a service above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its key.
    pub key: String,
    /// The document.
    pub text: String,
}
