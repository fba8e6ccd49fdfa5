//! `Next` and `End`.

/// Where a state leads when it has succeeded: `Next` or `End`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// To the named state of the same `States` object.
    Next(String),
    /// Nowhere: the state ends its graph.
    End,
}
