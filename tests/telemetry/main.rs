//! Traces and metrics of executions, as exporters see them.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod context;
mod metrics;
mod restart;
mod traces;
mod tree;
