//! What passes the boundary of an execution: its options, events in, commands out.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::map_run::{ChildEvent, MapRun};
use super::task_request::TaskRequest;
use super::token::TokenSecret;
use crate::data::{MAX_NESTING, Payload, StateMachineContext, discard, nests_within};
use crate::definition::Resource;
use crate::history::{ErrorOutput, HistoryEvent, HistoryLevel};

/// How an execution starts. Names and ids appear in the context object and in the history.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StartOptions {
    /// The execution's input; default `{}`.
    pub input: Value,
    /// The execution's name.
    pub name: String,
    /// The state machine's name and ARN, shared by its executions.
    pub state_machine: Arc<StateMachineContext>,
    /// The role the execution runs under, as an ARN.
    pub role_arn: Arc<str>,
    /// Seed of everything random: jitter, `States.UUID`, `States.MathRandom`.
    pub seed: u64,
    /// What makes task tokens unguessable; default none.
    pub token_secret: TokenSecret,
    /// How much of the history is recorded.
    pub history: HistoryLevel,
    /// What the execution may use.
    pub limits: Limits,
    /// What tells executions of an Express workflow apart that have the same name, usually a UUID: the last part of the
    /// ARN. `None` for a Standard workflow; default.
    ///
    /// An Express execution takes five minutes at the most, and its context object has no `RedriveCount`.
    pub express_id: Option<String>,
    /// The ARNs of the activities that exist; a Task of another one fails with `States.Runtime`, as on AWS one fails
    /// whose activity was deleted. `None` for all that there can be; default.
    pub activities: Option<Arc<BTreeSet<String>>>,
    /// Whether the execution keeps a trace of what its history does not tell.
    pub(crate) is_traced: bool,
}

impl StartOptions {
    /// Options with this input and names that say nothing.
    pub fn new(input: Value) -> Self {
        Self {
            input,
            name: "execution".into(),
            state_machine: Arc::clone(&STATE_MACHINE),
            role_arn: Arc::clone(&ROLE_ARN),
            seed: 0,
            token_secret: TokenSecret::default(),
            history: HistoryLevel::default(),
            limits: Limits::default(),
            express_id: None,
            activities: None,
            is_traced: false,
        }
    }

    /// The execution's ARN, `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`, of an Express workflow
    /// `arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID`.
    pub fn execution_arn(&self) -> String {
        match &self.express_id {
            None => self.state_machine.execution_arn(&self.name),
            Some(id) => self.state_machine.express_arn(&self.name, id),
        }
    }
}

// What says nothing is the same for all that do not say otherwise.
static STATE_MACHINE: LazyLock<Arc<StateMachineContext>> =
    LazyLock::new(|| Arc::new(StateMachineContext::new("us-east-1", "123456789012", "StateMachine")));
static ROLE_ARN: LazyLock<Arc<str>> = LazyLock::new(|| "arn:aws:iam::123456789012:role/StepFunctions".into());

/// AWS's quotas of one execution (developer guide, "Quotas"), and two of our own; all may be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of an input, output or result as UTF-8 JSON text; 262,144.
    pub payload_bytes: usize,
    /// Events of the history; the last may only be the end of the execution. `None` for no limit; 25,000.
    pub history_events: Option<u64>,
    /// Bytes of one variable's value, and of one `Assign` in total; 262,144.
    pub variable_bytes: usize,
    /// Bytes of all variables of the execution; 10,485,760.
    pub stored_variable_bytes: usize,
    /// Iterations of an inline Map that run at once; 40.
    pub inline_map_concurrency: usize,
    /// Work between two events, after which an execution that neither waits nor ends has failed; 1,000,000,000.
    ///
    /// A state that is entered or tried counts 1,000, and a value that a path looks at counts 1: a state machine that
    /// loops for ever ends after a million rounds, where the history has no limit. A child execution of a distributed Map
    /// counts 1,000 and what it does, so that a few hundred thousand of them can run in one go where none waits for a task.
    pub work: u64,
    /// Bytes of memory, as far as they can be told, that the data of all running states may take; 1,073,741,824.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 262_144,
            history_events: Some(25_000),
            variable_bytes: 262_144,
            stored_variable_bytes: 10_485_760,
            inline_map_concurrency: 40,
            work: 1_000_000_000,
            held_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// Names one attempt of one task of one execution; a later attempt has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    pub(crate) frame: u32,
    /// Unique among all attempts of the execution, so that a late answer never lands in a reused frame.
    pub(crate) generation: u32,
}

