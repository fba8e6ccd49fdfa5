//! All that a state may ask for.

use serde_json::Value;
use std::sync::Arc;

use super::command::Timestamp;
use super::failure::Failure;
use super::map_run::{Items, MapRunSettings};
use super::program::{GraphId, Next};
use super::task_request::TaskRequest;
use crate::data::Payload;

/// What becomes of a state that was entered or whose work is done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Intent {
    /// The state is done.
    Exit(Exit),
    /// A resource does the work.
    Invoke(Arc<TaskRequest>),
    /// Time must pass; the state is done afterwards.
    WaitUntil(Timestamp),
    /// Graphs of its own run first.
    Fork(Box<Fork>),
}

/// A state that is done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exit {
    pub(crate) output: Payload,
    /// The variables that get a value.
    pub(crate) assigned: Assigned,
    pub(crate) next: Next,
}

/// Names of variables with their new values, in the order they are declared.
pub(crate) type Assigned = Box<[(Arc<str>, Value)]>;

/// Graphs that run inside a state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fork {
    /// Each branch with the same input.
    Branches { graphs: Arc<[GraphId]>, input: Payload },
    /// One graph for each item.
    Iterations {
        graph: GraphId,
        /// INVARIANT: an array.
        items: Payload,
        /// The Map's effective input: `$` of the item selector.
        input: Payload,
        /// Iterations at once; 0 for no limit.
        max_concurrency: usize,
    },
    /// The items of a distributed Map.
    MapRun(Box<MapRunRequest>),
}

/// A Map Run that is to begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapRunRequest {
    pub(crate) graph: GraphId,
    /// `None` where they are to be read.
    pub(crate) items: Option<Items>,
    /// The Map's effective input: `$` of the item selector.
    pub(crate) input: Payload,
    /// What the other fields say; a failure is one of a Map that has begun.
    pub(crate) settings: Result<MapRunSettings, Failure>,
}
