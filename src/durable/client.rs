//! Starts executions at a cluster, and reads them.

use axum::http::{Method, Request, StatusCode, header};
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

use super::messages::{Begun, Delivery, Ending, Events, Facts, Range, Receipt};
use super::place::Place;
use super::{DELIVER, DESCRIBE, HISTORY, RUN, STOP, names};
use crate::data::{MAX_NESTING, discard, nests_within};
use crate::definition::is_name;
use crate::error::{Error, ErrorKind};
use crate::execution::Outcome;
use crate::history::{ErrorOutput, HistoryEvent};
use crate::services::step_functions::StepFunctionsError;
use crate::store::{End, HistoryRecord, HistoryRecords, read_text, written_text};

/// The most that an answer may have: what Restate takes as one message.
const LONGEST_ANSWER: usize = 33 * 1024 * 1024;

/// So many events are read at once.
const EVENTS: usize = 1_000;

/// How long a connection may be silent before the system asks whether somebody is there: an answer may take a year, and a
/// server that is gone gives none.
const SILENCE: Duration = Duration::from_secs(20);

/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A client of a cluster of Restate servers; a clone is cheap. Any number of them may serve one cluster.
#[derive(Debug, Clone)]
pub struct RestateClient {
    ingress: String,
    admin: String,
    http: Client<HttpConnector, Full<hyper::body::Bytes>>,
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
    /// How it ended, and when; `None` while it runs.
    pub end: Option<(Outcome, DateTime<Utc>)>,
}

