//! The icons of the state types: strokes in a 16-pixel square.

use super::super::Kind;
use crate::definition::StateType;

/// The path of a state type's icon.
pub(super) fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::State(StateType::Task) => {
            "M2.5 4.5a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2zM6.5 5.5l4 2.5-4 2.5z"
        }
        Kind::State(StateType::Pass) => "M2 8h11M9 4l4 4-4 4",
        Kind::State(StateType::Choice) => "M8 1.5 14.5 8 8 14.5 1.5 8z",
        Kind::State(StateType::Wait) => "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 4.5V8l2.6 1.6",
        Kind::State(StateType::Succeed) => "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM5 8.2l2.2 2.2L11.2 6",
        Kind::State(StateType::Fail) => {
            "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6"
        }
        Kind::State(StateType::Parallel) => "M8 2v3M3 14V8a3 3 0 0 1 3-3h4a3 3 0 0 1 3 3v6",
        Kind::State(StateType::Map) => "M2.5 5.5h8v8h-8zM5.5 5.5v-3h8v8h-3",
        Kind::Unknown | Kind::Missing => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9.2 8 10M8 12.6v.2",
    }
}

/// The name of a state type's colour.
pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::State(StateType::Task) => "task",
        Kind::State(StateType::Choice) => "choice",
        Kind::State(StateType::Pass | StateType::Wait) => "plain",
        Kind::State(StateType::Succeed) => "succeed",
        Kind::State(StateType::Fail) | Kind::Missing => "fail",
        Kind::State(StateType::Parallel | StateType::Map) => "nest",
        Kind::Unknown => "unknown",
    }
}
