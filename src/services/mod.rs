//! What AWS services read and answer, as plain data: requests out of a task's parameters, responses, errors.
//!
//! Nothing here does anything. The drivers do, and they ask here how it looks on AWS.

pub mod event_bridge;
pub(crate) mod parameters;
pub(crate) mod s3;
pub(crate) mod step_functions;
