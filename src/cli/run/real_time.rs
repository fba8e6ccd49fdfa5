//! In real time: the tokio driver, with programs as handlers.

use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::programs::{About, Programs, call};
use super::progress::Progress;
use super::{Ended, Failure, Job, verdict};
use crate::execution::Program;
use crate::handlers::{Handler, TaskContext};
use crate::runtime::{Interpreter, StartRequest};
use crate::{ErrorKind, TaskError};

/// How often the terminal is redrawn.
const TICK: Duration = Duration::from_millis(100);

pub(super) fn run(job: &Job, progress: Progress) -> Result<Ended, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    runtime.block_on(drive(job, progress))
}

async fn drive(job: &Job, mut progress: Progress) -> Result<Ended, Failure> {
    let mut interpreter = Interpreter::new();
    let handler = Arc::new(job.programs.clone());
    let programs = programs_of(job);
    let tasks = programs.iter().flat_map(|program| program.resources());
    let served = tasks.filter(|(state, resource)| job.programs.of(state, resource).is_some());
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
                Failure::new(said).help("give it a program: `--task 'TASK=COMMAND'`")
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
    progress.line(&verdict(&outcome, elapsed));
    Ok(Ended {
        outcome,
        history,
        run: None,
    })
}

fn programs_of(job: &Job) -> Vec<Arc<Program>> {
    let machines = std::iter::once(&job.machine).chain(job.children.iter().map(|(_, child)| child));
    machines.map(Into::into).collect()
}

/// Runs the program for the state, or else for the resource.
struct ByProgram(Arc<Programs>);

#[async_trait]
impl Handler for ByProgram {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let Some(command) = self.0.of(&context.state, &context.resource) else {
            let cause = format!("give the state `{}` a program: `--task '{0}=COMMAND'`", context.state);
            return Err(TaskError::new("NoProgram", cause));
        };
        let about = About {
            state: &context.state,
            resource: context.resource.arn(),
            attempt: context.retry_count as usize,
            token: context.request.token.as_deref(),
        };
        call(command, &input, about).await
    }
}
