//! The Amazon States Language (ASL): parse, validate and execute state machines.

pub mod data;
pub mod definition;
mod error;
pub mod execution;
#[cfg(feature = "runtime")]
pub mod handlers;
pub mod history;
pub mod simulation;

pub use definition::{Diagnostic, InvalidDefinition, StateMachine};
pub use error::TaskError;
pub use execution::Outcome;
pub use simulation::Simulation;
