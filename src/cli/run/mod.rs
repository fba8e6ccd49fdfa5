//! `asl run`

pub(super) mod progress;
mod real_time;
mod virtual_time;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{Loading, json_argument, read_file};
use super::colours::colours;
use super::definitions::one_machine;
use super::failure::Failure;
use super::graph;
use super::output::{Output, children_json, error_json, error_line, express_text, usage_json};
use super::programs::Programs;
use super::termination;
use super::workers::{Children, Workers};
use crate::definition::StateMachine;
use crate::diagram::Diagram;
use crate::execution::{MapRunLog, Outcome, Program};
use crate::history::HistoryEvent;
use crate::simulation::{MockConfig, Recording, Run, Usage, failed_child};

/// Run a state machine
///
/// Time is virtual: a Wait of a year takes no time, and a program's running time does not count. With `--real-time`,
/// waits really wait, programs of parallel branches run side by side, and `TimeoutSeconds` stops them.
///
/// With `--aws`, AWS does the work of the tasks that have no program, in real time; without it nothing is called.
///
/// With `--store`, the execution runs in real time and outlives this process: end it at any instant, and `asl executions
/// resume` lets the execution go on.
///
/// The output goes to standard output as JSON, the progress to standard error. The exit code is 1 if the execution does
/// not succeed.
#[derive(clap::Args)]
#[command(after_help = "Task programs:
  The command is run by the shell for each attempt of the task. It gets the effective input on standard input, as JSON, \
and writes the result to standard output, as JSON. A non-zero exit fails the task: with `Error` and `Cause` where it \
writes an object that has them, else with the error `Exit.CODE` and what it wrote to standard error as the cause. \
`ASL_STATE`, `ASL_RESOURCE`, `ASL_ATTEMPT` (from 0) and `ASL_TASK_TOKEN` are in its environment. The task's \
`TimeoutSeconds` end it.

Functions:
  The program of a `--function` gets the payload and writes what the function returns; `lambda:invoke` puts Lambda's \
response around it. An object with `errorType` and `errorMessage` is an error, as on Lambda; a program that ends without \
an answer fails with `Runtime.ExitError`. What it writes to standard error is shown.

Examples:
  asl run hello.asl.json --input '{ \"name\": \"Ada\" }'
  asl run charge.asl.json --task 'Charge=jq .amount' --input @order.json --history history.json
  asl run invoice.asl.json --function 'charge-order=python3 charge.py'
  asl run order.asl.json --machine Shipment=shipment.asl.json --explain
  asl run orders.asl.json --mock MockConfigFile.json --test-case Orders#Busy --graph run.svg
  asl run order.asl.json --aws --input @order.json
  asl run charge.asl.json --store executions.db --name order-7 --task 'Charge=./charge.sh'")]
pub(super) struct Arguments {
    /// Definition or template
    #[arg(value_name = "FILE")]
    file: String,
    /// The state machine of a template that has several
    #[arg(long, value_name = "NAME")]
    state_machine: Option<String>,
    /// The execution's input: JSON, `@FILE`, or `-` for standard input
    #[arg(
        short,
        long,
        value_name = "JSON",
        default_value = "{}",
        allow_negative_numbers = true
    )]
    input: String,
    #[command(flatten)]
    workers: Workers,
    /// Mock file of Step Functions Local that answers the tasks
    #[arg(long, value_name = "FILE")]
    mock: Option<String>,
    /// Test case of the mock file; not needed if it has only one
    #[arg(long, value_name = "MACHINE#CASE", requires = "mock")]
    test_case: Option<String>,
    /// Run in real time: waits really wait
    #[arg(long)]
    real_time: bool,
    /// Run in real time and keep the execution in a store, a file of SQLite, where it outlives this process
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mock", "starts_at"])]
    store: Option<String>,
    /// The name of the execution in the store; default: a new UUID
    #[arg(long, value_name = "NAME", requires = "store")]
    name: Option<String>,
    /// When the execution starts, as `2026-01-31T12:00:00Z`; default: now
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "real_time")]
    starts_at: Option<DateTime<Utc>>,
    /// Write the execution history to a file, in the form of `GetExecutionHistory`; `-` prints it in place of the output
    #[arg(long, value_name = "FILE")]
    history: Option<String>,
    /// Explain in plain words what happened and why it failed
    #[arg(long)]
    explain: bool,
    /// Draw the execution's path with its times: SVG, or Mermaid and DOT by the file's ending (`.mmd`, `.dot`)
    #[arg(long, value_name = "FILE")]
    graph: Option<String>,
    /// Seed of jitter and of random functions; default: 0, and with a store a random one
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Format of standard output: the output alone, or one JSON document with the status, the output or the error, and what
    /// the execution uses
    #[arg(long, value_name = "FORMAT", default_value = "output", conflicts_with = "explain")]
    format: Format,
    /// Print only the output; if the execution fails, its error and cause
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    loading: Loading,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The execution's output
    Output,
    /// One JSON document
    Json,
}

