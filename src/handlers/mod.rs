//! What does the work of Task states: the [`Handler`] trait, closures as handlers, and the services that come along.

mod context;
pub mod event_bus;
mod events;
mod function_name;
mod handler;
mod lambda;
mod registry;

pub(crate) use context::TaskChannel;
pub use context::TaskContext;
pub(crate) use events::PUT_EVENTS;
pub use events::PutEvents;
pub use handler::{ClosureHandler, Handler, IntoHandler, OfInput, OfInputAndContext};
pub(crate) use lambda::Functions;
pub use registry::Registry;
