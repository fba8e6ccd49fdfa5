//! AWS's services as plain data: requests from a task's parameters, responses and errors, in AWS's words.
//!
//! Nothing here does I/O. Drivers and handlers do, using the requests and responses from here.

pub(crate) mod doubles;
pub mod event_bridge;
pub(crate) mod parameters;
pub(crate) mod s3;
pub mod step_functions;
