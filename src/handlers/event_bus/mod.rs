//! Amazon EventBridge in process: `PutEvents` and the delivery of events to targets.
//!
//! [`EventBridge`] is the interface for putting events; [`LocalEventBus`] implements it for programs and tests. An
//! entry of `PutEvents` becomes an [`Event`](crate::services::event_bridge::Event); each enabled
//! [`Rule`](crate::services::event_bridge::Rule) of its bus whose pattern matches sends it to all of the rule's
//! [`RuleTarget`]s.
//!
//! | file | term |
//! |---|---|
//! | `put_events.rs` | the API: request, response, validation |
//! | `rule_target.rs`, `target.rs` | targets, retry policies, dead letters |
//! | `local.rs`, `delivery.rs` | the bus and its deliveries |

mod delivery;
mod epoch_seconds;
mod local;
mod put_events;
mod rule_target;
mod system;
mod target;

pub use local::LocalEventBus;
pub(crate) use put_events::validate_request;
pub use put_events::{
    EventBridge, EventBridgeError, PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutEventsResultEntry,
};
pub use rule_target::RuleTarget;
pub use target::{DeadLetter, ExhaustedRetryCondition, RetryPolicy, Target, TargetError};
