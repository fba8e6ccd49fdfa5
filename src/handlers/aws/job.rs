//! `.sync`: a job is started, and its description asked for until it has ended (developer guide, "Run a Job").

mod containers;
mod kinds;

use serde_json::{Map, Value, json};
use std::time::Duration;

use super::call::Call;
use crate::TaskError;
use crate::error::predefined_errors;

/// A kind of job.
pub(super) struct Job {
    integration: &'static str,
    start: &'static str,
    describe: Question,
    /// The job in the answer to `describe`.
    described: &'static str,
    /// The job's status.
    status: &'static str,
    succeeded: &'static str,
    failed: &'static [&'static str],
    /// The result of the task.
    outcome: Outcome,
    stop: Question,
}

/// A call about a job that was started.
struct Question {
    action: &'static str,
    /// Its parameters, and where their values stand.
    parameters: &'static [(&'static str, From)],
}

/// Where a value stands, as a JSON pointer.
#[derive(Clone, Copy)]
enum From {
    /// In the task's parameters.
    Parameters(&'static str),
    /// In the answer to the start.
    Answer(&'static str),
    /// In the answer to the start, as the only item of an array.
    OneOf(&'static str),
    /// Nowhere: the text itself.
    Text(&'static str),
}

/// The result of a task whose job has succeeded.
#[derive(Clone, Copy)]
enum Outcome {
    /// The answer to `describe`.
    Answer,
    /// The job in it.
    Job,
    /// The same as a member of this name.
    Member(&'static str),
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a service may not know a job that it has started.
const MOST_UNKNOWN: u32 = 5;

impl Job {
    /// The job that an action starts. Errors if this version does not know how to ask after it.
    pub(super) fn of(integration: &str, action: &str) -> Result<&'static Self, String> {
        let found = kinds::JOBS
            .iter()
            .find(|job| job.integration == integration && job.start == action);
        found.ok_or_else(|| {
            format!("`{integration}:{action}.sync` cannot be called here: the form of its result on AWS is not known")
        })
    }

    /// Waits for the end of a job that was started, and stops it if the task is aborted.
    pub(super) async fn wait(&self, call: Call, parameters: &Value, started: &Value) -> Result<Value, TaskError> {
        let question = self.describe.parameters(parameters, started)?;
        let mut running = Running {
            call: call.clone(),
            stop: Some((self.stop.action, self.stop.parameters(parameters, started)?)),
        };
        let ended = self.end(&call, &question).await?;
        // Without an answer it is stopped too: nobody waits for it any more.
        running.stop = None;
        ended
    }

    /// The result of the task, or its error, once the job has ended. Errors if the service does not tell how it is doing.
    async fn end(&self, call: &Call, question: &Value) -> Result<Result<Value, TaskError>, TaskError> {
        let mut pause = FIRST_PAUSE;
        let mut unknown = 0;
        loop {
            let answer = call.ask(self.describe.action, question).await?;
            let job = answer.pointer(self.described);
            let status = job.and_then(|job| job.pointer(self.status)?.as_str());
            let (Some(job), Some(status)) = (job, status) else {
                unknown += 1;
                if unknown < MOST_UNKNOWN {
                    // A service may know a new job only after a while.
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
                let cause = format!("`{}` does not know the job: {answer}", self.describe.action);
                return Err(TaskError::new(predefined_errors::TASK_FAILED, cause));
            };
            let has_ended = status == self.succeeded;
            if self.failed.contains(&status) || (has_ended && containers::failed(call, job).await) {
                return Ok(Err(TaskError::new(predefined_errors::TASK_FAILED, job.to_string())));
            }
            if has_ended {
                return Ok(Ok(match self.outcome {
                    Outcome::Answer => answer,
                    Outcome::Job => job.clone(),
                    Outcome::Member(name) => json!({ name: job }),
                }));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl Question {
    /// The parameters. Errors if the answer to the start names no job.
    fn parameters(&self, parameters: &Value, started: &Value) -> Result<Value, TaskError> {
        let mut given = Map::new();
        let started = |pointer: &str| {
            let value = started.pointer(pointer).cloned();
            value.ok_or_else(|| TaskError::new(predefined_errors::TASK_FAILED, started.to_string()))
        };
        for (name, from) in self.parameters {
            let value = match from {
                From::Parameters(pointer) => parameters.pointer(pointer).cloned(),
                From::Answer(pointer) => Some(started(pointer)?),
                From::OneOf(pointer) => Some(json!([started(pointer)?])),
                From::Text(text) => Some((*text).into()),
            };
            if let Some(value) = value {
                given.insert((*name).to_owned(), value);
            }
        }
        Ok(given.into())
    }
}

/// A job that a task waits for. It is stopped if the task ends before, as far as that can be done: "If a task is aborted,
/// Step Functions will make a best-effort attempt to cancel the task" (developer guide, "Run a Job").
struct Running {
    call: Call,
    /// The action that stops it, and its parameters; `None` once it has ended.
    stop: Option<(&'static str, Value)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((action, parameters)) = self.stop.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let call = self.call.clone();
            // Nobody is left to be told of an error.
            runtime.spawn(async move { call.ask(action, &parameters).await.map(drop) });
        }
    }
}
