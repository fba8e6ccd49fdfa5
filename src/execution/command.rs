//! The boundary of an execution: start options, events in, commands out.

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

/// The options of an execution's start. Names and ids appear in the context object and in the history.
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
    /// The secret that makes task tokens unguessable; default: none.
    pub token_secret: TokenSecret,
    /// How much of the history is recorded.
    pub history: HistoryLevel,
    /// The execution's limits.
    pub limits: Limits,
    /// For an Express workflow, the last part of the ARN, usually a UUID; it distinguishes executions of the same name.
    /// `None`, the default, for a Standard workflow.
    ///
    /// An Express execution takes at most five minutes, and its context object has no `RedriveCount`.
    pub express_id: Option<String>,
    /// The ARNs of the existing activities; a Task with any other fails with `States.Runtime`, as on AWS with a deleted
    /// activity. `None`, the default: every activity exists.
    pub activities: Option<Arc<BTreeSet<String>>>,
    /// Whether the execution keeps a trace, which has details that the history lacks.
    pub(crate) is_traced: bool,
}

impl StartOptions {
    /// Options with this input and placeholder names.
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

// Defaults shared by executions that set none.
static STATE_MACHINE: LazyLock<Arc<StateMachineContext>> =
    LazyLock::new(|| Arc::new(StateMachineContext::new("us-east-1", "123456789012", "StateMachine")));
static ROLE_ARN: LazyLock<Arc<str>> = LazyLock::new(|| "arn:aws:iam::123456789012:role/StepFunctions".into());

/// AWS's quotas of one execution (developer guide, "Quotas"), and two of our own; all may be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of an input, output or result as UTF-8 JSON text; 262,144.
    pub payload_bytes: usize,
    /// The most events of the history; the last one is always the end of the execution. `None` for no limit; 25,000.
    pub history_events: Option<u64>,
    /// The most bytes of one variable's value, and of one `Assign` in total; 262,144.
    pub variable_bytes: usize,
    /// The most bytes of all variables of the execution; 10,485,760.
    pub stored_variable_bytes: usize,
    /// The most iterations of an inline Map that run at once; 40.
    pub inline_map_concurrency: usize,
    /// The most work between two events; an execution that does more without waiting or ending fails; 1,000,000,000.
    ///
    /// Entering or retrying a state counts 1,000, and each value visited by a path counts 1: without a limit of the
    /// history, a state machine that loops for ever ends after a million rounds. A child execution of a distributed Map
    /// counts 1,000 plus its own work, so a few hundred thousand of them can run in one go if none waits for a task.
    pub work: u64,
    /// The most bytes of memory, estimated, for the data of all running states; 1,073,741,824.
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

/// Identifies one attempt of one task in one execution; every attempt has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    pub(crate) frame: u32,
    /// Unique among all attempts of the execution, so that a late answer never lands in a reused frame.
    pub(crate) generation: u32,
}

/// An unanswered attempt of a Task state.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The id, needed to answer.
    pub id: TaskId,
    /// The state's name.
    pub state: Arc<str>,
    /// The resource that does the work.
    pub resource: Resource,
    /// What the state asks of it.
    pub request: Arc<TaskRequest>,
    /// 0 for the first attempt, then the number of retries.
    pub retry_count: u32,
    /// The child execution of the task; `None` for a task of the execution itself.
    pub child: Option<Arc<ChildExecution>>,
}

/// The child execution of a distributed Map in which a task runs.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildExecution {
    /// Its ARN.
    pub arn: Arc<str>,
    /// The ARN of its state machine, `…:stateMachine:MACHINE/LABEL`.
    pub state_machine_arn: String,
}

/// A command to the driver.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Start the task and report how it ends.
    Invoke(Task),
    /// The task is cancelled; a later answer is ignored.
    Cancel(TaskId),
    /// Append to the history.
    Record(HistoryEvent),
    /// Append to the history of a child execution.
    RecordChild(Box<ChildEvent>),
    /// A Map Run began or ended; its current state.
    MapRun(Box<MapRun>),
    /// The execution is over; no command follows.
    Complete(Outcome),
}

/// An event reported by the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// A worker started an activity task.
    TaskStarted {
        /// The task.
        task: TaskId,
        /// The worker's name.
        worker_name: Option<String>,
    },
    /// The service of a `.sync` or `.waitForTaskToken` task accepted it; the task goes on.
    TaskSubmitted {
        /// The task.
        task: TaskId,
        /// The service's response.
        output: Value,
    },
    /// The task sent a heartbeat.
    TaskHeartbeat {
        /// The task.
        task: TaskId,
    },
    /// The task succeeded.
    TaskSucceeded {
        /// The task.
        task: TaskId,
        /// The raw result.
        output: Value,
    },
    /// The task failed.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// The error.
        error: ErrorOutput,
    },
    /// Time passed, usually up to [`Execution::next_deadline`](super::Execution::next_deadline).
    DeadlineReached,
    /// The execution is stopped (`StopExecution`).
    Stop(ErrorOutput),
}

impl Event {
    /// The event's task.
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

    /// Drops an output that nests too deeply and returns whether there was one. Even dropping it the usual way could
    /// overflow the stack.
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

/// The outcome of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// `SUCCEEDED`
    Succeeded {
        /// The execution's output.
        output: Payload,
    },
    /// `FAILED`
    Failed(ErrorOutput),
    /// `TIMED_OUT`: it took longer than the machine's `TimeoutSeconds`.
    TimedOut(ErrorOutput),
    /// `ABORTED`: it was stopped.
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

    /// The output, if the execution succeeded.
    pub fn output(&self) -> Option<&Value> {
        match self {
            Self::Succeeded { output } => Some(output),
            _ => None,
        }
    }

    /// The error and cause, if the execution did not succeed.
    pub fn error(&self) -> Option<&ErrorOutput> {
        match self {
            Self::Succeeded { .. } => None,
            Self::Failed(error) | Self::TimedOut(error) | Self::Aborted(error) => Some(error),
        }
    }
}

/// A command in a snapshot. Tasks are not included: restoring dispatches every unanswered one again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum PendingCommand {
    Cancel(TaskId),
    Record(HistoryEvent),
    RecordChild(Box<ChildEvent>),
    MapRun(Box<MapRun>),
    Complete(Outcome),
}

/// The time of an event, given by the driver: the core never reads a clock.
pub(crate) type Timestamp = DateTime<Utc>;

/// A later time, or the last representable one.
pub(crate) fn later(now: Timestamp, delay: TimeDelta) -> Timestamp {
    now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

pub(crate) fn seconds_later(now: Timestamp, seconds: u32) -> Timestamp {
    later(now, TimeDelta::seconds(i64::from(seconds)))
}
