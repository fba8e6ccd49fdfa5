//! The Amazon States Language (ASL): parse, validate and execute state machines.

pub mod data;
pub mod definition;
mod error;
pub mod execution;
#[cfg(feature = "runtime")]
pub mod handlers;
pub mod history;
#[cfg(feature = "runtime")]
pub mod runtime;
pub mod simulation;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use definition::{Diagnostic, InvalidDefinition, StateMachine};
pub use error::TaskError;
#[cfg(feature = "runtime")]
pub use error::{Error, ErrorKind};
pub use execution::Outcome;
#[cfg(feature = "runtime")]
pub use runtime::Interpreter;
pub use simulation::Simulation;
