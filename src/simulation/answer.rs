//! What a scripted task answers.

use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

use super::words::{seconds, shown, told};
use crate::TaskError;
use crate::data::{MAX_NESTING, within_nesting};
use crate::history::ErrorOutput;

/// One scripted answer: how an attempt ends, at once or after some virtual time.
///
/// ```
/// use asl_engine::simulation::Answer;
/// use serde_json::json;
/// use std::time::Duration;
///
/// let slow = Answer::success(json!({ "paid": true })).after(Duration::from_secs(90));
/// let busy = Answer::error("Till.Busy", "try later");
/// let late = Answer::timeout();
/// # let _ = (slow, busy, late);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub(super) end: End,
    pub(super) after: Duration,
    /// The earliest virtual time of the answer, counted from the start of the run.
    pub(super) not_before: Duration,
    /// The service's first response, before the work is done.
    pub(super) submitted: Option<Value>,
    /// The worker that polls the activity task.
    pub(super) worker: Option<Worker>,
    /// The time between heartbeats.
    pub(super) beat: Option<Duration>,
    /// When the heartbeats stop; `None` if they go on until the answer.
    pub(super) beats_for: Option<Duration>,
    /// Whether the result must come by task token.
    pub(super) is_callback: bool,
}

/// The worker that polls an activity task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worker {
    pub(super) name: Option<String>,
}

/// How an attempt ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Success(Value),
    Error(ErrorOutput),
    /// It never ends by itself: a timeout or a failing sibling ends it.
    Never,
    /// At the state's `TimeoutSeconds`, with heartbeats until then.
    Timeout,
    /// At the state's `HeartbeatSeconds`.
    HeartbeatLoss,
}

impl Answer {
    fn of(end: End) -> Self {
        Self {
            end,
            after: Duration::ZERO,
            not_before: Duration::ZERO,
            submitted: None,
            worker: None,
            beat: None,
            beats_for: None,
            is_callback: false,
        }
    }

    /// The task succeeds.
    pub fn success(output: Value) -> Self {
        Self::of(End::Success(bounded(output)))
    }

    /// The task fails.
    pub fn error(error: impl Into<String>, cause: impl Into<String>) -> Self {
        TaskError::new(error, cause).into()
    }

    /// The task never answers: its timeout or heartbeat ends it, whichever comes first.
    pub fn never() -> Self {
        Self::of(End::Never)
    }

    /// The task runs into the state's `TimeoutSeconds`, sending its heartbeats until then. The run is an error if the
    /// state has no `TimeoutSeconds`.
    pub fn timeout() -> Self {
        Self::of(End::Timeout)
    }

    /// The task sends no heartbeat, so the state's `HeartbeatSeconds` end it. The run is an error if the state waits
    /// for no heartbeat.
    pub fn heartbeat_loss() -> Self {
        Self::of(End::HeartbeatLoss)
    }

    /// The service accepts the work at once; the result comes later by the task token, at the time set by
    /// [`Answer::after`]. The run is an error if the task has no token.
    pub fn callback(result: Result<Value, TaskError>) -> Self {
        let mut answer = Self::from(result);
        answer.is_callback = true;
        answer
    }

    /// Delays the answer by some virtual time.
    #[must_use]
    pub fn after(mut self, latency: Duration) -> Self {
        self.after = latency;
        self
    }

    /// The service's first response to a `.sync` or `.waitForTaskToken` task, before the work is done.
    #[must_use]
    pub fn submitted(mut self, output: Value) -> Self {
        self.submitted = Some(bounded(output));
        self
    }

    /// The name of the worker that polls the activity task.
    #[must_use]
    pub fn taken_up_by(mut self, worker_name: impl Into<String>) -> Self {
        let name = Some(worker_name.into());
        self.worker = Some(Worker { name });
        self
    }

    /// The task sends a heartbeat at this interval until it answers.
    #[must_use]
    pub fn heartbeat_every(mut self, time: Duration) -> Self {
        self.beat = Some(time);
        self
    }

    pub(super) fn is_success(&self) -> bool {
        matches!(self.end, End::Success(_))
    }

    /// The service's first response, if there is one.
    pub(super) fn first_output(&self) -> Option<Value> {
        self.submitted.clone().or_else(|| self.is_callback.then(|| json!({})))
    }
}

/// The value, or a stand-in that is just too deep where the value nests so deeply that even dropping it could overflow.
pub(super) fn bounded(value: Value) -> Value {
    match within_nesting(value) {
        Some(value) => value,
        None => (0..=MAX_NESTING).fold(Value::Null, |inner, _| Value::Array(vec![inner])),
    }
}

/// A short summary: `success {"paid":true} after 90 s`.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            End::Success(output) => write!(f, "success {}", shown(output))?,
            End::Error(error) => write!(f, "error {}", told(error))?,
            End::Never => write!(f, "no answer")?,
            End::Timeout => write!(f, "timeout")?,
            End::HeartbeatLoss => write!(f, "no heartbeat")?,
        }
        if self.after.is_zero() {
            return Ok(());
        }
        write!(f, " after {}", seconds(self.after))
    }
}

impl From<Result<Value, TaskError>> for Answer {
    fn from(result: Result<Value, TaskError>) -> Self {
        match result {
            Ok(output) => Self::success(output),
            Err(error) => error.into(),
        }
    }
}

impl From<Value> for Answer {
    fn from(output: Value) -> Self {
        Self::success(output)
    }
}

impl From<TaskError> for Answer {
    fn from(error: TaskError) -> Self {
        ErrorOutput::from(error).into()
    }
}

impl From<ErrorOutput> for Answer {
    fn from(error: ErrorOutput) -> Self {
        Self::of(End::Error(error))
    }
}
