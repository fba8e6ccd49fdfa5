//! Amazon EventBridge as plain data: events, and the pattern language that tells which of them a rule takes.

mod event;
pub mod pattern;

pub use event::Event;
pub use pattern::{EventPattern, InvalidEventPattern};
