//! `--function`: programs that stand for Lambda functions.

use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::arguments::pair;
use super::failure::Failure;
use crate::TaskError;
use crate::handlers::{Handler, TaskContext};
use crate::programs::{Called, FunctionProgram};

/// Options for functions in other languages.
#[derive(clap::Args)]
pub(super) struct Functions {
    /// Program that stands for a Lambda function, by the function's name or ARN, with or without a version or alias: it
    /// gets the payload and writes what the function returns
    #[arg(short = 'f', long = "function", value_name = "NAME=COMMAND", value_parser = pair)]
    commands: Vec<(String, String)>,
    /// Start the program of each `--function` once: it answers a line of JSON to each line of JSON
    #[arg(long, requires = "commands")]
    keep_running: bool,
    /// The longest time of one call of a `--function`; a program that takes longer is killed
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = crate::programs::DEFAULT_TIMEOUT.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    function_timeout: u64,
}

impl Functions {
    /// The names of the functions with their commands.
    pub(super) fn commands(&self) -> &[(String, String)] {
        &self.commands
    }

    /// Whether there are any.
    pub(super) fn is_some(&self) -> bool {
        !self.commands.is_empty()
    }

    /// The programs, which are `apart` if Ctrl-C shall not reach them. Errors if a function is given twice.
    pub(super) fn programs(&self, is_quiet: bool, is_apart: bool) -> Result<Vec<Arc<FunctionProgram>>, Failure> {
        let mut programs: Vec<Arc<FunctionProgram>> = Vec::new();
        for (name, command) in &self.commands {
            if programs.iter().any(|program| program.name() == name) {
                return Err(Failure::new(format!("`--function {name}=…` is given twice")));
            }
            let program = FunctionProgram::new(name, command)
                .keeps_running(self.keep_running)
                .timeout(Duration::from_secs(self.function_timeout))
                .quiet(is_quiet)
                .apart(is_apart);
            programs.push(Arc::new(program));
        }
        Ok(programs)
    }
}

/// The failure for a `--function` that no task invokes.
pub(super) fn not_invoked(name: &str, known: &[String]) -> Failure {
    let failure = Failure::new(format!("`--function {name}=…` names no function that a task invokes"));
    if known.is_empty() {
        return failure.help("no task invokes a Lambda function; `--task` does the work of any Task state");
    }
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    failure.help(format!("the tasks invoke {}", known.join(", ")))
}

/// A function's program as the handler of tasks that invoke it.
pub(super) struct ServedFunction(pub(super) Arc<FunctionProgram>);

#[async_trait]
impl Handler for ServedFunction {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let limit = context.request.timeout_seconds;
        invoke(&self.0, input, limit.map(|seconds| Duration::from_secs(seconds.into()))).await
    }
}

/// Calls a function's program. Dropping the future kills it.
pub(super) async fn invoke(
    function: &Arc<FunctionProgram>,
    payload: Value,
    limit: Option<Duration>,
) -> Result<Value, TaskError> {
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
