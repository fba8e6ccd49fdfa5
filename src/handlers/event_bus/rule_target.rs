//! A rule's target: its id, its input, its delivery options.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

use super::target::{DeadLetter, RetryPolicy, Target, TargetError};
use crate::services::event_bridge::{Event, Rule, TargetInput};

/// A target of a rule, with its delivery options.
///
/// Source: EventBridge API reference, `Target`.
pub struct RuleTarget {
    id: String,
    destination: Box<dyn Destination>,
    retry_policy: RetryPolicy,
    dead_letter: Option<Box<dyn Fn(DeadLetter) + Send + Sync>>,
    ordering_key: Option<Box<OrderingKey>>,
}

type OrderingKey = dyn Fn(&Event) -> String + Send + Sync;

impl RuleTarget {
    /// A target that gets the whole event.
    pub fn new(id: impl Into<String>, target: impl Target + 'static) -> Self {
        Self::to(id, WholeEvent(target))
    }

    /// A target that gets an input computed from the event.
    ///
    /// ```
    /// use asl_engine::handlers::event_bus::RuleTarget;
    /// use asl_engine::services::event_bridge::TargetInput;
    /// use serde_json::Value;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let input = TargetInput::path("$.detail.total")?;
    /// let target = RuleTarget::with_input("total", input, |total: Value| async move {
    ///     println!("{total}");
    ///     Ok(())
    /// });
    /// # let _ = target;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_input(id: impl Into<String>, input: TargetInput, target: impl Target<Value> + 'static) -> Self {
        Self::to(id, OwnInput { input, target })
    }

    /// A target that gets the event beside its own input; without one, the whole event as JSON.
    #[cfg(feature = "cli")]
    pub(crate) fn with_event(
        id: impl Into<String>,
        input: Option<TargetInput>,
        target: impl Target<(Event, Value)> + 'static,
    ) -> Self {
        Self::to(id, EventAndInput { input, target })
    }

    /// Sets the retry policy; default: EventBridge's.
    #[must_use]
    pub fn retry_policy(self, policy: RetryPolicy) -> Self {
        Self {
            retry_policy: policy,
            ..self
        }
    }

    /// Sets the handler of undeliverable events; without one they are logged and dropped.
    #[must_use]
    pub fn dead_letter(self, take: impl Fn(DeadLetter) + Send + Sync + 'static) -> Self {
        Self {
            dead_letter: Some(Box::new(take)),
            ..self
        }
    }

    /// Delivers events with the same key one after another, in the order in which they were put; a retry delays later
    /// events. Events with other keys are delivered in parallel.
    ///
    /// EventBridge itself guarantees no order; this models a target that is a FIFO queue, with its message group as the
    /// key.
    ///
    /// ```
    /// use asl_engine::handlers::event_bus::RuleTarget;
    /// use asl_engine::services::event_bridge::Event;
    ///
    /// let target = RuleTarget::new("status", |event: Event| async move { Ok(()) })
    ///     .ordered_by(|event| event.detail.get("orderId").map(ToString::to_string).unwrap_or_default());
    /// # let _ = target;
    /// ```
    #[must_use]
    pub fn ordered_by(self, key: impl Fn(&Event) -> String + Send + Sync + 'static) -> Self {
        Self {
            ordering_key: Some(Box::new(key)),
            ..self
        }
    }

    /// The id within the rule.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn to(id: impl Into<String>, destination: impl Destination + 'static) -> Self {
        Self {
            id: id.into(),
            destination: Box::new(destination),
            retry_policy: RetryPolicy::default(),
            dead_letter: None,
            ordering_key: None,
        }
    }

    pub(super) async fn deliver(&self, event: &Event, sent: &Sent) -> Result<(), TargetError> {
        self.destination.deliver(event, sent).await
    }

    pub(super) fn policy(&self) -> RetryPolicy {
        self.retry_policy
    }

    pub(super) fn ordering_key(&self, event: &Event) -> Option<String> {
        self.ordering_key.as_ref().map(|key| key(event))
    }

    pub(super) fn dead_letter_hook(&self) -> Option<&(dyn Fn(DeadLetter) + Send + Sync)> {
        self.dead_letter.as_deref()
    }
}

impl fmt::Debug for RuleTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RuleTarget");
        debug
            .field("id", &self.id)
            .field("retry_policy", &self.retry_policy)
            .finish_non_exhaustive()
    }
}

/// The rule that sends an event, and the time when the bus accepted it.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) rule: Arc<Rule>,
    pub(super) ingestion_time: DateTime<Utc>,
}

/// A target with its payload type erased.
#[async_trait]
trait Destination: Send + Sync {
    async fn deliver(&self, event: &Event, sent: &Sent) -> Result<(), TargetError>;
}

struct WholeEvent<T>(T);

#[async_trait]
impl<T: Target> Destination for WholeEvent<T> {
    async fn deliver(&self, event: &Event, _sent: &Sent) -> Result<(), TargetError> {
        self.0.deliver(event.clone()).await
    }
}

struct OwnInput<T> {
    input: TargetInput,
    target: T,
}

#[async_trait]
impl<T: Target<Value>> Destination for OwnInput<T> {
    async fn deliver(&self, event: &Event, sent: &Sent) -> Result<(), TargetError> {
        self.target.deliver(payload(&self.input, event, sent)?).await
    }
}

#[cfg(feature = "cli")]
struct EventAndInput<T> {
    input: Option<TargetInput>,
    target: T,
}

#[cfg(feature = "cli")]
#[async_trait]
impl<T: Target<(Event, Value)>> Destination for EventAndInput<T> {
    async fn deliver(&self, event: &Event, sent: &Sent) -> Result<(), TargetError> {
        let payload = match &self.input {
            Some(input) => payload(input, event, sent)?,
            None => event.to_value(),
        };
        self.target.deliver((event.clone(), payload)).await
    }
}

fn payload(input: &TargetInput, event: &Event, sent: &Sent) -> Result<Value, TargetError> {
    let payload = input.payload(event, &sent.rule, sent.ingestion_time);
    payload.map_err(|error| TargetError::new("PayloadTooLarge", error.to_string()).without_retry())
}
