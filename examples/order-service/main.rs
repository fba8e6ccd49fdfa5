//! A service that takes orders over HTTP. Each order is an execution of a state machine that survives the process.
//!
//! ```text
//! cargo run -p order-service
//! cargo run -p order-service -- --data orders.db backup copy.db
//! ```

mod service;

use std::io::{self, IsTerminal as _, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tracing::Level;

use service::{Destinations, Options, Service};

/// Orders over HTTP, each an execution of a state machine
#[derive(Debug, Parser)]
#[command(name = "order-service")]
struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    /// Address to listen on; port 0 takes one that is free
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ORDER_SERVICE_ADDRESS",
        default_value = "127.0.0.1:8000"
    )]
    address: SocketAddr,
    /// File with the executions and the tables; it is made if need be
    #[arg(long, value_name = "FILE", env = "ORDER_SERVICE_DATA", default_value = "orders.db")]
    data: PathBuf,
    /// Start new orders with this definition instead of the one that is built in
    #[arg(long, value_name = "FILE")]
    definition: Option<PathBuf>,
    #[command(flatten)]
    destinations: Destinations,
    /// Call DynamoDB, SQS, SNS and EventBridge, with the region, credentials and endpoints that AWS's SDKs find; without it they
    /// are tables in the file
    #[cfg(feature = "aws")]
    #[arg(long)]
    aws: bool,
    /// Export traces and metrics by OTLP over HTTP to this endpoint, such as `http://127.0.0.1:4318`
    #[cfg(feature = "otel")]
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp_endpoint: Option<String>,
    /// Address of this machine for the console and the Step Functions API, which need no key
    #[cfg(feature = "console")]
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    console: Option<SocketAddr>,
    /// At SIGTERM, so many seconds without new orders before no request is accepted: a load balancer finds out by `/readyz`
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain: u64,
    /// Log more
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Copy the file of a service that may be running
    Backup {
        /// The copy, which is not there yet
        to: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    log(command.verbose);
    let done = match &command.action {
        Some(Action::Backup { to }) => service::back_up(&command.data, to).map_err(Into::into),
        None => serve(command).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&mut io::stderr(), &error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn serve(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let drain = Duration::from_secs(command.drain);
    let options = Options {
        address: command.address,
        data: command.data,
        definition: command.definition,
        destinations: command.destinations,
        #[cfg(feature = "aws")]
        aws: command.aws,
        #[cfg(feature = "otel")]
        otlp_endpoint: command.otlp_endpoint.filter(|endpoint| !endpoint.is_empty()),
        #[cfg(feature = "console")]
        console: command.console,
    };
    let service = Service::open(options).await?;
    say(&mut io::stdout(), &format!("listening on http://{}", service.address));
    let told = told_to_end().await;
    tracing::info!("closing: orders that are not shipped go on in the next process");
    service.shutdown(drain).await;
    Ok(told?)
}

fn log(is_verbose: bool) {
    let level = if is_verbose { Level::DEBUG } else { Level::INFO };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // It would say so on the same stderr, and panic.
        .log_internal_errors(false)
        .init();
}

/// Prints a line. A closed output does not end the service.
fn say(output: &mut impl Write, line: &str) {
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// Ctrl-C, or what a service manager sends.
async fn told_to_end() -> io::Result<()> {
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

#[cfg(feature = "console")]
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "write it as 127.0.0.1:8001".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("the console needs no key, so it is for this machine alone: 127.0.0.1".to_owned())
}
