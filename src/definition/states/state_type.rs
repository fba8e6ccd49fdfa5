//! `Type`: the type of a state.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The `Type` of a state; history event types start with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the names are the specification's, and each has its own state type's documentation"
)]
#[non_exhaustive]
pub enum StateType {
    Task,
    Pass,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

impl StateType {
    /// All types, in the order of AWS's messages.
    pub(crate) const LISTED: [Self; 8] = [
        Self::Task,
        Self::Wait,
        Self::Pass,
        Self::Succeed,
        Self::Fail,
        Self::Choice,
        Self::Parallel,
        Self::Map,
    ];

    /// The type with this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::LISTED.into_iter().find(|state_type| state_type.as_str() == name)
    }

    /// Whether states of this type have `Next` or `End`.
    pub(crate) fn has_transition(self) -> bool {
        !matches!(self, Self::Choice | Self::Succeed | Self::Fail)
    }

    /// The name in a definition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Pass => "Pass",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }
}

impl fmt::Display for StateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
