//! The tasks that wait for an answer by their token.
//!
//! A token is not told by a history; it is in the parameters of its task, where a state machine has put it. Whatever looks
//! like one there is asked for.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Answer, Console, answered, required};
use crate::history::{EventDetails, HistoryEvent};

/// The letters of a token of this crate: 256 bits in base64.
const TOKEN: usize = 43;

/// The most texts that are asked for: those of one task, and of an execution.
const MOST_OF_TASK: usize = 20;
const MOST: usize = 1_000;

pub(super) async fn tokens(State(console): State<Arc<Console>>, uri: Uri) -> Response {
    answered(console.tokens(&uri).await)
}

impl Console {
    async fn tokens(&self, uri: &Uri) -> Answer {
        let arn = required(uri, "executionArn")?;
        let service = self.service();
        let mut open = BTreeMap::new();
        let mut names = BTreeMap::new();
        for event in self.history(&arn).await? {
            follow(&mut open, &mut names, event);
        }
        let mut tasks = Vec::new();
        let mut asked = 0;
        for (id, task) in open {
            for candidate in candidates(&task.parameters).take(MOST_OF_TASK) {
                asked += 1;
                if asked > MOST {
                    return Ok(json!({ "tasks": tasks }));
                }
                // It may be another execution's, which waits for an answer of this one.
                if service.is_token_of(candidate, &arn).await {
                    tasks.push(json!({
                        "state": task.state,
                        "event": id,
                        "token": candidate,
                        "resource": task.resource,
                        "since": task.since.to_rfc3339(),
                    }));
                }
            }
        }
        Ok(json!({ "tasks": tasks }))
    }
}

struct Open {
    state: Option<String>,
    resource: String,
    parameters: String,
    since: chrono::DateTime<chrono::Utc>,
}

/// Notes what a task asks for until it has ended. `chain` has, for an event of a task, the event in which it was scheduled.
fn follow(open: &mut BTreeMap<u64, Open>, chain: &mut BTreeMap<u64, Chain>, event: HistoryEvent) {
    let before = chain.get(&event.previous_event_id).cloned().unwrap_or_default();
    let mut now = before;
    match &event.details {
        EventDetails::StateEntered { name, .. } => {
            now = Chain {
                state: Some(name.to_string()),
                scheduled: None,
            };
        }
        EventDetails::TaskScheduled { .. } => {
            now.scheduled = Some(event.id);
            let told = event.to_json();
            let details = told.get("taskScheduledEventDetails");
            let text = |name: &str| details.and_then(|details| details.get(name)).and_then(Value::as_str);
            let resource = text("resource").unwrap_or_default();
            if resource.ends_with(".waitForTaskToken") {
                let task = Open {
                    state: now.state.clone(),
                    resource: [text("resourceType").unwrap_or_default(), resource].join(":"),
                    parameters: text("parameters").unwrap_or_default().to_owned(),
                    since: event.timestamp,
                };
                open.insert(event.id, task);
            }
        }
        _ if is_end(event.event_type()) => {
            if let Some(scheduled) = now.scheduled.take() {
                open.remove(&scheduled);
            }
        }
        _ => {}
    }
    chain.insert(event.id, now);
}

#[derive(Clone, Default)]
struct Chain {
    state: Option<String>,
    scheduled: Option<u64>,
}

fn is_end(kind: &str) -> bool {
    [
        "TaskSucceeded",
        "TaskFailed",
        "TaskTimedOut",
        "TaskSubmitFailed",
        "TaskStartFailed",
    ]
    .contains(&kind)
}

/// The texts that may be tokens.
fn candidates(parameters: &str) -> impl Iterator<Item = &str> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    parameters
        .split(move |letter| !is_letter(letter))
        .filter(|word| word.len() == TOKEN)
}