/// A finished execution.
struct Ended {
    arn: String,
    map_runs: MapRunLog,
    outcome: Outcome,
    history: Vec<HistoryEvent>,
    /// The whole run, if time was virtual.
    run: Option<Run>,
}

/// The machine to run, with its input and tasks.
struct Job {
    machine: StateMachine,
    children: Children,
    /// The machine and its children.
    compiled: Vec<Arc<Program>>,
    input: Value,
    programs: Programs,
    mocks: Option<(MockConfig, String, String)>,
    starts_at: DateTime<Utc>,
    seed: Option<u64>,
    kept: Option<Kept>,
}

/// Where an execution is kept.
struct Kept {
    file: String,
    name: Option<String>,
    /// Whether its tasks need options of the command.
    has_workers: bool,
}

/// What came of an execution.
enum Came {
    Ended(Box<Ended>),
    /// The command was told to end, with this exit code, and the execution waits in the store.
    Left(u8),
}

pub(super) fn run(
    arguments: &Arguments,
    output: &mut Output,
    colour: anstream::ColorChoice,
) -> Result<ExitCode, Failure> {
    let picture = arguments.graph.as_deref().map(graph::picture).transpose()?;
    let job = job(arguments)?;
    if job.kept.is_none() {
        termination::ends_programs_too();
    }
    let mut progress = progress::Progress::new(colour, arguments.quiet);
    let workers = &arguments.workers;
    let is_real = arguments.real_time || job.kept.is_some() || workers.calls_aws();
    let ended = match (&job.mocks, is_real) {
        (None, true) => match real_time::run(&job, workers, &mut progress)? {
            Came::Ended(ended) => *ended,
            Came::Left(code) => return Ok(ExitCode::from(code)),
        },
        (_, is_paced) => virtual_time::run(&job, &mut progress, is_paced)?,
    };
    if let Ok(run) = ended.run(&job.machine) {
        progress.line(&used(&run.usage()));
    }
    if let Some(file) = &arguments.history {
        output.file(file, &history_text(&ended.history))?;
    }
    if let Some(file) = &arguments.graph {
        let run = ended.run(&job.machine)?;
        let diagram = Diagram::of(&job.machine).with(&run.overlay());
        graph::write(&diagram, picture, Some(file), output)?;
    }
    if arguments.format == Format::Json {
        output.line(format_args!("{:#}", ended.to_json(&job.machine)))?;
    } else if arguments.explain {
        output.text(ended.run(&job.machine)?.explain())?;
    } else if let Some(value) = ended
        .outcome
        .output()
        .filter(|_| arguments.history.as_deref() != Some("-"))
    {
        output.line(format_args!("{value:#}"))?;
    }
    Ok(match ended.outcome {
        Outcome::Succeeded { .. } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

impl Ended {
    /// The execution as one JSON document.
    fn to_json(&self, machine: &StateMachine) -> Value {
        let time = |event: Option<&HistoryEvent>| {
            event.map(|event| event.timestamp.to_rfc3339_opts(SecondsFormat::Millis, true))
        };
        let mut told = Map::new();
        let mut set = |member: &str, value: Value| drop(told.insert(member.to_owned(), value));
        set("version", json!(1));
        set("status", json!(self.outcome.status()));
        if let Some(value) = self.outcome.output() {
            set("output", value.clone());
        }
        set("startedAt", json!(time(self.history.first())));
        set("stoppedAt", json!(time(self.history.last())));
        // An execution in real time with a distributed Map cannot be replayed.
        let run = self.run(machine).ok();
        if let Some(run) = &run {
            set("elapsedSeconds", json!(run.elapsed().as_secs_f64()));
            set("path", json!(run.path()));
            set("usage", usage_json(&run.usage()));
        }
        if let Some(error) = self.outcome.error() {
            told.extend(error_json(error));
            let state = run.as_ref().and_then(|run| run.failed_visit());
            told.extend(state.map(|visit| ("state".to_owned(), json!(visit.state))));
            told.extend(children_json(&self.map_runs.first_failures(&self.arn, &self.outcome)));
        }
        told.into()
    }

    /// The whole run; an execution in real time is replayed from its history.
    fn run(&self, machine: &StateMachine) -> Result<Cow<'_, Run>, Failure> {
        if let Some(run) = &self.run {
            return Ok(Cow::Borrowed(run));
        }
        let replay = Recording::parse(&history_text(&self.history)).and_then(|recording| recording.replay(machine));
        let replay =
            replay.map_err(|error| Failure::new(format!("the execution cannot be looked at again: {error}")))?;
        Ok(Cow::Owned(replay.run))
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| "write a time as `2026-01-31T12:00:00Z`")?;
    Ok(time.to_utc())
}

/// A history in the form of `GetExecutionHistory`.
fn history_text(history: &[HistoryEvent]) -> String {
    let events: Vec<_> = history.iter().map(HistoryEvent::to_json).collect();
    format!("{:#}\n", json!({ "events": events }))
}

fn job(arguments: &Arguments) -> Result<Job, Failure> {
    let machine = one_machine(&arguments.file, arguments.state_machine.as_deref(), &arguments.loading)?;
    let workers = &arguments.workers;
    if workers.calls_aws() && (arguments.mock.is_some() || arguments.starts_at.is_some()) {
        return Err(
            Failure::new("AWS is called in real time, which `--mock` and `--starts-at` have none of")
                .help("leave them out, or `--aws` and `--aws-endpoint`"),
        );
    }
    let children = workers.children(&arguments.loading)?;
    let machines = std::iter::once(&machine).chain(children.iter().map(|(_, child)| child));
    let compiled: Vec<Arc<Program>> = machines.map(Into::into).collect();
    workers.check_started(&compiled)?;
    let programs = workers.programs(&compiled, arguments.quiet, arguments.store.is_some())?;
    let mocks = arguments
        .mock
        .as_deref()
        .map(|file| mocks(file, arguments.test_case.as_deref()))
        .transpose()?;
    Ok(Job {
        machine,
        children,
        compiled,
        input: json_argument("--input", &arguments.input)?,
        programs,
        mocks,
        #[expect(
            clippy::disallowed_methods,
            reason = "the command is a driver: an execution starts now, as on AWS"
        )]
        starts_at: arguments.starts_at.unwrap_or_else(Utc::now),
        seed: arguments.seed,
        kept: arguments.store.clone().map(|file| Kept {
            file,
            name: arguments.name.clone(),
            has_workers: workers.is_some(),
        }),
    })
}

