//! Amazon EventBridge in process: `PutEvents`, rules, targets and the event pattern language.
//!
//! [`EventBridge`] is where events are put; [`LocalEventBus`] takes EventBridge's place in a program or a test. An
//! entry of `PutEvents` becomes an [`Event`]; each enabled [`Rule`] of its bus whose [`EventPattern`] matches sends it
//! to all of the rule's [`RuleTarget`]s.
//!
//! | file | term |
//! |---|---|
//! | `put_events.rs` | the API: request, response, validation |
//! | `rule.rs`, `target.rs`, `input.rs` | rules, targets, retry policies, dead letters, what targets get |
//! | `local.rs`, `delivery.rs` | the bus and its deliveries |

mod delivery;
mod epoch_seconds;
mod input;
mod local;
mod put_events;
mod rule;
mod system;
mod target;

pub use crate::services::event_bridge::{Event, EventPattern, InvalidEventPattern};
pub use input::{InvalidTargetInput, TargetInput};
pub use local::LocalEventBus;
pub use put_events::{
    EventBridge, EventBridgeError, PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutEventsResultEntry,
};
pub use rule::{Rule, RuleTarget};
pub use target::{DeadLetter, ExhaustedRetryCondition, RetryPolicy, Target, TargetError};
