//! Traces and metrics of executions, as exporters see them.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod context;
mod metrics;
mod otlp;
mod receiver;
mod restart;
mod serve;
mod traces;
mod tree;