/// A mock file with the names of the state machine and test case.
fn mocks(file: &str, case: Option<&str>) -> Result<(MockConfig, String, String), Failure> {
    let config = MockConfig::parse_each(&read_file(file)?)
        .map_err(|error| Failure::new(format!("`{file}` cannot be used: {error}")))?;
    let cases: Vec<(String, String)> = config
        .state_machines()
        .flat_map(|machine| {
            config
                .test_cases(machine)
                .map(|case| (machine.to_owned(), case.to_owned()))
        })
        .collect();
    let is_meant = |machine: &str, name: &str| {
        case.is_none_or(|case| case.split_once('#').is_some_and(|meant| meant == (machine, name)) || case == name)
    };
    let mut meant = cases.iter().filter(|(machine, name)| is_meant(machine, name));
    let (Some((machine, case)), None) = (meant.next().cloned(), meant.next()) else {
        let names: BTreeSet<_> = cases
            .iter()
            .map(|(machine, case)| format!("{machine}#{case}"))
            .collect();
        let names: Vec<_> = names.into_iter().collect();
        let message = match case {
            Some(case) if cases.iter().any(|(_, name)| name == case) => {
                format!("`{file}` has the test case `{case}` of several state machines")
            }
            Some(case) => format!("`{file}` has no test case `{case}`"),
            None => format!("`{file}` has {} test cases", cases.len()),
        };
        let failure = Failure::new(message);
        if names.is_empty() {
            return Err(failure);
        }
        return Err(failure.help(format!("choose one with `--test-case`: {}", names.join(", "))));
    };
    Ok((config, machine, case))
}

/// What the execution uses: `3 state transitions, no payload larger than 61 bytes`.
fn used(usage: &Usage) -> String {
    let mut parts = Vec::new();
    if usage.transitions > 0 {
        let plural = if usage.transitions == 1 { "" } else { "s" };
        parts.push(format!("{} state transition{plural}", usage.transitions));
    }
    if usage.express.executions > 0 {
        let plural = if usage.express.executions == 1 { "" } else { "s" };
        parts.push(format!(
            "{} Express execution{plural} billed {}",
            usage.express.executions,
            express_text(&usage.express)
        ));
    }
    parts.push(format!("no payload larger than {} bytes", usage.largest_payload));
    parts.join(", ")
}

/// The verdict at the end of the progress; after a failed distributed Map, with a line for the child execution that failed first.
fn verdict(ended: &Ended, elapsed: Duration) -> String {
    let outcome = &ended.outcome;
    let colours = colours();
    let elapsed = progress::seconds(elapsed);
    let status = outcome.status();
    let Some(error) = outcome.error() else {
        return format!("{}{status}{} after {elapsed}", colours.good, colours.reset);
    };
    let line = error_line(error, str::to_owned);
    let mut text = format!("{}{status}{} after {elapsed}: {line}", colours.error, colours.reset);
    for child in ended.map_runs.first_failures(&ended.arn, outcome) {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n{}", failed_child(&child));
    }
    text
}
