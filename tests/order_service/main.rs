//! The order service: its state machine in virtual time, and its process with real clients, which is killed and closed.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "aws")]
mod aws;
mod backups;
mod cancelling;
mod client;
mod closing;
#[cfg(feature = "otel")]
mod collector;
mod console;
mod killing;
mod machine;
#[cfg(feature = "aws")]
#[path = "../moto/mod.rs"]
mod moto;
mod ordering;
mod process;
mod refusing;
mod shipping;
mod tables;
#[cfg(feature = "otel")]
mod traces;
mod upgrading;
mod watching;
