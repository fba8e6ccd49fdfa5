//! Starts executions at a cluster, and reads them.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use hyper::body::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use super::begun::Begun;
use super::messages::{Delivery, Receipt};
use super::nodes::{Call, Interface, Nodes, failed};
use super::place::Place;
use super::{CHECK, DELIVER, ORIGIN, ORIGIN_HEADER, RUN, names};
use crate::data::{MAX_NESTING, discard, nests_within};
use crate::definition::is_name;
use crate::error::{Error, ErrorKind};
use crate::execution::Outcome;
use crate::history::{ErrorOutput, HistoryEvent};
use crate::services::step_functions::StepFunctionsError;
use crate::store::{End, read_text, written_text};

/// So many events are read at once.
const EVENTS: usize = 1_000;

/// How long a node may take for what is done at once.
pub(super) const AT_ONCE: Duration = Duration::from_secs(10);

/// How long a node may be silent about what takes as long as it takes, before another one is asked.
pub(super) const AT_LENGTH: Duration = Duration::from_mins(1);

/// What Restate answers where a run has not ended.
const NOT_READY: u16 = 470;

/// Between two looks whether an execution has begun.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A client of a cluster of Restate servers; a clone is cheap. Any number of them may serve one cluster.
///
/// ```
/// use asl_engine::durable::RestateClient;
///
/// let client = RestateClient::new("http://10.0.0.1:8080", "http://10.0.0.1:9070")
///     .node("http://10.0.0.2:8080", "http://10.0.0.2:9070")
///     .node("http://10.0.0.3:8080", "http://10.0.0.3:9070");
/// ```
///
/// Each call goes to the node that answered last, and to the others in turn, for some seconds, while none answers. A call that a node has taken
/// before it died counts as that same call: a start is not refused because of itself, and neither is the answer of a token.
#[derive(Debug, Clone)]
pub struct RestateClient {
    pub(super) nodes: Nodes,
}

/// An execution as a cluster knows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RestateExecution {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The ARN of its state machine.
    pub state_machine_arn: String,
    /// When it began.
    pub start_time: DateTime<Utc>,
    /// Its input.
    pub input: Value,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was redriven last; `None` if it never was.
    pub redrive_time: Option<DateTime<Utc>>,
    /// How it ended, and when; `None` while it runs, also after a redrive.
    pub end: Option<(Outcome, DateTime<Utc>)>,
}

impl RestateClient {
    /// A client of the cluster with a node whose ingress and admin API are at these URLs, as a rule at the ports 8080 and 9070.
    pub fn new(ingress: impl Into<String>, admin: impl Into<String>) -> Self {
        Self { nodes: Nodes::new() }.node(ingress, admin)
    }

    /// The URLs of another node of the cluster.
    #[must_use]
    pub fn node(mut self, ingress: impl Into<String>, admin: impl Into<String>) -> Self {
        self.nodes.push(ingress.into(), admin.into());
        self
    }

    /// The URLs of the nodes' ingresses.
    pub(super) fn ingresses(&self) -> Vec<String> {
        self.nodes.ingresses().map(str::to_owned).collect()
    }

    /// Tells the cluster of a worker at a URL. It calls the worker to learn what it does; the worker has to serve already. New
    /// executions and tasks go to the worker that was registered last for them. A worker that has other machines or resources after
    /// a restart is registered again.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster) if the cluster cannot be reached, or cannot reach the worker.
    pub async fn register(&self, worker: &str) -> Result<(), Error> {
        // Else the cluster would not look again at an address that it knows.
        let deployment = json!({ "uri": worker, "force": true });
        self.administer("/deployments", &deployment).await.map(drop)
    }

