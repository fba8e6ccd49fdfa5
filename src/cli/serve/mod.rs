//! `asl serve`: the Step Functions API for AWS's SDKs and CLI.

mod answers;
mod console;
mod events;
mod machines;
mod mocks;
mod others;
mod record;
mod restate;
#[cfg(feature = "otlp")]
mod telemetry;
mod time;

use clap::Args;
use serde_json::Value;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::arguments::Loading;
use super::aws::AwsOptions;
use super::failure::{Failure, reason};
use super::functions::{Functions, ServedFunction};
use super::output::Output;
use super::stores::{self, tell};
use crate::handlers::aws::Endpoint;
use crate::runtime::Interpreter;
use crate::server::StepFunctions;
use crate::server::http::{HttpApi, serve};
use answers::AnswerOptions;
use console::ConsoleOptions;
use events::{Deliveries, EventOptions, Events};
use machines::Machines;
use mocks::MockOptions;
use others::Others;
use record::{Record, Recording};
use restate::{Given, RestateOptions, Work};
#[cfg(feature = "otlp")]
use telemetry::TelemetryOptions;
use time::Time;

const EXAMPLES: &str = "\
Examples:
  asl serve --data executions.db
  asl serve --restate http://127.0.0.1:8080
  asl serve --machines machines --function 'Charge=python3 charge.py'
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083";

/// Serve the Step Functions API to AWS's SDKs and CLI
///
/// It serves until Ctrl-C or SIGTERM, and prints its address on standard output. The exit code is 1 if a definition of
/// `--machines` has errors.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Port to listen on; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8083)]
    port: u16,
    /// Address to listen on; another than this machine's own needs `--access-key`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Keep all in a store, a file of SQLite, and go on with what is in it; without it all is in memory
    #[arg(long, value_name = "FILE")]
    data: Option<String>,
    /// File with state machines, or a folder of such files: created at the start, updated when a file changes; may be given
    /// more than once
    #[arg(long, value_name = "PATH")]
    machines: Vec<String>,
    #[command(flatten)]
    restate: RestateOptions,
    #[command(flatten)]
    functions: Functions,
    /// Endpoint of an emulator of Lambda, which serves all other functions
    #[arg(long, value_name = "URL", env = "LAMBDA_ENDPOINT", hide_env_values = true, value_parser = Endpoint::url)]
    lambda_endpoint: Option<String>,
    #[command(flatten)]
    aws: AwsOptions,
    #[command(flatten)]
    mocks: MockOptions,
    #[command(flatten)]
    answers: AnswerOptions,
    #[command(flatten)]
    record: Record,
    #[command(flatten)]
    time: Time,
    #[command(flatten)]
    events: EventOptions,
    #[command(flatten)]
    console: ConsoleOptions,
    #[cfg(feature = "otlp")]
    #[command(flatten)]
    telemetry: TelemetryOptions,
    /// Answer only requests that are signed with this access key; may be given more than once
    #[arg(long = "access-key", value_name = "ID:SECRET", env = "ASL_ACCESS_KEY", hide_env_values = true, value_parser = access_key)]
    access_keys: Vec<(String, String)>,
    /// Region of all ARNs, and of the services that are called; default: with `--aws` the region of the environment or the
    /// profile, else us-east-1
    #[arg(long, value_name = "REGION", env = "AWS_DEFAULT_REGION", hide_env_values = true, value_parser = region)]
    region: Option<String>,
    /// Account of all ARNs
    #[arg(long, value_name = "ID", env = "AWS_ACCOUNT_ID", hide_env_values = true, default_value = "123456789012", value_parser = account)]
    account: String,
    /// Print nothing but the endpoint and errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    loading: Loading,
}

/// Adds to the log records of executions.
type Correlated = fn(&[Value]) -> Cow<'_, [Value]>;

fn as_they_are(records: &[Value]) -> Cow<'_, [Value]> {
    Cow::Borrowed(records)
}

fn access_key(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() && !id.contains('/') => {
            Ok((id.to_owned(), secret.to_owned()))
        }
        _ => Err("write it as ID:SECRET".to_owned()),
    }
}

fn region(text: &str) -> Result<String, String> {
    let is_letter = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    if !text.is_empty() && text.bytes().all(is_letter) {
        return Ok(text.to_owned());
    }
    Err("write a region such as us-east-1".to_owned())
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err("an account has 12 digits".to_owned())
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
    if !arguments.host.is_loopback() && arguments.access_keys.is_empty() {
        return Err(Failure::new(format!(
            "at {} everybody in the network could call the API, so it is not served there without an access key",
            arguments.host
        ))
        .help("give clients a key with `--access-key ID:SECRET`, or leave out `--host` to serve this machine alone"));
    }
    let runtime = arguments.time.runtime().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("cannot start: {}", reason(&error))))?;
    runtime.block_on(listen(arguments, output))?;
    // Programs that still run are killed by then.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(ExitCode::SUCCESS)
}

