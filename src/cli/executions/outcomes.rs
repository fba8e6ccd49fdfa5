//! The ends of executions that go on in this process.

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

use super::stores;
use super::workers::Workers;
use super::{Failure, Output};
use crate::cli::output::{error_line, short};
use crate::execution::{Outcome, Program};
use crate::runtime::{ExecutionHandle, Interpreter};
use crate::store::{ExecutionStore, StoredExecution};

/// The programs of executions' definitions, each once. One that cannot be read is told where it is needed.
pub(super) fn programs<'e>(
    store: &dyn ExecutionStore,
    executions: impl IntoIterator<Item = &'e StoredExecution>,
) -> Vec<Arc<Program>> {
    let mut known: Vec<&str> = Vec::new();
    for execution in executions {
        if !known.contains(&&*execution.start.definition) {
            known.push(&execution.start.definition);
        }
    }
    let read = known.into_iter().filter_map(|fingerprint| {
        let definition = store.definition(fingerprint).ok()??;
        definition.program().ok().map(Arc::new)
    });
    read.collect()
}

/// Waits for the ends of executions and prints a line for each, until the command is told to end. Returns its exit code.
pub(super) async fn wait(
    interpreter: &Interpreter,
    executions: Vec<ExecutionHandle>,
    (file, workers): (&str, &Workers),
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::SUCCESS;
    let mut told_to_end = pin!(stores::told_to_end(true));
    let mut running = JoinSet::new();
    for execution in executions {
        running.spawn(async move { (execution.name(), execution.outcome().await) });
    }
    loop {
        let ended = tokio::select! {
            ended = running.join_next() => ended,
            left = &mut told_to_end => {
                let left = left?;
                let count = running.len();
                interpreter.shutdown(Duration::ZERO).await;
                let (plural, verb) = if count == 1 { ("execution", "goes") } else { ("executions", "go") };
                let options = if workers.is_some() { " and the same options for the tasks" } else { "" };
                let command = stores::resuming(file);
                stores::tell(&format!("{count} {plural} in the store {verb} on with `{command}`{options}"));
                return Ok(ExitCode::from(left));
            }
        };
        let Some(ended) = ended else { return Ok(code) };
        let (name, outcome) = ended.map_err(|error| Failure::new(error.to_string()))?;
        if !matches!(outcome, Outcome::Succeeded { .. }) {
            code = ExitCode::FAILURE;
        }
        let error = outcome.error().map(|error| format!(": {}", error_line(error, short)));
        output.line(format_args!(
            "{:<9}  {name}{}",
            outcome.status(),
            error.unwrap_or_default()
        ))?;
        // Others may take days.
        output.finish()?;
    }
}
