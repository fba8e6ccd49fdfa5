//! The WebSocket API, with real clients on the loopback.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod closing;
mod connecting;
mod connections_api;
mod describing;
mod http_connections;
mod limits;
mod messages;
mod notifier;
mod server;
mod slow_readers;
