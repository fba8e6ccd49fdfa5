//! `--rules` and `--log`: the local event bus with its rules, and the log.

mod chains;
mod destination;
mod log;
mod rules;

use clap::Args;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

use super::lambda_endpoint::LambdaEndpoint;
use crate::aws::{AwsEventBridge, AwsServices};
use crate::cli::failure::Failure;
use crate::handlers::event_bus::LocalEventBus;
use crate::handlers::{SDK_PUT_EVENTS, SdkPutEvents};
use crate::programs::FunctionProgram;
use crate::runtime::Interpreter;
use crate::server::{Reports, StepFunctions};
use destination::{Destinations, Functions};
use log::Log;

/// How long deliveries that are on their way may take at the end.
const GRACE: Duration = Duration::from_secs(1);

/// Options of events and logs.
#[derive(Args)]
pub(super) struct EventOptions {
    /// File with the rules of EventBridge for events that tasks put and for status changes of executions, in JSON or YAML
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
    /// File to write log records to, as lines of JSON: what Express workflows do, events that a rule sends to a log group
    #[arg(long, value_name = "FILE")]
    log: Option<String>,
}

/// The event bus and the log of one `asl serve`.
pub(super) struct Events {
    bus: Arc<LocalEventBus>,
    has_rules: bool,
    log: Arc<Log>,
    /// The API, once there is one; targets wait for it.
    api: watch::Sender<Option<StepFunctions>>,
}

impl Events {
    /// Errors if the rules cannot be used, or the log not be written.
    pub(super) fn open(
        options: &EventOptions,
        (region, account): (&str, &str),
        programs: &[Arc<FunctionProgram>],
        lambda: Option<LambdaEndpoint>,
    ) -> Result<Self, Failure> {
        let log = Arc::new(Log::open(options.log.as_deref())?);
        let api = watch::Sender::new(None);
        let bus = LocalEventBus::new().region(region).account(account);
        if let Some(file) = &options.rules {
            let functions = Functions {
                programs: programs.to_vec(),
                lambda,
            };
            let destinations = Destinations::new(api.subscribe(), functions, Arc::clone(&log));
            for (rule, targets) in rules::read(file, &destinations)? {
                bus.put_rule(rule, targets);
            }
        }
        Ok(Self {
            bus: Arc::new(bus),
            has_rules: options.rules.is_some(),
            log,
            api,
        })
    }

    /// The API, once there is one.
    pub(super) fn api(&self) -> watch::Receiver<Option<StepFunctions>> {
        self.api.subscribe()
    }

    /// Lets tasks put their events on the bus, or on the one of another endpoint if no rules are here.
    pub(super) fn serve(&self, interpreter: Interpreter, aws: &AwsServices) -> Interpreter {
        if let Some(endpoint) = aws.endpoint("eventbridge").filter(|_| !self.has_rules) {
            return interpreter.event_bridge(Arc::new(AwsEventBridge::new(endpoint.clone())));
        }
        interpreter
            .event_bridge(Arc::<LocalEventBus>::clone(&self.bus))
            .handler(SDK_PUT_EVENTS, SdkPutEvents(Arc::<LocalEventBus>::clone(&self.bus)))
    }

    /// What the API is to tell of its executions.
    pub(super) fn reports(&self) -> Reports {
        let mut reports = Reports::new();
        if self.has_rules {
            reports = reports.status_changes(Arc::<LocalEventBus>::clone(&self.bus));
        }
        if self.log.is_file() {
            let log = Arc::clone(&self.log);
            reports = reports.logs(move |records| log.write(records));
        }
        reports
    }

    /// Lets events start executions.
    pub(super) fn start(&self, api: &StepFunctions) {
        self.api.send_replace(Some(api.clone()));
    }

    /// Delivers what is on its way, after the end of the interpreter.
    pub(super) async fn end(&self, api: &StepFunctions) {
        api.reported().await;
        // What takes longer is lost, as the process ends.
        let _ = tokio::time::timeout(GRACE, self.bus.shutdown()).await;
    }
}
