//! The in-process event bus.

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::delivery::{Deliveries, Delivery, Refused};
use super::put_events::{
    EventBridge, EventBridgeError, PutEventsRequest, PutEventsResponse, PutEventsResultEntry, ValidEntry,
    validate_request,
};
use super::rule_target::{RuleTarget, Sent};
use super::system;
use crate::services::event_bridge::{Event, Rule};

const SHUT_DOWN: &str = "the event bus is shut down";

/// Enough for bursts, but a hanging target must not fill the memory.
const DEFAULT_MAXIMUM_PENDING: usize = 100_000;

/// EventBridge in process: named event buses, rules, and targets that run as tokio tasks.
///
/// `put_events` does not wait for targets, unless told to with [`wait_for_targets`](Self::wait_for_targets): each delivery is
/// a task of its own, so a slow target delays no other. It must be called within a tokio runtime.
///
/// ```
/// use asl_engine::handlers::event_bus::{
///     EventBridge, LocalEventBus, PutEventsRequest, PutEventsRequestEntry, RuleTarget,
/// };
/// use asl_engine::services::event_bridge::{Event, Rule};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let large = Rule::new("large-orders", r#"{ "detail": { "total": [{ "numeric": [">", 100] }] } }"#.parse()?);
/// let call = RuleTarget::new("call", |event: Event| async move {
///     println!("call about {}", event.detail["orderId"]);
///     Ok(())
/// });
/// let bus = LocalEventBus::new().rule(large, [call]);
///
/// let entry = PutEventsRequestEntry::new("shop", "Order", &json!({ "orderId": "o-1", "total": 250 }));
/// let response = bus.put_events(PutEventsRequest::new([entry])).await?;
/// assert_eq!(response.failed_entry_count, 0);
/// bus.idle().await;
/// # Ok(())
/// # }
/// ```
pub struct LocalEventBus {
    account: String,
    region: String,
    state: RwLock<Buses>,
    maximum_pending: usize,
    waits_for_targets: bool,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    event_ids: Box<dyn Fn() -> String + Send + Sync>,
    deliveries: Deliveries,
}

#[derive(Debug)]
struct Buses {
    names: BTreeSet<String>,
    rules: Vec<RuleWithTargets>,
}

#[derive(Debug, Clone)]
struct RuleWithTargets {
    rule: Arc<Rule>,
    targets: Vec<Arc<RuleTarget>>,
}

impl LocalEventBus {
    /// The `default` bus of account 123456789012 in us-east-1, without rules.
    pub fn new() -> Self {
        Self {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            state: RwLock::new(Buses {
                names: BTreeSet::from(["default".to_owned()]),
                rules: Vec::new(),
            }),
            maximum_pending: DEFAULT_MAXIMUM_PENDING,
            waits_for_targets: false,
            clock: Box::new(system::now),
            event_ids: Box::new(system::event_id),
            deliveries: Deliveries::new(),
        }
    }

