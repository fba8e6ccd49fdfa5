//! `asl executions resume`

use std::process::ExitCode;

use super::workers::{Workers, explained, interpreter, said};
use super::{Failure, Output, find, outcomes, stores};
use crate::cli::arguments::Loading;
use crate::runtime::Interpreter;

/// Let all executions go on that run, and wait for their ends
///
/// Waits, retries and timeouts count on from when they began, and what became due meanwhile happens at once. A task that was
/// not answered is done again: as the same attempt, so its program may run twice. Give the tasks the same programs as to
/// `asl run`; an execution whose tasks have nobody is told, and waits in the store.
///
/// Prints a line for each execution. The exit code is 1 if one waits or does not succeed.
#[derive(clap::Args)]
#[command(after_help = "Example: asl executions resume --store executions.db --task 'Charge=./charge.sh'")]
pub(super) struct Arguments {
    /// The store
    #[arg(long, value_name = "FILE")]
    store: String,
    #[command(flatten)]
    workers: Workers,
    #[command(flatten)]
    loading: Loading,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    // Only what is there can go on: a path that is misspelt makes no new store.
    drop(stores::open_read_only(&arguments.store)?);
    let store = stores::open(&arguments.store)?;
    stores::tell_of_moving(&store, &arguments.store)?;
    let mut running = Vec::new();
    find::each(&store, find::running(), |execution| {
        running.push(execution);
        Ok(())
    })?;
    if running.is_empty() {
        stores::tell("no execution is running");
        return Ok(ExitCode::SUCCESS);
    }
    let children = arguments.workers.children(&arguments.loading)?;
    let mut machines = outcomes::programs(&store, &running);
    machines.extend(children.iter().map(|(_, child)| child.into()));
    let programs = arguments.workers.programs(&machines, false, true)?;
    let runtime = stores::runtime()?;
    let aws = runtime.block_on(arguments.workers.aws())?;
    let interpreter = interpreter(&programs, &machines, &children, aws).store(store);
    let arns: Vec<_> = running.into_iter().map(|execution| execution.start.arn).collect();
    runtime.block_on(resume(&interpreter, &arns, arguments, output))
}

async fn resume(
    interpreter: &Interpreter,
    arns: &[String],
    arguments: &Arguments,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let resumed = interpreter.resume().await.map_err(|error| explained(&error))?;
    for waiting in &resumed.waiting {
        let name = waiting.arn.rsplit(':').next().unwrap_or(&waiting.arn);
        output.line(format_args!("waits      {name}: {}", said(&waiting.reason)))?;
    }
    output.finish()?;
    let is_waiting = |arn: &String| resumed.waiting.iter().any(|waiting| waiting.arn == *arn);
    let going_on = arns.iter().filter(|arn| !is_waiting(arn));
    let executions = going_on.filter_map(|arn| interpreter.execution(arn)).collect();
    let given = (arguments.store.as_str(), &arguments.workers);
    let code = outcomes::wait(interpreter, executions, given, output).await?;
    if code != ExitCode::SUCCESS || resumed.waiting.is_empty() {
        return Ok(code);
    }
    stores::tell("give the tasks of what waits their programs: `--task 'TASK=COMMAND'` or `--function 'NAME=COMMAND'`");
    Ok(ExitCode::FAILURE)
}
