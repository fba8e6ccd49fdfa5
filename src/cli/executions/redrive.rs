//! `asl executions redrive`

use std::process::ExitCode;

use super::workers::{Workers, explained, interpreter};
use super::{Failure, Output, find, outcomes, stores};
use crate::cli::arguments::Loading;
use crate::runtime::{ExecutionHandle, Interpreter};
use crate::store::StoredExecution;

/// Redrive executions that did not succeed, and wait for their ends
///
/// An execution goes on from the states that did not succeed, as after AWS's `RedriveExecution`. Nothing is redriven if one of
/// those that are named cannot be, or if one of its tasks has nobody. Executions that run are left to `asl executions resume`.
///
/// Prints a line for each execution. The exit code is 1 if one does not succeed.
#[derive(clap::Args)]
#[command(after_help = "Example: asl executions redrive --store executions.db order-7 --task 'Charge=./charge.sh'")]
pub(super) struct Arguments {
    /// The executions' names or ARNs
    #[arg(value_name = "NAME|ARN", required = true)]
    executions: Vec<String>,
    /// The store
    #[arg(long, value_name = "FILE")]
    store: String,
    #[command(flatten)]
    workers: Workers,
    #[command(flatten)]
    loading: Loading,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    drop(stores::open_read_only(&arguments.store)?);
    let store = stores::open(&arguments.store)?;
    let mut meant: Vec<StoredExecution> = Vec::new();
    for name in &arguments.executions {
        let execution = find::one(&store, &arguments.store, name)?;
        if execution.end.is_none() {
            return Err(Failure::new(format!("the execution `{name}` is RUNNING"))
                .help(format!("`{}` lets it go on", stores::resuming(&arguments.store))));
        }
        if let Some(end) = execution.end.as_ref().filter(|end| end.is_elsewhere()) {
            let place = end.cause.as_deref().unwrap_or("another place");
            return Err(Failure::new(format!("the execution `{name}` was moved to {place}")));
        }
        if !meant.iter().any(|known| known.start.arn == execution.start.arn) {
            meant.push(execution);
        }
    }
    let children = arguments.workers.children(&arguments.loading)?;
    let mut machines = outcomes::programs(&store, &meant);
    let own = machines.len();
    machines.extend(children.iter().map(|(_, child)| child.into()));
    let programs = arguments.workers.programs(&machines, false, true)?;
    let runtime = stores::runtime()?;
    let aws = runtime.block_on(arguments.workers.aws())?;
    let interpreter = interpreter(&programs, &machines, &children, aws).store(store);
    runtime.block_on(async {
        for program in machines.iter().take(own) {
            interpreter.check_handlers(program).map_err(|error| explained(&error))?;
        }
        let executions = redrive(&interpreter, &meant)?;
        let given = (arguments.store.as_str(), &arguments.workers);
        outcomes::wait(&interpreter, executions, given, output).await
    })
}

fn redrive(interpreter: &Interpreter, meant: &[StoredExecution]) -> Result<Vec<ExecutionHandle>, Failure> {
    let refused = |execution: &StoredExecution, why: &dyn std::fmt::Display| {
        Failure::new(format!(
            "the execution `{}` cannot be redriven: {why}",
            execution.start.name
        ))
    };
    let mut handles = Vec::new();
    for execution in meant {
        let handle = interpreter
            .execution(&execution.start.arn)
            .ok_or_else(|| refused(execution, &"the store cannot give it back"))?;
        handle.check_redrivable().map_err(|why| refused(execution, &why))?;
        handles.push(handle);
    }
    for (handle, execution) in handles.iter().zip(meant) {
        handle.redrive().map_err(|error| refused(execution, &error))?;
    }
    Ok(handles)
}
