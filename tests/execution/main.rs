//! The interpreter's core: quotas, distributed Maps, snapshots, and the machine of the pizza bar.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod activities;
mod distributed_map;
mod limits;
mod long_evaluations;
mod machines;
mod pizza_machine;
mod redrive;
mod separate;
mod snapshot;
