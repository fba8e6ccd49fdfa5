//! Amazon EventBridge as plain data: events, the pattern language of rules, and the inputs of targets.
//!
//! A `handlers::event_bus::LocalEventBus` delivers by these rules (feature `runtime`).

mod event;
mod input;
mod pattern;
mod rule;

pub use event::Event;
pub use input::{InvalidTargetInput, PayloadTooLarge, TargetInput};
pub use pattern::{EventPattern, InvalidEventPattern};
pub use rule::Rule;
