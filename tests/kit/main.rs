//! The testing kit: scripts, what a run tells, coverage, faults, recordings, mock files.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod coverage;
mod explore;
mod functions;
mod hostile;
mod inspection;
mod mock_config;
mod recorded;
#[path = "../recorded/recordings.rs"]
mod recordings;
mod redrive;
mod replay;
mod scripts;
mod simulation;
mod time_travel;

use asl_engine::StateMachine;

/// A machine of `tests/kit/machines`.
fn machine(name: &str) -> StateMachine {
    parsed(&format!("tests/kit/machines/{name}.asl.json"))
}

/// A machine of `asl-samples`.
fn sample(name: &str) -> StateMachine {
    parsed(&format!("asl-samples/{name}.asl.json"))
}

fn parsed(file: &str) -> StateMachine {
    text(file).parse().unwrap()
}

/// A file by its path from the root of the crate.
fn text(file: &str) -> String {
    std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
