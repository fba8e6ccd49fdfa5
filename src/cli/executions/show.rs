//! `asl executions show`

use serde_json::{Map, Value, json};
use std::collections::{HashMap, VecDeque};
use std::process::ExitCode;
use std::sync::Arc;

use super::stores::failed;
use super::{Failure, Format, Output, execution_json, find, status, stores, time};
use crate::data::json_value;
use crate::history::{EventDetails, HistoryEvent};
use crate::store::{ExecutionStore, StoredExecution};

/// How many of the last events are shown.
const LAST: usize = 5;

/// How many events are read from a store at once.
const PAGE: usize = 1_000;

/// Show an execution: its status, times, input and output, and where it stands by its last events
#[derive(clap::Args)]
#[command(after_help = "Examples:
  asl executions show --store executions.db order-7
  asl executions show --store executions.db order-7 --history --format json")]
pub(super) struct Arguments {
    /// The execution's name or ARN
    #[arg(value_name = "NAME|ARN")]
    execution: String,
    /// The store
    #[arg(long, value_name = "FILE")]
    store: String,
    /// Show the whole history; with `--format json` in the form of `GetExecutionHistory`
    #[arg(long)]
    history: bool,
    /// Format of what is shown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// An event with the name of its state.
type Placed = (HistoryEvent, Option<Arc<str>>);

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let store = stores::open_read_only(&arguments.store)?;
    let execution = find::one(&store, &arguments.store, &arguments.execution)?;
    let most = if arguments.history { usize::MAX } else { LAST };
    let events = last_events(&store, execution.start.number, most)?;
    let member = if arguments.history { "events" } else { "lastEvents" };
    match arguments.format {
        Format::Json => {
            let mut told = Map::from_iter([("version".to_owned(), json!(1))]);
            told.extend(execution_json(&execution));
            told.extend(data_json(&execution));
            let events = events.iter().map(|(event, _)| event.to_json()).collect();
            told.insert(member.to_owned(), events);
            output.line(format_args!("{:#}", Value::from(told)))?;
        }
        Format::Human => {
            show(&execution, output)?;
            output.line(if arguments.history { "history" } else { "last events" })?;
            for (event, state) in &events {
                let state = state.as_ref().map(|state| format!("  {state}")).unwrap_or_default();
                let (id, at, kind) = (event.id, time(event.timestamp), event.event_type());
                output.line(format_args!("{id:>6}  {at}  {kind}{state}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The last events of an execution's history, with the states that they belong to.
fn last_events(store: &dyn ExecutionStore, number: u64, most: usize) -> Result<VecDeque<Placed>, Failure> {
    let mut states: HashMap<u64, Arc<str>> = HashMap::new();
    let mut last = VecDeque::new();
    let mut after = 0;
    loop {
        let page = store.history(number, after, PAGE).map_err(|error| failed(&error))?;
        let Some(end) = page.last() else { return Ok(last) };
        after = end.id;
        for record in &page {
            let event = record.event().map_err(|error| failed(&error))?;
            let state = match &event.details {
                EventDetails::StateEntered { name, .. } | EventDetails::StateExited { name, .. } => {
                    Some(Arc::clone(name))
                }
                _ => states.get(&event.previous_event_id).cloned(),
            };
            states.extend(state.clone().map(|state| (event.id, state)));
            if last.len() == most {
                last.pop_front();
            }
            last.push_back((event, state));
        }
    }
}

/// The members that `list` does not have.
fn data_json(execution: &StoredExecution) -> Map<String, Value> {
    let parsed = |text: &str| json_value(text).unwrap_or_else(|_| json!(text));
    let mut told = Map::new();
    told.insert("input".to_owned(), parsed(&execution.start.input));
    let Some(end) = &execution.end else { return told };
    if end.is_elsewhere() {
        told.insert("movedTo".to_owned(), json!(end.cause));
    } else if let Some(value) = &end.output {
        told.insert("output".to_owned(), parsed(value));
    } else {
        told.insert("error".to_owned(), json!(end.error));
        told.insert("cause".to_owned(), json!(end.cause));
    }
    told
}

fn show(execution: &StoredExecution, output: &mut Output) -> Result<(), Failure> {
    let start = &execution.start;
    let redriven = execution.redrive_time.map(|last| {
        let times = if execution.redrive_count == 1 { "time" } else { "times" };
        format!("{} {times}, last {}", execution.redrive_count, time(last))
    });
    let (elsewhere, end) = match &execution.end {
        Some(end) if end.is_elsewhere() => (Some(end), None),
        end => (None, end.as_ref()),
    };
    let lines = [
        ("name", Some(start.name.clone())),
        ("ARN", Some(start.arn.clone())),
        ("state machine", Some(start.state_machine_arn.clone())),
        ("status", Some(status(execution).to_owned())),
        ("started", Some(time(start.time))),
        ("ended", end.map(|end| time(end.time))),
        ("moved", elsewhere.map(|end| time(end.time))),
        ("moved to", elsewhere.and_then(|end| end.cause.clone())),
        ("redriven", redriven),
        ("input", Some(start.input.clone())),
        ("output", end.and_then(|end| end.output.clone())),
        ("error", end.and_then(|end| end.error.clone())),
        ("cause", end.and_then(|end| end.cause.clone())),
    ];
    for (label, text) in lines {
        if let Some(text) = text {
            output.line(format_args!("{label:<13}  {text}"))?;
        }
    }
    Ok(())
}
