//! Input that means harm: a clear error within bounded time and memory, on the small stack of a thread.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and hanging is what is tested"
)]

mod clocks;
mod definition_fuzz;
mod definitions;
mod depth;
mod doubling;
mod expressions;
#[cfg(feature = "runtime")]
mod fair;
#[cfg(feature = "jsonata")]
mod jsonata;
mod loops;
mod many;
mod run;
mod snapshots;
#[cfg(feature = "websocket")]
mod sockets;
#[cfg(feature = "websocket")]
mod targets;
#[cfg(feature = "websocket")]
mod thrown;
