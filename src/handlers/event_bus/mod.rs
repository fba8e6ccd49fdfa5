//! Amazon EventBridge in process: `PutEvents`, rules, targets and the event pattern language.

mod event;
pub mod pattern;

pub use event::Event;
pub use pattern::{EventPattern, InvalidEventPattern};
