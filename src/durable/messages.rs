//! What is written into the journals of Restate: texts in the store's formats, which every later release reads.

use chrono::{DateTime, Utc};
use restate_sdk::serde as sdk;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::CHILDREN_AT_ONCE;
use crate::execution::{Execution, Limits, Program, StartOptions, TaskId, TaskRequest};
use crate::history::ErrorOutput;
use crate::services::step_functions::Lineage;
use crate::store::{
    End, Start, StoreError, StoreErrorKind, StoredDefinition, StoredOrigin, StoredRequest, read_text, written_text,
};

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

/// How an execution began: made once, in the first step of its journal, by the worker that began it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Beginning {
    pub(super) time: DateTime<Utc>,
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) state_machine_arn: String,
    /// The definition with which it ends, too, whatever a later worker has.
    pub(super) fingerprint: String,
    pub(super) definition: String,
    /// All other options, as a store has them.
    pub(super) options: String,
    /// The activities whose tasks a handler does.
    #[serde(default)]
    pub(super) handled_activities: BTreeSet<String>,
}

/// An execution that has begun, with its input as JSON: all that its workflow has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(super) beginning: Beginning,
    pub(super) input: String,
    /// The resources that have services of their own, where not all have: the tasks of the others go to the service for any resource.
    #[serde(default)]
    pub(super) services: Option<BTreeSet<String>>,
    /// Whose child execution it is, if it is one of a distributed Map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) child_of: Option<ChildOf>,
}

/// The Map Run of a child execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ChildOf {
    pub(super) map_run_arn: Arc<str>,
    /// The number of what it runs of the definition.
    pub(super) graph: u32,
}

impl Beginning {
    /// Also the input as it is written.
    pub(super) fn of(
        program: &Program,
        options: &StartOptions,
        limits: &Limits,
        origin: StoredOrigin,
        time: DateTime<Utc>,
    ) -> (Self, String) {
        let definition = StoredDefinition::of(program);
        let mut options = options.clone();
        options.separate_children = Some(CHILDREN_AT_ONCE);
        let start = Start::of(0, program, &options, limits, origin, time);
        let beginning = Self {
            time,
            arn: start.arn,
            name: start.name,
            state_machine_arn: start.state_machine_arn,
            fingerprint: definition.fingerprint,
            definition: definition.text,
            options: start.options,
            handled_activities: BTreeSet::new(),
        };
        (beginning, start.input)
    }
}

impl Begun {
    /// An execution that begins now, with its seed among the options.
    pub(crate) fn of(
        program: &Program,
        options: &StartOptions,
        limits: &Limits,
        origin: StoredOrigin,
        time: DateTime<Utc>,
        services: Option<BTreeSet<String>>,
    ) -> Self {
        let (beginning, input) = Beginning::of(program, options, limits, origin, time);
        Self {
            beginning,
            input,
            services,
            child_of: None,
        }
    }

    pub(crate) fn arn(&self) -> &str {
        &self.beginning.arn
    }

    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.beginning.time
    }

    /// How the execution begins, whether for the first time or again.
    pub(super) fn read(&self) -> Result<Opening, StoreError> {
        let beginning = &self.beginning;
        let definition = StoredDefinition {
            fingerprint: beginning.fingerprint.clone(),
            text: beginning.definition.clone(),
        };
        let program = Arc::new(definition.program()?);
        let start = Start {
            number: 0,
            arn: beginning.arn.clone(),
            name: beginning.name.clone(),
            state_machine_arn: beginning.state_machine_arn.clone(),
            definition: definition.fingerprint,
            time: beginning.time,
            input: self.input.clone(),
            options: beginning.options.clone(),
        };
        let (options, origin) = start.read(&program)?;
        let facts = Facts {
            input: start.input,
            arn: start.arn,
            name: start.name,
            state_machine_arn: start.state_machine_arn,
            start_time: start.time,
            started_by: origin.started_by,
            request: origin.request,
            redrive_count: 0,
            redrive_time: None,
        };
        Ok(Opening {
            program,
            options,
            facts,
            lineage: origin.lineage,
            graph: self.child_of.as_ref().map(|of| of.graph),
        })
    }
}

/// How an execution begins.
pub(super) struct Opening {
    pub(super) program: Arc<Program>,
    pub(super) options: StartOptions,
    pub(super) facts: Facts,
    pub(super) lineage: Lineage,
    /// What a child execution runs of the definition.
    graph: Option<u32>,
}

impl Opening {
    /// The execution, what is told of it, and its ancestors.
    pub(super) fn begin(self) -> Result<(Execution, Facts, Lineage), StoreError> {
        let (program, options, time) = (self.program, self.options, self.facts.start_time);
        let execution = match self.graph {
            None => Execution::start(program, options, time),
            Some(graph) => Execution::start_graph(program, graph, options, time)
                .ok_or_else(|| StoreError::new(StoreErrorKind::Damaged, "the definition has no such graph"))?,
        };
        Ok((execution, self.facts, self.lineage))
    }
}

/// What is told of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) state_machine_arn: String,
    pub(crate) start_time: DateTime<Utc>,
    /// The text of its input as it was given.
    pub(crate) input: String,
    /// The id of the attempt of a task that started it.
    #[serde(default)]
    pub(crate) started_by: Option<Arc<str>>,
    /// What the API was asked for.
    #[serde(default)]
    pub(crate) request: Option<StoredRequest>,
    /// How often it was redriven, and when last.
    #[serde(default)]
    pub(crate) redrive_count: u32,
    #[serde(default)]
    pub(crate) redrive_time: Option<DateTime<Utc>>,
}

impl Facts {
    pub(super) fn has_input(&self, input: &Value) -> bool {
        serde_json::from_str::<Value>(&self.input).is_ok_and(|own| own == *input)
    }
}

/// What a list tells of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) start_time: DateTime<Utc>,
    pub(crate) stop_time: Option<DateTime<Utc>>,
    pub(crate) version_arn: Option<Arc<str>>,
    pub(crate) alias_arn: Option<Arc<str>>,
}

impl Listed {
    /// A running execution.
    pub(super) fn of(facts: &Facts) -> Self {
        let request = facts.request.as_ref();
        Self {
            arn: facts.arn.clone(),
            name: facts.name.clone(),
            status: "RUNNING".to_owned(),
            start_time: facts.start_time,
            stop_time: None,
            version_arn: request.and_then(|request| request.version_arn.clone()),
            alias_arn: request.and_then(|request| request.alias_arn.clone()),
        }
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
#[derive(Debug, Serialize, Deserialize)]
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
    /// The same of a task that waits for an execution, which is stopped if the task ends first.
    ExecutionStarted {
        answer: Value,
        arn: String,
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