    /// Starts an execution. It is there for good when this returns.
    ///
    /// # Errors
    ///
    /// [`InvalidName`](ErrorKind::InvalidName); [`InvalidInput`](ErrorKind::InvalidInput) if the input is no JSON;
    /// [`ExecutionAlreadyExists`](ErrorKind::ExecutionAlreadyExists) if there is one of this name, also one that has ended less
    /// than 90 days ago, or than an hour ago of an Express workflow; [`Cluster`](ErrorKind::Cluster) if the cluster cannot be
    /// reached, or no worker for the machine was registered: if every node died meanwhile, one of them may have taken the start all the same. A worker refuses an input that is too large when the execution begins: [`outcome`](Self::outcome) tells.
    pub async fn start(&self, machine: &str, name: &str, input: &impl Serialize) -> Result<(), Error> {
        if !is_name(name) {
            let refusal = StepFunctionsError::invalid_name(name);
            return Err(Error::new(ErrorKind::InvalidName, refusal.message()));
        }
        let input = serde_json::to_string(input)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("the input is no JSON: {error}")))?;
        if self.send_start(&Place::of_machine(machine, name), input).await? {
            return Ok(());
        }
        let message = format!("an execution `{name}` of `{machine}` exists already");
        Err(Error::new(ErrorKind::ExecutionAlreadyExists, message))
    }

    /// Starts an execution that brings its state machine with it. Returns `false` if there is one of its ARN already.
    pub(crate) async fn begin(&self, begun: &Begun) -> Result<bool, Error> {
        self.send_start(&Place::of_arn(begun.arn()), written_text(begun)).await
    }

    async fn send_start(&self, place: &Place, body: String) -> Result<bool, Error> {
        self.send_start_as(place, body, unique()).await
    }

    /// The same of a start that may have been sent before, with the same `origin`.
    pub(super) async fn send_start_as(&self, place: &Place, body: String, origin: String) -> Result<bool, Error> {
        let call = Call {
            header: Some((ORIGIN_HEADER, origin.clone())),
            within: Some(AT_ONCE),
            ..Call::post(format!("{}/send", handler(place, RUN)), body)
        };
        let sent = self.nodes.call(call).await?;
        // A second send of a key answers that nothing was started, and which call was first.
        let is_known = serde_json::from_slice::<Value>(&sent.body)
            .is_ok_and(|sent| sent.get("status").is_some_and(|status| status == "PreviouslyAccepted"));
        if sent.status != StatusCode::CONFLICT && !is_known {
            return sent.accepted().map(|_| true);
        }
        // The first may have been this one: a node died, or lost its lead, before it answered.
        Ok(self.origin(place).await? == Some(origin))
    }

    /// Which start an execution comes of, as soon as it begins; `None` if it was ended before it could.
    pub(super) async fn origin(&self, place: &Place) -> Result<Option<String>, Error> {
        loop {
            let has_ended = self.has_ended(place).await?.unwrap_or_default();
            let call = Call {
                within: Some(AT_ONCE),
                ..Call::post(handler(place, ORIGIN), String::new())
            };
            let origin: Option<String> = read(&self.nodes.call(call).await?.accepted()?)?;
            if origin.is_some() || has_ended {
                return Ok(origin);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Stops an execution (`StopExecution`). One that has ended stays as it is.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster), also if there is no execution of this name.
    pub async fn stop(&self, machine: &str, name: &str, error: ErrorOutput) -> Result<(), Error> {
        if self.stop_at(&Place::of_machine(machine, name), &error).await? {
            return Ok(());
        }
        Err(failed(format!("there is no execution `{name}` of `{machine}`")))
    }

    /// An execution; `None` if there is none of this name. One that was taken has begun when this returns.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster).
    pub async fn execution(&self, machine: &str, name: &str) -> Result<Option<RestateExecution>, Error> {
        self.execution_at(&Place::of_machine(machine, name)).await
    }

    pub(super) async fn execution_at(&self, place: &Place) -> Result<Option<RestateExecution>, Error> {
        let told = self.told_of_taken(place).await?;
        let Some((facts, end)) = told else { return Ok(None) };
        let ended = |end: End| end.outcome().map(|outcome| (outcome, end.time));
        Ok(Some(RestateExecution {
            arn: facts.arn,
            name: facts.name,
            state_machine_arn: facts.state_machine_arn,
            start_time: facts.start_time,
            input: serde_json::from_str(&facts.input).map_err(unreadable)?,
            redrive_count: facts.redrive_count,
            redrive_time: facts.redrive_time,
            end: end.map(ended).transpose().map_err(unreadable)?,
        }))
    }

    /// Waits for the end of an execution.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster), also if there is no execution of this name, or if it was refused before it began.
    pub async fn outcome(&self, machine: &str, name: &str) -> Result<Outcome, Error> {
        let (_, end) = self.end_at(&Place::of_machine(machine, name)).await?;
        end.outcome().map_err(unreadable)
    }

    /// Completes the task of a token with its result (`SendTaskSuccess`): a `.waitForTaskToken` or `.sync` task, or one of an
    /// activity. Waits while no worker runs.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`](ErrorKind::InvalidToken) if there is no such token, [`TaskTimedOut`](ErrorKind::TaskTimedOut) if its task
    /// has ended less than a day ago, [`InvalidInput`](ErrorKind::InvalidInput) if the output nests too deeply,
    /// [`Cluster`](ErrorKind::Cluster).
    pub async fn send_task_success(&self, token: &str, output: Value) -> Result<(), Error> {
        if !nests_within(&output, MAX_NESTING) {
            discard(output);
            return Err(Error::new(ErrorKind::InvalidInput, "the output nests too deeply"));
        }
        self.deliver(token, &Delivery::Succeeded(output)).await
    }

    /// Fails the task of a token (`SendTaskFailure`).
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_failure(&self, token: &str, error: ErrorOutput) -> Result<(), Error> {
        self.deliver(token, &Delivery::Failed(error)).await
    }

    /// Sends a heartbeat for the task of a token (`SendTaskHeartbeat`).
    ///
    /// # Errors
    ///
    /// As [`send_task_success`](Self::send_task_success).
    pub async fn send_task_heartbeat(&self, token: &str) -> Result<(), Error> {
        self.deliver(token, &Delivery::Heartbeat).await
    }

    /// Errors if nobody waits for the answer of a token.
    pub(crate) async fn check_token(&self, token: &str) -> Result<(), Error> {
        self.token(token, CHECK, &(), false).await
    }

    pub(super) async fn deliver(&self, token: &str, delivery: &Delivery) -> Result<(), Error> {
        let is_answer = *delivery != Delivery::Heartbeat;
        self.token(token, DELIVER, delivery, is_answer).await
    }

    async fn token(&self, token: &str, handler: &str, input: &impl Serialize, is_answer: bool) -> Result<(), Error> {
        let receipt = if token.is_empty() {
            Receipt::Unknown
        } else {
            let at = (names::TOKENS, token, handler);
            if is_answer {
                // A second answer would be refused.
                self.call_object_once(at, input).await?
            } else {
                self.call_object(at, input).await?
            }
        };
        match receipt {
            Receipt::Taken => Ok(()),
            Receipt::TooLate => Err(Error::new(
                ErrorKind::TaskTimedOut,
                StepFunctionsError::task_timed_out().message(),
            )),
            Receipt::Unknown => Err(Error::new(
                ErrorKind::InvalidToken,
                StepFunctionsError::invalid_token().message(),
            )),
        }
    }

    /// The history of an execution, as far as it has got.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster).
    pub async fn history(&self, machine: &str, name: &str) -> Result<Vec<HistoryEvent>, Error> {
        self.history_at(&Place::of_machine(machine, name)).await
    }

    pub(crate) async fn history_at(&self, place: &Place) -> Result<Vec<HistoryEvent>, Error> {
        let mut history: Vec<HistoryEvent> = Vec::new();
        loop {
            let after = history.last().map_or(0, |event| event.id);
            let events = self.events_at(place, after, EVENTS).await?;
            if events.is_empty() {
                return Ok(history);
            }
            history.extend(events);
        }
    }

    /// Whether a run has ended; `None` if there is none.
    pub(super) async fn has_ended(&self, place: &Place) -> Result<Option<bool>, Error> {
        let call = Call {
            within: Some(AT_ONCE),
            ..Call::get(run(place, "output"))
        };
        match self.nodes.call(call).await? {
            answer if answer.status == StatusCode::NOT_FOUND => Ok(None),
            answer => Ok(Some(answer.status.as_u16() != NOT_READY)),
        }
    }

    /// Calls the admin API with JSON.
    pub(super) async fn administer(&self, path: &str, body: &Value) -> Result<Bytes, Error> {
        let call = Call {
            interface: Interface::Admin,
            within: Some(AT_ONCE),
            ..Call::post(path.to_owned(), body.to_string())
        };
        self.nodes.call(call).await?.accepted()
    }

    /// Calls a handler of an object with a message, which it answers with one.
    pub(super) async fn call_object<T: DeserializeOwned>(
        &self,
        (service, key, handler): (&str, &str, &str),
        input: &impl Serialize,
    ) -> Result<T, Error> {
        let path = format!("/{service}/{}/{handler}", path(key));
        self.read_at_once(path, written_text(input)).await
    }

    /// The same of a handler that changes something: it is done once, also if a node dies before it has answered.
    pub(super) async fn call_object_once<T: DeserializeOwned>(
        &self,
        (service, key, handler): (&str, &str, &str),
        input: &impl Serialize,
    ) -> Result<T, Error> {
        let call = Call {
            header: Some(("idempotency-key", unique())),
            within: Some(AT_ONCE),
            waits: true,
            ..Call::post(format!("/{service}/{}/{handler}", path(key)), written_text(input))
        };
        read(&self.nodes.call(call).await?.accepted()?)
    }

    /// Calls a handler that answers at once, with a message.
    pub(super) async fn read_at_once<T: DeserializeOwned>(&self, path: String, body: String) -> Result<T, Error> {
        let call = Call {
            within: Some(AT_ONCE),
            ..Call::post(path, body)
        };
        read(&self.nodes.call(call).await?.accepted()?)
    }

    /// Calls a handler that answers with a message.
    pub(super) async fn read<T: DeserializeOwned>(&self, path: String, body: String) -> Result<T, Error> {
        let call = Call {
            within: Some(AT_LENGTH),
            waits: true,
            ..Call::post(path, body)
        };
        read(&self.nodes.call(call).await?.accepted()?)
    }
}

/// The path of a handler.
pub(super) fn handler(Place { service, key }: &Place, handler: &str) -> String {
    format!("/{service}/{}/{handler}", path(key))
}

/// What Restate itself tells of a run.
pub(super) fn run(Place { service, key }: &Place, what: &str) -> String {
    format!("/restate/workflow/{service}/{}/{what}", path(key))
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Error> {
    read_text(&String::from_utf8_lossy(answer), "an answer").map_err(unreadable)
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> Error {
    failed(format!("what Restate has of the execution cannot be read: {error}"))
}

#[expect(clippy::disallowed_methods, reason = "a driver tells its calls apart")]
fn unique() -> String {
    Uuid::new_v4().to_string()
}

fn path(name: &str) -> String {
    utf8_percent_encode(name, IN_PATH).to_string()
}