    /// Sets the account that events carry.
    #[must_use]
    pub fn account(self, account: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            ..self
        }
    }

    /// Sets the region that events carry.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self {
            region: region.into(),
            ..self
        }
    }

    /// Adds a custom event bus.
    #[must_use]
    pub fn event_bus(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.with_buses(|buses| buses.names.insert(name));
        self
    }

    /// Adds a rule and its targets, as [`put_rule`](Self::put_rule) does.
    #[must_use]
    pub fn rule(self, rule: Rule, targets: impl IntoIterator<Item = RuleTarget>) -> Self {
        self.put_rule(rule, targets);
        self
    }

    /// Bounds how many deliveries are pending at a time; 100,000 if not set. An event beyond that fails with
    /// `ThrottlingException`.
    #[must_use]
    pub fn maximum_pending(self, deliveries: usize) -> Self {
        Self {
            maximum_pending: deliveries,
            ..self
        }
    }

    /// Lets `put_events` return only when each of its events has been delivered to every target, or given up.
    ///
    /// The bus is in memory, so events on their way are lost with the process. A Task that puts events is then answered only
    /// after they have arrived; an interpreter with a store gives it to the bus again after a restart, and the targets see
    /// the events at least once. A target that puts an event with the same ordering key waits for itself.
    #[must_use]
    pub fn wait_for_targets(self) -> Self {
        Self {
            waits_for_targets: true,
            ..self
        }
    }

    /// Sets the clock for times of arrival; default: the system's clock.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self {
            clock: Box::new(now),
            ..self
        }
    }

    /// Sets the source of event ids; default: random UUIDs.
    #[must_use]
    pub fn event_ids(self, next: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            event_ids: Box::new(next),
            ..self
        }
    }

    /// Adds a rule and its targets, or replaces the rule of this name on its bus with all its targets; a missing bus is
    /// added. If several targets have the same id, the last one counts. Events already on their way are unaffected.
    pub fn put_rule(&self, rule: Rule, targets: impl IntoIterator<Item = RuleTarget>) {
        let mut own: Vec<Arc<RuleTarget>> = Vec::new();
        for target in targets {
            own.retain(|other| other.id() != target.id());
            own.push(Arc::new(target));
        }
        self.with_buses(|buses| {
            buses.names.insert(rule.event_bus_name().to_owned());
            buses
                .rules
                .retain(|other| !is(&other.rule, rule.event_bus_name(), rule.name()));
            buses.rules.push(RuleWithTargets {
                rule: Arc::new(rule),
                targets: own,
            });
        });
    }

    /// Deletes a rule, if it exists. Events already on their way are unaffected.
    pub fn delete_rule(&self, event_bus: &str, name: &str) {
        self.with_buses(|buses| buses.rules.retain(|other| !is(&other.rule, event_bus, name)));
    }

    /// Waits until every delivery has succeeded or been given up.
    pub async fn idle(&self) {
        self.deliveries.idle().await;
    }

    /// Refuses new events, gives up deliveries that wait for a retry, and waits for all others.
    pub async fn shutdown(&self) {
        self.deliveries.close();
        self.idle().await;
    }

    fn with_buses<T>(&self, change: impl FnOnce(&mut Buses) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, entry: ValidEntry, runtime: &Handle, on_its_way: &mpsc::Sender<Infallible>) -> PutEventsResultEntry {
        let bus = bus_name(&entry.event_bus_name).to_owned();
        let arrived = (self.clock)();
        let event = Arc::new(Event {
            version: "0".to_owned(),
            id: entry.event_id.unwrap_or_else(|| (self.event_ids)()),
            detail_type: entry.detail_type,
            source: entry.source,
            account: self.account.clone(),
            time: entry.time.unwrap_or(arrived).trunc_subsecs(0),
            region: self.region.clone(),
            resources: entry.resources,
            detail: entry.detail,
        });
        let event_id = event.id.clone();
        let deliveries = self.deliveries_of(&event, &bus, arrived);
        match self
            .deliveries
            .begin(deliveries, self.maximum_pending, runtime, on_its_way)
        {
            Ok(()) => PutEventsResultEntry::Accepted { event_id },
            Err(Refused::Full) => {
                PutEventsResultEntry::failed("ThrottlingException", "Too many deliveries are pending.")
            }
            // Only this entry fails: earlier entries may already have been accepted.
            Err(Refused::Closing) => PutEventsResultEntry::failed("InternalException", SHUT_DOWN),
        }
    }

    fn deliveries_of(&self, event: &Arc<Event>, bus: &str, ingestion_time: DateTime<Utc>) -> Vec<Delivery> {
        let rules = {
            let buses = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if !buses.names.contains(bus) {
                // As EventBridge does: it accepts events for any bus.
                tracing::debug!(bus, event = event.id, "event dropped: there is no such bus");
                return Vec::new();
            }
            buses.rules.clone()
        };
        let json = event.to_value();
        let mut deliveries = Vec::new();
        let is_taken = |rule: &Rule| rule.event_bus_name() == bus && rule.matches_value(&json);
        for RuleWithTargets { rule, targets } in rules.iter().filter(|known| is_taken(&known.rule)) {
            let sent = Arc::new(Sent {
                rule: Arc::clone(rule),
                ingestion_time,
            });
            deliveries.extend(targets.iter().map(|target| Delivery {
                event: Arc::clone(event),
                target: Arc::clone(target),
                sent: Arc::clone(&sent),
            }));
        }
        deliveries
    }
}

impl Default for LocalEventBus {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalEventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("LocalEventBus");
        debug
            .field("account", &self.account)
            .field("region", &self.region)
            .field("state", &self.state);
        debug.finish_non_exhaustive()
    }
}

/// Fails also with `EventBridge.InternalException` after [`LocalEventBus::shutdown`] or without a tokio runtime, and
/// with `EventBridge.ValidationException` for an `EndpointId`.
#[async_trait]
impl EventBridge for LocalEventBus {
    async fn put_events(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
        self.put_all(request, self.waits_for_targets).await
    }
}

