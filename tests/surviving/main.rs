//! Executions that outlive their interpreter. A process that ends is a store in memory, taken back to one of its commits, and
//! a new interpreter. Tokio's clock is paused: time jumps when everything waits.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod api;
mod crashes;
mod exact_crashes;
mod faults;
mod leaving;
#[path = "../execution/machines/mod.rs"]
#[expect(dead_code, reason = "the machines alone, without their driver")]
mod machines;
mod names;
mod paging;
mod races;
mod resuming;
mod retention;
mod snapshots;
#[path = "../runtime/timeline.rs"]
mod timeline;
mod virtual_time;

use asl_engine::store::{ExecutionStore, Filter, StoredExecution};
use asl_engine::{Interpreter, StateMachine};
use serde_json::Value;
use std::time::Duration;

/// Waits until something is so. A store writes in a thread of its own, for which a paused clock does not wait.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::sleep(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
}

/// An interpreter that keeps nothing in memory that only waits, or as many as `ASL_WAITING_IN_MEMORY` says.
fn interpreter() -> Interpreter {
    let most = std::env::var("ASL_WAITING_IN_MEMORY").map_or(0, |most| most.parse().unwrap());
    Interpreter::new().waiting_in_memory(most)
}

fn machine(states: Value) -> StateMachine {
    let start = states.as_object().unwrap().keys().next().unwrap().clone();
    serde_json::json!({ "StartAt": start, "States": states })
        .to_string()
        .parse()
        .unwrap()
}

fn executions(store: &impl ExecutionStore) -> Vec<StoredExecution> {
    store.executions(&Filter::default(), usize::MAX).unwrap()
}
