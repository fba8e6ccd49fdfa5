//! The console of `asl serve`: what its page asks for, who may ask, and the page itself in a browser.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "cli")]
#[path = "../browser/mod.rs"]
mod devtools;
#[cfg(feature = "cli")]
#[path = "../browser/hands.rs"]
mod hands;

mod access;
// With all features: its machines use JSONata, and one test kills the `asl` binary.
#[cfg(feature = "cli")]
mod browser;
mod debugger;
mod live;
mod server;
mod views;
