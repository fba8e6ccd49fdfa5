//! `asl executions list`

use serde_json::{Value, json};
use std::process::ExitCode;

use super::{Failure, Format, Output, execution_json, find, status, stores, time};
use crate::store::{End, Filter};

/// List executions, the newest first
///
/// A line has the status, the times of the start and the end in UTC, and the name.
#[derive(clap::Args)]
#[command(after_help = "Example: asl executions list --store executions.db --status RUNNING --name order-")]
pub(super) struct Arguments {
    /// The store
    #[arg(long, value_name = "FILE")]
    store: String,
    /// Only executions of this status
    #[arg(long, value_name = "STATUS", ignore_case = true)]
    status: Option<Status>,
    /// Only executions whose names begin so
    #[arg(long, value_name = "PREFIX")]
    name: Option<String>,
    /// Format of the list
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    Moving,
    Moved,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let store = stores::open_read_only(&arguments.store)?;
    let status_of = |status| match status {
        Status::Running => "RUNNING",
        Status::Succeeded => "SUCCEEDED",
        Status::Failed => "FAILED",
        Status::TimedOut => "TIMED_OUT",
        Status::Aborted => "ABORTED",
        Status::Moving => End::MOVING,
        Status::Moved => End::MOVED,
    };
    let filter = Filter {
        status: arguments.status.map(|status| status_of(status).to_owned()),
        name_prefix: arguments.name.clone(),
        ..Filter::default()
    };
    if arguments.format == Format::Json {
        let mut listed: Vec<Value> = Vec::new();
        find::each(&store, filter, |execution| {
            listed.push(execution_json(&execution).into());
            Ok(())
        })?;
        output.line(format_args!("{:#}", json!({ "version": 1, "executions": listed })))?;
    } else {
        find::each(&store, filter, |execution| {
            let start = &execution.start;
            let ended = execution.end.as_ref().map(|end| time(end.time));
            output.line(format_args!(
                "{:<9}  {}  {:<24}  {}",
                status(&execution),
                time(start.time),
                ended.as_deref().unwrap_or("-"),
                start.name
            ))
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
