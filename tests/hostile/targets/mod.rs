//! What hostile input is thrown at: one function each, which makes its input from dice and must neither panic nor hang.
//!
//! `thrown.rs` rolls a few hundred times in every test run, `fuzz.rs` as long as it is given time.

mod accepted;
mod api;
mod bounds;
mod corpus;
mod definition;
mod dice;
mod event;
mod execution;
mod expression;
mod frames;
mod grammar;
mod jsonata;
mod snapshot;
mod verdict;

pub(crate) use dice::Dice;

/// A target, by its name.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Tries one input; true where it got past the parser.
    pub(crate) try_one: fn(&Dice) -> bool,
}

pub(crate) const TARGETS: [Target; 14] = [
    Target {
        name: "accepted",
        try_one: accepted::accepted,
    },
    Target {
        name: "definition",
        try_one: definition::definition,
    },
    Target {
        name: "path",
        try_one: expression::path,
    },
    Target {
        name: "template",
        try_one: expression::template,
    },
    Target {
        name: "intrinsic",
        try_one: expression::intrinsic,
    },
    Target {
        name: "jsonata",
        try_one: jsonata::jsonata,
    },
    Target {
        name: "event_pattern",
        try_one: event::pattern,
    },
    Target {
        name: "input_transformer",
        try_one: event::transformer,
    },
    Target {
        name: "execution",
        try_one: execution::execution,
    },
    Target {
        name: "snapshot",
        try_one: snapshot::snapshot,
    },
    Target {
        name: "frames",
        try_one: frames::frames,
    },
    Target {
        name: "api",
        try_one: api::calls,
    },
    Target {
        name: "route_selection",
        try_one: event::route_selection,
    },
    Target {
        name: "verdict",
        try_one: verdict::verdict,
    },
];
