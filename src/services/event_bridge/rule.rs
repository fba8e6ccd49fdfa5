//! Rules: select the events of an event bus.

use serde_json::Value;

use super::{Event, EventPattern};

/// A rule: a name, its event bus, and the pattern of its events.
///
/// It has no targets of its own: `LocalEventBus::put_rule` takes a rule
/// together with its targets.
///
/// Source: EventBridge user guide, "Rules in Amazon EventBridge".
///
/// ```
/// use asl_engine::services::event_bridge::{EventPattern, Rule};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pattern: EventPattern = r#"{ "detail-type": ["Order"] }"#.parse()?;
/// let rule = Rule::new("orders", pattern).event_bus("shop");
/// assert_eq!(
///     rule.arn("us-east-1", "123456789012"),
///     "arn:aws:events:us-east-1:123456789012:rule/shop/orders"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    name: String,
    event_bus: String,
    pattern: EventPattern,
    is_enabled: bool,
}

impl Rule {
    /// A rule on the default bus, enabled.
    pub fn new(name: impl Into<String>, pattern: EventPattern) -> Self {
        Self {
            name: name.into(),
            event_bus: "default".to_owned(),
            pattern,
            is_enabled: true,
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

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its bus.
    pub fn event_bus_name(&self) -> &str {
        &self.event_bus
    }

    /// The ARN in a region and an account: `…:rule/NAME` on the default bus, `…:rule/BUS/NAME` on others.
    pub fn arn(&self, region: &str, account: &str) -> String {
        let name = &self.name;
        match self.event_bus.as_str() {
            "default" => format!("arn:aws:events:{region}:{account}:rule/{name}"),
            bus => format!("arn:aws:events:{region}:{account}:rule/{bus}/{name}"),
        }
    }

    /// Whether the rule is enabled and its pattern matches an event of its bus.
    pub fn matches(&self, event: &Event) -> bool {
        self.matches_value(&event.to_value())
    }

    /// As [`matches`](Self::matches), for many rules and one event.
    pub(crate) fn matches_value(&self, event: &Value) -> bool {
        self.is_enabled && self.pattern.matches_value(event)
    }
}
