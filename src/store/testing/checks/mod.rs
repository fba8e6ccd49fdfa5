//! What a store promises, one check for each promise.

mod commits;
mod listings;
mod parts;
mod removal;

use super::{Failure, Stores};

/// A check of a store.
pub(super) struct Check {
    /// The name of its store.
    pub(super) name: &'static str,
    /// The promise.
    pub(super) about: &'static str,
    pub(super) run: fn(&Stores<'_>) -> Result<(), Failure>,
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "new",
        about: "a new store has nothing in it",
        run: commits::new_store,
    },
    Check {
        name: "texts",
        about: "texts come back byte by byte, and times to the microsecond",
        run: commits::texts,
    },
    Check {
        name: "all_or_nothing",
        about: "a commit that is refused leaves nothing, and the next one works",
        run: commits::all_or_nothing,
    },
    Check {
        name: "contradictions",
        about: "records that contradict what is there are refused",
        run: commits::contradictions,
    },
    Check {
        name: "reopened",
        about: "what was committed is there after the store was closed and opened",
        run: commits::reopened,
    },
    Check {
        name: "owners",
        about: "a store has one owner at a time",
        run: commits::owners,
    },
    Check {
        name: "readers",
        about: "who reads while another thread writes sees whole commits",
        run: commits::readers,
    },
    Check {
        name: "journal",
        about: "a journal has the last snapshot and the entries after it",
        run: parts::journal,
    },
    Check {
        name: "ends",
        about: "an execution ends, is redriven and ends again",
        run: parts::ends,
    },
    Check {
        name: "moves",
        about: "an execution is moved to another place, or stays",
        run: parts::moves,
    },
    Check {
        name: "history",
        about: "a history comes in pages, in the order of its ids",
        run: parts::history,
    },
    Check {
        name: "map_runs",
        about: "Map Runs and child executions come in the order in which they began",
        run: parts::map_runs,
    },
    Check {
        name: "definitions",
        about: "a definition is kept once",
        run: parts::definitions,
    },
    Check {
        name: "documents",
        about: "documents are replaced and removed, and come in the order of their keys",
        run: parts::documents,
    },
    Check {
        name: "filters",
        about: "a filter lets through what it says",
        run: listings::filters,
    },
    Check {
        name: "pages",
        about: "pages of executions follow each other without gaps",
        run: listings::pages,
    },
    Check {
        name: "retention",
        about: "executions go by age and by count, the oldest end first, and running ones stay",
        run: removal::retention,
    },
    Check {
        name: "steps",
        about: "removing goes in steps that end, with all that belongs to an execution",
        run: removal::steps,
    },
    Check {
        name: "reuse",
        about: "the ARN of a removed execution is free, its number is not used again",
        run: removal::reuse,
    },
];
