//! `--rules` and `--log`: the local event bus with its rules, and the log.

mod chains;
mod destination;
mod log;
mod rules;

use async_trait::async_trait;
use clap::Args;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

use super::Correlated;
use crate::cli::failure::Failure;
use crate::cli::stores::tell;
use crate::handlers::aws::AwsServices;
use crate::handlers::event_bus::{EventBridge, EventBridgeError, LocalEventBus, PutEventsRequest, PutEventsResponse};
use crate::handlers::{SDK_PUT_EVENTS, SdkPutEvents};
use crate::programs::FunctionProgram;
use crate::runtime::{Clock, Interpreter};
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

/// How events are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deliveries {
    InMemory,
    /// Time waits for them.
    InVirtualTime,
    /// The cluster waits for those of status changes.
    OfCluster,
}

/// The event bus and the log of one `asl serve`.
pub(super) struct Events {
    bus: Arc<LocalEventBus>,
    has_rules: bool,
    /// Whether status changes are told again if this process ends before their events have arrived.
    waits_for_targets: bool,
    log: Arc<Log>,
    /// The API, once there is one; targets wait for it.
    api: watch::Sender<Option<StepFunctions>>,
}

impl Events {
    /// Errors if the rules cannot be used, or the log not be written.
    pub(super) fn open(
        options: &EventOptions,
        (region, account): (&str, &str),
        deliveries: Deliveries,
        programs: &[Arc<FunctionProgram>],
        aws: &AwsServices,
    ) -> Result<Self, Failure> {
        let log = Arc::new(Log::open(options.log.as_deref())?);
        let api: watch::Sender<Option<StepFunctions>> = watch::Sender::new(None);
        let mut bus = LocalEventBus::new().region(region).account(account);
        if deliveries == Deliveries::InVirtualTime {
            let api = api.subscribe();
            bus = bus.wait_for_targets().clock(move || {
                let time = api.borrow().as_ref().map(|api| api.interpreter().time());
                time.unwrap_or_else(|| Clock::system().now())
            });
        }
        if let Some(file) = &options.rules {
            let functions = Functions {
                programs: programs.to_vec(),
                aws: aws.clone(),
            };
            let destinations = Destinations::new(api.subscribe(), functions, Arc::clone(&log));
            for (rule, targets) in rules::read(file, &destinations)? {
                bus.put_rule(rule, targets);
            }
        }
        Ok(Self {
            bus: Arc::new(bus),
            has_rules: options.rules.is_some(),
            waits_for_targets: deliveries == Deliveries::OfCluster,
            log,
            api,
        })
    }

    /// The API, once there is one.
    pub(super) fn api(&self) -> watch::Receiver<Option<StepFunctions>> {
        self.api.subscribe()
    }

    /// Lets tasks put their events on the bus, unless no rules are here and EventBridge is called.
    pub(super) fn serve(&self, interpreter: Interpreter, aws: &AwsServices) -> Interpreter {
        if aws.has("eventbridge") && !self.has_rules {
            return interpreter;
        }
        interpreter
            .event_bridge(Arc::<LocalEventBus>::clone(&self.bus))
            .handler(SDK_PUT_EVENTS, SdkPutEvents(Arc::<LocalEventBus>::clone(&self.bus)))
    }

    /// What the API is to tell of its executions.
    /// `correlated` adds to the records of executions.
    pub(super) fn reports(&self, correlated: Correlated) -> Reports {
        let mut reports = Reports::new();
        if self.has_rules {
            reports = reports.status_changes(Arc::new(StatusChanges {
                bus: Arc::clone(&self.bus),
                waits_for_targets: self.waits_for_targets,
            }));
        }
        if self.log.is_file() {
            let log = Arc::clone(&self.log);
            reports = reports.logs(move |records| log.write(&correlated(records)));
        }
        reports
    }

    /// Lets events start executions.
    pub(super) fn start(&self, api: &StepFunctions) {
        self.api.send_replace(Some(api.clone()));
    }

    /// Ends the interpreter between two deliveries: of what is on its way, which may start executions, and of what the end tells.
    pub(super) async fn end(&self, api: &StepFunctions) {
        let _ = tokio::time::timeout(GRACE, async {
            api.reported().await;
            self.bus.idle().await;
        })
        .await;
        // With `--data` what runs goes on after the next start.
        api.interpreter().shutdown(Duration::ZERO).await;
        api.reported().await;
        // What takes longer is lost, as the process ends.
        let _ = tokio::time::timeout(GRACE, self.bus.shutdown()).await;
    }
}

/// Puts status changes on the bus, and tells which are lost.
struct StatusChanges {
    bus: Arc<LocalEventBus>,
    waits_for_targets: bool,
}

impl StatusChanges {
    async fn put(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
        #[cfg(feature = "restate")]
        if self.waits_for_targets {
            return self.bus.put_and_wait(request).await;
        }
        self.bus.put_events(request).await
    }
}

#[async_trait]
impl EventBridge for StatusChanges {
    async fn put_events(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
        let response = self.put(request).await;
        let lost = match &response {
            Ok(response) => response.failed_entry_error(),
            Err(error) => Some(error.clone()),
        };
        if let Some(error) = lost {
            let becomes = if self.waits_for_targets { "waits" } else { "is lost" };
            tell(&format!("the event of a status change {becomes}: {error}"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handlers::event_bus::PutEventsRequestEntry;
    use serde_json::json;

    /// An event that was put a moment before the end starts its execution.
    #[tokio::test]
    async fn the_end_waits_for_what_is_on_its_way() {
        let file = std::env::temp_dir().join(format!("asl-rules-at-the-end-{}.json", std::process::id()));
        let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Follow";
        let rules = json!({ "Rules": [{
            "Name": "placed", "EventPattern": { "source": ["shop"] }, "Targets": [{ "Id": "follow", "Arn": arn }],
        }] });
        std::fs::write(&file, rules.to_string()).unwrap();
        let options = EventOptions {
            rules: Some(file.display().to_string()),
            log: None,
        };
        let aws = AwsServices::nowhere("us-east-1");
        let events = Events::open(&options, ("us-east-1", "123456789012"), Deliveries::InMemory, &[], &aws)
            .ok()
            .unwrap();
        std::fs::remove_file(file).unwrap();
        let api = StepFunctions::reporting(
            events.serve(Interpreter::new(), &aws),
            events.reports(|records| records.into()),
        );
        events.start(&api);
        let create = json!({
            "name": "Follow", "roleArn": "arn:aws:iam::123456789012:role/Follow",
            "definition": r#"{ "StartAt": "Say", "States": { "Say": { "Type": "Pass", "End": true } } }"#,
        });
        api.call("CreateStateMachine", create).await.unwrap();
        let entry = PutEventsRequestEntry::new("shop", "Placed", &json!({}));
        events.bus.put_events(PutEventsRequest::new([entry])).await.unwrap();
        events.end(&api).await;
        let listed = api
            .call("ListExecutions", json!({ "stateMachineArn": arn }))
            .await
            .unwrap();
        assert_eq!(listed["executions"].as_array().unwrap().len(), 1, "{listed}");
    }
}