impl LocalEventBus {
    /// The same as `put_events`, and waits for the targets.
    #[cfg(all(feature = "restate", feature = "cli"))]
    pub(crate) async fn put_and_wait(&self, request: PutEventsRequest) -> Result<PutEventsResponse, EventBridgeError> {
        self.put_all(request, true).await
    }

    async fn put_all(
        &self,
        request: PutEventsRequest,
        waits_for_targets: bool,
    ) -> Result<PutEventsResponse, EventBridgeError> {
        validate_request(&request)?;
        if let Some(endpoint) = &request.endpoint_id {
            return Err(EventBridgeError::new(
                "EventBridge.ValidationException",
                format!("a local event bus has no global endpoint `{endpoint}`: leave `EndpointId` away"),
            ));
        }
        let Ok(runtime) = Handle::try_current() else {
            return Err(internal("there is no tokio runtime to deliver in"));
        };
        if self.deliveries.is_closing() {
            return Err(internal(SHUT_DOWN));
        }
        // Every delivery holds a sender until it is done, and nothing is ever sent.
        let (on_its_way, mut done) = mpsc::channel(1);
        let results = request.entries.into_iter().map(|entry| match entry.validate() {
            Ok(entry) => self.put(entry, &runtime, &on_its_way),
            Err(failed) => failed,
        });
        let response = PutEventsResponse::new(results);
        drop(on_its_way);
        if waits_for_targets {
            done.recv().await;
        }
        Ok(response)
    }
}

fn is(rule: &Rule, event_bus: &str, name: &str) -> bool {
    rule.event_bus_name() == event_bus && rule.name() == name
}

/// DIFFERENCE: only the name in an ARN counts, so that definitions written for any account run here.
fn bus_name(name_or_arn: &str) -> &str {
    match name_or_arn
        .strip_prefix("arn:")
        .and_then(|arn| arn.split_once(":event-bus/"))
    {
        Some((_, name)) => name,
        None => name_or_arn,
    }
}

fn internal(message: &str) -> EventBridgeError {
    EventBridgeError::new("EventBridge.InternalException", message)
}

#[cfg(test)]
mod tests {
    use super::super::put_events::PutEventsRequestEntry;
    use super::*;
    use serde_json::json;
    use std::pin::pin;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Waker};

    fn orders(count: usize) -> PutEventsRequest {
        PutEventsRequest::new(vec![PutEventsRequestEntry::new("shop", "Order", &json!({})); count])
    }

    #[tokio::test]
    async fn a_bus_that_closes_midway_fails_the_other_entries_alone() {
        let seen = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&seen);
        let target = RuleTarget::new("count", move |_: Event| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        });
        let bus: Arc<OnceLock<LocalEventBus>> = Arc::default();
        let closing = Arc::downgrade(&bus);
        let ids = AtomicUsize::new(0);
        let new = LocalEventBus::new()
            .rule(Rule::new("all", r#"{ "source": ["shop"] }"#.parse().unwrap()), [target])
            .event_ids(move || {
                let id = ids.fetch_add(1, Ordering::Relaxed);
                if id == 1 {
                    let bus = closing.upgrade().unwrap();
                    // After one poll the bus is closed, and the future waits for the pending deliveries.
                    let shutdown = pin!(bus.get().unwrap().shutdown());
                    assert!(shutdown.poll(&mut Context::from_waker(Waker::noop())).is_pending());
                }
                format!("id-{id}")
            });
        let bus = bus.get_or_init(|| new);
        let response = bus.put_events(orders(3)).await.unwrap();
        let failed = json!({ "ErrorCode": "InternalException", "ErrorMessage": "the event bus is shut down" });
        assert_eq!(
            serde_json::to_value(&response).unwrap(),
            json!({ "FailedEntryCount": 2, "Entries": [{ "EventId": "id-0" }, failed, failed] })
        );
        bus.idle().await;
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        // After that the bus refuses events, and the request fails as a whole.
        let error = bus.put_events(orders(1)).await.unwrap_err();
        assert_eq!(error.error, "EventBridge.InternalException");
    }

    #[tokio::test]
    async fn a_global_endpoint_is_refused() {
        let mut request = orders(1);
        request.endpoint_id = Some("abcde.veo".to_owned());
        let error = LocalEventBus::new().put_events(request).await.unwrap_err();
        assert_eq!(error.error, "EventBridge.ValidationException");
        assert!(error.message.contains("`abcde.veo`"), "{error}");
    }
}
