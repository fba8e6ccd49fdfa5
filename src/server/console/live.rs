//! What changes, as server-sent events.
//!
//! It is asked for again and again, whatever keeps the executions: in memory, a store, a cluster. So a page sees what any
//! process did, and a slow page holds nothing up.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

use super::{Console, Refused, parameter, required};
use crate::server::StepFunctions;
use crate::server::actions::event_json;
use crate::server::execution::Events;
use crate::server::http::Ending;

/// How often is looked here for something new, and how often over a network.
const LOOK: Duration = Duration::from_millis(150);
const LOOK_FAR: Duration = Duration::from_secs(1);

/// How often something is sent, so that both ends find out that the other is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The most events in one message.
const MOST_EVENTS: usize = 500;

/// The most bytes of events in one message, if it has more than one.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// A source of messages.
trait Source: Send + 'static {
    /// What is new. Errors where there will be nothing more.
    fn look(&mut self) -> impl Future<Output = Result<Vec<Event>, Refused>> + Send;
}

/// The state of one execution and its history.
struct Execution {
    api: StepFunctions,
    arn: String,
    /// The last event that was told.
    last: u64,
    /// What was told: the status, and how often it was redriven.
    told: Option<(String, u32)>,
}

/// The first page of a list of executions.
struct List {
    api: StepFunctions,
    request: Value,
    told: Value,
}

pub(super) async fn events(State(console): State<Arc<Console>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let arn = match required(&head.uri, "executionArn") {
        Ok(arn) => arn,
        Err(refused) => return refused.into_response(),
    };
    // A browser that connects again says what it has seen.
    let seen = head
        .headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let after = parameter(&head.uri, "after").and_then(|after| after.parse().ok());
    let execution = Execution {
        api: console.api.clone(),
        arn,
        last: seen.or(after).unwrap_or(0),
        told: None,
    };
    stream(&console, &head, execution).await
}

pub(super) async fn executions(State(console): State<Arc<Console>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let asked = required(&head.uri, "stateMachineArn").map(|arn| {
        let most = parameter(&head.uri, "maxResults").and_then(|most| most.parse::<u16>().ok());
        let mut asked = json!({ "stateMachineArn": arn, "maxResults": most.unwrap_or(100) });
        if let Some((asked, status)) = asked.as_object_mut().zip(parameter(&head.uri, "statusFilter")) {
            asked.insert("statusFilter".to_owned(), status.into());
        }
        asked
    });
    match asked {
        Ok(asked) => {
            let list = List {
                api: console.api.clone(),
                request: asked,
                told: Value::Null,
            };
            stream(&console, &head, list).await
        }
        Err(refused) => refused.into_response(),
    }
}

/// The messages of a source until the client leaves, the source ends, or the server does.
async fn stream(console: &Console, head: &Parts, mut source: impl Source) -> Response {
    let first = match source.look().await {
        Ok(first) => VecDeque::from(first),
        Err(refused) => return refused.into_response(),
    };
    let ending = head.extensions.get::<Ending>().cloned();
    let pause = if console.service().storage() == "cluster" {
        LOOK_FAR
    } else {
        LOOK
    };
    let messages = unfold((source, first, ending, false), move |state| async move {
        let (mut source, mut messages, ending, mut is_over) = state;
        while messages.is_empty() {
            if is_over {
                return None;
            }
            let looked = match &ending {
                Some(ending) => tokio::select! {
                    looked = source.look() => looked,
                    () = ending.ends() => return None,
                },
                None => source.look().await,
            };
            match looked {
                Ok(new) => messages.extend(new),
                Err(refused) => {
                    is_over = true;
                    messages.push_back(message("problem", &refused.to_json()));
                }
            }
            if messages.is_empty() {
                match &ending {
                    Some(ending) => tokio::select! {
                        () = sleep(pause) => {}
                        () = ending.ends() => return None,
                    },
                    None => sleep(pause).await,
                }
            }
        }
        let message = messages.pop_front()?;
        Some((Ok::<_, Infallible>(message), (source, messages, ending, is_over)))
    });
    Sse::new(messages)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

fn message(name: &str, data: &Value) -> Event {
    Event::default().event(name).data(data.to_string())
}

impl Source for Execution {
    async fn look(&mut self) -> Result<Vec<Event>, Refused> {
        let service = &self.api.service;
        let execution = service.execution(&self.arn).await?;
        let facts = execution.facts();
        let mut new = Vec::new();
        let status = (facts.status.clone(), facts.redrive_count);
        // Before the events: an execution whose end was told has all of its events told with the next look.
        if self.told.as_ref() != Some(&status) {
            let redrivable = service.check_redrivable(&execution).await?;
            let described = facts.describe(execution.outcome()?.as_ref(), redrivable, true);
            new.push(message("status", &described));
            self.told = Some(status);
        }
        let asked = Events {
            after: Some(self.last),
            is_reverse: false,
            most: MOST_EVENTS,
        };
        let events = execution.history(asked).await?;
        let mut told: Vec<Value> = Vec::new();
        let mut bytes = 0;
        for event in &events {
            let json = event_json(event.to_json(), &facts.input, true);
            bytes += json.to_string().len();
            if bytes > MOST_BYTES && !told.is_empty() {
                break;
            }
            told.push(json);
            self.last = event.id;
        }
        if !told.is_empty() {
            new.push(message("events", &json!({ "events": told })).id(self.last.to_string()));
        }
        Ok(new)
    }
}

impl Source for List {
    async fn look(&mut self) -> Result<Vec<Event>, Refused> {
        let listed = self.api.call("ListExecutions", self.request.clone()).await?;
        if listed == self.told {
            return Ok(Vec::new());
        }
        self.told = listed;
        Ok(vec![message("executions", &self.told)])
    }
}
