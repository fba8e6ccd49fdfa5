//! The pizza bar, with real clients on the loopback.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "../../examples/pizza-bar/client.rs"]
mod client;
#[path = "../browser/mod.rs"]
mod devtools;
#[path = "../../examples/pizza-bar/server/mod.rs"]
mod server;

#[cfg(feature = "aws")]
mod aws;
mod bar;
mod browser;
mod failing;
mod folders;
mod killing;
mod leaving;
mod losing;
#[cfg(feature = "aws")]
#[path = "../moto/mod.rs"]
mod moto;
mod ordering;
mod pages;
mod process;
mod refusing;
mod restarting;
mod slow_followers;
mod terminal;
mod watching;