async fn listen(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    arguments.restate.check(Given {
        data: arguments.data.is_some(),
        mock: arguments.mocks.are_given(),
        answer: arguments.answers.are_of_services(),
        record: arguments.record.is_given(),
        virtual_time: arguments.time.is_virtual(),
    })?;
    let address = SocketAddr::new(arguments.host, arguments.port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("cannot listen on {address}: {}", reason(&error)))
            .help("`--port` takes another port; 0 takes one that is free")
    })?;
    let address = listener.local_addr().unwrap_or(address);
    arguments.mocks.check(arguments.data.is_some())?;
    let recording = arguments.record.begin(arguments.data.is_some())?;
    #[cfg(feature = "otlp")]
    let telemetry = arguments.telemetry.open(arguments.restate.are_given())?;
    let interpreter = Interpreter::new();
    #[cfg(feature = "otlp")]
    let interpreter = telemetry::of(interpreter, telemetry.as_ref());
    #[cfg(feature = "otlp")]
    let correlated: Correlated = if telemetry.is_some() {
        telemetry::correlated
    } else {
        as_they_are
    };
    #[cfg(not(feature = "otlp"))]
    let correlated: Correlated = as_they_are;
    let (api, events, work) = api(arguments, (interpreter, correlated), &recording).await?;
    let mut mocks = arguments.mocks.file();
    mocks.read(&api)?;
    let mut machines = Machines::new(&arguments.machines, &arguments.loading);
    machines.deploy(&api, arguments.quiet).await?;
    output.line(format_args!("http://{address}"))?;
    output.finish()?;
    if !arguments.quiet && arguments.data.is_none() && !arguments.restate.are_given() {
        tell("all is kept in memory and gone at the end; `--data FILE` keeps it");
    }
    let mut http = HttpApi::new(api.clone());
    for (id, secret) in &arguments.access_keys {
        http = http.access_key(id, secret);
    }
    if !arguments.quiet {
        http = http.on_access(|access| tell(&access.to_string()));
    }
    let router = arguments
        .console
        .serve(&api, http.into_router(), arguments.host, &arguments.access_keys);
    if !arguments.quiet && arguments.console.is_there() {
        tell(&format!("the console: http://{address}/console/"));
    }
    let (end, ended) = oneshot::channel::<()>();
    let serving = serve(listener, router, async {
        // The sender is dropped at the end.
        let _ = ended.await;
    });
    let told = async {
        let told = tokio::select! {
            told = stores::told_to_end(true) => told.map(|_| ()),
            () = machines.watch(&api, arguments.quiet) => Ok(()),
            () = mocks.watch(&api) => Ok(()),
            () = recording.watch() => Ok(()),
        };
        drop(end);
        told
    };
    let (served, told) = tokio::join!(serving, told);
    if let Some(work) = work {
        work.end().await;
    }
    events.end(&api).await;
    #[cfg(feature = "otlp")]
    telemetry::end(telemetry).await;
    recording.write()?;
    told?;
    served.map_err(|error| Failure::new(format!("nothing more is served: {}", reason(&error))))
}

async fn api(
    arguments: &Arguments,
    (interpreter, correlated): (Interpreter, Correlated),
    recording: &Recording,
) -> Result<(StepFunctions, Events, Option<Work>), Failure> {
    let programs = arguments.functions.programs(arguments.quiet, true)?;
    let aws = arguments
        .aws
        .services(
            arguments.region.as_deref(),
            arguments.lambda_endpoint.as_deref(),
            arguments.quiet,
        )
        .await?;
    let place = (aws.region(), arguments.account.as_str());
    let deliveries = if arguments.restate.are_given() {
        Deliveries::OfCluster
    } else if arguments.time.is_virtual() {
        Deliveries::InVirtualTime
    } else {
        Deliveries::InMemory
    };
    let events = Events::open(&arguments.events, place, deliveries, &programs, &aws)?;
    let interpreter = interpreter.region(place.0, place.1);
    let api = events.api();
    let mut interpreter = events.serve(interpreter, &aws).fallback(Others { aws, api });
    interpreter = arguments.answers.serve(interpreter, &programs)?;
    for program in programs {
        let name = program.name().to_owned();
        // A function by its ARN is one of a place; by its name it is everywhere.
        interpreter = if name.starts_with("arn:") {
            interpreter.handler(name, ServedFunction(program))
        } else {
            interpreter.function(name, ServedFunction(program))
        };
    }
    interpreter = arguments.time.set(interpreter, arguments.data.is_some())?;
    interpreter = recording.of(interpreter);
    // Two options that cannot be together are told now, not at the first call.
    let checked = interpreter.check_options();
    checked.map_err(|error| Failure::new(error.to_string()))?;
    if arguments.restate.are_given() {
        let serving = arguments
            .restate
            .serve(interpreter, events.reports(correlated), arguments.quiet);
        let (api, work) = serving.await?;
        events.start(&api);
        return Ok((api, events, Some(work)));
    }
    if let Some(file) = &arguments.data {
        let store = stores::open(file)?;
        stores::tell_of_moving(&store, file)?;
        interpreter = interpreter.store(store);
    }
    let opened = StepFunctions::open_reporting(interpreter, events.reports(correlated)).await;
    let (api, resumed) = opened.map_err(|error| Failure::new(error.to_string()))?;
    events.start(&api);
    for waiting in &resumed.waiting {
        tell(&format!("{} does not go on: {}", waiting.arn, waiting.reason));
    }
    if resumed.executions > 0 && !arguments.quiet {
        let plural = if resumed.executions == 1 { "" } else { "s" };
        tell(&format!("{} execution{plural} of the store go on", resumed.executions));
    }
    Ok((api, events, None))
}
