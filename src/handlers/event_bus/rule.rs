//! Rules: a pattern and the targets of the events that match it.

use async_trait::async_trait;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

use super::input::{RuleContext, TargetInput};
use super::target::{DeadLetter, RetryPolicy, Target, TargetError};
use crate::services::event_bridge::Event;
use crate::services::event_bridge::EventPattern;

/// A rule: which events of a bus go where.
///
/// Source: EventBridge user guide, "Rules in Amazon EventBridge".
///
/// ```
/// use asl_engine::handlers::event_bus::{Event, EventPattern, Rule, RuleTarget};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pattern: EventPattern = r#"{ "detail-type": ["Order"] }"#.parse()?;
/// let rule = Rule::new("orders", pattern).event_bus("shop").target(RuleTarget::new(
///     "print",
///     |event: Event| async move {
///         println!("{event}");
///         Ok(())
///     },
/// ));
/// assert_eq!(rule.name(), "orders");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    name: String,
    event_bus: String,
    pattern: EventPattern,
    is_enabled: bool,
    targets: Vec<Arc<RuleTarget>>,
}

impl Rule {
    /// A rule on the default bus, enabled, that sends nowhere yet.
    pub fn new(name: impl Into<String>, pattern: EventPattern) -> Self {
        Self {
            name: name.into(),
            event_bus: "default".to_owned(),
            pattern,
            is_enabled: true,
            targets: Vec::new(),
        }
    }

    /// Puts the rule on another bus, by its name.
    #[must_use]
    pub fn event_bus(self, name: impl Into<String>) -> Self {
        Self {
            event_bus: name.into(),
            ..self
        }
    }

    /// Disables the rule: it matches nothing.
    #[must_use]
    pub fn disabled(self) -> Self {
        Self {
            is_enabled: false,
            ..self
        }
    }

    /// Adds a target. One with the same id is replaced.
    #[must_use]
    pub fn target(mut self, target: RuleTarget) -> Self {
        self.targets.retain(|other| other.id != target.id);
        self.targets.push(Arc::new(target));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its bus.
    pub fn event_bus_name(&self) -> &str {
        &self.event_bus
    }

    /// The ARN: `…:rule/NAME` on the default bus, `…:rule/BUS/NAME` on others.
    pub(super) fn arn(&self, region: &str, account: &str) -> String {
        let name = &self.name;
        match self.event_bus.as_str() {
            "default" => format!("arn:aws:events:{region}:{account}:rule/{name}"),
            bus => format!("arn:aws:events:{region}:{account}:rule/{bus}/{name}"),
        }
    }

    pub(super) fn takes(&self, bus: &str, event: &Value) -> bool {
        self.is_enabled && self.event_bus == bus && self.pattern.matches_value(event)
    }

    pub(super) fn targets(&self) -> &[Arc<RuleTarget>] {
        &self.targets
    }
}

/// A target of a rule, with how it is delivered to.
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

    /// A target that gets what the input makes of the event.
    ///
    /// ```
    /// use asl_engine::handlers::event_bus::{RuleTarget, TargetInput};
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

    /// Tries by another policy than EventBridge's own.
    #[must_use]
    pub fn retry_policy(self, policy: RetryPolicy) -> Self {
        Self {
            retry_policy: policy,
            ..self
        }
    }

    /// Hands over events that could not be delivered. Without this they are logged and dropped.
    #[must_use]
    pub fn dead_letter(self, take: impl Fn(DeadLetter) + Send + Sync + 'static) -> Self {
        Self {
            dead_letter: Some(Box::new(take)),
            ..self
        }
    }

    /// Delivers events with the same key one after the other, in the order in which they were put; a retry makes those
    /// behind it wait. Events with other keys go on beside them.
    ///
    /// EventBridge itself promises no order: this is for a target that stands for a FIFO queue, by its message group.
    ///
    /// ```
    /// use asl_engine::handlers::event_bus::{Event, RuleTarget};
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

    pub(super) async fn deliver(&self, event: &Event, rule: &RuleContext) -> Result<(), TargetError> {
        self.destination.deliver(event, rule).await
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

/// A target with the kind of its payload hidden.
#[async_trait]
trait Destination: Send + Sync {
    async fn deliver(&self, event: &Event, rule: &RuleContext) -> Result<(), TargetError>;
}

struct WholeEvent<T>(T);

#[async_trait]
impl<T: Target> Destination for WholeEvent<T> {
    async fn deliver(&self, event: &Event, _rule: &RuleContext) -> Result<(), TargetError> {
        self.0.deliver(event.clone()).await
    }
}

struct OwnInput<T> {
    input: TargetInput,
    target: T,
}

#[async_trait]
impl<T: Target<Value>> Destination for OwnInput<T> {
    async fn deliver(&self, event: &Event, rule: &RuleContext) -> Result<(), TargetError> {
        self.target.deliver(self.input.payload(event, rule)?).await
    }
}
