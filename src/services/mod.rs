//! AWS's services as plain data: the requests that a task's parameters make, responses and errors, in AWS's words.
//!
//! Nothing here does I/O. Drivers and handlers do, and take from here what AWS would read and answer.

pub(crate) mod doubles;
pub mod event_bridge;
pub(crate) mod parameters;
pub(crate) mod s3;
pub mod step_functions;
