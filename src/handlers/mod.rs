//! Handlers of Task states: the [`Handler`] trait, closures as handlers, and built-in services.

mod context;
pub mod event_bus;
mod events;
mod function_name;
mod handler;
mod lambda;
mod registry;
mod s3;

pub(crate) use context::TaskChannel;
pub use context::TaskContext;
pub(crate) use events::PUT_EVENTS;
pub use events::PutEvents;
pub use handler::{ClosureHandler, Handler, IntoHandler, OfInput, OfInputAndContext};
pub(crate) use lambda::Functions;
pub use registry::Registry;
pub use s3::LocalS3;
pub(crate) use s3::S3_RESOURCES;