/// One attempt of a Task state that waits for its answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// What the answer must carry.
    pub id: TaskId,
    /// The state's name.
    pub state: Arc<str>,
    /// What does the work.
    pub resource: Resource,
    /// What the state asks of it.
    pub request: Arc<TaskRequest>,
    /// 0 for the first attempt, then the number of retries.
    pub retry_count: u32,
    /// The child execution that it is a task of; `None` for one of the execution itself.
    pub child: Option<Arc<ChildExecution>>,
}

/// A child execution of a distributed Map, as its tasks show it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildExecution {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The ARN of what it is an execution of, `…:stateMachine:MACHINE/LABEL`.
    pub state_machine_arn: String,
}

/// What a driver must carry out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Start the task and report how it ends.
    Invoke(Task),
    /// Nobody waits for this task any more; an answer that comes all the same is ignored.
    Cancel(TaskId),
    /// Append to the history.
    Record(HistoryEvent),
    /// Append to the history of a child execution.
    RecordChild(Box<ChildEvent>),
    /// A Map Run began or ended: what it looks like now.
    MapRun(Box<MapRun>),
    /// The execution is over; no command follows.
    Complete(Outcome),
}

/// What a driver reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// A worker took up an activity task.
    TaskStarted {
        /// Which.
        task: TaskId,
        /// Who.
        worker_name: Option<String>,
    },
    /// The service behind a `.sync` or `.waitForTaskToken` task answered; the task goes on.
    TaskSubmitted {
        /// Which.
        task: TaskId,
        /// What the service answered.
        output: Value,
    },
    /// The task sent a heartbeat.
    TaskHeartbeat {
        /// Which.
        task: TaskId,
    },
    /// The task ended well.
    TaskSucceeded {
        /// Which.
        task: TaskId,
        /// The raw result.
        output: Value,
    },
    /// The task failed.
    TaskFailed {
        /// Which.
        task: TaskId,
        /// Why.
        error: ErrorOutput,
    },
    /// Time went on, usually to [`Execution::next_deadline`](super::Execution::next_deadline).
    DeadlineReached,
    /// Somebody stops the execution (`StopExecution`).
    Stop(ErrorOutput),
}

impl Event {
    /// The task that it is about.
    pub(super) fn task(&mut self) -> Option<&mut TaskId> {
        match self {
            Self::TaskStarted { task, .. }
            | Self::TaskSubmitted { task, .. }
            | Self::TaskHeartbeat { task }
            | Self::TaskSucceeded { task, .. }
            | Self::TaskFailed { task, .. } => Some(task),
            Self::DeadlineReached | Self::Stop(_) => None,
        }
    }

    /// Drops an output that nests too deeply to be worked with, or even to be dropped as it is; whether there was one.
    pub(super) fn drop_deep_output(&mut self) -> bool {
        let (Self::TaskSubmitted { output, .. } | Self::TaskSucceeded { output, .. }) = self else {
            return false;
        };
        let is_too_deep = !nests_within(output, MAX_NESTING);
        if is_too_deep {
            discard(std::mem::take(output));
        }
        is_too_deep
    }
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// `SUCCEEDED`
    Succeeded {
        /// The execution's output.
        output: Payload,
    },
    /// `FAILED`
    Failed(ErrorOutput),
    /// `TIMED_OUT`: the machine's `TimeoutSeconds` were over.
    TimedOut(ErrorOutput),
    /// `ABORTED`: somebody stopped it.
    Aborted(ErrorOutput),
}

impl Outcome {
    /// AWS's status: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
            Self::TimedOut(_) => "TIMED_OUT",
            Self::Aborted(_) => "ABORTED",
        }
    }

    /// The output of an execution that succeeded.
    pub fn output(&self) -> Option<&Value> {
        match self {
            Self::Succeeded { output } => Some(output),
            _ => None,
        }
    }

    /// The error and cause of an execution that did not succeed.
    pub fn error(&self) -> Option<&ErrorOutput> {
        match self {
            Self::Succeeded { .. } => None,
            Self::Failed(error) | Self::TimedOut(error) | Self::Aborted(error) => Some(error),
        }
    }
}

/// A command of a snapshot. Tasks are not among them: restoring dispatches every unanswered one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum PendingCommand {
    Cancel(TaskId),
    Record(HistoryEvent),
    RecordChild(Box<ChildEvent>),
    MapRun(Box<MapRun>),
    Complete(Outcome),
}

/// When an event happened; drivers give it, the core never asks a clock.
pub(crate) type Timestamp = DateTime<Utc>;

/// So much later, or the last moment that the clock knows.
pub(crate) fn later(now: Timestamp, delay: TimeDelta) -> Timestamp {
    now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

pub(crate) fn seconds_later(now: Timestamp, seconds: u32) -> Timestamp {
    later(now, TimeDelta::seconds(i64::from(seconds)))
}
