//! What a scripted task answers.

use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

use super::words::{seconds, shown, told};
use crate::TaskError;
use crate::data::{MAX_NESTING, within_nesting};
use crate::definition::{IntegrationPattern, Resource};
use crate::history::ErrorOutput;
use crate::services::lambda::{is_invoke, response};

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
    /// Whether the result is what a Lambda function returns, before Lambda's response is around it.
    pub(super) is_payload: bool,
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
            is_payload: false,
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

    /// The Lambda function of the task returns this payload. Its result is Lambda's response around the payload where the
    /// task is `lambda:invoke`, and the payload itself where the task names the function's ARN. With
    /// `.waitForTaskToken`, the result still comes by the token.
    ///
    /// ```
    /// use asl_engine::simulation::Answer;
    /// use asl_engine::{Simulation, StateMachine};
    /// use serde_json::json;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = r#"{
    ///   "StartAt": "Charge",
    ///   "States": {
    ///     "Charge": {
    ///       "Type": "Task",
    ///       "Resource": "arn:aws:states:::lambda:invoke",
    ///       "Parameters": { "FunctionName": "charge-order", "Payload.$": "$" },
    ///       "OutputPath": "$.Payload",
    ///       "End": true
    ///     }
    ///   }
    /// }"#.parse()?;
    /// let run = Simulation::of(&machine)
    ///     .task("charge-order", [Answer::lambda(json!({ "paid": true }))])
    ///     .run(json!({ "id": 7 }));
    /// assert_eq!(run.output(), Some(&json!({ "paid": true })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn lambda(payload: Value) -> Self {
        Self::success(payload).of_function()
    }

    /// The Lambda function of the task fails with this error: the error name is `error_type`, and the cause is the JSON
    /// text that Lambda makes of the error.
    pub fn lambda_error(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        let error_type = error_type.into();
        let cause = json!({ "errorMessage": error_message.into(), "errorType": error_type }).to_string();
        Self::error(error_type, cause)
    }

    /// The same answer, of a task that began as it did with another: taken up by the same worker, with the service's first
    /// response and heartbeats.
    #[cfg(feature = "console")]
    pub(super) fn begun_as(mut self, other: &Self) -> Self {
        self.submitted = self.submitted.or_else(|| other.submitted.clone());
        self.worker = self.worker.or_else(|| other.worker.clone());
        self.beat = self.beat.or(other.beat);
        self
    }

    /// The same answer at a time that counts from its request, which was made at a time of the run.
    #[cfg(feature = "console")]
    pub(super) fn since(&self, asked: Duration) -> Self {
        Self {
            after: self.after.max(self.not_before.saturating_sub(asked)),
            // As good as none, and yet it says that the answer came in time.
            not_before: self.not_before.min(Duration::from_nanos(1)),
            ..self.clone()
        }
    }

    /// The answer to a call that was not recorded.
    pub(super) fn not_recorded() -> Self {
        Self::error("Replay.NotRecorded", "the recording does not have this call")
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

    /// The task sends a heartbeat at this interval until it answers. Of more than 1,000 heartbeats, only those are sent
    /// without which the task would miss one.
    #[must_use]
    pub fn heartbeat_every(mut self, time: Duration) -> Self {
        self.beat = Some(time);
        self
    }

    /// The answer to a call that was made at a time since the start, as a test file has it.
    #[cfg(feature = "console")]
    pub(crate) fn to_json(&self, asked: Duration) -> Value {
        let mut answer = match &self.end {
            End::Success(payload) if self.is_payload => json!({ "payload": payload }),
            End::Success(result) => json!({ "result": result }),
            End::Error(ErrorOutput { error, cause }) => {
                let mut told = json!({ "error": error.as_deref().unwrap_or_default() });
                if let Some((told, cause)) = told
                    .as_object_mut()
                    .zip(cause.as_deref().filter(|cause| !cause.is_empty()))
                {
                    told.insert("cause".to_owned(), cause.into());
                }
                told
            }
            End::Never => json!({ "never": true }),
            End::Timeout => json!({ "timeout": true }),
            End::HeartbeatLoss => json!({ "heartbeatLoss": true }),
        };
        let Some(members) = answer.as_object_mut() else {
            return answer;
        };
        let mut set = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        if self.is_callback {
            set("callback", true.into());
        }
        if let Some(submitted) = &self.submitted {
            set("submitted", submitted.clone());
        }
        if let Some(name) = self.worker.as_ref().and_then(|worker| worker.name.as_deref()) {
            set("worker", name.into());
        }
        let is_timed = matches!(self.end, End::Success(_) | End::Error(_));
        let after = self.after.max(self.not_before.saturating_sub(asked)).as_millis();
        if is_timed && after > 0 {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of at most a few years")]
            set("after", json!(after as f64 / 1000.0));
        }
        answer
    }

    pub(super) fn is_success(&self) -> bool {
        matches!(self.end, End::Success(_))
    }

    /// The same answer, as a function's: its result is the function's payload.
    pub(super) fn of_function(mut self) -> Self {
        self.is_payload = true;
        self
    }

    /// The answer as the resource gives it: a function's payload is in Lambda's response.
    pub(super) fn sent_by(mut self, resource: &Resource) -> Self {
        if !std::mem::take(&mut self.is_payload) || !is_invoke(resource) {
            return self;
        }
        let waits = resource.pattern() == IntegrationPattern::WaitForTaskToken;
        self.end = match self.end {
            End::Success(payload) if waits => {
                self.submitted = self.submitted.or_else(|| Some(response(payload)));
                End::Never
            }
            End::Success(payload) => End::Success(response(payload)),
            end => end,
        };
        self
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
            End::Success(payload) if self.is_payload => write!(f, "payload {}", shown(payload))?,
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
