//! The Amazon States Language (ASL): parse, validate and execute state machines.

pub mod data;
pub mod definition;
pub mod execution;
pub mod history;

pub use definition::{Diagnostic, InvalidDefinition, StateMachine};
