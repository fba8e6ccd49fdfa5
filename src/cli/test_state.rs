//! `asl test-state`

use serde_json::{Map, Value};
use std::process::ExitCode;

use super::arguments::{Loading, read_file};
use super::definitions::{one_machine, place};
use super::failure::Failure;
use super::output::Output;
use crate::loading::Places;
use crate::loading::template::Format;
use crate::test_state::{Exception, TestState, TestStateError, TestStatus};

/// Test one state, as `aws stepfunctions test-state` does
///
/// The state is in a file of its own, or one of a definition or template, chosen by `--state-name`. The options and the
/// answer are those of the AWS CLI; a mock is checked against its service's API. The exit code is 1 if the state fails,
/// or if the definition is refused.
#[derive(clap::Args)]
#[command(after_help = "Values are JSON, `@FILE` or `file://FILE`.

Examples:
  asl test-state charge.asl.json --state-name Charge --mock '{ \"result\": \"{\\\"paid\\\": true}\" }'
  asl test-state --definition '{ \"Type\": \"Pass\", \"End\": true }' --input '{ \"id\": 7 }' --inspection-level DEBUG
  asl test-state template.yaml --state-machine Orders --state-name Charge --role-arn ARN \\
    --mock '{ \"errorOutput\": { \"error\": \"Busy\" } }' --state-configuration '{ \"retrierRetryCount\": 1 }'")]
pub(super) struct Arguments {
    /// The state, or the definition or template that has it
    #[arg(value_name = "FILE", required_unless_present = "definition")]
    file: Option<String>,
    /// The state or state machine, in place of a file
    #[arg(long, value_name = "JSON", conflicts_with = "file")]
    definition: Option<String>,
    /// The state machine of a template that has several
    #[arg(long, value_name = "NAME")]
    state_machine: Option<String>,
    /// The state of a state machine; it may be nested in a Parallel or Map
    #[arg(long, value_name = "NAME")]
    state_name: Option<String>,
    /// The state's raw input
    #[arg(short, long, value_name = "JSON", default_value = "{}")]
    input: String,
    /// How much of the data is shown
    #[arg(long, value_name = "LEVEL", default_value = "INFO", ignore_case = true)]
    inspection_level: Level,
    /// The mocked work: `result` or `errorOutput`, and `fieldValidationMode`
    #[arg(long, value_name = "JSON")]
    mock: Option<String>,
    /// The variables before the state
    #[arg(long, value_name = "JSON")]
    variables: Option<String>,
    /// The context object; needs a mock too
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    /// The circumstances of the mocked work: `retrierRetryCount`, `errorCausedByState`, `mapIterationFailureCount`,
    /// `mapItemReaderData`
    #[arg(long, value_name = "JSON")]
    state_configuration: Option<String>,
    /// The role of the state machine; the context object shows its account
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// On AWS, shows the secrets of HTTP tasks
    #[arg(long)]
    reveal_secrets: bool,
    #[command(flatten)]
    loading: Loading,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Level {
    /// The output and the next state
    Info,
    /// The data after each stage too
    Debug,
    /// The same
    Trace,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    let result = TestState::from_request(&request(arguments)?)
        .and_then(TestState::run)
        .map_err(|error| refused(&error))?;
    output.line(format_args!("{:#}", result.to_json()))?;
    Ok(match result.status {
        TestStatus::Failed => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

/// The request in the form of AWS's API.
fn request(arguments: &Arguments) -> Result<Value, Failure> {
    let definition = match (&arguments.definition, &arguments.file) {
        (Some(text), _) => given(text)?,
        (None, Some(file)) => definition_of(file, arguments)?,
        (None, None) => String::new(),
    };
    let level = match arguments.inspection_level {
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    };
    let mut request = Map::new();
    let mut add = |name: &str, value: Value| request.insert(name.to_owned(), value);
    add("definition", definition.into());
    add("input", given(&arguments.input)?.into());
    add("inspectionLevel", level.into());
    for (name, text) in [("variables", &arguments.variables), ("context", &arguments.context)] {
        if let Some(text) = text {
            add(name, given(text)?.into());
        }
    }
    for (name, option, text) in [
        ("mock", "--mock", &arguments.mock),
        (
            "stateConfiguration",
            "--state-configuration",
            &arguments.state_configuration,
        ),
    ] {
        if let Some(text) = text {
            add(name, structure(option, text)?);
        }
    }
    for (name, text) in [("stateName", &arguments.state_name), ("roleArn", &arguments.role_arn)] {
        if let Some(text) = text {
            add(name, text.as_str().into());
        }
    }
    if arguments.reveal_secrets {
        add("revealSecrets", true.into());
    }
    Ok(Value::Object(request))
}

/// The text of an option: as it is, or from its file.
fn given(text: &str) -> Result<String, Failure> {
    match text.strip_prefix('@').or_else(|| text.strip_prefix("file://")) {
        Some(file) => read_file(file),
        None if text == "-" => read_file("-"),
        None => Ok(text.to_owned()),
    }
}

fn structure(option: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(&given(text)?)
        .map_err(|error| Failure::new(format!("the value of `{option}` is no JSON: {error}")))
}

/// The text of a file that holds a single state, or else the definition of its state machine.
fn definition_of(file: &str, arguments: &Arguments) -> Result<String, Failure> {
    let (file, named) = place(file, arguments.state_machine.as_deref())?;
    let text = read_file(file)?;
    let places = Places::of(&text, Format::of(file, &text)).ok();
    let state = places
        .map(|places| places.to_value())
        .filter(|value| value.get("Type").is_some_and(Value::is_string) && value.get("States").is_none());
    if let Some(state) = state {
        return Ok(state.to_string());
    }
    let machine = one_machine(file, named, &arguments.loading)?;
    if arguments.state_name.is_none() {
        return Err(
            Failure::new(format!("`{file}` is a state machine")).help("choose one of its states: `--state-name NAME`")
        );
    }
    Ok(machine.definition().to_string())
}

/// The refusal, as the AWS CLI prints it.
fn refused(error: &TestStateError) -> Failure {
    match error.exception() {
        Exception::ParamValidationError => Failure::new(error.message()),
        exception => {
            let message = error.message();
            let failure = Failure::new(format!(
                "an error occurred ({exception}) when calling the TestState operation: {message}"
            ));
            match exception {
                Exception::InvalidDefinition => failure.finding(),
                _ => failure,
            }
        }
    }
}
