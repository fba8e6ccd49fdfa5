//! The `AWSome` Pizza Bar: a live order tracker. Order in the browser or in the terminal, and watch the state machine make
//! the pizza.
//!
//! ```text
//! cargo run -p pizza-bar
//! cargo run -p pizza-bar -- order "margherita"
//! ```

mod client;
#[cfg(feature = "restate")]
mod cluster;
mod server;

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[cfg(feature = "aws")]
use asl_engine::handlers::aws::AwsServices;
#[cfg(feature = "otel")]
use asl_engine::telemetry::Telemetry;
use clap::{Args, Parser, Subcommand};
use tracing::Level;

use client::OrderArgs;
#[cfg(not(feature = "restate"))]
use server::Place;
use server::{Options, Server, folder};

#[derive(Debug, Parser)]
#[command(name = "pizza-bar", args_conflicts_with_subcommands = true)]
#[command(about = "The AWSome Pizza Bar: a live order tracker, run by a state machine")]
struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Order a pizza at an open bar, and follow it until it is delivered
    Order(OrderArgs),
    /// Make pizzas for bars on a cluster, in a process without customers
    #[cfg(feature = "restate")]
    Cook(cluster::CookArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// The folder of the database [default: a folder of your own under the temporary files of the system]
    #[arg(long)]
    data: Option<PathBuf>,
    /// How many times as fast as in real life pizzas are made
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    #[cfg(feature = "restate")]
    #[command(flatten)]
    cluster: cluster::ClusterArgs,
    /// Keep the tables in DynamoDB, and tell EventBridge of orders, with the region, credentials and endpoints that AWS's SDKs find
    #[cfg(feature = "aws")]
    #[arg(long)]
    aws: bool,
    /// What the names of the tables in DynamoDB begin with: those of one bar alone
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "PREFIX", default_value = "PizzaBar", requires = "aws")]
    aws_tables: String,
    /// Export traces and metrics of pizzas by OTLP over HTTP to this endpoint, such as `http://127.0.0.1:4318`
    #[cfg(feature = "otel")]
    #[arg(long, value_name = "URL")]
    #[cfg_attr(feature = "restate", arg(conflicts_with = "restate"))]
    otlp_endpoint: Option<String>,
    /// Log what happens
    #[arg(long, short)]
    verbose: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    let done = match command.action {
        Some(Action::Order(args)) => client::order(args, &mut io::stdout()).await.map_err(Into::into),
        #[cfg(feature = "restate")]
        Some(Action::Cook(args)) => cluster::cook(args).await,
        None => serve(command.serve).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&mut io::stderr(), &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: ServeArgs) -> Result<(), Box<dyn std::error::Error>> {
    log(args.verbose);
    #[cfg(feature = "restate")]
    let place = args.cluster.place(args.speed);
    #[cfg(not(feature = "restate"))]
    let place = Place::Here;
    let data = args.data.map_or_else(folder::default, Ok)?;
    #[cfg_attr(
        not(any(feature = "aws", feature = "otel")),
        expect(unused_mut, reason = "AWS and telemetry are options")
    )]
    let mut options = Options::new(args.port, data, args.speed);
    #[cfg(feature = "aws")]
    if args.aws {
        options.aws = Some((AwsServices::from_env().await?, args.aws_tables));
    }
    #[cfg(feature = "otel")]
    let telemetry = args.otlp_endpoint.as_deref().map(telemetry).transpose()?;
    #[cfg(feature = "otel")]
    {
        options.telemetry = telemetry.clone();
    }
    let server = Server::open(options, place).await?;
    let address = server.address;
    say(
        &mut io::stdout(),
        &format!("The AWSome Pizza Bar is open: http://{address} (Ctrl-C closes it)"),
    );
    let closing = closing_time().await;
    say(
        &mut io::stdout(),
        "Closing: orders that are not delivered go on when the bar opens again.",
    );
    server.shutdown().await;
    #[cfg(feature = "otel")]
    if let Some(telemetry) = telemetry {
        // It waits for the endpoint.
        tokio::task::spawn_blocking(move || telemetry.shutdown()).await??;
    }
    Ok(closing?)
}

#[cfg(feature = "otel")]
fn telemetry(endpoint: &str) -> Result<Telemetry, asl_engine::Error> {
    let builder = Telemetry::builder().with_service_name("pizza-bar");
    Ok(builder.with_otlp(endpoint)?.build())
}

fn log(is_verbose: bool) {
    let level = if is_verbose { Level::DEBUG } else { Level::WARN };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // It would say so on the same stderr, and panic.
        .log_internal_errors(false)
        .init();
}

/// Prints a line. A closed output does not close the bar.
fn say(output: &mut impl Write, line: &str) {
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// Ctrl-C, or what a service manager sends.
async fn closing_time() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn speed(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && *speed > 0.0)
        .ok_or_else(|| "must be a number above 0".to_owned())
}