impl RestateClient {
    /// A client of the cluster whose ingress and admin API are at these URLs, as a rule at the ports 8080 and 9070.
    pub fn new(ingress: impl Into<String>, admin: impl Into<String>) -> Self {
        let url = |url: String| url.trim_end_matches('/').to_owned();
        let mut connector = HttpConnector::new();
        connector.set_keepalive(Some(SILENCE));
        connector.set_keepalive_interval(Some(SILENCE));
        Self {
            ingress: url(ingress.into()),
            admin: url(admin.into()),
            http: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Tells the cluster of a worker at a URL. It calls the worker to learn what it does; the worker has to serve already. New
    /// executions and tasks go to the worker that was registered last for them.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster) if the cluster cannot be reached, or cannot reach the worker.
    pub async fn register(&self, worker: &str) -> Result<(), Error> {
        let url = format!("{}/deployments", self.admin);
        let deployment = json!({ "uri": worker });
        self.call(Method::POST, &url, deployment.to_string()).await.map(drop)
    }

    /// Starts an execution. It is there for good when this returns.
    ///
    /// # Errors
    ///
    /// [`InvalidName`](ErrorKind::InvalidName); [`InvalidInput`](ErrorKind::InvalidInput) if the input is no JSON;
    /// [`ExecutionAlreadyExists`](ErrorKind::ExecutionAlreadyExists) if there is one of this name, also one that has ended less
    /// than 90 days ago; [`Cluster`](ErrorKind::Cluster) if the cluster cannot be reached, or no worker for the machine was
    /// registered. A worker refuses an input that is too large when the execution begins: [`outcome`](Self::outcome) tells.
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
    #[expect(dead_code, reason = "for the API")]
    pub(crate) async fn begin(&self, begun: &Begun) -> Result<bool, Error> {
        self.send_start(&Place::of_arn(begun.arn()), written_text(begun)).await
    }

    async fn send_start(&self, place: &Place, body: String) -> Result<bool, Error> {
        let url = format!("{}/send", self.url(place, RUN));
        let sent = self.send(Method::POST, &url, body).await?;
        // A second send of a key answers that nothing was started, and which call was first.
        let is_known = serde_json::from_slice::<Value>(&sent.1)
            .is_ok_and(|sent| sent.get("status").is_some_and(|status| status == "PreviouslyAccepted"));
        if sent.0 == StatusCode::CONFLICT || is_known {
            return Ok(false);
        }
        answered(&url, sent).map(|_| true)
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

    /// Returns `false` if there is no execution.
    pub(crate) async fn stop_at(&self, place: &Place, error: &ErrorOutput) -> Result<bool, Error> {
        // A stop of what does not exist would wait for it, and end it when it is started.
        let url = self.workflow(place, "output");
        if self.send(Method::GET, &url, String::new()).await?.0 == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        let url = self.url(place, STOP);
        self.call(Method::POST, &url, written_text(error)).await.map(|_| true)
    }

    /// An execution; `None` if none of this name has begun.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster).
    pub async fn execution(&self, machine: &str, name: &str) -> Result<Option<RestateExecution>, Error> {
        let told = self.told_of(&Place::of_machine(machine, name)).await?;
        let Some((facts, end)) = told else { return Ok(None) };
        let ended = |end: End| end.outcome().map(|outcome| (outcome, end.time));
        Ok(Some(RestateExecution {
            arn: facts.arn,
            name: facts.name,
            state_machine_arn: facts.state_machine_arn,
            start_time: facts.start_time,
            input: facts.input,
            end: end.map(ended).transpose().map_err(unreadable)?,
        }))
    }

    /// What is told of an execution, if it has begun, and of its end.
    pub(crate) async fn told_of(&self, place: &Place) -> Result<Option<(Facts, Option<End>)>, Error> {
        let url = self.url(place, DESCRIBE);
        let told: Option<(Facts, Option<Ending>)> = self.read(&url, String::new()).await?;
        Ok(told.map(|(facts, ending)| (facts, ending.map(End::from))))
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

    /// What is told of an execution, after its end.
    pub(crate) async fn end_at(&self, place: &Place) -> Result<(Facts, End), Error> {
        let url = self.workflow(place, "attach");
        let attached = self.send(Method::GET, &url, String::new()).await?;
        if let Some((facts, Some(end))) = self.told_of(place).await? {
            return Ok((facts, end));
        }
        answered(&url, attached)?;
        Err(unreadable("it has ended and has no outcome"))
    }

    /// Completes the task of a token with its result (`SendTaskSuccess`): a `.waitForTaskToken` or `.sync` task. Waits while no
    /// worker runs.
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

    pub(super) async fn deliver(&self, token: &str, delivery: &Delivery) -> Result<(), Error> {
        let receipt = if token.is_empty() {
            Receipt::Unknown
        } else {
            let url = format!("{}/{}/{}/{}", self.ingress, names::TOKENS, path(token), DELIVER);
            self.read(&url, written_text(delivery)).await?
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
        let place = Place::of_machine(machine, name);
        let mut history: Vec<HistoryEvent> = Vec::new();
        loop {
            let after = history.last().map_or(0, |event| event.id);
            let events = self.events_at(&place, after, EVENTS).await?;
            if events.is_empty() {
                return Ok(history);
            }
            history.extend(events);
        }
    }

    /// Events after one of an id, at least one if there are any, and about so many at most.
    pub(crate) async fn events_at(&self, place: &Place, after: u64, most: usize) -> Result<Vec<HistoryEvent>, Error> {
        let url = self.url(place, HISTORY);
        let batches: Vec<Events> = self.read(&url, written_text(&Range { after, most })).await?;
        let mut events = Vec::new();
        for Events { time, heads, details } in batches {
            let records = HistoryRecords::read(time, &heads, &details).map_err(unreadable)?;
            for record in records.iter().filter(|record| record.id > after) {
                events.push(HistoryRecord::event(record).map_err(unreadable)?);
            }
        }
        Ok(events)
    }

    /// The URL of a handler.
    fn url(&self, Place { service, key }: &Place, handler: &str) -> String {
        format!("{}/{service}/{}/{handler}", self.ingress, path(key))
    }

    /// What Restate itself tells of a run.
    fn workflow(&self, Place { service, key }: &Place, what: &str) -> String {
        format!("{}/restate/workflow/{service}/{}/{what}", self.ingress, path(key))
    }

    /// Calls a handler that answers with a message.
    async fn read<T: DeserializeOwned>(&self, url: &str, body: String) -> Result<T, Error> {
        let answer = self.call(Method::POST, url, body).await?;
        read_text(&String::from_utf8_lossy(&answer), "an answer").map_err(unreadable)
    }

    async fn call(&self, method: Method, url: &str, body: String) -> Result<Vec<u8>, Error> {
        let sent = self.send(method, url, body).await?;
        answered(url, sent)
    }

    async fn send(&self, method: Method, url: &str, body: String) -> Result<(StatusCode, Vec<u8>), Error> {
        let mut request = Request::builder().method(method).uri(url);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let failed = |error: &dyn std::fmt::Display| failed(format!("Restate at `{url}` cannot be reached: {error}"));
        let request = request.body(Full::from(body)).map_err(|error| failed(&error))?;
        let response = self.http.request(request).await.map_err(|error| failed(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| failed(&error))?;
        Ok((status, body.to_bytes().to_vec()))
    }
}

fn answered(url: &str, (status, body): (StatusCode, Vec<u8>)) -> Result<Vec<u8>, Error> {
    if status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body);
    Err(failed(format!("Restate refused `{url}` with {status}: {text}")))
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    failed(format!("what Restate has of the execution cannot be read: {error}"))
}

fn failed(message: String) -> Error {
    Error::new(ErrorKind::Cluster, message)
}

fn path(name: &str) -> String {
    utf8_percent_encode(name, IN_PATH).to_string()
}
