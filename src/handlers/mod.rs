//! What a state machine reaches outside itself, run in process.

pub mod event_bus;
