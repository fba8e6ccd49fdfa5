//! The console of `asl serve`: what its page asks for, who may ask, and the page itself in a browser.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod access;
mod debugger;
mod live;
mod server;
mod views;
