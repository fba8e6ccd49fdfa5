//! `asl explore`

use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::{Loading, json_argument, pair};
use super::definitions::{one_machine, started_machine};
use super::failure::Failure;
use super::functions::Functions;
use super::output::Output;
use super::workers::check_started;
use crate::execution::Program;
use crate::simulation::{Answer, Exploration, Finding, FindingKind, Report, Simulation};

/// Find out what a state machine does when its tasks go wrong
///
/// Every task fails with every error that its Retry and Catch name, with one that they do not, and with a timeout: once,
/// at every retry, and for ever; then two tasks fail. What ends badly is told with the smallest input and faults: an
/// execution that waits or loops for ever, times out, or ends in an error that nothing catches. Ending in a Fail state is
/// fine. The exit code is 1 if anything is found.
#[derive(clap::Args)]
#[command(
    after_help = "Where nothing goes wrong, a task succeeds with its `--result`, else with `{}`; a Lambda function \
returns its `--payload`, else `{}`.

Examples:
  asl explore charge.asl.json --input '{ \"id\": 7 }' --result 'Charge={ \"paid\": true }'
  asl explore order.asl.json --payload 'charge-order={ \"paid\": true }' --allow-error UnnamedError
  asl explore template.yaml --state-machine Orders --max-faults 1 --format json"
)]
pub(super) struct Arguments {
    /// Definition or template
    #[arg(value_name = "FILE")]
    file: String,
    /// The state machine of a template that has several
    #[arg(long, value_name = "NAME")]
    state_machine: Option<String>,
    /// An execution's input: JSON, `@FILE`, or `-` for standard input; may be given more than once
    #[arg(short, long = "input", value_name = "JSON", default_value = "{}")]
    inputs: Vec<String>,
    /// Result of a task, by the state's name or its resource: JSON or `@FILE`
    #[arg(short, long = "result", value_name = "TASK=JSON", value_parser = pair)]
    results: Vec<(String, String)>,
    /// What a Lambda function returns, by the function's name: JSON or `@FILE`
    #[arg(short, long = "payload", value_name = "NAME=JSON", value_parser = pair)]
    payloads: Vec<(String, String)>,
    #[command(flatten)]
    functions: Functions,
    /// State machine that tasks can start, by its name or ARN; `FILE#NAME` for one of a template
    #[arg(long = "machine", value_name = "NAME=FILE", value_parser = pair)]
    machines: Vec<(String, String)>,
    /// The most executions
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    max_runs: usize,
    /// The most faults in one execution
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    max_faults: usize,
    /// An error that executions may end in; `UnnamedError` is the one that no Retry and no Catch names
    #[arg(long = "allow-error", value_name = "NAME")]
    allowed: Vec<String>,
    /// Tasks without `TimeoutSeconds` may wait for ever
    #[arg(long)]
    allow_hangs: bool,
    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    loading: Loading,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let mut exploration = Exploration::of(&simulation(arguments)?)
        .max_runs(arguments.max_runs)
        .max_faults(arguments.max_faults);
    for input in &arguments.inputs {
        exploration = exploration.input(json_argument("--input", input)?);
    }
    for error in &arguments.allowed {
        exploration = exploration.allow_error(error);
    }
    if arguments.allow_hangs {
        exploration = exploration.allow_hangs();
    }
    let report = exploration.explore().map_err(|error| Failure::new(error.to_string()))?;
    match arguments.format {
        Format::Text => {
            output.text(&report)?;
            let needs_answers = report.findings.iter().any(|finding| finding.faults.is_empty());
            if needs_answers && arguments.give_no_answers() {
                output
                    .line("tasks answer `{}` unless `--result`, `--payload` or `--function` says what they answer")?;
            }
        }
        Format::Json => output.line(format_args!("{:#}", to_json(&report)))?,
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Arguments {
    fn give_no_answers(&self) -> bool {
        self.results.is_empty() && self.payloads.is_empty() && !self.functions.is_some()
    }
}

/// The state machine with tasks that succeed.
fn simulation(arguments: &Arguments) -> Result<Simulation, Failure> {
    let machine = one_machine(&arguments.file, arguments.state_machine.as_deref(), &arguments.loading)?;
    let mut simulation = Simulation::of(&machine).otherwise(Answer::lambda(json!({})));
    for (task, result) in &arguments.results {
        simulation = simulation.always(task, json_argument("--result", result)?);
    }
    for (function, payload) in &arguments.payloads {
        let payload = json_argument("--payload", payload)?;
        simulation = simulation.always(function, Answer::lambda(payload));
    }
    for function in arguments.functions.programs(false, false)? {
        let program = Arc::clone(&function);
        simulation = simulation.function_with(function.name(), move |call, payload| program.answer(call, payload));
    }
    let mut programs: Vec<Arc<Program>> = vec![(&machine).into()];
    for (name, file) in &arguments.machines {
        let child = started_machine(name, file, &arguments.loading)?;
        programs.push((&child).into());
        simulation = simulation.state_machine(name, &child);
    }
    check_started(&arguments.machines, programs.iter().map(AsRef::as_ref))?;
    Ok(simulation)
}

fn to_json(report: &Report) -> Value {
    let findings = report.findings.iter().map(finding);
    json!({
        "executions": report.runs,
        "isCut": report.is_cut,
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    let kind = match finding.kind {
        FindingKind::Hang => "hang",
        FindingKind::Loop => "loop",
        FindingKind::TimedOut => "timedOut",
        FindingKind::UncaughtError => "uncaughtError",
    };
    let text = finding.to_string();
    let faults = finding.faults.iter().map(ToString::to_string);
    json!({
        "kind": kind,
        "message": text.lines().next(),
        "state": finding.state,
        "error": finding.error.as_ref().and_then(|error| error.error.clone()),
        "cause": finding.error.as_ref().and_then(|error| error.cause.clone()),
        "input": finding.input,
        "faults": faults.collect::<Vec<_>>(),
        "executions": finding.executions,
    })
}
