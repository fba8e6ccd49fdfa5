//! `StartAt` with `States`.

use indexmap::IndexMap;

use super::State;

/// A `StartAt` with its `States`: the machine itself, a Parallel's branch or a Map's item processor.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StateGraph {
    /// The state that is entered first, a key of `states`.
    pub start_at: String,
    /// The states by name, in the order of the definition.
    pub states: IndexMap<String, State>,
}
