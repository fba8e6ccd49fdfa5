//! In real time: the tokio driver, with programs as handlers.

use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::programs::{About, Programs, call};
use super::progress::Progress;
use super::{Ended, Failure, Job, verdict};
use crate::execution::Program;
use crate::handlers::{Handler, TaskContext};
use crate::programs::{Called, FunctionProgram};
use crate::runtime::{Interpreter, StartRequest};
use crate::services::lambda::{Invocation, is_invoke, response};
use crate::{ErrorKind, TaskError};

/// How often the terminal is redrawn.
const TICK: Duration = Duration::from_millis(100);

pub(super) fn run(job: &Job, progress: &mut Progress) -> Result<Ended, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    runtime.block_on(drive(job, progress))
}

async fn drive(job: &Job, progress: &mut Progress) -> Result<Ended, Failure> {
    let mut interpreter = Interpreter::new();
    let handler = Arc::new(job.programs.clone());
    let programs = programs_of(job);
    let served = programs.iter().flat_map(|program| {
        let tasks = program.resources();
        tasks.filter(|(state, resource)| job.programs.may_serve(program, state, resource))
    });
    // Many states may have one resource.
    let served: BTreeSet<_> = served.map(|(_, resource)| resource.arn().to_owned()).collect();
    for resource in served {
        interpreter = interpreter.handler(resource, ByProgram(Arc::clone(&handler)));
    }
    for (name, child) in &job.children {
        interpreter = interpreter.state_machine(name.clone(), child);
    }
    let request = StartRequest::default().seed(job.seed);
    let handle = interpreter
        .start_with(&job.machine, &job.input, request)
        .map_err(|error| match error.kind() {
            ErrorKind::MissingHandler => {
                let text = error.to_string();
                let said = text.split("; ").next().unwrap_or(&text).to_owned();
                Failure::new(said).help("give it a program: `--task 'TASK=COMMAND'` or `--function 'NAME=COMMAND'`")
            }
            _ => Failure::new(error.to_string()),
        })?;
    let mut shown = 0;
    let mut ticks = tokio::time::interval(TICK);
    let outcome = loop {
        let ended = tokio::select! {
            outcome = handle.outcome() => Some(outcome),
            _ = ticks.tick() => None,
        };
        let history = handle.history();
        for event in history.iter().skip(shown) {
            progress.event(event);
        }
        shown = history.len();
        match ended {
            Some(outcome) => break outcome,
            #[expect(
                clippy::disallowed_methods,
                reason = "the command is a driver: it shows the time that passes"
            )]
            None => progress.draw(chrono::Utc::now()),
        }
    };
    progress.clear();
    let history = handle.history();
    let elapsed = match (history.first(), history.last()) {
        (Some(first), Some(last)) => (last.timestamp - first.timestamp).to_std().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    let ended = Ended {
        arn: handle.arn().to_owned(),
        map_runs: handle.map_runs(),
        outcome,
        history,
        run: None,
    };
    progress.end(&verdict(&ended, elapsed), &ended.outcome);
    Ok(ended)
}

fn programs_of(job: &Job) -> Vec<Arc<Program>> {
    let machines = std::iter::once(&job.machine).chain(job.children.iter().map(|(_, child)| child));
    machines.map(Into::into).collect()
}

/// Runs the program for the task, or else for the function that it invokes.
struct ByProgram(Arc<Programs>);

#[async_trait]
impl Handler for ByProgram {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        if let Some(command) = self.0.of(&context.state, &context.resource, &input) {
            let about = About {
                state: &context.state,
                resource: context.resource.arn(),
                attempt: context.retry_count as usize,
                token: context.request.token.as_deref(),
            };
            return call(command, &input, about).await;
        }
        let Some(function) = self.0.function_of(&context.resource, &input) else {
            let cause = format!("give the state `{}` a program: `--task '{0}=COMMAND'`", context.state);
            return Err(TaskError::new("NoProgram", cause));
        };
        let limit = context.request.timeout_seconds;
        let limit = limit.map(|seconds| Duration::from_secs(seconds.into()));
        if !is_invoke(&context.resource) {
            return invoke(function, input, limit).await;
        }
        let payload = Invocation::read(&input)?.payload();
        Ok(response(invoke(function, payload, limit).await?))
    }
}

/// Calls a function's program. Dropping the future kills it.
async fn invoke(function: &Arc<FunctionProgram>, payload: Value, limit: Option<Duration>) -> Result<Value, TaskError> {
    let caller = Caller::default();
    let has_given_up = Arc::clone(&caller.has_given_up);
    let function = Arc::clone(function);
    match tokio::task::spawn_blocking(move || function.call(&payload, limit, &has_given_up)).await? {
        Called::Answered(result) => result,
        // The execution's own deadline is due at the same time, and goes first.
        Called::OutOfTime => std::future::pending().await,
    }
}

/// Gives up when it is dropped.
#[derive(Default)]
struct Caller {
    has_given_up: Arc<AtomicBool>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.has_given_up.store(true, Ordering::Relaxed);
    }
}
