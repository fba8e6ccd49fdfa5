//! Intents: the requests of states to the engine.

use std::sync::Arc;

use super::failure::Failure;
use super::map_run::{Items, MapRunSettings};
use super::program::{GraphId, Next};
use super::task_request::TaskRequest;
use super::time::Timestamp;
use crate::data::{Payload, Piece};

/// The result of entering a state, or of continuing it after its work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Intent {
    /// Exit the state.
    Exit(Exit),
    /// Let a resource do the work.
    Invoke(Arc<TaskRequest>),
    /// Wait, then exit the state.
    WaitUntil(Timestamp),
    /// Run the state's own graphs first.
    Fork(Box<Fork>),
}

/// The exit of a state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exit {
    pub(crate) output: Payload,
    /// The assigned variables.
    pub(crate) assigned: Assigned,
    pub(crate) next: Next,
}

/// Names of variables with their new values, in the order they are declared.
pub(crate) type Assigned = Box<[(Arc<str>, Piece)]>;

/// Graphs to run inside a state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fork {
    /// Branches, all with the effective input of their Parallel.
    Branches {
        graphs: Arc<[GraphId]>,
        effective_input: Payload,
    },
    /// One graph for each item.
    Iterations {
        graph: GraphId,
        /// INVARIANT: an array.
        items: Payload,
        /// The Map's effective input: `$` of the item selector.
        effective_input: Payload,
        /// The most iterations at once; 0 for no limit.
        max_concurrency: usize,
    },
    /// The items of a distributed Map.
    MapRun(Box<MapRunRequest>),
}

/// A Map Run to begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapRunRequest {
    pub(crate) graph: GraphId,
    /// The items; `None` if an `ItemReader` reads them.
    pub(crate) items: Option<Items>,
    /// The Map's effective input: `$` of the item selector.
    pub(crate) effective_input: Payload,
    /// The evaluated settings; a failure here is that of a Map that has already begun.
    pub(crate) settings: Result<MapRunSettings, Failure>,
}
