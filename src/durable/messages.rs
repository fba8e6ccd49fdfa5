//! What is written into the journals of Restate: texts in the store's formats, which every later release reads.

use chrono::{DateTime, Utc};
use restate_sdk::serde as sdk;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::names;
use crate::execution::{TaskId, TaskRequest};
use crate::history::ErrorOutput;
use crate::services::step_functions::Lineage;
use crate::store::{End, StoreError, read_text, written_text};

/// A message between two services, or between a service and its journal.
pub(super) struct Message<T>(pub(super) T);

impl<T: Serialize> sdk::Serialize for Message<T> {
    type Error = std::convert::Infallible;

    fn serialize(&self) -> Result<bytes::Bytes, Self::Error> {
        Ok(written_text(&self.0).into())
    }
}

impl<T: DeserializeOwned> sdk::Deserialize for Message<T> {
    type Error = StoreError;

    fn deserialize(bytes: &mut bytes::Bytes) -> Result<Self, Self::Error> {
        read_text(&String::from_utf8_lossy(bytes), "a message").map(Self)
    }
}

/// JSON as it comes from outside and goes there; nothing is `{}`, as with `StartExecution`.
pub(super) struct Json(pub(super) Value);

impl sdk::Serialize for Json {
    type Error = serde_json::Error;

    fn serialize(&self) -> Result<bytes::Bytes, Self::Error> {
        serde_json::to_vec(&self.0).map(Into::into)
    }
}

impl sdk::Deserialize for Json {
    type Error = serde_json::Error;

    fn deserialize(bytes: &mut bytes::Bytes) -> Result<Self, Self::Error> {
        if bytes.is_empty() {
            return Ok(Self(Value::Object(serde_json::Map::new())));
        }
        serde_json::from_slice(bytes).map(Self)
    }
}

/// What a run begins with; its key tells what that is.
pub(super) struct Input(bytes::Bytes);

impl Input {
    pub(super) fn read<T: sdk::Deserialize>(mut self) -> Result<T, T::Error> {
        T::deserialize(&mut self.0)
    }
}

impl sdk::Deserialize for Input {
    type Error = std::convert::Infallible;

    fn deserialize(bytes: &mut bytes::Bytes) -> Result<Self, Self::Error> {
        Ok(Self(bytes.clone()))
    }
}

/// How an execution ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ending {
    pub(super) status: String,
    time: DateTime<Utc>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl From<End> for Ending {
    fn from(end: End) -> Self {
        let End {
            status,
            time,
            output,
            error,
            cause,
        } = end;
        Self {
            status,
            time,
            output,
            error,
            cause,
        }
    }
}

impl From<Ending> for End {
    fn from(ending: Ending) -> Self {
        let Ending {
            status,
            time,
            output,
            error,
            cause,
        } = ending;
        Self {
            status,
            time,
            output,
            error,
            cause,
        }
    }
}

/// What is told of executions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reported {
    pub(crate) status_changes: bool,
    pub(crate) logs: bool,
}

impl Reported {
    pub(super) const ALL: Self = Self {
        status_changes: true,
        logs: true,
    };

    /// What a cluster tells that has a service or has not.
    pub(crate) fn by(has_service: impl Fn(&str) -> bool) -> Self {
        Self {
            status_changes: has_service(names::STATUS_CHANGES),
            logs: has_service(names::LOGS),
        }
    }
}

/// An attempt of a task, for the service that does it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TaskCall {
    pub(super) execution_arn: Arc<str>,
    pub(super) state_machine_arn: Arc<str>,
    pub(super) id: TaskId,
    pub(super) state: Arc<str>,
    pub(super) resource: String,
    pub(super) retry_count: u32,
    pub(super) request: Arc<TaskRequest>,
    /// The execution, for a task that may start another.
    #[serde(default)]
    pub(super) parent: Option<ParentFacts>,
    /// What it has started already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) started: Option<StartedChild>,
}

/// An execution that a task has started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StartedChild {
    pub(super) arn: String,
    pub(super) start_time: DateTime<Utc>,
    /// The invocation that runs it.
    pub(super) run: String,
}

/// What the executions that an execution starts have of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ParentFacts {
    pub(super) lineage: Lineage,
    pub(super) start_time: DateTime<Utc>,
    pub(super) services: Option<BTreeSet<String>>,
}

/// Whom to tell of the end of an execution: a task, and which resource it waits for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Awaited {
    pub(super) token: String,
    pub(super) resource: String,
    /// The execution's input as that task gave it.
    pub(super) input_text: String,
    /// The invocation that runs it.
    pub(super) run: String,
}

/// What came of an attempt, and when; `None` if its answer comes by its token.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TaskAnswer {
    pub(super) time: DateTime<Utc>,
    pub(super) result: Option<Result<Value, ErrorOutput>>,
}

/// Events of a history that came of one step.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Events {
    pub(super) time: DateTime<Utc>,
    pub(super) heads: String,
    pub(super) details: String,
}

/// Which part of a history is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Range {
    pub(super) after: u64,
    /// The events before this one, the last of them, in place of those after.
    #[serde(default)]
    pub(super) before: Option<u64>,
    pub(super) most: usize,
}

impl Range {
    pub(super) fn has(&self, id: u64) -> bool {
        match self.before {
            Some(before) => id < before,
            None => id > self.after,
        }
    }
}

/// A `StopExecution`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stop {
    pub(super) time: DateTime<Utc>,
    pub(super) error: ErrorOutput,
}

/// What comes for a task by its token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Delivery {
    /// A worker takes the task of an activity, by one of its polls.
    Started {
        worker_name: Option<String>,
        poll: String,
    },
    Heartbeat,
    Submitted(Value),
    /// The same of a task that waits for an execution, whose run of a key is stopped if the task ends first.
    ExecutionStarted {
        answer: Value,
        run: String,
    },
    Succeeded(Value),
    Failed(ErrorOutput),
}

/// The same with its time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Delivered {
    pub(super) time: DateTime<Utc>,
    pub(super) delivery: Delivery,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Receipt {
    Taken,
    /// The task is over, or taken by another worker.
    TooLate,
    /// There is no such token.
    Unknown,
}
