//! The Amazon States Language (ASL): parse, validate and execute state machines.

pub mod data;
#[cfg(feature = "websocket")]
pub mod websocket;
