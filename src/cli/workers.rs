//! Who does the work of tasks: programs, and state machines that tasks start.

use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{Loading, pair};
use super::aws::AwsOptions;
use super::definitions::{did_you_mean, started_machine};
use super::failure::Failure;
use super::functions::{Functions, invoke};
use super::programs::{About, Programs, call};
use crate::definition::StateMachine;
use crate::execution::Program;
use crate::handlers::aws::AwsServices;
use crate::handlers::{Handler, TaskContext};
use crate::runtime::Interpreter;
use crate::services::lambda::{Invocation, is_invoke, response};
use crate::services::step_functions::{is_started_by, started_arns};
use crate::{Error, ErrorKind, TaskError};

/// What helps where a task has nobody.
const GIVE_PROGRAM: &str =
    "give it a program, `--task 'TASK=COMMAND'` or `--function 'NAME=COMMAND'`, or call AWS with `--aws`";

/// Options that say who does the work of tasks.
#[derive(clap::Args)]
pub(super) struct Workers {
    /// Program that does the work of a Task: by the state's name, its resource, or the name of the Lambda function that it
    /// invokes
    #[arg(short, long = "task", value_name = "TASK=COMMAND", value_parser = pair)]
    tasks: Vec<(String, String)>,
    #[command(flatten)]
    functions: Functions,
    /// State machine that tasks can start, by its name or ARN; `FILE#NAME` for one of a template
    #[arg(long = "machine", value_name = "NAME=FILE", value_parser = pair)]
    machines: Vec<(String, String)>,
    #[command(flatten)]
    aws: AwsOptions,
}

/// The registered state machines by their names.
pub(super) type Children = Vec<(String, StateMachine)>;

impl Workers {
    /// Whether there are any.
    pub(super) fn is_some(&self) -> bool {
        !self.tasks.is_empty() || self.functions.is_some() || !self.machines.is_empty() || self.calls_aws()
    }

    /// Whether AWS, or an emulator of it, does the work of some.
    pub(super) fn calls_aws(&self) -> bool {
        self.aws.are_given()
    }

    /// AWS, if it does the work of some. Errors if it cannot be called so.
    pub(super) async fn aws(&self) -> Result<Option<AwsServices>, Failure> {
        self.aws.called().await
    }

    /// The state machines that tasks can start.
    pub(super) fn children(&self, loading: &Loading) -> Result<Children, Failure> {
        let machines = self.machines.iter();
        let read = machines.map(|(name, file)| Ok((name.clone(), started_machine(name, file, loading)?)));
        read.collect()
    }

    /// Errors if no task of the state machines starts one of `--machine`.
    pub(super) fn check_started(&self, machines: &[Arc<Program>]) -> Result<(), Failure> {
        check_started(&self.machines, machines.iter().map(AsRef::as_ref))
    }

    /// The programs for the tasks of state machines. Errors if one belongs to no task.
    ///
    /// Ctrl-C does not reach those that are `apart`: the end of a program would be the task's, which a store keeps.
    pub(super) fn programs(
        &self,
        machines: &[Arc<Program>],
        is_quiet: bool,
        is_apart: bool,
    ) -> Result<Programs, Failure> {
        let functions = self.functions.programs(is_quiet, is_apart)?;
        Ok(Programs::new(&self.tasks, functions, machines)?.apart(is_apart))
    }
}

/// Errors if no task of the programs starts a state machine of this name, unless only the execution knows what it starts.
pub(super) fn check_started<'p>(
    machines: &[(String, String)],
    programs: impl Iterator<Item = &'p Program>,
) -> Result<(), Failure> {
    let Some(started) = started_arns(programs) else {
        return Ok(());
    };
    let is_started = |name: &str| started.iter().any(|arn| is_started_by(name, arn));
    let Some((name, _)) = machines.iter().find(|(name, _)| !is_started(name)) else {
        return Ok(());
    };
    if started.is_empty() {
        return Err(Failure::new(format!(
            "`--machine {name}=…`: no task starts a state machine"
        )));
    }
    let names: BTreeSet<&str> = started.iter().map(|arn| arn.split(':').nth(6).unwrap_or(arn)).collect();
    let meant = did_you_mean(name, names.iter().copied());
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    Err(Failure::new(format!(
        "`--machine {name}=…` names no state machine that a task starts{meant}"
    ))
    .help(format!("the tasks start {}", names.join(", "))))
}

/// An interpreter for state machines, whose tasks the programs do, and AWS those that are left.
pub(super) fn interpreter(
    programs: &Programs,
    machines: &[Arc<Program>],
    children: &Children,
    aws: Option<AwsServices>,
) -> Interpreter {
    let mut interpreter = Interpreter::new();
    let handler = Arc::new(programs.clone());
    let served = machines.iter().flat_map(|program| {
        let tasks = program.resources();
        tasks.filter(|(state, resource)| programs.may_serve(program, state, resource))
    });
    // Many states may have one resource.
    let served: BTreeSet<_> = served.map(|(_, resource)| resource.arn().to_owned()).collect();
    for resource in served {
        let by_program = ByProgram {
            programs: Arc::clone(&handler),
            aws: aws.clone(),
        };
        interpreter = interpreter.handler(resource, by_program);
    }
    for (name, child) in children {
        interpreter = interpreter.state_machine(name.clone(), child);
    }
    match aws {
        Some(aws) => interpreter.aws(aws),
        None => interpreter,
    }
}

/// An interpreter's error, in the words of the command line.
pub(super) fn explained(error: &Error) -> Failure {
    match error.kind() {
        ErrorKind::MissingHandler => Failure::new(said(&error.to_string())).help(GIVE_PROGRAM),
        _ => Failure::new(error.to_string()),
    }
}

/// A sentence of the library, without the advice for Rust.
pub(super) fn said(text: &str) -> String {
    text.split("; ").next().unwrap_or(text).to_owned()
}

/// Runs the program for the task, or else for the function that it invokes; without one, AWS does the work.
struct ByProgram {
    programs: Arc<Programs>,
    aws: Option<AwsServices>,
}

#[async_trait]
impl Handler for ByProgram {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        if let Some(command) = self.programs.of(&context.state, &context.resource, &input) {
            let about = About {
                state: &context.state,
                resource: context.resource.arn(),
                attempt: context.retry_count as usize,
                token: context.request.token.as_deref(),
                is_apart: self.programs.are_apart(),
            };
            return call(command, &input, about).await;
        }
        let Some(function) = self.programs.function_of(&context.resource, &input) else {
            if let Some(aws) = &self.aws {
                return Handler::call(aws, input, context).await;
            }
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
