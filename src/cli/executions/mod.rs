//! `asl executions`

mod find;
mod list;
mod moving;
mod outcomes;
mod redrive;
mod resume;
mod show;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

use super::failure::Failure;
use super::output::Output;
use super::{stores, workers};
use crate::store::StoredExecution;

/// List, show, resume, redrive and move the executions in a store
///
/// A store is a file of SQLite, which `asl run --store FILE` and programs with the library write. `list` and `show` only
/// read it, also while another process lets its executions run.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  asl executions list --store executions.db --status FAILED
  asl executions show --store executions.db order-7
  asl executions resume --store executions.db --task 'Charge=./charge.sh'
  asl executions redrive --store executions.db order-7 --task 'Charge=./charge.sh'
  asl executions move --store executions.db --restate http://127.0.0.1:8080")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Resume(resume::Arguments),
    Redrive(redrive::Arguments),
    Move(moving::Arguments),
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    match &arguments.command {
        Command::List(arguments) => list::run(arguments, output),
        Command::Show(arguments) => show::run(arguments, output),
        Command::Resume(arguments) => resume::run(arguments, output),
        Command::Redrive(arguments) => redrive::run(arguments, output),
        Command::Move(arguments) => moving::run(arguments, output),
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn status(execution: &StoredExecution) -> &str {
    execution.end.as_ref().map_or("RUNNING", |end| &end.status)
}

/// What `list` and `show` tell of an execution.
fn execution_json(execution: &StoredExecution) -> Map<String, Value> {
    let start = &execution.start;
    Map::from_iter([
        ("name".to_owned(), json!(start.name)),
        ("arn".to_owned(), json!(start.arn)),
        ("stateMachineArn".to_owned(), json!(start.state_machine_arn)),
        ("status".to_owned(), json!(status(execution))),
        ("startedAt".to_owned(), json!(time(start.time))),
        (
            "stoppedAt".to_owned(),
            json!(execution.end.as_ref().map(|end| time(end.time))),
        ),
        ("redriveCount".to_owned(), json!(execution.redrive_count)),
        ("redrivenAt".to_owned(), json!(execution.redrive_time.map(time))),
    ])
}
