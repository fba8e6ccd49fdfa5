//! What one execution may use.

use serde::{Deserialize, Serialize};

/// AWS's quotas of one execution (developer guide, "Quotas"), and three of our own; all may be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of an input, output or result as UTF-8 JSON text; 262,144.
    pub payload_bytes: usize,
    /// The most events of the history; the last one is always the end of the execution. `None` for no limit; 25,000.
    pub history_events: Option<u64>,
    /// The most bytes of one variable's value, and of one `Assign` in total; 262,144.
    pub variable_bytes: usize,
    /// The most bytes of all variables of the execution; 10,485,760.
    pub stored_variable_bytes: usize,
    /// The most iterations of an inline Map that run at once; 40.
    pub inline_map_concurrency: usize,
    /// The most work between two events; an execution that does more without waiting or ending fails; 1,000,000,000.
    ///
    /// Entering or retrying a state counts 1,000, and each value visited by a path counts 1: without a limit of the
    /// history, a state machine that loops for ever ends after a million rounds. A child execution of a distributed Map
    /// counts 1,000 plus its own work, so a few hundred thousand of them can run in one go if none waits for a task.
    pub work: u64,
    /// The most work of one turn; 20,000, which takes 1 to 4 ms.
    ///
    /// Entering a state counts 4, and each value visited or 64 bytes looked at count 1. The state that goes beyond it
    /// ends the turn, and [`Event::Turn`](super::Event::Turn) begins the next. A state whose expressions take more than five
    /// times as much has a turn of its own: see [`Execution::wants_long_turn`](super::Execution::wants_long_turn).
    pub turn_work: usize,
    /// The most bytes of memory, estimated, for the data of all running states, the results of Maps, and the history as
    /// far as a driver keeps it; 805,306,368, with which the process grows by less than 1 GiB.
    ///
    /// An execution that holds more fails with `States.Runtime`. Data that several states share counts once.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 262_144,
            history_events: Some(25_000),
            variable_bytes: 262_144,
            stored_variable_bytes: 10_485_760,
            inline_map_concurrency: 40,
            work: 1_000_000_000,
            turn_work: 20_000,
            held_bytes: 768 * 1024 * 1024,
        }
    }
}
