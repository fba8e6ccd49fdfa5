//! The debugger: executions run again in virtual time, and what would have happened otherwise.
//!
//! All of it is computed from what the request names, and changes nothing.

mod answer;
mod evaluate;
mod finish;
mod run_json;
mod session;
mod test_file;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{Console, Refused, answered, apart, body};
use crate::history::HistoryEvent;
use crate::server::execution::Events;
use session::Session;

pub(super) use evaluate::evaluate;
pub(super) use finish::finish;
pub(super) use test_file::test_file;

/// The most bytes of a history that is read as a whole.
const MOST_DATA: usize = 64 * 1024 * 1024;

/// How many events are read at once.
const PAGE: usize = 1_000;

pub(super) async fn replay(State(console): State<Arc<Console>>, request: Request) -> Response {
    let replayed = async {
        let request = body(request).await?;
        let session = Session::of_execution(&console, &request).await?;
        apart(move || session.run().map(|session| session.to_json())).await
    };
    answered(replayed.await)
}

pub(super) async fn simulate(request: Request) -> Response {
    let simulated = async {
        let request = body(request).await?;
        apart(move || match Session::of_definition(&request)? {
            Ok(session) => session.run().map(|session| session.to_json()),
            Err(diagnostics) => Ok(json!({ "diagnostics": diagnostics, "run": null })),
        })
        .await
    };
    answered(simulated.await)
}

impl Console {
    /// The whole history of an execution. Errors if it has more data than can be looked at as a whole.
    pub(super) async fn history(&self, arn: &str) -> Result<Vec<HistoryEvent>, Refused> {
        let execution = self.service().execution(arn).await?;
        let mut history: Vec<HistoryEvent> = Vec::new();
        let mut bytes = 0;
        loop {
            let asked = Events {
                after: history.last().map(|event| event.id),
                is_reverse: false,
                most: PAGE,
            };
            let page = execution.history(asked).await?;
            if page.is_empty() {
                return Ok(history);
            }
            // Nothing before waits for anything where all is in memory.
            tokio::task::yield_now().await;
            bytes += page
                .iter()
                .map(|event| event.to_json().to_string().len())
                .sum::<usize>();
            if bytes > MOST_DATA {
                let message = format!("its history has more than {} MiB", MOST_DATA / 1024 / 1024);
                return Err(Refused::new("ReplayImpossible", message));
            }
            history.extend(page);
        }
    }
}

/// A member of a request as JSON, `null` if it is not there.
fn member(request: &serde_json::Map<String, Value>, name: &str) -> Value {
    request.get(name).cloned().unwrap_or_default()
}
