//! Handlers of Task states: the [`Handler`] trait, closures as handlers, and built-in services.

#[cfg(feature = "aws")]
pub mod aws;
mod closure;
mod context;
pub mod event_bus;
mod handler;
mod lambda;
mod put_events;
mod registry;
mod s3;

pub use context::TaskContext;
pub(crate) use context::{Attempt, TaskChannel};
pub(crate) use handler::Answering;
pub use handler::{Handler, IntoHandler};
pub(crate) use lambda::Functions;
pub(crate) use put_events::{PUT_EVENTS, PutEvents};
#[cfg(feature = "cli")]
pub(crate) use put_events::{SDK_PUT_EVENTS, SdkPutEvents};
pub(crate) use registry::Registry;
pub use s3::LocalS3;
pub(crate) use s3::S3_RESOURCES;
