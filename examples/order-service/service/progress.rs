//! Where an order is, read from the history of its execution.

use std::collections::HashMap;
use std::sync::Arc;

use asl_engine::definition::StateType;
use asl_engine::history::{ErrorOutput, EventDetails, HistoryEvent};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// The error of an order that its customer does not want any more.
pub(crate) const CANCELLED: &str = "OrderCancelled";
/// The task that waits for the warehouse, in this definition and in all before it: states may be called otherwise.
const AWAIT_SHIPMENT: &str = "sendMessage.waitForTaskToken";

/// Where an order is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    /// The states that were entered and not left: more than one in the branches of a Parallel.
    pub(crate) places: Vec<Place>,
    pub(crate) is_cancelled: bool,
    /// Whether the order failed and nothing is left to undo: it came to a Fail state.
    pub(crate) is_undone: bool,
    /// The state that waits for the warehouse.
    waiting: Option<Waiting>,
}

/// A state that an order is in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub(crate) state: Arc<str>,
    pub(crate) since: DateTime<Utc>,
    /// What went wrong there, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    #[serde(skip)]
    failures: u32,
}

/// A state that waits for the warehouse.
#[derive(Debug, Clone)]
struct Waiting {
    state: Arc<str>,
    /// What the answer needs.
    task_token: String,
    /// Whether the warehouse was told: an answer before that would end the task that tells it.
    is_told: bool,
}

impl Progress {
    pub(crate) fn of(history: &[HistoryEvent]) -> Self {
        let mut progress = Self::default();
        // The state that each event belongs to.
        let mut states: HashMap<u64, Arc<str>> = HashMap::new();
        for event in history {
            let state = match &event.details {
                EventDetails::StateEntered { name, .. } => Some(Arc::clone(name)),
                _ => states.get(&event.previous_event_id).map(Arc::clone),
            };
            let Some(state) = state else { continue };
            progress.take(event, &state);
            states.insert(event.id, state);
        }
        progress
    }

    /// The token by which the warehouse answers, if it is waited for.
    pub(crate) fn task_token(&self) -> Option<&str> {
        let waiting = self.waiting.as_ref().filter(|waiting| waiting.is_told)?;
        Some(&waiting.task_token)
    }

    fn take(&mut self, event: &HistoryEvent, state: &Arc<str>) {
        match &event.details {
            EventDetails::StateEntered { state_type, .. } => {
                self.is_undone = *state_type == StateType::Fail;
                self.places.push(Place {
                    state: Arc::clone(state),
                    since: event.timestamp,
                    problem: None,
                    failures: 0,
                });
            }
            EventDetails::StateExited { .. } | EventDetails::StateAborted { .. } => {
                self.places.retain(|place| place.state != *state);
                self.wait_no_more(state);
            }
            EventDetails::TaskScheduled {
                resource, parameters, ..
            } if &**resource == AWAIT_SHIPMENT => {
                let parameters: Value = serde_json::from_str(parameters.as_str()).unwrap_or_default();
                let token = parameters.pointer("/MessageBody/taskToken").and_then(Value::as_str);
                self.waiting = token.map(|token| Waiting {
                    state: Arc::clone(state),
                    task_token: token.to_owned(),
                    is_told: false,
                });
            }
            EventDetails::TaskSubmitted { .. } => {
                if let Some(waiting) = self.waiting.as_mut().filter(|waiting| waiting.state == *state) {
                    waiting.is_told = true;
                }
            }
            EventDetails::TaskFailed { failure, .. }
            | EventDetails::TaskTimedOut { failure, .. }
            | EventDetails::LambdaFunctionFailed(failure)
            | EventDetails::LambdaFunctionTimedOut(failure) => self.fail(state, failure),
            _ => {}
        }
    }

    fn fail(&mut self, state: &Arc<str>, failure: &ErrorOutput) {
        self.wait_no_more(state);
        self.is_cancelled |= failure.error.as_deref() == Some(CANCELLED);
        if let Some(place) = self.places.iter_mut().find(|place| place.state == *state) {
            place.failures += 1;
            let times = match place.failures {
                1 => "once".to_owned(),
                many => format!("{many} times"),
            };
            place.problem = Some(format!("failed {times}, the last time with {}", in_words(failure)));
        }
    }

    fn wait_no_more(&mut self, state: &Arc<str>) {
        self.waiting.take_if(|waiting| waiting.state == *state);
    }
}

/// An error and its cause, as far as there are any.
pub(crate) fn in_words(failure: &ErrorOutput) -> String {
    let error = failure.error.as_deref().unwrap_or("an error without a name");
    match failure.cause.as_deref().filter(|cause| !cause.is_empty()) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_owned(),
    }
}
